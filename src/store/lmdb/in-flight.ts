import type { FlightPlace, FlightReport, InFlight, PartitionId } from '../../core/ports/store/counting.ts';
import { addPlaces } from '../flight-lists.ts';
import { holds } from './databases.ts';
import type { Databases } from './databases.ts';
import {
  dueFrom,
  dueKey,
  flightKey,
  flightsOf,
  overdueKey,
  partitionKey,
  partitionOf,
  subjectOfDue,
  subjectOfFlight,
} from './keys.ts';
import type { Key } from './keys.ts';
import { IDENTITY_LIFE } from '../dedup-buckets.ts';
import { readFlight } from './stored-flight.ts';
import type { SubjectRecord } from '../subject-record.ts';
import { begunAt, dueOf, isOverdue, placeOf, stateOf } from '../subject-record.ts';
import { flightOf as shownOf } from '../subject-reports.ts';

/** The subjects of one partition that have a record. Use only inside a write transaction. */
export interface Flight {
  get(subject: string): SubjectRecord | undefined;
  put(subject: string, record: SubjectRecord): void;
  remove(subject: string): void;
  /** Writes what was put and removed, and how many are running, overdue and waiting, and where. */
  write(): void;
}

/** A subject as it is stored, and as it is to be stored. */
interface Change {
  readonly stored: SubjectRecord | undefined;
  latest: SubjectRecord | undefined;
}

export function flightOf(db: Databases, partition: PartitionId): Flight {
  // Every end asks for its start, and where nothing has a deadline there is never one.
  const empty = !holds(db.flight, flightsOf(partition));
  // The steps of an execution change it again and again; it is read, and written, once.
  const changes = new Map<string, Change>();

  const changeOf = (subject: string): Change => {
    let change = changes.get(subject);
    if (!change) {
      const kept = empty ? undefined : db.flight.get(flightKey(partition, subject));
      const stored = kept && readFlight(kept);
      changes.set(subject, (change = { stored, latest: stored }));
    }
    return change;
  };

  return {
    get: (subject) => changeOf(subject).latest,
    put(subject, record) {
      changeOf(subject).latest = record;
    },
    remove(subject) {
      changeOf(subject).latest = undefined;
    },
    write() {
      const written = [...changes].filter(([, { stored, latest }]) => stored !== latest);
      for (const [subject, { stored, latest }] of written) {
        writeKeys(db, partition, subject, stored, latest);
        const key = flightKey(partition, subject);
        if (latest) db.flight.putSync(key, latest);
        else db.flight.removeSync(key);
      }
      writeCounts(
        db,
        partition,
        written.map(([, change]) => change),
      );
    },
  };
}

/** Writes when a sweep must look at a subject, and since when it is overdue. */
function writeKeys(
  db: Databases,
  partition: PartitionId,
  subject: string,
  stored: SubjectRecord | undefined,
  latest: SubjectRecord | undefined,
): void {
  const due = stored && dueOf(stored);
  const nextDue = latest && dueOf(latest);
  if (due !== nextDue) {
    if (due !== undefined) db.due.removeSync(dueKey(partition, due, subject));
    if (nextDue !== undefined) db.due.putSync(dueKey(partition, nextDue, subject), null);
  }
  if (stored && isOverdue(stored)) db.overdue.removeSync(overdueKey(partition, begunAt(stored), subject));
  if (latest && isOverdue(latest)) db.overdue.putSync(overdueKey(partition, begunAt(latest), subject), null);
}

/** Writes how many of a partition are running, overdue and waiting, and where. */
function writeCounts(db: Databases, partition: PartitionId, changes: readonly Change[]): void {
  const changed = { running: 0, overdue: 0, waiting: 0 };
  const moved: FlightPlace[] = [];
  const count = (record: SubjectRecord | undefined, by: 1 | -1): void => {
    if (!record) return;
    const state = stateOf(record);
    if (state === 'in-flight') {
      const overdue = isOverdue(record) ? by : 0;
      changed.running += by;
      changed.overdue += overdue;
      moved.push({ ...placeOf(record), running: by, overdue });
    }
    if (state === 'waiting') changed.waiting += by;
  };
  for (const { stored, latest } of changes) {
    count(stored, -1);
    count(latest, 1);
  }
  if (moved.length === 0 && changed.waiting === 0) return;
  const key = partitionKey(partition);
  const before = db.partitions.get(key) ?? { revision: 0, running: 0, overdue: 0 };
  db.partitions.putSync(key, {
    ...before,
    running: before.running + changed.running,
    overdue: before.overdue + changed.overdue,
    waiting: (before.waiting ?? 0) + changed.waiting,
    places: addPlaces([...(before.places ?? []), ...moved]).filter(({ running }) => running > 0),
  });
}

/** How many of a partition are where. */
export function placesIn(db: Databases, partition: PartitionId): readonly FlightPlace[] {
  return db.partitions.get(partitionKey(partition))?.places ?? [];
}

/**
 * Those of a partition that may be among the slowest: what is overdue, what is due next, and what has been there longest
 * of what is due only when it is forgotten, which comes after all that has ended and is still kept.
 */
export function slowestIn(db: Databases, partition: PartitionId, now: number, limit: number): FlightReport[] {
  const found = [
    ...db.overdue.getKeys({ ...flightsOf(partition), limit }),
    ...db.due.getKeys({ ...flightsOf(partition), limit }),
    ...db.due.getKeys({ ...dueFrom(partition, now + IDENTITY_LIFE), limit }),
  ];
  return [...new Set(found.map(subjectOfDue))].flatMap((subject) => {
    const stored = db.flight.get(flightKey(partition, subject));
    const record = stored && readFlight(stored);
    return record && stateOf(record) === 'in-flight' ? [shownOf(record)] : [];
  });
}

/** The partitions of which it is not kept where what is in flight is, as version 0.1 left them. */
export function unlocated(db: Databases): Key[] {
  return [...db.partitions.getRange({})].flatMap(({ key, value: { running, places } }) =>
    running > 0 && !places ? [key] : [],
  );
}

/**
 * Notes where what is in flight in a partition is, and what of it is overdue by when it began. Call it in a write
 * transaction.
 */
export function locateFlights(db: Databases, key: Key): void {
  const partition = partitionOf(key);
  const places: FlightPlace[] = [];
  for (const { key: at, value: stored } of db.flight.getRange(flightsOf(partition))) {
    const record = readFlight(stored);
    if (stateOf(record) !== 'in-flight') continue;
    const overdue = isOverdue(record);
    if (overdue) db.overdue.putSync(overdueKey(partition, begunAt(record), subjectOfFlight(at)), null);
    places.push({ ...placeOf(record), running: 1, overdue: overdue ? 1 : 0 });
  }
  db.partitions.putSync(key, { ...db.partitions.get(key)!, places: addPlaces(places) });
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
