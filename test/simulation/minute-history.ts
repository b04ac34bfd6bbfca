import type { Counts } from '../../src/core/counters/cells.ts';
import type { Evidence } from '../../src/core/counters/evidence.ts';
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
  /** The last minute up to this one that held an outcome, counted from `start`; -1 before the first. */
  readonly lastWith: Int32Array;
}

export function historyOf(start: number, good: Uint32Array, bad: Uint32Array): MinuteHistory {
  const minutes = good.length;
  const goodBefore = new Float64Array(minutes + 1);
  const badBefore = new Float64Array(minutes + 1);
  const consecutiveBad = new Uint32Array(minutes);
  const lastWith = new Int32Array(minutes);
  let run = 0;
  let last = -1;
  for (let at = 0; at < minutes; at++) {
    goodBefore[at + 1] = goodBefore[at]! + good[at]!;
    badBefore[at + 1] = badBefore[at]! + bad[at]!;
    if (good[at]! > 0) run = 0;
    else run += bad[at]!;
    if (good[at]! + bad[at]! > 0) last = at;
    consecutiveBad[at] = run;
    lastWith[at] = last;
  }
  return { start, minutes, good, bad, goodBefore, badBefore, consecutiveBad, lastWith };
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
  const evidence: Evidence = {
    sum: (duration) => sumUpTo(history, duration, at),
    streak() {
      const last = history.lastWith[at]!;
      return {
        consecutiveBad: history.consecutiveBad[at]!,
        lastAt: last < 0 ? null : (history.start + last) * MINUTE,
      };
    },
    since: history.start * MINUTE,
  };
  return (minute) => {
    at = minute;
    return evidence;
  };
}
