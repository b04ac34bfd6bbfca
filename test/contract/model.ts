import type { FailedExecution, FailureCount } from '../../src/core/alerting/notification.ts';
import { judge } from '../../src/core/sli/landing.ts';
import type { Landing } from '../../src/core/sli/landing.ts';
import { OVERDUE_ERROR } from '../../src/core/ports/store/counting.ts';
import type {
  EndGroup,
  EndSli,
  EndedSubject,
  FailureKey,
  HourCells,
  RecordGroup,
  SliLanding,
  StartGroup,
  StartedSubject,
} from '../../src/core/ports/store/counting.ts';
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

interface Fact {
  started: boolean;
  /** What its start counted as by itself. */
  begun: readonly Counted[];
  /** Its start, if it was one that waits for the end. */
  start: { readonly group: StartGroup; readonly subject: StartedSubject } | null;
  end: { readonly group: EndGroup; readonly subject: EndedSubject } | null;
  startCameFirst: boolean;
  /** Fingerprint of what a sweep found overdue -> the step begun last at that time. */
  readonly overdue: Map<string, string | null>;
  /** For a whole execution: its steps' starts that came while it was in flight. */
  readonly stepsBegun: { readonly step: string; readonly at: number }[];
  /** Its success waited too long for its start. */
  givenUp: boolean;
}

/**
 * What counting in one partition must come to, worked out anew from everything that ever happened: no
 * counters, no corrections. It holds while all of it lies within the dedup horizon.
 */
