import type { InFlight, PartitionId } from '../../core/ports/store/counting.ts';
import { holds } from './databases.ts';
import type { Databases } from './databases.ts';
import { dueKey, flightKey, flightsOf, partitionKey } from './keys.ts';
import { readFlight } from './stored-flight.ts';
import type { SubjectRecord } from './subject-record.ts';
import { dueOf, isOverdue, stateOf } from './subject-record.ts';

/** The subjects of one partition that have a record. Use only inside a write transaction. */
export interface Flight {
  get(subject: string): SubjectRecord | undefined;
  put(subject: string, record: SubjectRecord): void;
  remove(subject: string): void;
  /** Writes how many are running, overdue and waiting. */
  write(): void;
}

export function flightOf(db: Databases, partition: PartitionId): Flight {
  const changed = { running: 0, overdue: 0, waiting: 0 };
  // Every end asks for its start, and where nothing has a deadline there is never one.
  let empty = !holds(db.flight, flightsOf(partition));

  const get = (subject: string): SubjectRecord | undefined => {
    const stored = empty ? undefined : db.flight.get(flightKey(partition, subject));
    return stored && readFlight(stored);
  };
  const forget = (subject: string): void => {
    const before = get(subject);
    if (!before) return;
    db.due.removeSync(dueKey(partition, dueOf(before), subject));
    count(before, -1);
  };
  const count = (record: SubjectRecord, by: number): void => {
    const state = stateOf(record);
    if (state === 'in-flight') changed.running += by;
    if (state === 'waiting') changed.waiting += by;
    if (isOverdue(record)) changed.overdue += by;
  };

  return {
    get,
    put(subject, record) {
      forget(subject);
      empty = false;
      db.flight.putSync(flightKey(partition, subject), record);
      db.due.putSync(dueKey(partition, dueOf(record), subject), null);
      count(record, 1);
    },
    remove(subject) {
      forget(subject);
      db.flight.removeSync(flightKey(partition, subject));
    },
    write() {
      if (Object.values(changed).every((by) => by === 0)) return;
      const key = partitionKey(partition);
      const before = db.partitions.get(key) ?? { revision: 0, running: 0, overdue: 0 };
      db.partitions.putSync(key, {
        ...before,
        running: before.running + changed.running,
        overdue: before.overdue + changed.overdue,
        waiting: (before.waiting ?? 0) + changed.waiting,
      });
    },
  };
}

/** How many are under way in some partitions. */
export function countInFlight(db: Databases, partitions: readonly PartitionId[]): InFlight {
  const total = { running: 0, overdue: 0, waiting: 0 };
  for (const partition of partitions) {
    const record = db.partitions.get(partitionKey(partition));
    total.running += record?.running ?? 0;
    total.overdue += record?.overdue ?? 0;
    total.waiting += record?.waiting ?? 0;
  }
  return total;
}
