import type { Counts } from '../counters/cells.ts';
import { endOfPeriod } from '../time/calendar.ts';
import { timeToExhaustion } from '../budget/error-budget.ts';
import type { Slo } from '../slo/slo.ts';
import { DAY } from '../time/duration.ts';

/** The time whose pace a forecast carries on when no tier says better, in milliseconds. */
export const LOOKBACK = DAY;

/** The windows (milliseconds) that a tier offers to forecasts, whose outcomes show how fast the budget burns. */
export interface PaceWindows {
  /** Shows it surely; null: none. */
  readonly long: number | null;
  /**
   * Shows it soon; null: none. `policy`: the tier has no window of its own, and the shortest one of its policy's tiers
   * that offer both shows how many outcomes come.
   */
  readonly short: number | null | 'policy';
}

export const NO_PACE: PaceWindows = { long: null, short: null };

/** When a budget runs out if outcomes keep coming as they did lately. Times and durations in milliseconds. */
export interface Forecast {
  /** The outcomes of the time whose pace is carried on. */
  readonly recent: Counts;
  /** How long the budget still lasts; 0 when it is gone already, null when at that pace it never is. */
  readonly left: number | null;
  /** When it is gone; null when it is gone already, lasts longer than the time window, or starts afresh before that. */
  readonly exhaustsAt: number | null;
}

/**
 * Foresees the end of a budget whose window holds `counts`, at the pace of the last `lookback` milliseconds. The one
 * forecast there is: reports, notifications and the forecast tier differ only in whose pace they choose.
 */
export function forecastBudget(
  slo: Slo,
  counts: Counts,
  sum: (duration: number) => Counts,
  lookback: number,
  now: number,
): Forecast {
  const { objective, window } = slo;
  const recent = sum(lookback);
  const left = timeToExhaustion(objective, counts, recent, lookback);
  const end = window.kind === 'rolling' ? now + window.duration : endOfPeriod(window, now);
  const foreseen = left !== null && left > 0 && now + left <= end;
  return { recent, left, exhaustsAt: foreseen ? Math.round(now + left) : null };
}

/**
 * The pace of reports and of the forecast tier, by the windows of the tiers that burn: the longest one, which chance
 * moves least, else the last day (design §5). Reports count the tiers that fire, a forecast tier those whose condition
 * holds at this moment: a tier that has not resolved yet must not keep it firing.
 */
export function longestPace(burning: readonly PaceWindows[]): number {
  const lengths = burning.flatMap(({ long }) => (long === null ? [] : [long]));
  return lengths.length === 0 ? LOOKBACK : Math.max(...lengths);
}

/**
 * The pace that notifications compare with the longest one: the shortest window of the tiers that fire, null when they
 * have none. Of an outage that has just begun the long one knows little yet, and would reassure.
 */
export function shortestPace(burning: readonly PaceWindows[], policy: readonly PaceWindows[]): number | null {
  const lengths = burning.flatMap(({ short }) => {
    if (short !== 'policy') return [short];
    return policy.map((other) => (other.long === null || other.short === 'policy' ? null : other.short));
  });
  const known = lengths.filter((length) => length !== null);
  return known.length === 0 ? null : Math.min(...known);
}