export function createModel(): {
  record(groups: readonly RecordGroup[]): number[];
  sweep(now: number): { readonly overdue: number; readonly unjudged: number };
  counted(): Counted[];
  /** Sets hours of a series, and tells which of them were not so already. */
  write(hours: readonly HourCells[]): number[];
  /** What was set: the cells of each hour. */
  written(): ReadonlyMap<number, Uint32Array>;
  inFlight(): { readonly running: number; readonly overdue: number };
} {
  const facts = new Map<string, Fact>();
  const hoursSet = new Map<number, Uint32Array>();

  const factOf = (subject: string): Fact => {
    const known = facts.get(subject);
    if (known) return known;
    const fact: Fact = {
      started: false,
      begun: [],
      start: null,
      end: null,
      startCameFirst: false,
      overdue: new Map(),
      stepsBegun: [],
      givenUp: false,
    };
    facts.set(subject, fact);
    return fact;
  };

  const recordStart = (group: StartGroup, subject: StartedSubject): boolean => {
    const fact = factOf(subject.subject);
    if (fact.started) return false;
    fact.started = true;
    fact.begun = group.landings.map((landing) => begun(group, subject, landing));
    if (group.watched) {
      fact.start = { group, subject };
      fact.startCameFirst = fact.end === null;
    }
    const parent = subject.parent === null ? undefined : facts.get(subject.parent);
    if (parent && isInFlight(parent) && subject.step !== null) {
      parent.stepsBegun.push({ step: subject.step, at: subject.at });
    }
    return true;
  };

  const recordEnd = (group: EndGroup, subject: EndedSubject): boolean => {
    const fact = factOf(subject.subject);
    if (fact.end) return false;
    fact.end = { group, subject };
    return true;
  };

  return {
    record(groups) {
      const fresh = groups.map(() => 0);
      const order = groups
        .map((group, index) => ({ group, index }))
        .toSorted((a, b) => rank(a.group) - rank(b.group));
      for (const { group, index } of order) {
        fresh[index] =
          group.kind === 'start'
            ? group.subjects.filter((subject) => recordStart(group, subject)).length
            : group.subjects.filter((subject) => recordEnd(group, subject)).length;
      }
      return fresh;
    },

    sweep(now) {
      let overdue = 0;
      let unjudged = 0;
      for (const fact of facts.values()) {
        if (isInFlight(fact)) {
          for (const { fingerprint, withinMs } of fact.start!.group.watches) {
            if (fact.start!.subject.at + withinMs < now && !fact.overdue.has(fingerprint)) {
              fact.overdue.set(fingerprint, lastStep(fact));
              overdue += 1;
            }
          }
        } else if (isWaiting(fact) && fact.end!.subject.at + DAY < now) {
          fact.givenUp = true;
          unjudged += 1;
        }
      }
      return { overdue, unjudged };
    },

    counted: () => [...facts.values()].flatMap((fact) => [...fact.begun, ...outcomesOf(fact)]),

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

    inFlight() {
      const running = [...facts.values()].filter(isInFlight);
      return { running: running.length, overdue: running.filter(({ overdue }) => overdue.size > 0).length };
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

function isInFlight(fact: Fact): boolean {
  return fact.start !== null && fact.end === null;
}

/** Whether its success has come, with a deadline to judge, and nothing says when it started. */
function isWaiting(fact: Fact): boolean {
  return fact.end !== null && fact.start === null && !fact.givenUp && hasOpenQuestion(fact.end);
}

function hasOpenQuestion({ group, subject }: NonNullable<Fact['end']>): boolean {
  return (
    group.landings === null &&
    subject.startedAt === null &&
    group.status === 'succeeded' &&
    group.slis.some(({ withinMs }) => withinMs !== null)
  );
}

function lastStep({ start, stepsBegun }: Fact): string | null {
  let last = { step: start!.subject.step, at: -Infinity };
  for (const begun of stepsBegun) if (begun.at >= last.at) last = begun;
  return last.step;
}

function outcomesOf(fact: Fact): Counted[] {
  if (fact.end === null)
    return [...fact.overdue.keys()].map((fingerprint) => overdueOutcome(fact, fingerprint));
  const { group, subject } = fact.end;
  if (fact.startCameFirst)
    return judged(fact, subject.startedAt ?? fact.start!.subject.at, selectedByEither(fact));
  if (group.landings) {
    return group.landings.map((landing) => ended(fact, landing));
  }
  if (subject.startedAt !== null) return judged(fact, subject.startedAt, group.slis);
  const outcomes: Counted[] = [];
  for (const sli of group.slis) {
    if (sli.withinMs !== null && group.status === 'succeeded') continue;
    const landing = landingOf({ ...sli, withinMs: null, startIn: null }, subject.at, fact.end);
    if (landing) outcomes.push(ended(fact, { ...landing, fingerprint: sli.fingerprint, value: null }));
  }
  if (fact.start && !fact.givenUp && hasOpenQuestion(fact.end)) {
    const open = selectedByEither(fact).filter(({ withinMs }) => withinMs !== null);
    outcomes.push(...judged(fact, fact.start.subject.at, open));
  }
  return outcomes;
}

function selectedByEither({ start, end }: Fact): EndGroup['slis'] {
  const slis = new Map(end!.group.slis.map((sli) => [sli.fingerprint, sli]));
  for (const watch of start!.group.watches)
    if (!slis.has(watch.fingerprint)) slis.set(watch.fingerprint, { ...watch, verdict: null, startIn: null });
  return [...slis.values()];
}

function judged(fact: Fact, startedAt: number, slis: EndGroup['slis']): Counted[] {
  const outcomes: Counted[] = [];
  for (const sli of slis) {
    const { fingerprint } = sli;
    const landing = landingOf(sli, startedAt, fact.end!);
    const before = fact.overdue.has(fingerprint) ? overdueOutcome(fact, fingerprint) : null;
    if (before && landing && !landing.good && landing.minute === before.minute) outcomes.push(before);
    else if (landing) outcomes.push(ended(fact, { ...landing, fingerprint, value: null }));
  }
  return outcomes;
}

function landingOf(
  sli: EndSli,
  startedAt: number,
  { group, subject }: NonNullable<Fact['end']>,
): Landing | null {
  if (sli.startIn !== null && (startedAt < sli.startIn[0] || startedAt > sli.startIn[1])) return null;
  if (sli.verdict !== null) return { minute: Math.floor(subject.at / 60_000), good: sli.verdict };
  return judge(sli.withinMs, startedAt, subject.at, group.status);
}

function overdueOutcome({ start, overdue }: Fact, fingerprint: string): Counted {
  const { group, subject } = start!;
  const deadline = subject.at + group.watches.find((watch) => watch.fingerprint === fingerprint)!.withinMs;
  const failure = { step: overdue.get(fingerprint)!, dependency: null, error: OVERDUE_ERROR };
  return {
    fingerprint,
    minute: Math.floor(deadline / 60_000),
    good: false,
    count: group.count,
    value: null,
    bad: {
      failure,
      failed: { execution: subject.execution, at: deadline, ...failure, traceId: subject.traceId },
    },
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

function ended({ end }: Fact, landing: SliLanding): Counted {
  const { count, failure } = end!.group;
  const { execution, at, traceId } = end!.subject;
  const failed = { execution, at, ...failure, traceId };
  return { ...landing, count, bad: landing.good ? null : { failure, failed } };
}
