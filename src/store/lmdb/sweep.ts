import {
  HOUR_RETENTION,
  HOURS_PER_BLOCK,
  MINUTE_RETENTION,
  MINUTES_PER_BLOCK,
} from '../../core/counters/cells.ts';
import { FAILURE_RETENTION } from '../../core/ports/store/counting.ts';
import type { PartitionId, SweepResult } from '../../core/ports/store/counting.ts';
import { HOUR, MINUTE, minuteOf } from '../../core/time/duration.ts';
import type { Database } from 'lmdb';
import { holds } from './databases.ts';
import type { Databases, Running } from './databases.ts';
import { dueOf, flightOf } from './in-flight.ts';
import { blocksBefore, dueBefore, failuresBefore, sumsBefore, subjectOfDue } from './keys.ts';
import type { Key, Range } from './keys.ts';
import { overdueFailure, overdueSample } from './record.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** Whether a sweep would find anything to do, so that most need no transaction. */
export function isSweepDue(db: Databases, partition: PartitionId, now: number): boolean {
  return (
    holds(db.due, dueBefore(partition, now)) ||
    expired(db, now).some(({ table, range }) => holds(table, range))
  );
}

/**
 * Looks at what is due in a partition, and with what is left of the limit removes what the store, in any
 * partition, has kept past its time but for identities. Call it in a write transaction.
 */
export function sweepPartition(
  db: Databases,
  partition: PartitionId,
  now: number,
  limit: number,
): SweepResult {
  const flight = flightOf(db, partition);
  const tally = createTally(db, partition, now);
  let overdue = 0;
  let unjudged = 0;
  // "Before now": at its deadline itself an execution may still end in time.
  const subjects = [...db.due.getKeys({ ...dueBefore(partition, now), limit })].map(subjectOfDue);
  for (const subject of subjects) {
    const record = flight.get(subject)!;
    if (record.kind === 'early-end') {
      unjudged += 1;
      flight.remove(subject);
      continue;
    }
    const counted = countOverdue(tally, subject, record, now);
    overdue += counted.landings;
    if (dueOf(counted.record) < now) flight.remove(subject);
    else flight.put(subject, counted.record);
  }
  tally.write();
  flight.write();
  return { swept: subjects.length + removeExpired(db, now, limit - subjects.length), overdue, unjudged };
}

function countOverdue(
  tally: Tally,
  subject: string,
  record: Running,
  now: number,
): { readonly record: Running; readonly landings: number } {
  const failure = overdueFailure(record.lastStep);
  let landings = 0;
  const watches = record.watches.map((watch) => {
    const deadline = record.startedAt + watch.withinMs;
    if (watch.counted || deadline >= now) return watch;
    const sample = overdueSample(subject, record, deadline, failure);
    tally.bad(watch.fingerprint, minuteOf(deadline), record.count, failure, sample);
    landings += 1;
    return { ...watch, counted: { step: record.lastStep } };
  });
  return { record: { ...record, watches }, landings };
}

interface Expired {
  readonly table: Pick<Database<unknown, Key>, 'getKeys' | 'removeSync'>;
  readonly range: Range;
}

function expired(db: Databases, now: number): Expired[] {
  // What lies before the block or hour that the horizon falls in has ended before the horizon.
  const minuteBlock = Math.floor((now - MINUTE_RETENTION) / (MINUTES_PER_BLOCK * MINUTE));
  const hourBlock = Math.floor((now - HOUR_RETENTION) / (HOURS_PER_BLOCK * HOUR));
  const hour = Math.floor((now - FAILURE_RETENTION) / HOUR);
  return [
    { table: db.blocks, range: blocksBefore('minute', minuteBlock) },
    { table: db.blocks, range: blocksBefore('hour', hourBlock) },
    { table: db.failures, range: failuresBefore(hour) },
    // Sums are kept as long as the minute block of their hour, which has the same number.
    { table: db.sums, range: sumsBefore(minuteBlock) },
  ];
}

function removeExpired(db: Databases, now: number, limit: number): number {
  let removed = 0;
  for (const { table, range } of expired(db, now)) {
    if (removed >= limit) break;
    const keys = [...table.getKeys({ ...range, limit: limit - removed })];
    for (const key of keys) table.removeSync(key);
    removed += keys.length;
  }
  return removed;
}
