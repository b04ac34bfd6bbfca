import type {
  EndGroup,
  EndSli,
  FailureKey,
  FlightPlace,
  StartGroup,
  StartedSubject,
  Watch,
} from '../core/ports/store/counting.ts';
import { IN_FLIGHT_RETENTION, MAX_PARTS, OVERDUE_ERROR } from '../core/ports/store/counting.ts';
import type { EndStatus } from '../core/outcomes/outcome.ts';
import { DEDUP_HORIZON } from '../core/outcomes/record-fields.ts';
import { judge } from '../core/sli/landing.ts';
import type { Landing } from '../core/sli/landing.ts';
import { minuteOf } from '../core/time/duration.ts';

/**
 * What is known of a subject that is in flight, waits for its start, or has ended in a way that a receipt (seen.ts)
 * has no room for. What it counts as follows from these facts alone, see `landingsOf`, so that what a new fact changes
 * is the difference between before and after. `redis/subject.lua` is the same in Lua, whose records `redis/stored-record.ts` reads.
 */
export interface SubjectRecord {
  readonly v: 2;
  readonly execution: string;
  readonly traceId: string | null;
  /** How many started; null while only ends were reported. */
  readonly count: number | null;
  /** When the first attempt started, as it was recorded, ... */
  readonly recordedStart: number | null;
  /** ... and as an end of it says, which comes first. */
  readonly toldStart: number | null;
  /** The earliest start of any other attempt. */
  readonly laterStart: number | null;
  readonly queuedAt: number | null;
  /** The step begun last, and when it was (null: with the subject itself). */
  readonly lastStep: string | null;
  readonly lastStepAt: number | null;
  /** The SLIs with a deadline that selected a start. */
  readonly watches: readonly FlightWatch[];
  /** The latest attempt that ended; 0 when none has, or only what comes before the first. */
  readonly attempt: number;
  /** It failed and another follows. */
  readonly willRetry: boolean;
  /** How it ended: several times when it stands for many. */
  readonly ends: readonly EndPart[];
  /** When the last of all ends, of whatever attempt, happened. */
  readonly endedAt: number | null;
  /** Until when something settled is kept; null for what is not settled. */
  readonly keepUntil: number | null;
}

/** A deadline that something in flight has; `counted` once it was counted as overdue, under which step. */
export interface FlightWatch extends Watch {
  readonly counted: { readonly step: string | null } | null;
}

export interface EndPart {
  readonly status: EndStatus;
  readonly at: number;
  readonly count: number;
  readonly traceId: string | null;
  readonly failure: FailureKey;
  readonly slis: readonly EndSli[];
}

/** What is counted of a subject for one SLI. */
export interface Placed extends Landing {
  readonly fingerprint: string;
  readonly count: number;
  readonly failure: FailureKey;
  /** When it failed, and the trace of that. */
  readonly at: number;
  readonly traceId: string | null;
}

export const NOTHING_KNOWN: SubjectRecord = {
  v: 2,
  execution: '',
  traceId: null,
  count: null,
  recordedStart: null,
  toldStart: null,
  laterStart: null,
  queuedAt: null,
  lastStep: null,
  lastStepAt: null,
  watches: [],
  attempt: 0,
  willRetry: false,
  ends: [],
  endedAt: null,
  keepUntil: null,
};

/** An end as it is reported. */
export interface EndFact extends Pick<
  EndGroup,
  'step' | 'attempt' | 'status' | 'willRetry' | 'count' | 'failure' | 'slis'
> {
  readonly at: number;
  readonly startedAt: number | null;
  readonly execution: string;
  readonly traceId: string | null;
}

/** Adds a start, or that something was queued. */
export function withStart(record: SubjectRecord, group: StartGroup, subject: StartedSubject): SubjectRecord {
  const { phase, attempt } = group;
  const isFirst = phase === 'started' && attempt === 1;
  const isLater = phase === 'started' && attempt !== 1;
  const isNew = record.execution === '';
  return {
    ...record,
    keepUntil: null,
    execution: isNew ? subject.execution : record.execution,
    traceId: record.traceId ?? subject.traceId,
    count: Math.max(group.count, record.count ?? 0),
    recordedStart: isFirst ? earlier(record.recordedStart, subject.at) : record.recordedStart,
    laterStart: isLater ? earlier(record.laterStart, subject.at) : record.laterStart,
    queuedAt: phase === 'queued' ? earlier(record.queuedAt, subject.at) : record.queuedAt,
    lastStep: record.lastStep ?? group.step,
    watches: withWatches(record.watches, group.watches),
  };
}

