import type { Counts } from '../counters/cells.ts';
import { endOfPeriod, windowLength } from '../time/calendar.ts';
import type { TierReading } from './tier-reading.ts';
import { LOOKBACK } from './tier-reading.ts';
import type { ErrorBudget } from '../budget/error-budget.ts';
import { errorBudget, timeToExhaustion } from '../budget/error-budget.ts';
import type { AlertState } from './incident.ts';
import type { Slo } from '../slo/slo.ts';

/** Every window length (milliseconds) that judging an SLO at a moment sums up. */
export function windowsOf(slo: Slo, now: number): number[] {
  const windows = [
    ...[slo.window, ...slo.otherWindows].map((window) => windowLength(window, now)),
    // What a calendar window is going to hold is told from as long a time before.
    slo.window.duration,
    streakLength(slo, now),
    LOOKBACK,
    ...slo.alerts.tiers.flatMap((tier) => {
      if (tier.kind === 'burnRate') return [tier.long, tier.short];
      return tier.kind === 'successRate' ? [tier.over] : [];
    }),
  ];
  return [...new Set(windows)];
}

/**
 * How far back the latest outcomes of an SLO are looked for, in milliseconds: its time window, but neither less when a
 * calendar period has just begun, since no fault ends with a month, nor less than a silence that a tier asks about.
 */
export function streakLength({ window, alerts }: Slo, now: number): number {
  const silences = alerts.tiers.map((tier) => (tier.kind === 'noData' ? tier.after : 0));
  return Math.max(windowLength(window, now), window.duration, ...silences);
}

/** The budget of an SLO's window and when it will be gone at the present pace. */
export interface BudgetReading {
  readonly counts: Counts;
  readonly budget: ErrorBudget;
  /** Null when the budget is gone already, or lasts longer than the time window at this pace. */
  readonly exhaustsAt: number | null;
}

/** Reads the budget; the pace is that of the longest tier window now firing, else of the last day (design §5). */
export function readBudget(
  slo: Slo,
  state: AlertState,
  readings: readonly TierReading[],
  sum: (duration: number) => Counts,
  now: number,
): BudgetReading {
  const counts = sum(windowLength(slo.window, now));
  const budget = errorBudget(slo.objective, counts);
  const firing = readings.filter(({ tier }) => state.firing[tier.name]);
  const lookback = Math.max(...firing.map(({ tier }) => (tier.kind === 'burnRate' ? tier.long : 0)));
  const exhaustsAt = exhaustionAt(slo, counts, sum, lookback > 0 ? lookback : LOOKBACK, now);
  return { counts, budget, exhaustsAt };
}

/**
 * When the budget is gone at the pace of the last `lookback` milliseconds; null when it is gone already, lasts
 * longer than the time window at this pace, or begins anew before that.
 */
export function exhaustionAt(
  slo: Slo,
  counts: Counts,
  sum: (duration: number) => Counts,
  lookback: number,
  now: number,
): number | null {
  const left = timeToExhaustion(slo.objective, counts, sum(lookback), lookback);
  const { window } = slo;
  const end = window.kind === 'rolling' ? now + window.duration : endOfPeriod(window, now);
  const foreseen = left !== null && left > 0 && now + left <= end;
  return foreseen ? Math.round(now + left) : null;
}
