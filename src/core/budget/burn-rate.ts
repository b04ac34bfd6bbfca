import { DAY, HOUR, MINUTE } from '../time/duration.ts';
import type { Counts } from '../counters/cells.ts';
import type { Objective } from './objective.ts';

/**
 * Error rate divided by error budget (SRE Workbook ch. 5): 1 spends exactly the budget over the window.
 * Null when there were no outcomes: nothing can be said, which is neither 0 nor 1.
 */
export function burnRate(objective: Objective, { good, bad }: Counts): number | null {
  const total = good + bad;
  return total === 0 ? null : (bad * objective.parts) / (total * objective.budgetParts);
}

/** The burn rate of a total outage, the highest there can be: `1 / (1 - objective)`. */
export function maximumBurnRate(objective: Objective): number {
  return objective.parts / objective.budgetParts;
}

/** Windows (milliseconds) over which the burn rate of every SLO is reported, whatever its tiers look at: those of the SRE Workbook. */
export const STANDARD_WINDOWS: readonly number[] = [
  5 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  6 * HOUR,
  DAY,
  3 * DAY,
];
