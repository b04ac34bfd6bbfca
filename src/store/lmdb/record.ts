import type {
  EndGroup,
  EndSli,
  EndedSubject,
  FailureKey,
  PartitionId,
} from '../../core/ports/store/counting.ts';
import type { SliLanding, StartGroup, StartedSubject, Watch } from '../../core/ports/store/counting.ts';
import { OVERDUE_ERROR } from '../../core/ports/store/counting.ts';
import { judge } from '../../core/sli/landing.ts';
import type { EndStatus, Landing } from '../../core/sli/landing.ts';
import { minuteOf } from '../../core/time/duration.ts';
import type { Databases, EarlyEnd, Running, Sample } from './databases.ts';
import { seenAt } from './seen.ts';
import type { Seen } from './seen.ts';
import { flightOf } from './in-flight.ts';
import type { Flight } from './in-flight.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';
import type { Chunk } from '../batch-chunks.ts';

/** How much one transaction weighs at most (see `weightOf`): so little that the event loop is never held up long. */
export const WEIGHT_PER_TRANSACTION = 500;

interface Work {
  readonly identities: Seen;
  readonly flight: Flight;
  readonly tally: Tally;
}

/** Counts a chunk of a batch and returns how many identities of each part were new. Call it in a write transaction. */
export function recordChunk(db: Databases, partition: PartitionId, now: number, chunk: Chunk): number[] {
  const work: Work = {
    identities: seenAt(db, partition, now),
    flight: flightOf(db, partition),
    tally: createTally(db, partition, now),
  };
  const fresh = chunk.map(({ group }) =>
    group.kind === 'start'
      ? group.subjects.filter((subject) => recordStart(work, group, subject)).length
      : group.subjects.filter((subject) => recordEnd(work, group, subject)).length,
  );
  work.tally.write();
  work.flight.write();
  return fresh;
}

function recordStart(work: Work, group: StartGroup, subject: StartedSubject): boolean {
  const { identities, flight } = work;
  if (!identities.add(`s${subject.subject}`)) return false;
  if (group.landings.length > 0) {
    landAll(work.tally, { ...subject, count: group.count, failure: NO_NAMES }, group.landings);
  }
  if (group.watched) {
    const started: Running = {
      kind: 'running',
      startedAt: subject.at,
      count: group.count,
      execution: subject.execution,
      traceId: subject.traceId,
      lastStep: subject.step,
      lastStepAt: null,
      watches: group.watches.map((watch) => ({ ...watch, counted: null })),
    };
    if (identities.has(`e${subject.subject}`)) {
      const early = flight.get(subject.subject);
      if (early?.kind === 'early-end') landEarlyEnd(work, subject.subject, early, started);
    } else {
      flight.put(subject.subject, started);
    }
  }
  if (subject.parent !== null && subject.step !== null)
    noteStep(flight, subject.parent, subject.step, subject.at);
  return true;
}

function landEarlyEnd({ flight, tally }: Work, subject: string, early: EarlyEnd, started: Running): void {
  const { endedAt, count, execution, traceId, failure, slis } = early;
  const end: End = { subject, at: endedAt, status: 'succeeded', count, execution, traceId, failure };
  landJudged(tally, end, slis.map(sliOfWatch), started, started.startedAt);
  flight.remove(subject);
}

