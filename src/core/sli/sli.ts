import { hash53 } from '../hash.ts';
import type { Outcome, OutcomeStatus } from '../outcomes/outcome.ts';
import { minuteOf } from '../time/duration.ts';

/**
 * A test of one attribute: equal to one of the values, or matching one of the globs (`*` any characters, `?` one),
 * or the opposite of either. An outcome without the attribute passes the opposites only.
 */
export interface AttributeTest {
  readonly op: 'in' | 'not-in' | 'glob' | 'not-glob';
  readonly values: readonly string[];
}

/** Attribute name to its test; every one must pass. */
export type Where = Readonly<Record<string, AttributeTest>>;

/**
 * Counts ends of executions; with a step or dependency, ends of every attempt of the steps that match.
 */
export interface OutcomeSli {
  readonly kind: 'outcomes';
  readonly step: string | null;
  readonly dependency: string | null;
  readonly where: Where;
  /** Good only when it succeeded within this many milliseconds of its start; null when speed does not matter. */
  readonly withinMs: number | null;
  /** `first-try`: what counts is not how an attempt ended, but that it was the first (good) or a retry (bad). */
  readonly good: 'succeeded' | 'first-try';
}

/** Whole executions, all of them, however long they take. */
export const EVERY_EXECUTION: OutcomeSli = {
  kind: 'outcomes',
  step: null,
  dependency: null,
  where: {},
  withinMs: null,
  good: 'succeeded',
};

export type Comparison = '<=' | '<' | '>=' | '>';

/** Counts measurements of a name: good when `value op limit` holds. */
export interface MeasurementSli {
  readonly kind: 'measurement';
  readonly name: string;
  readonly where: Where;
  readonly op: Comparison;
  readonly limit: number;
  /** Whether the sum of the values is kept as well, for means. */
  readonly sums: boolean;
}

/** Moments at which something is to start: a cron expression in a time zone. */
export interface Schedule {
  readonly cron: string;
  /** IANA name. */
  readonly timeZone: string;
  /** The ticks from one moment to another, both included, oldest first. */
  readonly ticks: (from: number, to: number) => readonly number[];
}

/** Counts starts of executions, all of them good: whether one started is all that is asked. */
export interface StartSli {
  readonly kind: 'starts';
  readonly where: Where;
}

/** What is expected of the executions that a schedule starts. */
interface Punctuality {
  readonly where: Where;
  readonly schedule: Schedule;
  /** An execution must start this many milliseconds after a tick at the latest; null when only its end matters. */
  readonly startWithinMs: number | null;
  /** And succeed within this many milliseconds of the tick; at most the time to the next one. */
  readonly finishWithinMs: number;
}

/** Counts successes that ended in time for a tick of a schedule, and (where known) started in time; all good. */
export interface ScheduledSli extends Punctuality {
  readonly kind: 'scheduled';
}

/** What is counted as it is reported. */
export type CountedSli = OutcomeSli | MeasurementSli | StartSli | ScheduledSli;

/** A share as a fraction of whole numbers, so that comparing with it is exact; may be 0 or 1. */
export interface Share {
  readonly numerator: number;
  readonly denominator: number;
}

/** What makes a slice of time good. `any`: at least one good outcome. */
export type SliceRule =
  | { readonly kind: 'ratio'; readonly atLeast: Share }
  | { readonly kind: 'any' }
  | { readonly kind: 'mean'; readonly op: Comparison; readonly limit: number }
  /** The slice is as good as its ratio (OpenSLO's RatioTimeslices); counted in `SLICE_PARTS`. */
  | { readonly kind: 'mean-ratio' };

/** A slice under the rule `mean-ratio` counts as this many parts. */
export const SLICE_PARTS = 1_000_000;

/** Counts slices of time instead of outcomes. A slice without outcomes does not count. */
export interface SliceSli {
  readonly kind: 'slices';
  /** Milliseconds, whole minutes from 1 to 60 that divide an hour. */
  readonly sliceMs: number;
  readonly of: OutcomeSli | MeasurementSli;
  readonly rule: SliceRule;
}

/** Counts minutes: good while the last success is at most `everyMs` ago. */
export interface FreshnessSli {
  readonly kind: 'freshness';
  readonly of: OutcomeSli;
  readonly everyMs: number;
}

/** Counts the ticks of a schedule: good when an execution started and succeeded in time. */
export interface ScheduleSli extends Punctuality {
  readonly kind: 'schedule';
}

/** One of the SLOs a composite is made of. */
export interface CompositeMember {
  /** The id of its SLO. */
  readonly slo: string;
  readonly workflow: string;
  readonly sli: ComponentSli;
  readonly fingerprint: string;
  readonly weight: number;
}

/**
 * Made of the SLIs of other SLOs. `weighted`: its error rate is the weighted mean of theirs; `all-of`: a journey
 * is good when every part of it is, so its good ratio is the product of theirs.
 */
export interface CompositeSli {
  readonly kind: 'composite';
  readonly method: 'weighted' | 'all-of';
  readonly members: readonly CompositeMember[];
}

/** An SLI with counters of its own. */
export type ComponentSli = OutcomeSli | MeasurementSli | SliceSli | FreshnessSli | ScheduleSli;

/** Which outcomes count, and which of those are good. */
export type Sli = ComponentSli | CompositeSli;

/** An SLI whose counters are worked out from those of others, see `countedSlis`. */
export type DerivedSli = SliceSli | FreshnessSli | ScheduleSli;

