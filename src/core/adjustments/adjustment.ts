import { MINUTE_EXACT } from '../counters/cells.ts';
import { HOUR, MINUTE } from '../time/duration.ts';

/**
 * A time in which outcomes do not count: maintenance, a provider's fault. It takes the outcomes of its
 * intervals out of every sum (a silence only mutes). Nothing of it is ever erased, so that it can be audited.
 */
export interface Adjustment {
  readonly id: string;
  /** What it applies to: one SLO, wherever that counts, or all SLOs of a workflow. One of the two is null. */
  readonly slo: string | null;
  readonly workflow: string | null;
  readonly reason: string;
  readonly createdAt: number;
  readonly createdBy: string;
  /** The name of the token it was made with, see `Caller.name`; null without one, and in what 0.1 stored. */
  readonly actor: string | null;
  readonly when: Once | Recurrence;
  /** From that moment outcomes count again. */
  readonly ended: Closing | null;
  /** It never applied: all of its outcomes count. */
  readonly withdrawn: Closing | null;
}

/** Who took it back, and when. */
export interface Closing {
  readonly at: number;
  readonly by: string;
  /** As of an adjustment. */
  readonly actor: string | null;
  readonly reason: string | null;
}

/** One interval. */
export interface Once extends Interval {
  readonly kind: 'once';
}

/** An interval that comes again by an RFC 5545 recurrence rule, on the clocks of a time zone. */
export interface Recurrence {
  readonly kind: 'recurring';
  readonly rrule: string;
  /** The first moment the rule is about. */
  readonly start: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly timeZone: string;
  /** No occurrence starts later; null: never ends. */
  readonly until: number | null;
}

/** A stretch of time in milliseconds since the epoch; its end is no longer part of it. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** The moments at which a recurrence starts between two moments, both included, oldest first. */
export type Starts = (recurrence: Recurrence, from: number, to: number) => readonly number[];

/**
 * The intervals of an adjustment that overlap the time between two moments, oldest first, in whole minutes. What was
 * longer ago than minutes are sure to be kept when it was created is rounded out to whole hours.
 */
export function intervalsOf(adjustment: Adjustment, from: number, to: number, starts: Starts): Interval[] {
  const { when, ended, withdrawn } = adjustment;
  if (withdrawn) return [];
  const asked: readonly Interval[] =
    when.kind === 'once'
      ? [when]
      : starts(when, Math.max(when.start, from - when.duration), Math.min(to, when.until ?? to)).map(
          (start) => ({
            from: start,
            to: start + when.duration,
          }),
        );
  return asked.flatMap((interval) => {
    const rounded = roundedOut(interval, adjustment.createdAt);
    const end = ended ? Math.min(rounded.to, Math.ceil(ended.at / MINUTE) * MINUTE) : rounded.to;
    return end > Math.max(rounded.from, from) && rounded.from < to ? [{ from: rounded.from, to: end }] : [];
  });
}

/** An interval in whole minutes, and in whole hours where it lies further back than that at its creation. */
export function roundedOut({ from, to }: Interval, createdAt: number): Interval {
  const sure = createdAt - MINUTE_EXACT;
  const first = from < sure ? HOUR : MINUTE;
  const last = to <= sure ? HOUR : MINUTE;
  return { from: Math.floor(from / first) * first, to: Math.ceil(to / last) * last };
}

/** The hours (since the epoch) that intervals touch, each once. */
export function hoursOf(intervals: readonly Interval[]): Set<number> {
  const hours = new Set<number>();
  for (const { from, to } of intervals) {
    for (let hour = Math.floor(from / HOUR); hour * HOUR < to; hour++) hours.add(hour);
  }
  return hours;
}

/** Which minutes of an hour lie in one of these intervals: 60 times true or false. */
export function excludedMinutes(hour: number, intervals: readonly Interval[]): boolean[] {
  return Array.from({ length: 60 }, (_, minute) => {
    const at = hour * HOUR + minute * MINUTE;
    return intervals.some(({ from, to }) => from <= at && at < to);
  });
}

/** The cells of an hour (good and bad of 60 minutes in turn) with those that are not excluded set to zero. */
export function excludedCells(cells: Uint32Array, excluded: readonly boolean[]): Uint32Array {
  return cells.map((count, index) => (excluded[index >> 1] ? count : 0));
}
