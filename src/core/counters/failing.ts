import type { Counts } from './cells.ts';
import type { StreakCells } from './streak.ts';
import { MINUTE } from '../time/duration.ts';

/** A moment at which what fails changed, found in counters. */
export interface Change {
  /** Milliseconds since the epoch; null where there is none. */
  readonly at: number | null;
  /** The hours whose minutes are not at hand and would make it more exact. */
  readonly wanted: readonly number[];
}

/** How much fails: the share that may, and the share that does. Ratios from 0 to 1. */
export interface Shares {
  readonly allowed: number;
  readonly failing: number;
}

/** Outcomes of one minute, or of one hour whose minutes are not at hand. */
interface Step extends Counts {
  readonly from: number;
  readonly to: number;
  /** The hour, where it is one as a whole. */
  readonly roughHour: number | null;
}

/**
 * When the failures that go on at `now` began, looking back to `from`: the start of the minute of the first of them.
 * It is the moment after which the bad outcomes exceed `k` times all by most, with `k` half way between the share that
 * may fail and the one that does: the maximum-likelihood estimate of a change point by cumulative sums (Page 1954), which
 * a success among failures, or a failure long before, does not move.
 */
export function beganToFail(cells: StreakCells, from: number, now: number, shares: Shares): Change {
  // No more fails than may: nothing began.
  if (shares.failing <= shares.allowed) return { at: null, wanted: [] };
  return extreme(stepsBetween(cells, from, now).toReversed(), shares, ({ from: at }) => at);
}

/**
 * When the failures that began at `from` ended, at `now` at the latest: the end of the minute of the last of them. `failing`
 * is the share since then; where long health after them has brought it down to what may fail, that is what they exceed.
 */
export function stoppedFailing(cells: StreakCells, from: number, now: number, shares: Shares): Change {
  return extreme(stepsBetween(cells, from, now), shares, ({ to }) => Math.min(to, now));
}

/** When the last bad outcome came, looking back to `from`: the end of its minute, `now` at the latest. */
export function lastFailure(cells: StreakCells, from: number, now: number): Change {
  const last = stepsBetween(cells, from, now).findLast(({ bad }) => bad > 0);
  return { at: last ? Math.min(last.to, now) : null, wanted: roughHours([last]) };
}

/** The outcomes from one moment to another, the end not included, to the minute where minutes are at hand, else to the hour. */
export function countedBetween(cells: StreakCells, from: number, to: number): Counts {
  const steps = stepsBetween(cells, from, to - 1);
  return {
    good: steps.reduce((sum, { good }) => sum + good, 0),
    bad: steps.reduce((sum, { bad }) => sum + bad, 0),
  };
}

function extreme(steps: readonly Step[], { allowed, failing }: Shares, at: (step: Step) => number): Change {
  const k = (allowed + Math.max(allowed, failing)) / 2;
  let sum = 0;
  let most = 0;
  let found = -1;
  for (const [index, step] of steps.entries()) {
    sum += step.bad - k * (step.good + step.bad);
    if (sum > most) {
      most = sum;
      found = index;
    }
  }
  const step = steps[found];
  // Most of the next hour may not fail, and yet the change may lie in it.
  return { at: step ? at(step) : null, wanted: roughHours([step, steps[found + 1]]) };
}

function roughHours(steps: readonly (Step | undefined)[]): number[] {
  return steps.flatMap((step) => step?.roughHour ?? []);
}

/** What is not empty from the minute of one moment to that of another, oldest first. */
function stepsBetween(cells: StreakCells, from: number, to: number): Step[] {
  const [first, last] = [Math.floor(from / MINUTE), Math.floor(to / MINUTE)];
  const steps: Step[] = [];
  for (let hour = Math.floor(first / 60); hour <= Math.floor(last / 60); hour++) {
    const minutes = cells.minutes(hour);
    if (minutes === undefined) {
      const counts = cells.hour(hour);
      const begin = hour * 60 * MINUTE;
      if (counts.good + counts.bad > 0)
        steps.push({ ...counts, from: Math.max(begin, from), to: begin + 60 * MINUTE, roughHour: hour });
      continue;
    }
    if (minutes === null) continue;
    for (let minute = Math.max(first, hour * 60); minute <= Math.min(last, hour * 60 + 59); minute++) {
      const [good, bad] = [minutes[(minute % 60) * 2]!, minutes[(minute % 60) * 2 + 1]!];
      if (good + bad > 0)
        steps.push({ good, bad, from: minute * MINUTE, to: (minute + 1) * MINUTE, roughHour: null });
    }
  }
  return steps;
}
