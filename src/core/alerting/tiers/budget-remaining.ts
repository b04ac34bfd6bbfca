import { errorBudget } from '../../budget/error-budget.ts';
import { windowLength } from '../../time/calendar.ts';
import { leastFailures } from '../../slo/alert-policy.ts';
import { DAY } from '../../time/duration.ts';
import type { TierKind } from '../tier-kind.ts';
import { hasFailures } from './window-volume.ts';

export const BUDGET_REMAINING: TierKind<'budgetRemaining'> = {
  windows: (_tier, { window }, now) => [windowLength(window, now)],
  streak: () => null,
  asksUsualGap: () => false,
  pace: () => null,
  read(tier, { slo: { objective, window, alerts }, evidence, now }) {
    const length = windowLength(window, now);
    const counts = evidence.sum(length);
    const { remainingRatio } = errorBudget(objective, counts);
    const spent = remainingRatio === null ? null : 1 - remainingRatio;
    return {
      tier,
      // At the beginning of a month a single failure is over the budget of the few outcomes so far.
      met:
        remainingRatio === null
          ? null
          : remainingRatio < tier.below && hasFailures(evidence, length, leastFailures(alerts, false)),
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
