import type { Objective } from '../../src/core/budget/objective.ts';
import type { BurnRateTier } from '../../src/core/slo/alert-policy.ts';

/**
 * How long an error rate that starts suddenly takes to reach the factor of a tier, in whole milliseconds (SRE Workbook
 * ch. 5): `(1 - objective) / errorRate * longWindow * factor`. Null when it never does.
 */
export function detectionTime(objective: Objective, tier: BurnRateTier, errorRate: number): number | null {
  const time = Math.round((objective.errorBudget / errorRate) * tier.long * tier.factor);
  return time <= tier.long ? time : null;
}
