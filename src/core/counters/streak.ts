import type { Counts } from './cells.ts';
import type { Streak } from './evidence.ts';
import { MINUTE } from '../time/duration.ts';

/** The counters of an SLI, as far as they are at hand. */
export interface StreakCells {
  /** Good and bad of the 60 minutes of an hour in turn; null when it is empty, undefined when they are not at hand. */
  readonly minutes: (hour: number) => ArrayLike<number> | null | undefined;
  readonly hour: (hour: number) => Counts;
  /** The latest hour, from one back to another (both included), that is not empty. */
  readonly latestHour: (from: number, backTo: number) => number | null;
}

/** The latest outcomes, with the hours whose minutes are not cached and would make it more exact. */
export interface StreakReading {
  readonly streak: Streak;
  readonly wanted: readonly number[];
}

/**
 * Walks back from the minute of `now` to the beginning of `firstHour`. What came in one minute has no order, so bad
 * ones beside a good one are not part of a streak; where that is unclear, the shorter streak is taken.
 */
export function readStreak(cells: StreakCells, now: number, firstHour: number): StreakReading {
  const running = Math.floor(now / MINUTE);
  const wanted: number[] = [];
  let consecutiveBad = 0;
  let badMinutes = 0;
  let lastGoodMinute: number | null = null;
  let streakSince: number | null = null;
  let lastAt: number | null = null;
  /** Where the run is known to begin in this hour, and no better. */
  let roughHour: number | null = null;

  const step = (hour: number) => cells.latestHour(hour - 1, firstHour);
  for (let hour: number | null = Math.floor(running / 60); hour !== null; hour = step(hour)) {
    const minutes = cells.minutes(hour);
    if (minutes === undefined) {
      const { good, bad } = cells.hour(hour);
      if (good + bad === 0) continue;
      // Its minutes show when the last outcome came, or where in it a streak began.
      if (lastAt === null || (good > 0 && bad > 0)) wanted.push(hour);
      lastAt ??= Math.min(now, (hour + 1) * 60 * MINUTE);
      if (good > 0) {
        lastGoodMinute = Math.min(running, hour * 60 + 59);
        break;
      }
      consecutiveBad += bad;
      badMinutes++;
      streakSince = hour * 60 * MINUTE;
      roughHour = hour;
      continue;
    }
    const last = Math.min(59, running - hour * 60);
    const run = readMinutes(minutes, last);
    if (run.lastMinute !== null) lastAt ??= Math.min(now, (hour * 60 + run.lastMinute + 1) * MINUTE);
    consecutiveBad += run.bad;
    badMinutes += run.badMinutes;
    if (run.firstBad !== null) {
      streakSince = (hour * 60 + run.firstBad) * MINUTE;
      roughHour = null;
    }
    if (run.lastGood !== null) {
      lastGoodMinute = hour * 60 + run.lastGood;
      break;
    }
  }
  if (roughHour !== null && !wanted.includes(roughHour)) wanted.push(roughHour);
  return { streak: { consecutiveBad, badMinutes, lastGoodMinute, streakSince, lastAt }, wanted };
}

interface MinutesRun {
  /** Bad ones after the last good one. */
  readonly bad: number;
  readonly badMinutes: number;
  readonly firstBad: number | null;
  /** The last minute that is not empty. */
  readonly lastMinute: number | null;
  /** The minute of the last good one, if there was one. */
  readonly lastGood: number | null;
}

/** Walks back from a minute of an hour to its first. */
function readMinutes(cells: ArrayLike<number> | null, last: number): MinutesRun {
  let bad = 0;
  let badMinutes = 0;
  let firstBad: number | null = null;
  let lastMinute: number | null = null;
  if (!cells) return { bad, badMinutes, firstBad, lastMinute, lastGood: null };
  for (let minute = last; minute >= 0; minute--) {
    const isGood = cells[minute * 2]! > 0;
    if (isGood || cells[minute * 2 + 1]! > 0) lastMinute ??= minute;
    if (isGood) return { bad, badMinutes, firstBad, lastMinute, lastGood: minute };
    if (cells[minute * 2 + 1]! > 0) {
      bad += cells[minute * 2 + 1]!;
      badMinutes++;
      firstBad = minute;
    }
  }
  return { bad, badMinutes, firstBad, lastMinute, lastGood: null };
}
