import { burnRate } from '../../budget/burn-rate.ts';
import { leastFailures } from '../../slo/alert-policy.ts';
import { windowFacts } from '../reason.ts';
import type { TierKind } from '../tier-kind.ts';
import { hasFailures } from './window-volume.ts';

export const SUCCESS_RATE: TierKind<'successRate'> = {
  judgesSamples: true,
  windows: ({ over }) => [over],
  streak: () => null,
  asksUsualGap: () => false,
  pace: ({ over }) => over,
  read(tier, { slo: { objective, alerts }, evidence }) {
    const over = evidence.sum(tier.over);
    const total = over.good + over.bad;
    // Bad outcomes are compared with those at the threshold; none at all are under any threshold.
    const bearable = alerts.resolveShare * (1 - tier.below) * total;
    return {
      tier,
      met:
        total === 0
          ? null
          : over.good / total < tier.below && hasFailures(evidence, tier.over, leastFailures(alerts, false)),
      cleared: total === 0 ? null : over.bad < bearable || over.bad === 0,
      figures: { kind: 'successRate', over, burnRate: burnRate(objective, over) },
    };
  },
  reach: ({ over }) => over,
  lately: ({ over }) => over,
  burn: (figures) => figures.burnRate ?? 0,
  burnRates: ({ over }, figures) => [{ duration: over, burnRate: figures.burnRate }],
  reason: (objective, { kind, name, severity, below, over }, figures) => ({
    tier: name,
    severity,
    kind,
    below,
    over: windowFacts(objective, over, figures.over),
  }),
};
