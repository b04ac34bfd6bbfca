import type { Counts } from '../core/cells.ts';
import type { ErrorBudget } from '../core/error-budget.ts';
import { errorBudget, timeToExhaustion } from '../core/error-budget.ts';
import type { AlertState, TierReading } from '../core/incident.ts';
import { windowLength } from '../core/calendar.ts';
import type { Slo } from '../core/slo.ts';
import { DAY } from '../core/time.ts';

/** The lookback of a forecast while nothing fires. */
const FORECAST_LOOKBACK = DAY;

/** Every window length (milliseconds) that judging an SLO at a moment sums up. */
export function windowsOf(slo: Slo, now: number): number[] {
  return [
    ...[slo.window, ...slo.otherWindows].map((window) => windowLength(window, now)),
    FORECAST_LOOKBACK,
    ...slo.alerts.tiers.flatMap((tier) => {
      if (tier.kind === 'burnRate') return [tier.long, tier.short];
      return tier.kind === 'successRate' ? [tier.over] : [];
    }),
  ];
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
  const counts = sum(slo.window.duration);
  const budget = errorBudget(slo.objective, counts);
  const firing = readings.filter(({ tier }) => state.firing[tier.name]);
  const longest = firing.toSorted((a, b) => b.tier.long - a.tier.long)[0];
  const lookback = longest?.tier.long ?? FORECAST_LOOKBACK;
  const left = timeToExhaustion(slo.objective, counts, longest?.long ?? sum(lookback), lookback);
  const foreseen = left !== null && left > 0 && left <= slo.window.duration;
  return { counts, budget, exhaustsAt: foreseen ? Math.round(now + left) : null };
}
