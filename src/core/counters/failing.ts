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

/** What a walk does with what it comes by. It runs over weeks of hours for every incident, so it looks at few minutes. */
interface Walker {
  /**
   * Whether the minutes of a whole hour with these outcomes need no look. It counts them itself where it must; `hour` is
   * since the epoch.
   */
  readonly passes: (counts: Counts, hour: number) => boolean;
  /** Sees one step; true ends the walk. */
  readonly visit: (step: Step) => boolean;
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
  const { step, wanted } = extreme(cells, from, now, shares, 'back');
  return { at: step && step.from, wanted };
}

/**
 * When the failures that began at `from` ended, at `now` at the latest: the end of the minute of the last of them. `failing`
 * is the share since then; where long health after them has brought it down to what may fail, that is what they exceed.
 */
export function stoppedFailing(cells: StreakCells, from: number, now: number, shares: Shares): Change {
  const { step, wanted } = extreme(cells, from, now, shares, 'on');
  return { at: step && Math.min(step.to, now), wanted };
}

/** When the last bad outcome came, looking back to `from`: the end of its minute, `now` at the latest. */
export function lastFailure(cells: StreakCells, from: number, now: number): Change {
  let last: Step | null = null as Step | null;
  walk(cells, from, now, 'back', {
    passes: ({ bad }) => bad === 0,
    visit(step) {
      if (step.bad > 0) last = step;
      return step.bad > 0;
    },
  });
  return { at: last && Math.min(last.to, now), wanted: last?.roughHour == null ? [] : [last.roughHour] };
}

/** The outcomes from one moment to another, the end not included, to the minute where minutes are at hand, else to the hour. */
export function countedBetween(cells: StreakCells, from: number, to: number): Counts {
  let [good, bad] = [0, 0];
  const add = (counts: Counts): void => {
    good += counts.good;
    bad += counts.bad;
  };
  walk(cells, from, to - 1, 'on', {
    passes(counts) {
      add(counts);
      return true;
    },
    visit(step) {
      add(step);
      return false;
    },
  });
  return { good, bad };
}

/** The step up to which, in the direction of the walk, the bad ones exceed what `shares` explain by most. */
function extreme(
  cells: StreakCells,
  from: number,
  to: number,
  { allowed, failing }: Shares,
  direction: Direction,
): { readonly step: Step | null; readonly wanted: readonly number[] } {
  const k = (allowed + Math.max(allowed, failing)) / 2;
  let sum = 0;
  let most = 0;
  let found: Step | null = null as Step | null;
  /** Most of the next hour may not fail, and yet the change may lie in it; undefined until the next step is known. */
  let roughAfter: number | null | undefined;
  walk(cells, from, to, direction, {
    passes({ good, bad }, hour) {
      // With all of its bad ones first it would come no higher.
      if (sum + bad * (1 - k) > most) return false;
      sum += bad - k * (good + bad);
      if (roughAfter === undefined) roughAfter = cells.minutes(hour) === undefined ? hour : null;
      return true;
    },
    visit(step) {
      if (roughAfter === undefined) roughAfter = step.roughHour;
      sum += step.bad - k * (step.good + step.bad);
      if (sum > most) {
        most = sum;
        found = step;
        roughAfter = undefined;
      }
      return false;
    },
  });
  const wanted = [found?.roughHour ?? null, found && (roughAfter ?? null)].filter((hour) => hour !== null);
  return { step: found, wanted };
}

type Direction = 'back' | 'on';

/** Goes through what is not empty from the minute of one moment to that of another. */
function walk(cells: StreakCells, from: number, to: number, direction: Direction, walker: Walker): void {
  const [first, last] = [Math.floor(from / MINUTE), Math.floor(to / MINUTE)];
  const [firstHour, lastHour] = [Math.floor(first / 60), Math.floor(last / 60)];
  for (let index = 0; index <= lastHour - firstHour; index++) {
    const hour = direction === 'on' ? firstHour + index : lastHour - index;
    const isWhole = first <= hour * 60 && hour * 60 + 59 <= last;
    if (isWhole) {
      const counts = cells.hour(hour);
      if (counts.good + counts.bad === 0 || walker.passes(counts, hour)) continue;
    }
    const stops = walkMinutes(
      cells,
      hour,
      { from, first: Math.max(first, hour * 60), last: Math.min(last, hour * 60 + 59) },
      direction,
      walker.visit,
    );
    if (stops) return;
  }
}

/** Goes through what is not empty of the minutes (since the epoch) of one hour; true when the walk ends there. */
function walkMinutes(
  cells: StreakCells,
  hour: number,
  { from, first, last }: { readonly from: number; readonly first: number; readonly last: number },
  direction: Direction,
  visit: Walker['visit'],
): boolean {
  const minutes = cells.minutes(hour);
  if (minutes === null) return false;
  if (minutes === undefined) {
    const counts = cells.hour(hour);
    const begin = hour * 60 * MINUTE;
    if (counts.good + counts.bad === 0) return false;
    return visit({ ...counts, from: Math.max(begin, from), to: begin + 60 * MINUTE, roughHour: hour });
  }
  for (let index = 0; index <= last - first; index++) {
    const minute = direction === 'on' ? first + index : last - index;
    const [good, bad] = [minutes[(minute % 60) * 2]!, minutes[(minute % 60) * 2 + 1]!];
    if (good + bad === 0) continue;
    if (visit({ good, bad, from: minute * MINUTE, to: (minute + 1) * MINUTE, roughHour: null })) return true;
  }
  return false;
}
