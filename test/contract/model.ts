import type { FailedExecution, FailureCount } from '../../src/core/alerting/notification.ts';
import type { EndStatus } from '../../src/core/outcomes/outcome.ts';
import { judge } from '../../src/core/sli/landing.ts';
import type { DeadlineFrom } from '../../src/core/sli/sli.ts';
import { OVERDUE_ERROR } from '../../src/core/ports/store/counting.ts';
import type {
  EndGroup,
  EndSli,
  EndedSubject,
  FailureKey,
  FlightReport,
  HourCells,
  InFlight,
  KnownSubject,
  FlightPlace,
  RecordGroup,
  SliLanding,
  StartGroup,
  StartedSubject,
  Watch,
} from '../../src/core/ports/store/counting.ts';
import { attemptSlot, endedSlot } from '../../src/core/statistics/outcome-counts.ts';
import { DAY } from '../../src/core/time/duration.ts';

/** One outcome counted for one SLI. */
export interface Counted {
  readonly fingerprint: string;
  readonly minute: number;
  readonly good: boolean;
  readonly count: number;
  /** What each of them adds to the sum of the minute; null for none. */
  readonly value: number | null;
  /** Under what it is filed and who it was; null for good ones. */
  readonly bad: { readonly failure: FailureKey; readonly failed: FailedExecution } | null;
}

interface Reported<Group, Subject> {
  readonly group: Group;
  readonly subject: Subject;
}
type Start = Reported<StartGroup, StartedSubject>;
type End = Reported<EndGroup, EndedSubject>;

interface Fact {
  /** Identities of starts and of ends; an end with its status. */
  readonly startsSeen: Set<string>;
  readonly endsSeen: Map<string, EndStatus>;
  /** What starts and ends counted as by themselves. */
  readonly own: Counted[];
  /** Those that wait for the end. */
  readonly starts: Start[];
  /** Those that were not conflicts. */
  readonly ends: End[];
  /** Fingerprint of what a sweep found overdue -> the step begun last at that time. */
  readonly overdue: Map<string, string | null>;
  /** For a whole execution: its steps' starts that came while it was in flight. */
  stepsBegun: { readonly step: string; readonly at: number }[];
  /** It waited too long for its start. */
  givenUp: boolean;
}

/** So many of a step (null: of executions) in a slot of statistics, at a moment. */
export interface InSlot {
  readonly step: string | null;
  readonly at: number;
  readonly slot: number;
  readonly count: number;
}

/** What became of a group. */
export interface Result {
  readonly known: number[];
  readonly waiting: number[];
  readonly conflicts: { readonly offset: number; readonly recorded: EndStatus }[];
}

/**
 * What counting in one partition must come to, worked out anew from everything that ever happened: no
 * counters, no corrections. It holds while all of it lies within the dedup horizon.
 */