/** Adds an end; null when more would have ended than started. */
export function withEnd(record: SubjectRecord, end: EndFact): SubjectRecord | null {
  const { attempt, willRetry, startedAt } = end;
  const isLatest =
    attempt > record.attempt || (attempt === record.attempt && (record.willRetry || record.endedAt === null));
  const merged: SubjectRecord = {
    ...record,
    keepUntil: null,
    endedAt: Math.max(end.at, record.endedAt ?? 0),
    execution: record.execution === '' ? end.execution : record.execution,
    lastStep: record.lastStep ?? end.step,
    toldStart: attempt === 1 ? earlier(record.toldStart, startedAt) : record.toldStart,
    laterStart: attempt !== 1 ? earlier(record.laterStart, startedAt) : record.laterStart,
  };
  if (willRetry) {
    const open: SubjectRecord = {
      ...merged,
      traceId: record.traceId ?? end.traceId,
      count: Math.max(end.count, record.count ?? 0),
      watches: withWatches(record.watches, end.slis.flatMap(watchOf)),
    };
    return isLatest ? { ...open, attempt, willRetry, ends: [] } : open;
  }
  const part: EndPart = {
    status: end.status,
    at: end.at,
    count: end.count,
    traceId: end.traceId,
    failure: end.failure,
    slis: end.slis,
  };
  if (isLatest) return { ...merged, attempt, willRetry, ends: [part] };
  if (attempt < record.attempt) return merged;
  const ended = record.ends.reduce((sum, { count }) => sum + count, end.count);
  if (ended > (record.count ?? Infinity) || record.ends.length >= MAX_PARTS) return null;
  return { ...merged, ends: [...record.ends, part] };
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

function withWatches(known: readonly FlightWatch[], added: readonly Watch[]): readonly FlightWatch[] {
  const fresh = added.filter(({ fingerprint }) => !known.some((watch) => watch.fingerprint === fingerprint));
  return fresh.length === 0 ? known : [...known, ...fresh.map((watch) => ({ ...watch, counted: null }))];
}

function watchOf({ fingerprint, withinMs, from }: EndSli): readonly Watch[] {
  return withinMs === null ? [] : [{ fingerprint, withinMs, from }];
}

/** What an end that a receipt tells of leaves known of its subject. */
export function withReceipt(
  end: Omit<EndPart, 'count' | 'traceId'>,
  { toldStart, recordedStart, count }: Pick<SubjectRecord, 'toldStart' | 'recordedStart' | 'count'>,
): SubjectRecord {
  return {
    ...NOTHING_KNOWN,
    count,
    toldStart,
    recordedStart,
    watches: count === null ? [] : withWatches([], end.slis.flatMap(watchOf)),
    attempt: 1,
    ends: [{ ...end, count: 1, traceId: null }],
    endedAt: end.at,
  };
}

/** When a subject started first; null when that is not known. */
export function firstStart({ recordedStart, toldStart, laterStart }: SubjectRecord): number | null {
  return earlier(toldStart ?? recordedStart, laterStart);
}

/** The moment a deadline is counted from; null when that is not known. */
export function baseOf(record: SubjectRecord, { from }: Pick<Watch, 'from'>): number | null {
  const start = firstStart(record);
  return from === 'queued' ? earlier(record.queuedAt, start) : start;
}

/** How many have not ended, as far as that is known. */
function leftOf({ count, willRetry, ends }: SubjectRecord): number {
  if (count === null) return 0;
  return willRetry ? count : Math.max(0, count - ends.reduce((sum, end) => sum + end.count, 0));
}

/** What a subject counts as, by what is known of it. */
export function landingsOf(record: SubjectRecord): Placed[] {
  const placed = record.ends.flatMap((end) =>
    selectedByEither(record, end).flatMap((sli) => landingOf(record, end, sli)),
  );
  const left = leftOf(record);
  if (left === 0) return placed;
  for (const watch of record.watches) {
    const base = baseOf(record, watch);
    if (!watch.counted || base === null) continue;
    const deadline = base + watch.withinMs;
    placed.push({
      fingerprint: watch.fingerprint,
      minute: minuteOf(deadline),
      good: false,
      count: left,
      failure: overdueFailure(watch.counted.step),
      at: deadline,
      traceId: record.traceId,
    });
  }
  return placed;
}

function selectedByEither({ watches }: SubjectRecord, { slis }: EndPart): readonly EndSli[] {
  const others = watches.filter(({ fingerprint }) => !slis.some((sli) => sli.fingerprint === fingerprint));
  return others.length === 0 ? slis : [...slis, ...others.map((watch) => ({ ...watch, startIn: null }))];
}

function landingOf(record: SubjectRecord, end: EndPart, sli: EndSli): readonly Placed[] {
  const { fingerprint, startIn } = sli;
  const { status, at, count, traceId, failure } = end;
  const watch = record.watches.find((one) => one.fingerprint === fingerprint);
  // An end that asks for no deadline is held to that of the start all the same.
  const withinMs = sli.withinMs ?? watch?.withinMs ?? null;
  const base = baseOf(record, sli);
  if (withinMs !== null && base === null) return [];
  if (startIn && base !== null && (base < startIn[0] || base > startIn[1])) return [];
  const landing = judge(withinMs, base ?? at, at, status);
  if (!landing) return [];
  const deadline = withinMs === null ? Infinity : base! + withinMs;
  const counted = watch?.counted;
  // What was counted at its deadline stays filed as overdue: finishing late changes nothing.
  if (at > deadline && counted) {
    const { traceId: begun } = record;
    return [
      { ...landing, fingerprint, count, failure: overdueFailure(counted.step), at: deadline, traceId: begun },
    ];
  }
  return [{ ...landing, fingerprint, count, failure, at, traceId }];
}

/** What something overdue is filed under, with the step that was begun last. */
export function overdueFailure(step: string | null): FailureKey {
  return { step, dependency: null, error: OVERDUE_ERROR };
}

export type SubjectState = 'in-flight' | 'waiting' | 'settled';

export function stateOf(record: SubjectRecord): SubjectState {
  if (record.keepUntil !== null) return 'settled';
  if (baseOf(record, { from: 'queued' }) !== null && leftOf(record) > 0) return 'in-flight';
  return waits(record) ? 'waiting' : 'settled';
}

/** Whether it has ended, or is to be retried, with a deadline that nothing says the beginning of. */
function waits(record: SubjectRecord): boolean {
  const isOpen = (watch: Pick<EndSli, 'withinMs' | 'from'>): boolean =>
    watch.withinMs !== null && baseOf(record, watch) === null;
  return (
    record.endedAt !== null && [...record.watches, ...record.ends.flatMap(({ slis }) => slis)].some(isOpen)
  );
}

/** When a sweep must look at a record next: at its next deadline, or to forget it. */
export function dueOf(record: SubjectRecord): number {
  const { keepUntil, watches, endedAt } = record;
  if (keepUntil !== null) return keepUntil;
  const begun = baseOf(record, { from: 'queued' });
  if (stateOf(record) === 'waiting' || begun === null) return (endedAt ?? 0) + DEDUP_HORIZON;
  const open = watches.flatMap((watch) => {
    const base = baseOf(record, watch);
    return watch.counted || base === null ? [] : [base + watch.withinMs];
  });
  return Math.min(begun + IN_FLIGHT_RETENTION, ...open);
}

export function isOverdue(record: SubjectRecord): boolean {
  return stateOf(record) === 'in-flight' && record.watches.some(({ counted }) => counted !== null);
}

/** When something in flight began, as far as is known. */
export function begunAt(record: SubjectRecord): number {
  return baseOf(record, { from: 'queued' }) ?? 0;
}

/** Where something in flight is: steps of their own were begun with their record, others at a moment after it. */
export function placeOf({ lastStep, lastStepAt }: SubjectRecord): Pick<FlightPlace, 'of' | 'step'> {
  return { of: lastStep !== null && lastStepAt === null ? 'step' : 'execution', step: lastStep };
}

/** Where something was that has ended does not say where it is when it goes on after all. */
export function withoutPlace(record: SubjectRecord): SubjectRecord {
  return record.lastStepAt === null ? record : { ...record, lastStep: null, lastStepAt: null };
}

/** Without the deadlines counted as passed that are not over, now that more is known of their beginning. */
export function withoutEarly(record: SubjectRecord, now: number): SubjectRecord {
  const isEarly = (watch: FlightWatch): boolean => {
    const base = baseOf(record, watch);
    return watch.counted !== null && base !== null && base + watch.withinMs >= now;
  };
  if (!record.watches.some(isEarly)) return record;
  const watches = record.watches.map((watch) => (isEarly(watch) ? { ...watch, counted: null } : watch));
  return { ...record, watches };
}

/** The deadlines of something in flight that have passed before `now` and are not counted yet, counted. */
export function withOverdue(record: SubjectRecord, now: number): SubjectRecord {
  const watches = record.watches.map((watch) => {
    const base = baseOf(record, watch);
    if (watch.counted || base === null || base + watch.withinMs >= now) return watch;
    return { ...watch, counted: { step: record.lastStep } };
  });
  return { ...record, watches };
}

/**
 * Whether the one end of something settled and its start say all there is to know of it, so that a receipt is enough:
 * with a start, the SLIs with a deadline are the same for both.
 */
export function isPlain(record: SubjectRecord): boolean {
  const { ends, attempt, willRetry, count, queuedAt, laterStart, watches } = record;
  const [end] = ends;
  if (!end || ends.length > 1 || end.count !== 1 || attempt !== 1 || willRetry) return false;
  if ((count ?? 1) !== 1 || queuedAt !== null || laterStart !== null) return false;
  const timed = end.slis.filter(({ withinMs }) => withinMs !== null);
  return (
    watches.every(
      ({ fingerprint, counted }) => counted === null && timed.some((sli) => sli.fingerprint === fingerprint),
    ) &&
    (count === null || watches.length === timed.length)
  );
}
