import type { Counts } from '../../core/counters/cells.ts';
import type { Evidence, Streak } from '../../core/counters/evidence.ts';
import { DAY, HOUR, MINUTE } from '../../core/time/duration.ts';

/** Outcomes that come evenly, all of them good until a moment, and a share of them bad from then on. */
export interface SteadyTraffic {
  /** Outcomes a millisecond. */
  readonly rate: number;
  readonly errorRate: number;
}

/** When the failures begin: any hour will do. */
export const FAULT_BEGINS = Date.UTC(2026, 0, 5);

/** How long it went well before, in milliseconds: more than anything looks back. */
const HISTORY = 400 * DAY;

/** When an outcome comes, in milliseconds from the beginning of the failures; those from 1 on come after it. */
export function arrivalOf(outcome: number, { rate }: SteadyTraffic): number {
  return (outcome - 0.5) / rate;
}

/** How many of the first outcomes since the failures began are bad. */
export function badOf(outcomes: number, { errorRate }: SteadyTraffic): number {
  // What is a whole number of failures is not less than that for the rounding of their share.
  return outcomes <= 0 ? 0 : Math.floor(outcomes * errorRate + 1e-9);
}

/** Whether an outcome comes between two moments, in milliseconds from the beginning of the failures. */
export function comesIn(from: number, to: number, traffic: SteadyTraffic): boolean {
  return comeBefore(to, traffic) > comeBefore(from, traffic);
}

/** How many outcomes come from the beginning of the failures to a moment; negative for a moment before it. */
function comeBefore(at: number, traffic: SteadyTraffic): number {
  let outcomes = Math.ceil(at * traffic.rate + 0.5) - 1;
  // Rounding must not move one to another minute than that of its arrival.
  while (arrivalOf(outcomes, traffic) >= at) outcomes--;
  while (arrivalOf(outcomes + 1, traffic) < at) outcomes++;
  return outcomes;
}

/** Gives what the counters say at the end of so many minutes after the failures began. */
export function evidenceOf(traffic: SteadyTraffic): (minutes: number) => Evidence {
  const wholeHours = wholeHoursOf(traffic);
  return (minutes) => evidenceAfter(minutes, traffic, wholeHours);
}

function evidenceAfter(minutes: number, traffic: SteadyTraffic, wholeHours: WholeHours): Evidence {
  const end = minutes * MINUTE;
  const before = (at: number) => comeBefore(at, traffic);
  const between = (from: number, to: number): Counts => countsOf(before(from), before(to), traffic);
  return {
    sum: (duration) => between(end - Math.max(1, Math.ceil(duration / MINUTE)) * MINUTE, end),
    hours(first, last) {
      const firstUnended = Math.max(first, Math.floor((FAULT_BEGINS + end) / HOUR));
      const cells = wholeHours(first, Math.min(firstUnended, last + 1));
      for (let hour = firstUnended; hour <= last; hour++) {
        const from = hour * HOUR - FAULT_BEGINS;
        const { good, bad } = between(from, Math.min(end, from + HOUR));
        cells.push(good, bad);
      }
      return cells;
    },
    streak: () => streakAt(before(end), traffic),
    usualGap: () => Math.max(1, Math.ceil(1 / (traffic.rate * MINUTE))),
    since: FAULT_BEGINS - HISTORY,
  };
}

/** Good and bad in turn of the hours from one to before another. */
type WholeHours = (from: number, to: number) => number[];

/** A window is asked for minute after minute, and the hours in it stay as they are: each is counted once. */
function wholeHoursOf(traffic: SteadyTraffic): WholeHours {
  let begin = 0;
  let cells: number[] = [];
  return (from, to) => {
    if (cells.length === 0 || from < begin) [begin, cells] = [from, []];
    let hour = begin + cells.length / 2;
    let first = comeBefore(hour * HOUR - FAULT_BEGINS, traffic);
    for (; hour < to; hour++) {
      const last = comeBefore((hour + 1) * HOUR - FAULT_BEGINS, traffic);
      const { good, bad } = countsOf(first, last, traffic);
      cells.push(good, bad);
      first = last;
    }
    return cells.slice((from - begin) * 2, (to - begin) * 2);
  };
}

/** Of the outcomes after the first so many, up to the last so many. */
function countsOf(first: number, last: number, traffic: SteadyTraffic): Counts {
  const bad = badOf(last, traffic) - badOf(first, traffic);
  return { good: last - first - bad, bad };
}

function streakAt(outcomes: number, traffic: SteadyTraffic): Streak {
  const minuteOf = (outcome: number) => Math.floor(arrivalOf(outcome, traffic) / MINUTE);
  let good = outcomes;
  while (good > 0 && badOf(good, traffic) > badOf(good - 1, traffic)) {
    // Where all are bad there is none since the failures began.
    good = traffic.errorRate >= 1 ? 0 : good - 1;
  }
  let first = good + 1;
  // What came in the minute of a good one is no part of a run.
  while (first <= outcomes && minuteOf(first) === minuteOf(good)) first++;
  const consecutiveBad = Math.max(0, outcomes - first + 1);
  const spanned = minuteOf(outcomes) - minuteOf(first) + 1;
  const begins = FAULT_BEGINS / MINUTE;
  return {
    consecutiveBad,
    badMinutes: consecutiveBad === 0 ? 0 : Math.min(consecutiveBad, spanned),
    lastGoodMinute: begins + minuteOf(good),
    streakSince: consecutiveBad === 0 ? null : (begins + minuteOf(first)) * MINUTE,
    lastAt: (begins + minuteOf(outcomes) + 1) * MINUTE,
  };
}