export function createModel(): {
  record(groups: readonly RecordGroup[], now: number): Result[];
  sweep(now: number): { readonly overdue: number; readonly unjudged: number };
  counted(): Counted[];
  /** Sets hours of a series, and tells which of them were not so already. */
  write(hours: readonly HourCells[]): number[];
  /** What was set: the cells of each hour. */
  written(): ReadonlyMap<number, Uint32Array>;
  inFlight(): InFlight;
  places(): readonly FlightPlace[];
  /** What is known of each subject, without its state. */
  known(): ReadonlyMap<string, Omit<KnownSubject, 'state' | 'deadlines'>>;
  /** What statistics hold, one by one. */
  statistics(): readonly InSlot[];
  /** What is in flight, without traces, in no order. */
  flights(): readonly FlightReport[];
} {
  const facts = new Map<string, Fact>();
  const hoursSet = new Map<number, Uint32Array>();

  const factOf = (subject: string): Fact => {
    const known = facts.get(subject);
    if (known) return known;
    const fact: Fact = {
      startsSeen: new Set(),
      endsSeen: new Map(),
      own: [],
      starts: [],
      ends: [],
      overdue: new Map(),
      stepsBegun: [],
      givenUp: false,
    };
    facts.set(subject, fact);
    return fact;
  };

  const recordStart = (group: StartGroup, subject: StartedSubject): boolean => {
    const fact = factOf(subject.subject);
    const identity = `${group.phase} ${group.attempt}`;
    if (fact.startsSeen.has(identity)) return false;
    fact.startsSeen.add(identity);
    fact.own.push(...group.landings.map((landing) => begun(group, subject, landing)));
    fact.starts.push({ group, subject });
    fact.givenUp = false;
    const parent = subject.parent === null ? undefined : facts.get(subject.parent);
    if (parent && isInFlight(parent) && group.step !== null) {
      parent.stepsBegun.push({ step: group.step, at: subject.at });
    }
    return true;
  };

  const recordEnd = (
    group: EndGroup,
    subject: EndedSubject,
  ): 'known' | 'counted' | { readonly recorded: EndStatus } => {
    const fact = factOf(subject.subject);
    const { attempt, status, willRetry, count } = group;
    const part = count > 1 ? `${status} ${count}` : '';
    const identity = `${attempt} ${willRetry} ${part}`;
    const same = fact.endsSeen.get(identity);
    if (same !== undefined) return same === status ? 'known' : { recorded: same };
    const { attempt: latest, parts } = decision(fact);
    if (!willRetry && attempt === latest && parts.length > 0) {
      const ended = parts.reduce((sum, one) => sum + one.group.count, count);
      if (parts.length >= 100 || ended > (startedCount(fact) ?? Infinity))
        return { recorded: parts[0]!.group.status };
    }
    fact.endsSeen.set(identity, status);
    fact.ends.push({ group, subject });
    fact.givenUp = false;
    fact.own.push(...group.own.map((landing) => ended({ group, subject }, landing)));
    return 'counted';
  };

  return {
    record(groups, now) {
      const results = groups.map((): Result => ({ known: [], waiting: [], conflicts: [] }));
      const order = groups
        .map((group, index) => ({ group, result: results[index]! }))
        .toSorted((a, b) => rank(a.group) - rank(b.group));
      for (const { group, result } of order) {
        if (group.kind === 'start') {
          group.subjects.forEach((subject, offset) => {
            if (!recordStart(group, subject)) result.known.push(offset);
            uncountEarly(factOf(subject.subject), now);
            leavePlace(factOf(subject.subject));
          });
          continue;
        }
        group.subjects.forEach((subject, offset) => {
          const found = recordEnd(group, subject);
          if (typeof found === 'object') result.conflicts.push({ offset, ...found });
          else if (found === 'known') result.known.push(offset);
          else {
            uncountEarly(factOf(subject.subject), now);
            leavePlace(factOf(subject.subject));
            if (isWaiting(factOf(subject.subject))) result.waiting.push(offset);
          }
        });
      }
      return results;
    },

    sweep(now) {
      let overdue = 0;
      let unjudged = 0;
      for (const fact of facts.values()) {
        if (isInFlight(fact)) {
          for (const watch of watchesOf(fact)) {
            const base = baseOf(fact, watch.from);
            if (base !== null && base + watch.withinMs < now && !fact.overdue.has(watch.fingerprint)) {
              fact.overdue.set(watch.fingerprint, lastStep(fact));
              overdue += 1;
            }
          }
        } else if (isWaiting(fact) && Math.max(...fact.ends.map(({ subject }) => subject.at)) + DAY < now) {
          fact.givenUp = true;
          unjudged += 1;
        }
      }
      return { overdue, unjudged };
    },

    counted: () => [...facts.values()].flatMap((fact) => [...fact.own, ...outcomesOf(fact)]),

    write(hours) {
      const changed = new Set<number>();
      for (const { hour, cells } of hours) {
        const before = hoursSet.get(hour);
        if (cells.some((count, index) => count !== (before?.[index] ?? 0))) changed.add(hour);
        hoursSet.set(hour, cells);
      }
      return [...changed];
    },

    written: () => hoursSet,

    places() {
      const places = new Map<string, FlightPlace>();
      for (const { of, step, overdue } of [...facts.values()].filter(isInFlight).map(flightOf)) {
        const name = `${of} ${step}`;
        const { running, overdue: late } = places.get(name) ?? { running: 0, overdue: 0 };
        places.set(name, { of, step, running: running + 1, overdue: late + Number(overdue) });
      }
      return [...places.values()];
    },

    known: () => new Map([...facts].map(([subject, fact]) => [subject, knownOf(fact)])),

    statistics: () => [...facts.values()].flatMap(slotsOf),

    flights: () => [...facts.values()].filter(isInFlight).map(flightOf),

    inFlight() {
      const all = [...facts.values()];
      const running = all.filter(isInFlight);
      return {
        running: running.length,
        overdue: running.filter(({ overdue }) => overdue.size > 0).length,
        waiting: all.filter(isWaiting).length,
      };
    },
  };
}

/** Adds up the bad ones by what they are filed under. */
export function failuresOf(counted: readonly Counted[]): FailureCount[] {
  const totals = new Map<string, FailureCount>();
  for (const { bad, count } of counted) {
    if (!bad) continue;
    const key = JSON.stringify([bad.failure.step, bad.failure.dependency, bad.failure.error]);
    totals.set(key, { ...bad.failure, count: count + (totals.get(key)?.count ?? 0) });
  }
  return [...totals.values()];
}

function rank(group: RecordGroup): number {
  if (group.kind === 'end') return 2;
  return group.subjects.some(({ parent }) => parent !== null) ? 1 : 0;
}

