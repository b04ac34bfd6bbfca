import type { PartitionId } from '../../core/ports/store/counting.ts';
import { IN_FLIGHT_RETENTION } from '../../core/ports/store/counting.ts';
import { DEDUP_HORIZON } from '../../core/outcomes/record-fields.ts';
import { holds } from './databases.ts';
import type { Databases, FlightRecord, Running } from './databases.ts';
import { dueKey, flightKey, flightsOf, partitionKey } from './keys.ts';

/** What is in flight in one partition. Use only inside a write transaction. */
export interface Flight {
  get(subject: string): FlightRecord | undefined;
  put(subject: string, record: FlightRecord): void;
  remove(subject: string): void;
  /** Writes how many are running and overdue. */
  write(): void;
}

export function flightOf(db: Databases, partition: PartitionId): Flight {
  let running = 0;
  let overdue = 0;
  // Every end asks for its start, and where nothing has a deadline there is never one.
  let empty = !holds(db.flight, flightsOf(partition));

  const forget = (subject: string): void => {
    const before = db.flight.get(flightKey(partition, subject));
    if (!before) return;
    db.due.removeSync(dueKey(partition, dueOf(before), subject));
    count(before, -1);
  };
  const count = (record: FlightRecord, by: number): void => {
    if (record.kind !== 'running') return;
    running += by;
    if (isOverdue(record)) overdue += by;
  };

  return {
    get: (subject) => (empty ? undefined : db.flight.get(flightKey(partition, subject))),
    put(subject, record) {
      empty = false;
      forget(subject);
      db.flight.putSync(flightKey(partition, subject), record);
      db.due.putSync(dueKey(partition, dueOf(record), subject), null);
      count(record, 1);
    },
    remove(subject) {
      forget(subject);
      db.flight.removeSync(flightKey(partition, subject));
    },
    write() {
      if (running === 0 && overdue === 0) return;
      const key = partitionKey(partition);
      const before = db.partitions.get(key) ?? { revision: 0, running: 0, overdue: 0 };
      db.partitions.putSync(key, {
        ...before,
        running: before.running + running,
        overdue: before.overdue + overdue,
      });
    },
  };
}

export function isOverdue(record: Running): boolean {
  return record.watches.some(({ counted }) => counted !== null);
}

/** When a sweep must look at a record next: at its next deadline, or to forget it. */
export function dueOf(record: FlightRecord): number {
  if (record.kind === 'early-end') return record.endedAt + DEDUP_HORIZON;
  const open = record.watches.filter(({ counted }) => counted === null).map(({ withinMs }) => withinMs);
  return record.startedAt + Math.min(IN_FLIGHT_RETENTION, ...open);
}
