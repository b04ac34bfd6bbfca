import type { OutageTier, Tier } from '../../core/slo/alert-policy.ts';
import { formatPercent } from '../../core/words/figures.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { noticedAfter, runNeeded, type Run } from './tier-checks.ts';

/** What a sudden error rate leads to: the first tier that fires, after how long, at what cost. */
export interface Detection {
  readonly errorRate: number;
  readonly label: string;
  /** Null when no tier ever fires. */
  readonly tier: Tier | null;
  /** Milliseconds. */
  readonly after: number | null;
  /** Share of the window's error budget that is spent by then. */
  readonly budgetSpent: number | null;
}

/** What the outage tier needs. */
export interface OutageDetection extends Run {
  readonly tier: OutageTier;
}

/** For each error rate what notices it first, the highest rate first. `traffic` is in executions a millisecond. */
export function detectionsOf(slo: Slo, traffic: number | null): Detection[] {
  const { objective, alerts, window } = slo;
  const { errorBudget } = objective;
  const rates: readonly (readonly [label: string, errorRate: number])[] = [
    ['everything', 1],
    ['50%', 0.5],
    ['10%', 0.1],
    [`2x budget (${formatPercent(2 * errorBudget, 4)})`, 2 * errorBudget],
    [`1x budget (${formatPercent(errorBudget, 4)})`, errorBudget],
  ];
  return rates
    .filter(([, errorRate]) => errorRate <= 1)
    .map(([label, errorRate]) => {
      let tier: Tier | null = null;
      let after: number | null = null;
      for (const candidate of alerts.tiers) {
        const time = noticedAfter(candidate, { slo, traffic, errorRate });
        if (time !== null && (after === null || time < after)) {
          tier = candidate;
          after = time;
        }
      }
      const budgetSpent = after === null ? null : (errorRate / errorBudget) * (after / window.duration);
      return { errorRate, label, tier, after, budgetSpent };
    });
}

/** What it takes for the outage tier to fire; null for an SLO without one. */
export function outageDetection(slo: Slo, traffic: number | null): OutageDetection | null {
  const tier = slo.alerts.tiers.find((candidate) => candidate.kind === 'outage');
  return tier ? { tier, ...runNeeded(slo, traffic) } : null;
}
