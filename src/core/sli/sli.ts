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

/** The moment a deadline is counted from. Of what was never reported as queued, or queued after it started, `queued` is its start. */
export type DeadlineFrom = 'queued' | 'started';

/**
 * Counts how executions ended; with a step, how that step of them ended; with a dependency alone, how the
 * executions and steps ended that called it, without executions that only repeat which of their steps failed. Each counts once,
 * as the latest of its attempts ended.
 */
export interface OutcomeSli {
  readonly kind: 'outcomes';
  readonly step: string | null;
  readonly dependency: string | null;
  readonly where: Where;
  /** Good only when it succeeded within this many milliseconds of `from`; null when speed does not matter. */
  readonly withinMs: number | null;
  /** What the deadline is counted from; `started` without one. */
  readonly from: DeadlineFrom;
  /** `attempt`: every attempt counts, whatever comes after it. Always so for `first-try`, never with a deadline. */
  readonly per: 'execution' | 'attempt';
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
  from: 'started',
  per: 'execution',
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

/**
 * Counts hand-overs from one step to another, once for each execution: good when `to` started within this many milliseconds
 * of the success of `from`. Of an execution that ended first, only what was late by then counts.
 */
export interface TransitionSli {
  readonly kind: 'transition';
  readonly from: string;
  readonly to: string;
  readonly withinMs: number;
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
  /**
   * One that starts up to this many milliseconds before a tick, and after the first half of the time since the tick before,
   * is that tick's.
   */
  readonly startEarlyMs: number;
  /** An execution must start this many milliseconds after a tick at the latest; null when only its end matters. */
  readonly startWithinMs: number | null;
  /** And succeed within this many milliseconds of the tick; at most the time to the next one. */
  readonly finishWithinMs: number;
}

/** Counts successes that ended in time for a tick of a schedule, and (where known) started in time; all good. */
export interface ScheduledSli extends Punctuality {
  readonly kind: 'scheduled';
}

/** Counts successes that started early for a tick and ended before it; all good. */
export interface EarlySli extends Punctuality {
  readonly kind: 'early';
}

/**
 * Counts calls of a dependency: every attempt of what names it. A whole execution that names a failed step as well only
 * repeats which of them failed, and is no call of its own.
 */
export interface CallSli {
  readonly kind: 'calls';
  readonly dependency: string;
}

/** What is counted as it is reported. */
export type CountedSli =
  | OutcomeSli
  | MeasurementSli
  | TransitionSli
  | StartSli
  | ScheduledSli
  | EarlySli
  | CallSli;

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
  /**
   * The error budget of the whole divided by that of this member's own objective, where it burns against that (OpenSLO); the
   * weighted mean is then one of burn rates. Absent: 1, a weighted mean of error rates.
   */
  readonly budgetScale?: number;
}

/**
 * Made of the SLIs of other SLOs. `weighted`: its error rate is the weighted mean of theirs, each times its scale; `all-of`: a journey
 * is good when every part of it is, so its good ratio is the product of theirs.
 */
export interface CompositeSli {
  readonly kind: 'composite';
  readonly method: 'weighted' | 'all-of';
  readonly members: readonly CompositeMember[];
}

/** An SLI with counters of its own. */
export type ComponentSli = OutcomeSli | MeasurementSli | TransitionSli | DerivedSli;

/** Which outcomes count, and which of those are good. */
export type Sli = ComponentSli | CompositeSli;

/** An SLI whose counters are computed from those of others, see `countedSlis`. */
export type DerivedSli = SliceSli | FreshnessSli | ScheduleSli;

/** The SLI of a kind. */
export type SliOf<K extends Sli['kind']> = Extract<Sli, { kind: K }>;

/** What is counted as it is reported, of a kind. */
export type CountedOf<K extends CountedSli['kind']> = Extract<CountedSli, { kind: K }>;

/** The rule of slices of a kind. */
export type SliceRuleOf<K extends SliceRule['kind']> = Extract<SliceRule, { kind: K }>;

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
