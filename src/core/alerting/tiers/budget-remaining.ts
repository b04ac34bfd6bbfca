import { budgetWindows, windowBudget } from '../../budget/window-budget.ts';
import { windowLength } from '../../time/calendar.ts';
import { leastFailures } from '../../slo/alert-policy.ts';
import { DAY } from '../../time/duration.ts';
import type { TierKind } from '../tier-kind.ts';
import { hasFailures } from './window-volume.ts';

export const BUDGET_REMAINING: TierKind<'budgetRemaining'> = {
  judgesSamples: false,
  windows: (_tier, { window }, now) => budgetWindows(window, now),
  streak: () => null,
  asksUsualGap: () => false,
  pace: () => null,
  read(tier, { slo: { objective, window, alerts }, evidence, now }) {
    const { counts, remainingRatio } = windowBudget(objective, window, evidence, now);
    const spent = remainingRatio === null ? null : 1 - remainingRatio;
    return {
      tier,
      met:
        remainingRatio === null
          ? null
          : remainingRatio < tier.below &&
            hasFailures(evidence, windowLength(window, now), leastFailures(alerts, false)),
      cleared: spent === null ? null : spent < alerts.resolveShare * (1 - tier.below) || counts.bad === 0,
      figures: { kind: 'budgetRemaining', window: counts, remainingRatio },
    };
  },
  reach: () => DAY,
  lately: () => null,
  burn: () => 0,
  burnRates: () => [],
  reason: (_objective, { kind, name, severity, below }) => ({ tier: name, severity, kind, below }),
};