/** The latest attempt that ended, and how; no parts when it is to be tried again. */
function decision({ ends }: Fact): { readonly attempt: number; readonly parts: readonly End[] } {
  const attempt = Math.max(0, ...ends.map(({ group }) => group.attempt));
  return {
    attempt,
    parts: ends.filter(({ group }) => group.attempt === attempt && !group.willRetry),
  };
}

/** How many started, as far as that is known: what is to be tried again has started, too. */
function startedCount({ starts, ends }: Fact): number | null {
  const counts = [...starts, ...ends.filter(({ group }) => group.willRetry)].map(({ group }) => group.count);
  return counts.length === 0 ? null : Math.max(...counts);
}

function least(moments: readonly number[]): number | null {
  return moments.length === 0 ? null : Math.min(...moments);
}

/** That of the first attempt, as an end of it says, else as it was recorded; or an earlier one of another attempt. */
function firstStart({ starts, ends }: Fact): number | null {
  const told = (isFirst: boolean) =>
    ends.flatMap(({ group, subject }) =>
      (group.attempt === 1) === isFirst && subject.startedAt !== null ? [subject.startedAt] : [],
    );
  const recorded = (isFirst: boolean) =>
    starts.flatMap(({ group, subject }) =>
      group.phase === 'started' && (group.attempt === 1) === isFirst ? [subject.at] : [],
    );
  const first = least(told(true)) ?? least(recorded(true));
  return least([...(first === null ? [] : [first]), ...told(false), ...recorded(false)]);
}

function baseOf(fact: Fact, from: DeadlineFrom): number | null {
  const queued = fact.starts.flatMap(({ group, subject }) => (group.phase === 'queued' ? [subject.at] : []));
  const start = firstStart(fact);
  return least([...(from === 'queued' ? queued : []), ...(start === null ? [] : [start])]);
}

/** What was overdue is not when what is known now says that its deadline is not over. */
function uncountEarly(fact: Fact, now: number): void {
  for (const { fingerprint, withinMs, from } of watchesOf(fact)) {
    const base = baseOf(fact, from);
    if (base !== null && base + withinMs >= now) fact.overdue.delete(fingerprint);
  }
}

/** The SLIs with a deadline that selected a start, or an end that was to be tried again. */
function watchesOf({ starts, ends }: Fact): readonly Watch[] {
  const all = [
    ...starts.flatMap(({ group }) => group.watches),
    ...ends.flatMap(({ group }) => (group.willRetry ? group.slis : [])),
  ];
  const watches = new Map<string, Watch>();
  for (const { fingerprint, withinMs, from } of all)
    if (withinMs !== null && !watches.has(fingerprint))
      watches.set(fingerprint, { fingerprint, withinMs, from });
  return [...watches.values()];
}

function leftOf(fact: Fact): number {
  const ended = decision(fact).parts.reduce((sum, { group }) => sum + group.count, 0);
  return Math.max(0, (startedCount(fact) ?? 0) - ended);
}

function isInFlight(fact: Fact): boolean {
  return baseOf(fact, 'queued') !== null && leftOf(fact) > 0;
}

/** Whether an end has come, with a deadline to judge, and nothing says when it started. */
function isWaiting(fact: Fact): boolean {
  if (fact.ends.length === 0 || fact.givenUp || isInFlight(fact)) return false;
  const selected = decision(fact).parts.flatMap(({ group }) => group.slis);
  return [...watchesOf(fact), ...selected].some(
    ({ withinMs, from }) => withinMs !== null && baseOf(fact, from) === null,
  );
}

/** The steps of an execution that has ended say nothing of where it is when it goes on after all. */
function leavePlace(fact: Fact): void {
  if (!isInFlight(fact)) fact.stepsBegun.length = 0;
}

/** The step of an execution that was begun last. */
function lastBegun({ stepsBegun }: Fact): Fact['stepsBegun'][number] | undefined {
  let last: Fact['stepsBegun'][number] | undefined;
  for (const begun of stepsBegun) if (!last || begun.at >= last.at) last = begun;
  return last;
}

function lastStep(fact: Fact): string | null {
  return lastBegun(fact)?.step ?? [...fact.starts, ...fact.ends][0]?.group.step ?? null;
}

function knownOf(fact: Fact): Omit<KnownSubject, 'state' | 'deadlines'> {
  const { attempt, parts } = decision(fact);
  return {
    queuedAt: least(fact.starts.flatMap((one) => (one.group.phase === 'queued' ? [one.subject.at] : []))),
    startedAt: firstStart(fact),
    attempt: Math.floor(attempt),
    willRetry: fact.ends.length > 0 && parts.length === 0,
    ends: parts.map(({ group, subject }) => ({
      status: group.status,
      at: subject.at,
      count: group.count,
      failure: group.failure,
    })),
    counts: outcomesOf(fact).map(({ fingerprint, minute, good, count, bad }) => ({
      fingerprint,
      minute,
      good,
      count,
      failure: bad?.failure ?? NO_FAILURE,
    })),
  };
}

