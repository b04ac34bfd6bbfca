import type { Counts } from '../counters/cells.ts';
import { windowLength } from '../time/calendar.ts';
import type { ErrorBudget } from '../budget/error-budget.ts';
import { errorBudget } from '../budget/error-budget.ts';
import { forecastBudget, longestPace, shortestPace } from './forecast.ts';
import type { AlertState } from './incident.ts';
import type { Slo } from '../slo/slo.ts';
import type { TierReading } from './tier-kind.ts';
import { paceOf } from './tier-kinds.ts';

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
  const firing = readings.filter(({ tier }) => state.firing[tier.name]);
  const pace = longestPace(firing.map(({ tier }) => paceOf(tier)));
  const { exhaustsAt } = forecastBudget(slo, counts, sum, pace, now);
  return { counts, budget: errorBudget(slo.objective, counts), exhaustsAt };
}

/** When a budget that was read is gone at the latest. */
export interface SoonestExhaustion {
  readonly exhaustsAt: number | null;
  /** The time (milliseconds) whose pace brings it forward; null when it is the pace that the budget was read at. */
  readonly pace: number | null;
}

/** When the budget is gone at the faster of two paces: the one it was read at, and that of the shortest window that fires. */
export function soonestExhaustion(
  slo: Slo,
  { counts, exhaustsAt }: BudgetReading,
  firing: readonly TierReading[],
  sum: (duration: number) => Counts,
  now: number,
): SoonestExhaustion {
  const pace = shortestPace(
    firing.map(({ tier }) => paceOf(tier)),
    slo.alerts.tiers.map(paceOf),
  );
  const sooner = pace === null ? null : forecastBudget(slo, counts, sum, pace, now).exhaustsAt;
  return sooner !== null && (exhaustsAt === null || sooner < exhaustsAt)
    ? { exhaustsAt: sooner, pace }
    : { exhaustsAt, pace: null };
}