/** Notes in the record of a whole execution that a step of it was begun. */
function noteStep(flight: Flight, parent: string, step: string, at: number): void {
  const record = flight.get(parent);
  if (record?.kind !== 'running') return;
  if (record.lastStepAt === null || at >= record.lastStepAt) {
    flight.put(parent, { ...record, lastStep: step, lastStepAt: at });
  }
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

interface End extends Counting {
  readonly status: EndStatus;
}

/** What bad starts are filed under. */
const NO_NAMES: FailureKey = { step: null, dependency: null, error: null };

function recordEnd(work: Work, group: EndGroup, subject: EndedSubject): boolean {
  const { identities, flight, tally } = work;
  if (!identities.add(`e${subject.subject}`)) return false;
  const { status, count, failure } = group;
  const { at, execution, traceId } = subject;
  const end: End = { subject: subject.subject, at, status, count, execution, traceId, failure };
  const record = flight.get(subject.subject);
  if (record?.kind === 'running') {
    landJudged(tally, end, group.slis, record, subject.startedAt ?? record.startedAt);
    flight.remove(subject.subject);
  } else if (group.landings) {
    landAll(tally, end, group.landings);
  } else if (subject.startedAt !== null) {
    landJudged(tally, end, group.slis, null, subject.startedAt);
  } else {
    landWithoutStart(work, end, group.slis);
  }
  return true;
}

/**
 * Lands an end whose start is known, for every SLI that selected either, and takes back what was counted at a
 * deadline where the end shows it wrong.
 */
function landJudged(
  tally: Tally,
  end: End,
  slis: EndGroup['slis'],
  record: Running | null,
  startedAt: number,
): void {
  const watches = new Map(record?.watches.map((watch) => [watch.fingerprint, watch]));
  const selected = new Map(
    [...Array.from(watches.values(), sliOfWatch), ...slis].map((sli) => [sli.fingerprint, sli]),
  );
  for (const [fingerprint, sli] of selected) {
    const landing = landingOf(sli, startedAt, end);
    const watch = watches.get(fingerprint);
    if (record && watch?.counted) {
      const deadline = record.startedAt + watch.withinMs;
      const minute = minuteOf(deadline);
      if (landing?.good === false && landing.minute === minute) continue;
      const failure = overdueFailure(watch.counted.step);
      tally.takeBack(
        fingerprint,
        minute,
        record.count,
        failure,
        overdueSample(end.subject, record, deadline, failure),
      );
    }
    if (landing) land(tally, end, fingerprint, landing.minute, landing.good);
  }
}

/** Lands an end whose start is unknown: a failure is bad whenever it started, a success with a deadline waits. */
function landWithoutStart({ flight, tally }: Work, end: End, slis: EndGroup['slis']): void {
  const waiting: Watch[] = [];
  for (const sli of slis) {
    const { fingerprint, withinMs } = sli;
    if (withinMs !== null && end.status === 'succeeded') {
      waiting.push({ fingerprint, withinMs });
    } else {
      const landing = landingOf(sli, null, end);
      if (landing) land(tally, end, fingerprint, landing.minute, landing.good);
    }
  }
  if (waiting.length === 0) return;
  const { subject, at, count, execution, traceId, failure } = end;
  flight.put(subject, { kind: 'early-end', endedAt: at, count, execution, traceId, failure, slis: waiting });
}

/** Where an end lands for an SLI that selects it; without its start, deadlines do not matter. */
function landingOf(sli: EndSli, startedAt: number | null, { at, status }: End): Landing | null {
  const { withinMs, verdict, startIn } = sli;
  if (startedAt === null) {
    return verdict === null ? judge(null, at, at, status) : { minute: minuteOf(at), good: verdict };
  }
  if (startIn && (startedAt < startIn[0] || startedAt > startIn[1])) return null;
  return verdict === null ? judge(withinMs, startedAt, at, status) : { minute: minuteOf(at), good: verdict };
}

function sliOfWatch({ fingerprint, withinMs }: Watch): EndSli {
  return { fingerprint, withinMs, verdict: null, startIn: null };
}

function landAll(tally: Tally, counting: Counting, landings: readonly SliLanding[]): void {
  for (const { fingerprint, minute, good, value } of landings) {
    land(tally, counting, fingerprint, minute, good);
    if (value !== null) tally.value(fingerprint, minute, value * counting.count);
  }
}

function land(tally: Tally, counting: Counting, fingerprint: string, minute: number, good: boolean): void {
  const { subject, at, count, execution, traceId, failure } = counting;
  if (good) tally.good(fingerprint, minute, count);
  else tally.bad(fingerprint, minute, count, failure, { unit: subject, execution, at, traceId, ...failure });
}

/** What something overdue is filed under, with the step that was begun last. */
export function overdueFailure(step: string | null): FailureKey {
  return { step, dependency: null, error: OVERDUE_ERROR };
}

/** Something overdue as one of the last failed: it failed at its deadline. */
export function overdueSample(
  subject: string,
  record: Running,
  deadline: number,
  failure: FailureKey,
): Sample {
  return { unit: subject, execution: record.execution, at: deadline, traceId: record.traceId, ...failure };
}
