import type { Counts } from '../../src/core/counters/cells.ts';
import type { Evidence } from '../../src/core/counters/evidence.ts';
import type { StreakCells } from '../../src/core/counters/streak.ts';
import { usualGap } from '../../src/core/counters/usual-course.ts';
import { MINUTE } from '../../src/core/time/duration.ts';

/** Outcomes by the minute, from `start` (minutes since the epoch) on, with their running sums. */
export interface MinuteHistory {
  readonly start: number;
  readonly minutes: number;
  readonly good: Uint32Array;
  readonly bad: Uint32Array;
  /** What came before a minute, counted from `start`: `minutes + 1` sums. */
  readonly goodBefore: Float64Array;
  readonly badBefore: Float64Array;
  /** The bad ones at the end of a minute since the last minute that held a good one. */
  readonly consecutiveBad: Uint32Array;
  /** In how many minutes those came, and the first of them, counted from `start`; -1 where there are none. */
  readonly badMinutes: Uint32Array;
  readonly firstBad: Int32Array;
  /** The last minute up to this one that held an outcome, and a good one, counted from `start`; -1 before the first. */
  readonly lastWith: Int32Array;
  readonly lastGood: Int32Array;
  /** Good and bad in turn of its hours, the first of which is that of `start`. */
  readonly hours: Float64Array;
}

export function historyOf(start: number, good: Uint32Array, bad: Uint32Array): MinuteHistory {
  const minutes = good.length;
  const goodBefore = new Float64Array(minutes + 1);
  const badBefore = new Float64Array(minutes + 1);
  const consecutiveBad = new Uint32Array(minutes);
  const badMinutes = new Uint32Array(minutes);
  const firstBad = new Int32Array(minutes);
  const lastWith = new Int32Array(minutes);
  const lastGood = new Int32Array(minutes);
  let run = 0;
  let runMinutes = 0;
  let runFrom = -1;
  let last = -1;
  let lastOfGood = -1;
  for (let at = 0; at < minutes; at++) {
    goodBefore[at + 1] = goodBefore[at]! + good[at]!;
    badBefore[at + 1] = badBefore[at]! + bad[at]!;
    if (good[at]! > 0) {
      run = 0;
      runMinutes = 0;
      runFrom = -1;
      lastOfGood = at;
    } else if (bad[at]! > 0) {
      run += bad[at]!;
      runMinutes++;
      if (runFrom < 0) runFrom = at;
    }
    if (good[at]! + bad[at]! > 0) last = at;
    consecutiveBad[at] = run;
    badMinutes[at] = runMinutes;
    firstBad[at] = runFrom;
    lastWith[at] = last;
    lastGood[at] = lastOfGood;
  }
  const firstHour = Math.floor(start / 60);
  const hours = new Float64Array(2 * (Math.floor((start + minutes) / 60) - firstHour + 1));
  for (let at = 0; at < minutes; at++) {
    const hour = Math.floor((start + at) / 60) - firstHour;
    hours[hour * 2]! += good[at]!;
    hours[hour * 2 + 1]! += bad[at]!;
  }
  const streaks = { consecutiveBad, badMinutes, firstBad, lastWith, lastGood, hours };
  return { start, minutes, good, bad, goodBefore, badBefore, ...streaks };
}

/** The hours and minutes of a history, as a store has them. */
function cellsOf({ start, minutes, good, bad, goodBefore, badBefore }: MinuteHistory): StreakCells {
  const within = (minute: number) => Math.min(minutes, Math.max(0, minute - start));
  return {
    hour(hour) {
      const [from, to] = [within(hour * 60), within(hour * 60 + 60)];
      return { good: goodBefore[to]! - goodBefore[from]!, bad: badBefore[to]! - badBefore[from]! };
    },
    minutes(hour) {
      const first = hour * 60 - start;
      return Array.from({ length: 120 }, (_, index) => {
        return (index % 2 === 0 ? good : bad)[first + Math.floor(index / 2)] ?? 0;
      });
    },
    latestHour: () => null,
  };
}

/** The last moment of a minute of the history: all of it has come. */
export function endOfMinute(history: MinuteHistory, minute: number): number {
  return (history.start + minute + 1) * MINUTE - 1;
}

/** The outcomes of `duration` milliseconds up to the end of a minute. */
export function sumUpTo(history: MinuteHistory, duration: number, minute: number): Counts {
  const from = Math.max(0, minute + 1 - Math.ceil(duration / MINUTE));
  return {
    good: history.goodBefore[minute + 1]! - history.goodBefore[from]!,
    bad: history.badBefore[minute + 1]! - history.badBefore[from]!,
  };
}

/**
 * Gives what the counters say at the end of a minute; exact to the minute however long the window. It is one
 * evidence that moves on with every call: millions of minutes are judged, one after another.
 */
export function evidenceOf(history: MinuteHistory): (minute: number) => Evidence {
  let at = 0;
  const cells = cellsOf(history);
  let gap: { readonly lastGood: number; readonly gap: number } | null = null;
  const evidence: Evidence = {
    sum: (duration) => sumUpTo(history, duration, at),
    streak() {
      const last = history.lastWith[at]!;
      return {
        consecutiveBad: history.consecutiveBad[at]!,
        badMinutes: history.badMinutes[at]!,
        streakSince: history.firstBad[at]! < 0 ? null : (history.start + history.firstBad[at]!) * MINUTE,
        lastGoodMinute: history.lastGood[at]! < 0 ? null : history.start + history.lastGood[at]!,
        lastAt: last < 0 ? null : (history.start + last) * MINUTE,
      };
    },
    usualGap() {
      const lastGood = history.lastGood[at]!;
      if (lastGood < 0) return null;
      if (gap?.lastGood !== lastGood) gap = { lastGood, ...usualGap(cells, history.start + lastGood) };
      return gap.gap;
    },
    hours(first, last) {
      // Later minutes of the running hour have not come yet, but nothing looks at that one.
      const from = first - Math.floor(history.start / 60);
      const found = new Float64Array(2 * (last - first + 1));
      const known = history.hours.subarray(Math.max(0, from) * 2, Math.max(0, from + last - first + 1) * 2);
      if (known.length > 0) found.set(known, Math.max(0, -from) * 2);
      return found;
    },
    since: history.start * MINUTE,
  };
  return (minute) => {
    at = minute;
    return evidence;
  };
}