export function isDerived(sli: Sli): sli is DerivedSli {
  return sli.kind === 'slices' || sli.kind === 'freshness' || sli.kind === 'schedule';
}

/** What has to be counted as it is reported so that an SLI can be judged. */
export function countedSlis(sli: Sli): readonly CountedSli[] {
  switch (sli.kind) {
    case 'outcomes':
    case 'measurement':
      return [sli];
    case 'slices':
    case 'freshness':
      return [sli.of];
    case 'schedule':
      return scheduleParts(sli);
    case 'composite':
      return sli.members.flatMap((member) => countedSlis(member.sli));
    default:
      return sli satisfies never;
  }
}

/** What a schedule is judged by: first its successes, then, where starts matter, its starts. */
export function scheduleParts(sli: ScheduleSli): readonly [ScheduledSli] | readonly [ScheduledSli, StartSli] {
  const scheduled: ScheduledSli = { ...sli, kind: 'scheduled' };
  return sli.startWithinMs === null ? [scheduled] : [scheduled, { kind: 'starts', where: sli.where }];
}

/**
 * A short stable name for what an SLI selects: SLOs that select the same share counters, and changing an
 * objective, window or alert keeps the history, while changing the selection starts a new one (J5).
 */
export function fingerprint(sli: Sli | CountedSli): string {
  return hash53(JSON.stringify(meaning(sli))).toString(36);
}

function meaning(sli: Sli | CountedSli): unknown[] {
  switch (sli.kind) {
    case 'outcomes': {
      const selected = [sli.step, sli.dependency, meaningOfWhere(sli.where), sli.withinMs];
      return sli.good === 'succeeded' ? selected : [...selected, sli.good];
    }
    case 'measurement':
      return [sli.kind, sli.name, meaningOfWhere(sli.where), sli.op, sli.limit, sli.sums];
    case 'starts':
      return [sli.kind, meaningOfWhere(sli.where)];
    case 'scheduled':
    case 'schedule': {
      const { cron, timeZone } = sli.schedule;
      const where = meaningOfWhere(sli.where);
      return [sli.kind, where, cron, timeZone, sli.startWithinMs, sli.finishWithinMs];
    }
    case 'slices':
      return [sli.kind, sli.sliceMs, meaning(sli.of), sli.rule];
    case 'freshness':
      return [sli.kind, meaning(sli.of), sli.everyMs];
    case 'composite':
      return [
        sli.kind,
        sli.method,
        sli.members.map(({ slo, sli: part, weight }) => [slo, meaning(part), weight]),
      ];
    default:
      return sli satisfies never;
  }
}

function meaningOfWhere(where: Where): unknown[] {
  return Object.keys(where)
    .toSorted()
    .map((name) => {
      const { op, values } = where[name]!;
      const sorted = [...values].toSorted();
      return op === 'in' ? [name, sorted] : [name, sorted, op];
    });
}

/** Whether an SLI is about steps (or their dependencies) rather than whole executions. */
export function judgesSteps({ step, dependency }: OutcomeSli): boolean {
  return step !== null || dependency !== null;
}

/** Whether an outcome is one that the SLI counts, whatever its status. */
export function selects(sli: OutcomeSli, outcome: Outcome): boolean {
  if (judgesSteps(sli) !== (outcome.step !== null)) return false;
  if (sli.step !== null && sli.step !== outcome.step) return false;
  if (sli.dependency !== null && sli.dependency !== outcome.dependency) return false;
  return passes(sli.where, outcome.attributes);
}

/** Whether attributes pass every test. */
export function passes(where: Where, attributes: Readonly<Record<string, string>> | null): boolean {
  for (const name in where) {
    const { op, values } = where[name]!;
    const value = attributes?.[name];
    const negated = op === 'not-in' || op === 'not-glob';
    if (value === undefined) {
      if (!negated) return false;
      continue;
    }
    const found =
      op === 'in' || op === 'not-in' ? values.includes(value) : values.some((glob) => matches(glob, value));
    if (found === negated) return false;
  }
  return true;
}

/** Whether a text matches a glob; takes at most `glob.length * text.length` steps, whatever the two hold. */
export function matches(glob: string, text: string): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < text.length) {
    if (at < glob.length && glob[at] === '*') {
      star = at++;
      resume = position;
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === text[position])) {
      at++;
      position++;
    } else if (star >= 0) {
      // The last star takes one character more; earlier ones need not be tried again.
      at = star + 1;
      position = ++resume;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}

/** Whether `value op limit` holds. */
export function compares(value: number, op: Comparison, limit: number): boolean {
  switch (op) {
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
    default:
      return op satisfies never;
  }
}

/** Where one outcome lands among the counters of one SLI. */
export interface Landing {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly good: boolean;
}

/** How something ended. */
export type EndStatus = Exclude<OutcomeStatus, 'started'>;

/**
 * Judges an end whose start is known, or an SLI that has no deadline.
 * In time: good or bad at the moment of the end, and a cancellation counts nowhere. Past the deadline:
 * bad at the deadline, however it ended (C3).
 */
export function judge(
  withinMs: number | null,
  startedAt: number,
  endedAt: number,
  status: EndStatus,
): Landing | null {
  if (withinMs !== null && endedAt > startedAt + withinMs) {
    return { minute: minuteOf(startedAt + withinMs), good: false };
  }
  return status === 'cancelled' ? null : { minute: minuteOf(endedAt), good: status === 'succeeded' };
}
