import { errorBudget } from '../budget/error-budget.ts';
import type { Counts } from '../counters/cells.ts';
import type { WindowBudget } from '../budget/window-budget.ts';
import { windowBudget } from '../budget/window-budget.ts';
import { MINUTE_EXACT } from '../counters/cells.ts';
import type { Evidence } from '../counters/evidence.ts';
import type { Slo } from '../slo/slo.ts';
import { windowLength } from '../time/calendar.ts';
import { DAY, HOUR } from '../time/duration.ts';

/** The time whose pace a forecast carries on when no tier that fires says better, in milliseconds. */
export const LOOKBACK = 6 * HOUR;

/**
 * The window (milliseconds) of a tier whose outcomes show how fast the budget burns now. `policy`: the tier has no
 * window of its own, and the shortest one of its policy's tiers shows how many outcomes come. Null: none.
 */
export type PaceWindow = number | 'policy' | null;

/** What a forecast asks the counters. */
export type ForecastEvidence = Pick<Evidence, 'sum' | 'hours' | 'since' | 'firstAt'>;

/** When a budget runs out if outcomes keep coming as they do now. Times and durations in milliseconds. */
export interface Forecast {
  /** The outcomes of the time whose pace is carried on. */
  readonly recent: Counts;
  /**
   * How long the budget still lasts; 0 when it is gone already, null when at that pace it never is, or no failure came
   * in that time. It may be longer than a calendar period does.
   */
  readonly left: number | null;
}

/**
 * Foresees the end of an SLO's budget at the pace of the last `lookback` milliseconds: steps through the hours of the
 * window, adding that pace and dropping what ages out of a rolling window, until the budget is spent. When all of the
 * window has been replaced and it is not, it never is.
 * Reports, notifications and the forecast tier all ask this one.
 */
export function forecastBudget(
  slo: Slo,
  evidence: ForecastEvidence,
  lookback: number,
  now: number,
  budget: WindowBudget = windowBudget(slo.objective, slo.window, evidence, now),
): Forecast {
  const { objective, window } = slo;
  const { counts, remaining, ahead } = budget;
  const length = windowLength(window, now);
  const recent = evidence.sum(lookback);
  if (counts.good + counts.bad > 0 && remaining <= 0) return { recent, left: 0 };
  // Without failures nothing more is spent, whatever ages out meanwhile.
  if (recent.bad === 0) return { recent, left: null };
  const volume = hourlyVolume(counts, recent, lookback, now - evidence.since, length);
  // What is still to come is allowed for already: for so long failures only spend.
  const perHourAhead = -recent.bad * volume;
  if (window.kind === 'calendar') return { recent, left: (remaining / -perHourAhead) * HOUR };
  const perHour = errorBudget(objective, recent).remaining * volume;
  let left = remaining;
  const oldest = now - length;
  const first = Math.floor(oldest / HOUR);
  const last = Math.floor(now / HOUR);
  const cells = evidence.hours(first, last);
  const { errorBudget: allowedShare } = objective;
  // Most hours are whole ones, in which nothing but their outcomes differs; of 10,000 SLOs that is millions.
  const wholeUntil = last * HOUR;
  for (let at = oldest; at < now;) {
    const hour = Math.floor(at / HOUR);
    const isAhead = at - oldest < ahead;
    let cell = (hour - first) * 2;
    if (!isAhead && at !== oldest && at === hour * HOUR && at < wholeUntil) {
      const stop = (last - first) * 2;
      for (; cell < stop; cell += 2, at += HOUR) {
        const bad = cells[cell + 1]!;
        const after = left + perHour - ((cells[cell]! + bad) * allowedShare - bad);
        if (after <= 0) return { recent, left: at - oldest + (left / (left - after)) * HOUR };
        left = after;
      }
      continue;
    }
    const end = Math.min(now, (hour + 1) * HOUR, isAhead ? oldest + ahead : Infinity);
    const lasts = (end - at) / HOUR;
    // Beyond `MINUTE_EXACT` a window holds the whole of its first hour.
    const share = length > MINUTE_EXACT && at === oldest ? 1 : lasts;
    const [good, bad] = [cells[cell]!, cells[cell + 1]!];
    const added = (isAhead ? perHourAhead : perHour) * lasts;
    const after = left + added - ((good + bad) * allowedShare - bad) * share;
    if (after <= 0) return { recent, left: at - oldest + (left / (left - after)) * (end - at) };
    left = after;
    at = end;
  }
  return { recent, left: null };
}

/**
 * How many outcomes an hour is going to bring for each of `recent`. In a quiet hour, and of a short time with little
 * in it, the pace says how many of them fail; how many come, the window knows better, once it is more than a day old.
 */
function hourlyVolume(counts: Counts, recent: Counts, lookback: number, age: number, length: number): number {
  const usual = age < DAY ? 0 : (counts.good + counts.bad) / Math.min(age, length);
  return HOUR * Math.max(1 / lookback, usual / (recent.good + recent.bad));
}

/** The pace of a forecast: the window of the fastest tier that fires, else the last 6 hours. */
export function paceOfTiers(firing: readonly PaceWindow[], policy: readonly PaceWindow[]): number {
  const lengths = firing.flatMap((window) => (window === 'policy' ? policy : [window]));
  const known = lengths.filter((length) => typeof length === 'number');
  return known.length === 0 ? LOOKBACK : Math.min(...known);
}
