import type { EndGroup, EndSli, EndUnit, FailureKey, PartitionId } from '../../core/ports/store/counting.ts';
import type { SliLanding, StartGroup, StartUnit, Watch } from '../../core/ports/store/counting.ts';
import { OVERDUE_ERROR } from '../../core/ports/store/counting.ts';
import { judge } from '../../core/sli/sli.ts';
import type { EndStatus, Landing } from '../../core/sli/sli.ts';
import { minuteOf } from '../../core/time/duration.ts';
import type { Databases, EarlyEnd, Running, Sample } from './databases.ts';
import { identitiesAt } from './seen.ts';
import type { Identities } from './seen.ts';
import { flightOf } from './in-flight.ts';
import type { Flight } from './in-flight.ts';
import { createTally } from './tally.ts';
import type { Tally } from './tally.ts';
import type { Piece } from '../batch-chunks.ts';

/** How much one transaction weighs at most (see `weightOf`): so little that the event loop is never held up long. */
export const WEIGHT_PER_TRANSACTION = 500;

interface Work {
  readonly identities: Identities;
  readonly flight: Flight;
  readonly tally: Tally;
}

/** Counts pieces of a batch and returns how many identities of each were new. Call it in a write transaction. */
export function recordPieces(
  db: Databases,
  partition: PartitionId,
  now: number,
  pieces: readonly Piece[],
): number[] {
  const work: Work = {
    identities: identitiesAt(db, partition, now),
    flight: flightOf(db, partition),
    tally: createTally(db, partition, now),
  };
  const fresh = pieces.map(({ group }) =>
    group.kind === 'start'
      ? group.units.filter((unit) => recordStart(work, group, unit)).length
      : group.units.filter((unit) => recordEnd(work, group, unit)).length,
  );
  work.tally.write();
  work.flight.write();
  return fresh;
}

function recordStart(work: Work, group: StartGroup, unit: StartUnit): boolean {
  const { identities, flight } = work;
  if (!identities.add(`s${unit.unit}`)) return false;
  if (group.landings.length > 0) {
    landAll(work.tally, { ...unit, count: group.count, failure: NO_NAMES }, group.landings);
  }
  if (group.watched) {
    const started: Running = {
      kind: 'running',
      startedAt: unit.at,
      count: group.count,
      execution: unit.execution,
      traceId: unit.traceId,
      lastStep: unit.step,
      lastStepAt: null,
      watches: group.watches.map((watch) => ({ ...watch, counted: null })),
    };
    if (identities.has(`e${unit.unit}`)) {
      const early = flight.get(unit.unit);
      if (early?.kind === 'early-end') landEarlyEnd(work, unit.unit, early, started);
    } else {
      flight.put(unit.unit, started);
    }
  }
  if (unit.parent !== null && unit.step !== null) noteStep(flight, unit.parent, unit.step, unit.at);
  return true;
}

function landEarlyEnd({ flight, tally }: Work, unit: string, early: EarlyEnd, started: Running): void {
  const { endedAt, count, execution, traceId, failure, slis } = early;
  const end: End = { unit, at: endedAt, status: 'succeeded', count, execution, traceId, failure };
  landJudged(tally, end, slis.map(sliOfWatch), started, started.startedAt);
  flight.remove(unit);
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
  readonly unit: string;
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

function recordEnd(work: Work, group: EndGroup, unit: EndUnit): boolean {
  const { identities, flight, tally } = work;
  if (!identities.add(`e${unit.unit}`)) return false;
  const { status, count, failure } = group;
  const { at, execution, traceId } = unit;
  const end: End = { unit: unit.unit, at, status, count, execution, traceId, failure };
  const record = flight.get(unit.unit);
  if (record?.kind === 'running') {
    landJudged(tally, end, group.slis, record, unit.startedAt ?? record.startedAt);
    flight.remove(unit.unit);
  } else if (group.landings) {
    landAll(tally, end, group.landings);
  } else if (unit.startedAt !== null) {
    landJudged(tally, end, group.slis, null, unit.startedAt);
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
        overdueSample(end.unit, record, deadline, failure),
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
  const { unit, at, count, execution, traceId, failure } = end;
  flight.put(unit, { kind: 'early-end', endedAt: at, count, execution, traceId, failure, slis: waiting });
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
  const { unit, at, count, execution, traceId, failure } = counting;
  if (good) tally.good(fingerprint, minute, count);
  else tally.bad(fingerprint, minute, count, failure, { unit, execution, at, traceId, ...failure });
}

/** What something overdue is filed under, with the step that was begun last. */
export function overdueFailure(step: string | null): FailureKey {
  return { step, dependency: null, error: OVERDUE_ERROR };
}

/** Something overdue as one of the last failed: it failed at its deadline. */
export function overdueSample(unit: string, record: Running, deadline: number, failure: FailureKey): Sample {
  return { unit, execution: record.execution, at: deadline, traceId: record.traceId, ...failure };
}
