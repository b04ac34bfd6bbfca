import type {
  Conflict,
  EndGroup,
  EndedSubject,
  FailureKey,
  GroupResult,
  PartitionId,
  SliLanding,
  StartGroup,
  StartedSubject,
} from '../../core/ports/store/counting.ts';
import { attemptKey, CONFLICTS, reportMark } from '../../core/ports/store/counting.ts';
import { minuteOf } from '../../core/time/duration.ts';
import type { Chunk } from '../batch-chunks.ts';
import { IDENTITY_LIFE } from '../dedup-buckets.ts';
import type { Databases, Sample } from './databases.ts';
import { flightOf } from './in-flight.ts';
import type { Flight } from './in-flight.ts';
import { seenAt } from './seen.ts';
import type { Seen } from './seen.ts';
import type { EndFact, Placed, SubjectRecord } from '../subject-record.ts';
import {
  firstStart,
  isPlain,
  landingsOf,
  NOTHING_KNOWN,
  stateOf,
  withEnd,
  withoutPlace,
  withoutEarly,
  withReceipt,
  withStart,
} from '../subject-record.ts';
import { attemptSlot, endedSlot } from '../../core/statistics/outcome-counts.ts';
import { collectStatistics } from './statistics.ts';
import type { Statistics } from './statistics.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';

/** How much one transaction weighs at most (see `weightOf`): so little that the event loop is never held up long. */
export const WEIGHT_PER_TRANSACTION = 500;

interface Work {
  readonly now: number;
  readonly seen: Seen;
  readonly flight: Flight;
  readonly tally: Tally;
  readonly statistics: Statistics;
}

/**
 * Counts a chunk of a batch and says what became of each part, conflicts by their place in it. Call it in a write
 * transaction.
 */
export function recordChunk(db: Databases, partition: PartitionId, now: number, chunk: Chunk): GroupResult[] {
  const work: Work = {
    now,
    seen: seenAt(db, partition, now),
    flight: flightOf(db, partition),
    tally: createTally(db, partition, now),
    statistics: collectStatistics(db, partition, now),
  };
  const results = chunk.map(({ group }) =>
    group.kind === 'start' ? recordStarts(work, group) : recordEnds(work, group),
  );
  const conflicts = results.reduce((sum, result) => sum + result.conflicts.length, 0);
  if (conflicts > 0) work.tally.count(CONFLICTS, minuteOf(now), false, conflicts);
  work.tally.write();
  work.statistics.write();
  work.flight.write();
  return results;
}

function recordStarts(work: Work, group: StartGroup): GroupResult {
  const known: number[] = [];
  for (const [offset, subject] of group.subjects.entries()) {
    if (!recordStart(work, group, subject)) known.push(offset);
  }
  return { known, waiting: [], conflicts: [] };
}

function recordStart(work: Work, group: StartGroup, subject: StartedSubject): boolean {
  if (!work.seen.addStart(attemptKey(subject.subject, group.attempt) + reportMark(group))) return false;
  if (group.landings.length > 0) {
    landAll(work.tally, { ...subject, count: group.count, failure: NO_NAMES }, group.landings);
  }
  const before = knownOf(work, subject.subject);
  settle(work, group, subject.subject, before, withStart(before ?? NOTHING_KNOWN, group, subject));
  if (subject.parent !== null && group.step !== null)
    noteStep(work.flight, subject.parent, group.step, subject.at);
  return true;
}

/** Notes in the record of a whole execution that a step of it was begun. */
function noteStep(flight: Flight, parent: string, step: string, at: number): void {
  const record = flight.get(parent);
  if (!record || stateOf(record) !== 'in-flight') return;
  if (record.lastStepAt === null || at >= record.lastStepAt) {
    flight.put(parent, { ...record, lastStep: step, lastStepAt: at });
  }
}

function recordEnds(work: Work, group: EndGroup): GroupResult {
  const known: number[] = [];
  const waiting: number[] = [];
  const conflicts: Conflict[] = [];
  for (const [offset, subject] of group.subjects.entries()) {
    const found = recordEnd(work, group, subject);
    if (typeof found === 'object') conflicts.push({ offset, ...found });
    else if (found === 'known') known.push(offset);
    else if (found === 'waiting') waiting.push(offset);
  }
  return { known, waiting, conflicts };
}

function recordEnd(
  work: Work,
  group: EndGroup,
  subject: EndedSubject,
): 'known' | 'counted' | 'waiting' | Omit<Conflict, 'offset'> {
  const { seen, flight, tally } = work;
  const identity = attemptKey(subject.subject, group.attempt) + reportMark(group);
  const same = seen.end(identity);
  if (same) return same.status === group.status ? 'known' : { recorded: same.status };
  // Version 0.1 did not tell what is some of many from the others.
  const former = group.count > 1 && seen.end(attemptKey(subject.subject, group.attempt)) === null;
  if (same === null || former) return 'known';

  const { step, status, attempt, willRetry, count, failure, slis } = group;
  const { at, startedAt, execution, traceId } = subject;
  const isPlain = attempt === 1 && count === 1 && !willRetry;
  const record = flight.get(subject.subject);
  let found: 'counted' | 'waiting' = 'counted';
  if (!record && isPlain && group.landings) {
    landAll(tally, { ...subject, count, failure }, group.landings);
    const duration = startedAt === null ? null : at - startedAt;
    work.statistics.count(group, at, endedSlot(status, duration), count);
    seen.addEnd(identity, group, { at, toldStart: startedAt, recordedStart: null, count: null });
  } else {
    const end: EndFact = {
      step,
      attempt,
      status,
      willRetry,
      count,
      failure,
      slis,
      at,
      startedAt,
      execution,
      traceId,
    };
    const before = record ?? (isPlain ? null : knownOf(work, subject.subject));
    const after = withEnd(before ?? NOTHING_KNOWN, end);
    if (after === null) return { recorded: before!.ends[0]!.status };
    seen.addEnd(identity, group, { at, toldStart: startedAt, recordedStart: null, count: null });
    if (settle(work, group, subject.subject, before, after) === 'waiting') found = 'waiting';
  }
  work.statistics.count(group, at, attemptSlot(attempt), count);
  if (group.own.length > 0) landAll(tally, { ...subject, subject: identity, count, failure }, group.own);
  return found;
}

