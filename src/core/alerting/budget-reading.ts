import type { WindowBudget } from '../budget/window-budget.ts';
import { windowBudget } from '../budget/window-budget.ts';
import { endOfPeriod } from '../time/calendar.ts';
import type { ForecastEvidence } from './forecast.ts';
import { forecastBudget, paceOfTiers } from './forecast.ts';
import type { AlertState } from './incident.ts';
import type { Slo } from '../slo/slo.ts';
import type { TierReading } from './tier-kind.ts';
import { paceOf } from './tier-kinds.ts';

/** The budget of an SLO's window and when it will be gone at the present pace. */
export interface BudgetReading {
  readonly budget: WindowBudget;
  /** Null when the budget is gone already, nothing can be said of it, or at this pace it never is, or not before its period ends. */
  readonly exhaustsAt: number | null;
  /** The time (milliseconds) whose pace that is. */
  readonly pace: number;
}

/** Reads the budget; the pace is that of the short window of the fastest tier that fires, else of the last 6 hours. */
export function readBudget(
  slo: Slo,
  state: AlertState,
  readings: readonly TierReading[],
  evidence: ForecastEvidence,
  now: number,
): BudgetReading {
  const budget = windowBudget(slo.objective, slo.window, evidence, now);
  const firing = readings.filter(({ tier }) => state.firing[tier.name]);
  const pace = paceOfTiers(
    firing.map(({ tier }) => paceOf(tier)),
    slo.alerts.tiers.map(paceOf),
  );
  // With the next period the budget starts afresh.
  const end = slo.window.kind === 'calendar' ? endOfPeriod(slo.window, now) : Infinity;
  const { left } = forecastBudget(slo, evidence, pace, now, budget);
  const isForeseen = budget.remainingRatio !== null && left !== null && left > 0 && now + left <= end;
  return {
    budget,
    exhaustsAt: isForeseen ? Math.round(now + left) : null,
    pace,
  };
}
