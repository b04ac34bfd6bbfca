import {
  HOUR_RETENTION,
  HOURS_PER_BLOCK,
  MINUTE_RETENTION,
  MINUTES_PER_BLOCK,
} from '../../core/counters/cells.ts';
import { FAILURE_RETENTION } from '../../core/ports/store/counting.ts';
import type { PartitionId, SweepResult } from '../../core/ports/store/counting.ts';
import { HOUR, MINUTE } from '../../core/time/duration.ts';
import type { Database } from 'lmdb';
import { holds } from './databases.ts';
import type { Databases } from './databases.ts';
import { flightOf } from './in-flight.ts';
import { blocksBefore, dueBefore, failuresBefore, sumsBefore, subjectOfDue } from './keys.ts';
import type { Key, Range } from './keys.ts';
import { IDENTITY_LIFE } from '../dedup-buckets.ts';
import { move } from './record.ts';
import type { SubjectRecord } from '../subject-record.ts';
import { dueOf, isPlain, stateOf, withOverdue } from '../subject-record.ts';
import { expiredStatistics } from './statistics.ts';
import { createTally } from './tally.ts';

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
    const state = stateOf(record);
    if (state !== 'in-flight') {
      if (state === 'waiting') unjudged += 1;
      // Another attempt may still take back what else it counted for, which a receipt may say.
      if (state === 'settled' || isPlain(record)) flight.remove(subject);
      else flight.put(subject, { ...record, keepUntil: now + IDENTITY_LIFE });
      continue;
    }
    const after = withOverdue(record, now);
    move(tally, subject, record, after);
    overdue += countedIn(after) - countedIn(record);
    if (dueOf(after) < now) flight.remove(subject);
    else flight.put(subject, after);
  }
  tally.write();
  flight.write();
  return { swept: subjects.length + removeExpired(db, now, limit - subjects.length), overdue, unjudged };
}

/** How many deadlines were counted as passed. */
function countedIn({ watches }: SubjectRecord): number {
  return watches.filter(({ counted }) => counted !== null).length;
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
    ...expiredStatistics(now).map((range) => ({ table: db.statistics, range })),
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
