import type { Counts } from '../../src/core/cells.ts';
import type { Evidence } from '../../src/core/evidence.ts';
import { MINUTE } from '../../src/core/time.ts';

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
  readonly badRun: Uint32Array;
  /** The last minute up to this one that held an outcome, counted from `start`; -1 before the first. */
  readonly lastWith: Int32Array;
}

export function historyOf(start: number, good: Uint32Array, bad: Uint32Array): MinuteHistory {
  const minutes = good.length;
  const goodBefore = new Float64Array(minutes + 1);
  const badBefore = new Float64Array(minutes + 1);
  const badRun = new Uint32Array(minutes);
  const lastWith = new Int32Array(minutes);
  let run = 0;
  let last = -1;
  for (let at = 0; at < minutes; at++) {
    goodBefore[at + 1] = goodBefore[at]! + good[at]!;
    badBefore[at + 1] = badBefore[at]! + bad[at]!;
    if (good[at]! > 0) run = 0;
    else run += bad[at]!;
    if (good[at]! + bad[at]! > 0) last = at;
    badRun[at] = run;
    lastWith[at] = last;
  }
  return { start, minutes, good, bad, goodBefore, badBefore, badRun, lastWith };
}

/** The outcomes of `duration` milliseconds up to `now`, the running minute included as far as it has got. */
export function sumUpTo(history: MinuteHistory, duration: number, now: number): Counts {
  const running = Math.floor(now / MINUTE) - history.start;
  const first = Math.max(0, running - Math.ceil(duration / MINUTE) + 1);
  const share = shareOfMinute(now);
  return {
    good: history.goodBefore[running]! - history.goodBefore[first]! + part(history.good[running]!, share),
    bad: history.badBefore[running]! - history.badBefore[first]! + part(history.bad[running]!, share),
  };
}

/** The last moment of a minute of the history: all of it has come. */
export function endOfMinute(history: MinuteHistory, minute: number): number {
  return (history.start + minute + 1) * MINUTE - 1;
}

/** What the counters say at `now`, to the minute at every length. A running minute's outcomes come evenly. */
export function evidenceAt(history: MinuteHistory, now: number): Evidence {
  return {
    sum: (duration) => sumUpTo(history, duration, now),
    tail() {
      const running = Math.floor(now / MINUTE) - history.start;
      const share = shareOfMinute(now);
      const good = part(history.good[running]!, share);
      const bad = part(history.bad[running]!, share);
      const before = running === 0 ? 0 : history.badRun[running - 1]!;
      const last = good + bad > 0 ? running : running === 0 ? -1 : history.lastWith[running - 1]!;
      return {
        badRun: good > 0 ? 0 : before + bad,
        lastAt: last < 0 ? null : (history.start + last) * MINUTE,
      };
    },
    since: history.start * MINUTE,
  };
}

function shareOfMinute(now: number): number {
  return ((now % MINUTE) + 1) / MINUTE;
}

function part(count: number, share: number): number {
  return Math.floor(count * share);
}