/** Every attempt that ended, and how the latest did; nothing that came before the first. */
function slotsOf(fact: Fact): readonly InSlot[] {
  const start = firstStart(fact);
  const inSlot = ({ group, subject }: End, slot: number): InSlot => {
    return { step: group.step, at: subject.at, slot, count: group.count };
  };
  return [
    ...fact.ends.filter(isAttempt).map((end) => inSlot(end, attemptSlot(end.group.attempt))),
    ...decision(fact)
      .parts.filter(isAttempt)
      .map((end) => {
        const duration = start === null ? null : end.subject.at - start;
        return inSlot(end, endedSlot(end.group.status, duration));
      }),
  ];
}

function isAttempt({ group }: End): boolean {
  return group.attempt >= 1;
}

const NO_FAILURE: FailureKey = { step: null, dependency: null, error: null };

function flightOf(fact: Fact): FlightReport {
  const { group, subject } = [...fact.starts, ...fact.ends][0]!;
  const deadlines = watchesOf(fact).flatMap(({ withinMs, from }) => {
    const base = baseOf(fact, from);
    return base === null ? [] : [base + withinMs];
  });
  return {
    of: group.step === null ? 'execution' : 'step',
    execution: subject.execution,
    step: lastStep(fact),
    stepSince: lastBegun(fact)?.at ?? null,
    startedAt: firstStart(fact),
    queuedAt: least(fact.starts.flatMap((one) => (one.group.phase === 'queued' ? [one.subject.at] : []))),
    attempt: Math.floor(decision(fact).attempt) + 1,
    deadline: least(deadlines),
    overdue: fact.overdue.size > 0,
    traceId: null,
  };
}

function outcomesOf(fact: Fact): Counted[] {
  const { parts } = decision(fact);
  const watches = watchesOf(fact);
  const outcomes = parts.flatMap((end) => {
    const { slis } = end.group;
    const others = watches.filter(({ fingerprint }) => !slis.some((sli) => sli.fingerprint === fingerprint));
    return [...slis, ...others.map((watch) => ({ ...watch, startIn: null }))].flatMap((sli) =>
      judged(fact, end, sli),
    );
  });
  const left = leftOf(fact);
  if (left === 0) return outcomes;
  return [
    ...outcomes,
    ...watches.flatMap((watch) =>
      fact.overdue.has(watch.fingerprint) ? [overdueOutcome(fact, watch, left)] : [],
    ),
  ];
}

function judged(fact: Fact, end: End, sli: EndSli): readonly Counted[] {
  const { fingerprint, startIn, from } = sli;
  // A deadline that a start was selected by holds for every end.
  const watch = watchesOf(fact).find((one) => one.fingerprint === fingerprint);
  const withinMs = sli.withinMs ?? watch?.withinMs ?? null;
  const { at } = end.subject;
  const base = baseOf(fact, from);
  if (withinMs !== null && base === null) return [];
  if (startIn !== null && base !== null && (base < startIn[0] || base > startIn[1])) return [];
  const landing = judge(withinMs, base ?? at, at, end.group.status);
  if (!landing) return [];
  if (withinMs !== null && at > base! + withinMs && fact.overdue.has(fingerprint))
    return [overdueOutcome(fact, { fingerprint, withinMs, from }, end.group.count)];
  return [ended(end, { ...landing, fingerprint, value: null })];
}

function overdueOutcome(fact: Fact, { fingerprint, withinMs, from }: Watch, count: number): Counted {
  const deadline = baseOf(fact, from)! + withinMs;
  const failure = { step: fact.overdue.get(fingerprint)!, dependency: null, error: OVERDUE_ERROR };
  const { execution, traceId } = [...fact.starts, ...fact.ends][0]!.subject;
  return {
    fingerprint,
    minute: Math.floor(deadline / 60_000),
    good: false,
    count,
    value: null,
    bad: { failure, failed: { execution, at: deadline, ...failure, traceId } },
  };
}

function begun(
  { count }: StartGroup,
  { execution, at, traceId }: StartedSubject,
  landing: SliLanding,
): Counted {
  const failure = { step: null, dependency: null, error: null };
  const failed = { execution, at, ...failure, traceId };
  return { ...landing, count, bad: landing.good ? null : { failure, failed } };
}

function ended({ group, subject }: End, landing: SliLanding): Counted {
  const { count, failure } = group;
  const { execution, at, traceId } = subject;
  const failed = { execution, at, ...failure, traceId };
  return { ...landing, count, bad: landing.good ? null : { failure, failed } };
}
