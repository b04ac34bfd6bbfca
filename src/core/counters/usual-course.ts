import type { Evidence } from './evidence.ts';
import type { StreakCells } from './streak.ts';
import { DAY, HOUR } from '../time/duration.ts';

/** How far back it is looked for what is usual, in milliseconds: two weekends, and two runs of what runs weekly. */
export const USUAL_LOOKBACK = 14 * DAY;

/** How failures usually come at a time of day while it goes well. */
export interface UsualFailures {
  /**
   * Somewhat more than ever come in an hour of that time and the one with outcomes before it, and not less than a
   * hundredth of all that come in it, or ten times the budget of those: so many may come before what is good, or after
   * it, when there is nothing wrong.
   */
  readonly most: number;
  /** How many outcomes that hour of the day or the one before brings, whichever is less, on the middle one of the days. */
  readonly volume: number;
  /** Whether most hours with bad outcomes hold no good ones: they come one at a time, or many share a fate. */
  readonly alone: boolean;
}

/** The longest usual gap, with the hours whose minutes are not at hand and would make it more exact. */
export interface GapReading {
  /** Minutes from one with a good outcome to the next. */
  readonly gap: number;
  readonly wanted: readonly number[];
}

/** Two weeks do not show everything that is usual; of small numbers chance adds about their square root. */
const MARGIN = 1.25;
/** Failures are no proof where they are so few of all that come in an hour. */
const SHARE_OF_HOUR = 1 / 100;
const BUDGETS_OF_HOUR = 10;
/** A schedule may be moved, by the clocks of a time zone or by an operator. */
const HOURS_APART = 2;
/** Of so few days none can be told to be unusual. */
const FEW_DAYS = 3;
/** The latest hours whose minutes are looked at: a gap of more than an hour shows in the hours themselves. */
const MINUTES_OF = 6;

/**
 * What is usual in the `USUAL_LOOKBACK` before an hour, at the time of day of `hour` or within two hours of it: what a
 * batch does at night says nothing of noon. Hours in which most outcomes are bad are left out, and of more than three
 * days the worst one: an outage does not make the next one look usual.
 */
export function usualFailures(
  hoursAt: Evidence['hours'],
  beforeHour: number,
  hour: number,
  errorBudget: number,
): UsualFailures {
  const share = Math.min(SHARE_OF_HOUR, BUDGETS_OF_HOUR * errorBudget);
  const firstHour = firstUsualHour(beforeHour);
  const cells = hoursAt(firstHour, beforeHour - 1);
  const byDay: number[] = [];
  const volumes: number[] = [];
  let [mixed, pure] = [0, 0];
  /** The bad ones of the last hour with outcomes; 0 when most were bad. */
  let previous = 0;
  for (let at = 0; at < cells.length; at += 2) {
    const [good, bad] = [cells[at]!, cells[at + 1]!];
    if (good + bad === 0) continue;
    if (bad > 0) {
      if (good > 0) mixed++;
      else pure++;
    }
    const goesWell = good >= bad;
    const ago = hour - firstHour - at / 2;
    // The same time of how many days ago that is, and how far from it.
    const day = Math.round(ago / 24);
    if (goesWell && Math.abs(ago - day * 24) <= HOURS_APART) {
      const seen = bad + previous;
      const most = Math.max(seen * MARGIN, seen + Math.sqrt(seen), (good + bad) * share);
      byDay[day] = Math.max(byDay[day] ?? 0, most);
      // That hour and the one before: volume may climb steeply within two.
      if (ago === day * 24 || ago === day * 24 + 1)
        volumes[day] = Math.min(volumes[day] ?? Infinity, good + bad);
    }
    previous = goesWell ? bad : 0;
  }
  const days = byDay.filter((most) => most !== undefined).toSorted((one, other) => other - one);
  const busy = volumes.filter((volume) => volume !== undefined).toSorted((one, other) => one - other);
  return {
    most: days[days.length > FEW_DAYS ? 1 : 0] ?? 0,
    volume: busy[Math.floor(busy.length / 2)] ?? 0,
    alone: pure > mixed,
  };
}

/** The longest usual gap until a minute with a good outcome, but for one, which may have been an outage. */
export function usualGap(cells: StreakCells, lastGoodMinute: number): GapReading {
  let [longest, second, count] = [0, 0, 0] as [number, number, number];
  const add = (gap: number): void => {
    count++;
    if (gap > longest) [longest, second] = [gap, longest];
    else if (gap > second) second = gap;
  };
  const hours: number[] = [];
  const lastHour = Math.floor(lastGoodMinute / 60);
  for (let hour = firstUsualHour(lastHour); hour <= lastHour; hour++) {
    const { good, bad } = cells.hour(hour);
    if (good === 0 || bad > good) continue;
    const before = hours.at(-1);
    // At most so many minutes, and less than two hours less: near enough for what is longer than an hour.
    if (before !== undefined && hour - before > 1) add((hour - before + 1) * 60);
    hours.push(hour);
  }
  const wanted: number[] = [];
  let previous: number | null = null;
  for (const hour of hours.slice(-MINUTES_OF)) {
    const minutes = cells.minutes(hour);
    if (minutes === undefined) wanted.push(hour);
    if (!minutes) {
      previous = null;
      continue;
    }
    if (previous !== null && hour - Math.floor(previous / 60) > 1) previous = null;
    for (let minute = hour * 60; minute < (hour + 1) * 60 && minute <= lastGoodMinute; minute++) {
      if (minutes[(minute % 60) * 2] === 0) continue;
      if (previous !== null) add(minute - previous);
      previous = minute;
    }
  }
  return { gap: count > 2 ? second : longest, wanted };
}

function firstUsualHour(beforeHour: number): number {
  return beforeHour - USUAL_LOOKBACK / HOUR;
}
