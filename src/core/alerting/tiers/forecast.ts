import { budgetWindows, windowBudget } from '../../budget/window-budget.ts';
import { endOfPeriod, windowLength } from '../../time/calendar.ts';
import { leastFailures } from '../../slo/alert-policy.ts';
import { DAY } from '../../time/duration.ts';
import { LOOKBACK, forecastBudget } from '../forecast.ts';
import { windowFacts } from '../reason.ts';
import type { TierKind } from '../tier-kind.ts';
import { hasFailures } from './window-volume.ts';

export const FORECAST: TierKind<'forecast'> = {
  judgesSamples: false,
  // The other times whose pace it may carry on are windows of the tiers that offer them.
  windows: (_tier, { window }, now) => [...budgetWindows(window, now), LOOKBACK],
  streak: () => null,
  asksUsualGap: () => false,
  pace: () => null,
  read(tier, { slo, evidence, now, pace }) {
    const { objective, window, alerts } = slo;
    const length = windowLength(window, now);
    const lookback = pace();
    const budget = windowBudget(objective, window, evidence, now);
    const { recent, left } = forecastBudget(slo, evidence, lookback, now, budget);
    // A budget that is gone needs no pace; for one that is not, no outcomes mean no forecast.
    const known = budget.remainingRatio !== null && (left === 0 || recent.good + recent.bad > 0);
    // With the next period the budget starts afresh.
    const within =
      window.kind === 'rolling' ? tier.within : Math.min(tier.within, endOfPeriod(window, now) - now);
    return {
      tier,
      met: known
        ? left !== null && left <= within && hasFailures(evidence, length, leastFailures(alerts, false))
        : null,
      cleared: known ? left === null || left * alerts.resolveShare > within : null,
      figures: { kind: 'forecast', left, lookback, recent },
    };
  },
  reach: () => DAY,
  lately: ({ recent }) => recent,
  burn: () => 0,
  burnRates: () => [],
  reason: (objective, { kind, name, severity, within }, { left, lookback, recent }) => ({
    tier: name,
    severity,
    kind,
    within,
    left,
    recent: windowFacts(objective, lookback, recent),
  }),
};
