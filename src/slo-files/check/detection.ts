import { detectionTime, type OutageTier, type Tier } from '../../core/slo/alert-policy.ts';
import { outageRun } from '../../core/alerting/outage-proof.ts';
import { LOOKBACK } from '../../core/alerting/tier-reading.ts';
import { formatPercent } from '../../core/budget/objective.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { expectedVolume } from '../../core/slo/expected-volume.ts';

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

/** What the outage tier needs: a run of failures, and how long that takes where the traffic is known. */
export interface OutageDetection {
  readonly tier: OutageTier;
  /** Failures in a row; more the more outcomes a window holds, so a range where their number is not known. */
  readonly least: number;
  readonly most: number;
  /** Milliseconds; null where the traffic is not known. */
  readonly after: number | null;
}

/** The number of outcomes a window could hold, at one a second, for those of unknown traffic. */
const BUSY = 1 / 1000;

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
        const time = noticedAfter(candidate, slo, traffic, errorRate);
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
  const { objective, alerts, window } = slo;
  const tier = alerts.tiers.find((candidate) => candidate.kind === 'outage');
  if (!tier) return null;
  const volume = expectedVolume(slo, traffic);
  const run = (count: number) => Math.max(alerts.minFailures, outageRun(objective, count));
  if (!volume) return { tier, least: run(1), most: run(window.duration * BUSY), after: null };
  const needed = run(Math.max(1, volume.count));
  return { tier, least: needed, most: needed, after: (needed * window.duration) / volume.count };
}

/**
 * Milliseconds until a tier fires when out of health a share of what is counted begins to fail, and goes on so; null
 * when it never does, or when nobody can tell. Where the traffic is known, `minFailures` must come in that time, too.
 */
function noticedAfter(tier: Tier, slo: Slo, traffic: number | null, errorRate: number): number | null {
  const { objective, window, alerts } = slo;
  const { errorBudget } = objective;
  const volume = expectedVolume(slo, traffic);
  const pause = volume ? window.duration / (volume.count * errorRate) : 0;
  const withFailures = (time: number | null, over: number): number | null =>
    time === null || (alerts.minFailures - 1) * pause > over
      ? null
      : Math.round(Math.max(time, alerts.minFailures * pause));
  switch (tier.kind) {
    case 'burnRate':
      return withFailures(detectionTime(objective, tier, errorRate), tier.long);
    case 'successRate': {
      const time = ((1 - tier.below) / errorRate) * tier.over;
      return time < tier.over ? withFailures(time, tier.over) : null;
    }
    case 'budgetRemaining': {
      const time = ((1 - tier.below) * errorBudget * window.duration) / errorRate;
      return time <= window.duration ? Math.round(time) : null;
    }
    case 'forecast':
      return forecastAfter(errorBudget, window.duration, tier.within, errorRate);
    case 'outage':
      return errorRate < 1 ? null : (outageDetection(slo, traffic)?.after ?? null);
    case 'noData':
      return null;
    default:
      return tier satisfies never;
  }
}

/**
 * When the budget is first expected to be gone within a time at the pace of the last day (design §5). With the bad
 * share e after t: the budget left, `b*W - e*t`, over the pace, `e*min(t, D)/D - b`, is that time.
 */
function forecastAfter(budget: number, window: number, within: number, errorRate: number): number | null {
  const early = (budget * LOOKBACK * (window + within)) / (errorRate * (within + LOOKBACK));
  if (early <= LOOKBACK) return Math.round(early);
  const overspend = errorRate - budget;
  if (overspend <= 0) return null;
  const late = (budget * window - within * overspend) / errorRate;
  return Math.round(Math.max(late, LOOKBACK));
}