/** What is known of a subject: by its record, or by the receipt of its only end. */
function knownOf({ flight, seen }: Pick<Work, 'flight' | 'seen'>, subject: string): SubjectRecord | null {
  const record = flight.get(subject);
  if (record) return record;
  const receipt = seen.end(subject);
  if (!receipt) return null;
  const { status, at, failure, slis } = receipt;
  return withReceipt({ status, at, failure, slis }, receipt);
}

/** What is known of a subject at a moment. */
export function knownIn(
  db: Databases,
  partition: PartitionId,
  subject: string,
  now: number,
): SubjectRecord | null {
  return knownOf({ flight: flightOf(db, partition), seen: seenAt(db, partition, now) }, subject);
}

/** The group that something is of, as far as statistics need it. */
type Measured = Pick<EndGroup, 'step' | 'statistics'>;

/** Counts, or takes back, how something has ended by what is known of it. An end before its first attempt is in no statistics. */
function countStanding(statistics: Statistics, group: Measured, record: SubjectRecord, sign: 1 | -1): void {
  if (record.attempt < 1) return;
  const start = firstStart(record);
  for (const { status, at, count: ended } of record.ends) {
    statistics.count(group, at, endedSlot(status, start === null ? null : at - start), sign * ended);
  }
}

/** Counts what a new fact changes, and keeps what is known from now on where it belongs. */
function settle(
  work: Work,
  group: Measured,
  subject: string,
  before: SubjectRecord | null,
  known: SubjectRecord,
): ReturnType<typeof stateOf> {
  const { tally, flight, seen, now } = work;
  const after = withoutEarly(known, now);
  move(tally, subject, before, after);
  if (before) countStanding(work.statistics, group, before, -1);
  countStanding(work.statistics, group, after, 1);
  const state = stateOf(after);
  if (state === 'in-flight') flight.put(subject, after);
  else if (state === 'settled' && isPlain(after)) {
    flight.remove(subject);
    seen.setStart(subject, after);
  } else {
    const keepUntil = state === 'settled' ? now + IDENTITY_LIFE : null;
    flight.put(subject, { ...withoutPlace(after), keepUntil });
  }
  return state;
}

/** Takes back what a subject counts as no more, and counts what it does now. */
export function move(
  tally: Tally,
  subject: string,
  before: SubjectRecord | null,
  after: SubjectRecord,
): void {
  const lands = (placed: Placed): void => {
    const { fingerprint, good, failure, at, traceId } = placed;
    count(tally, placed, placed.count);
    if (good) return;
    const { execution } = after;
    tally.addSample(fingerprint, { unit: subject, execution, at, traceId, ...failure });
  };
  const landed = before ? landingsOf(before) : [];
  const landings = landingsOf(after);
  // As it is of most: what counts for the first time takes nothing back, and needs no comparison.
  if (landed.length === 0) {
    landings.forEach(lands);
    return;
  }
  const stood = byName(landed);
  const stands = byName(landings);
  for (const [name, placed] of stood) {
    count(tally, placed, (stands.get(name)?.count ?? 0) - placed.count);
    if (!placed.good && !stands.has(name)) {
      tally.removeSample(placed.fingerprint, { unit: subject, at: placed.at, ...placed.failure });
    }
  }
  for (const [name, placed] of stands) {
    if (!stood.has(name)) lands(placed);
  }
}

/** Puts landings together that differ only in how many they count. */
function byName(landings: readonly Placed[]): ReadonlyMap<string, Placed> {
  const named = new Map<string, Placed>();
  for (const placed of landings) {
    const { fingerprint, minute, good, failure, at } = placed;
    const name = JSON.stringify([fingerprint, minute, good, failure, at]);
    named.set(name, { ...placed, count: placed.count + (named.get(name)?.count ?? 0) });
  }
  return named;
}

function count(tally: Tally, { fingerprint, minute, good, failure }: Placed, by: number): void {
  if (by === 0) return;
  tally.count(fingerprint, minute, good, by);
  if (!good) tally.file(fingerprint, minute, failure, by);
}

/** What counts, with what of its group it needs. */
interface Counting {
  readonly subject: string;
  readonly at: number;
  readonly count: number;
  readonly execution: string;
  readonly traceId: string | null;
  readonly failure: FailureKey;
}

/** What bad starts are filed under. */
const NO_NAMES: FailureKey = { step: null, dependency: null, error: null };

function landAll(tally: Tally, counting: Counting, landings: readonly SliLanding[]): void {
  const { subject, at, count, execution, traceId, failure } = counting;
  for (const { fingerprint, minute, good, value } of landings) {
    tally.count(fingerprint, minute, good, count);
    if (!good) {
      const sample: Sample = { unit: subject, execution, at, traceId, ...failure };
      tally.file(fingerprint, minute, failure, count);
      tally.addSample(fingerprint, sample);
    }
    if (value !== null) tally.value(fingerprint, minute, value * count);
  }
}
