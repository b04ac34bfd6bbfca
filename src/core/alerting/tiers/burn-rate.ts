import { burnRate } from '../../budget/burn-rate.ts';
import { beyondChance } from '../outage-proof.ts';
import { windowFacts } from '../reason.ts';
import type { TierKind } from '../tier-kind.ts';
import { hasFailures, volumeOfWindow } from './window-volume.ts';

export const BURN_RATE: TierKind<'burnRate'> = {
  // How much the SLO's window holds is asked of a lowered factor only.
  windows: ({ long, short, loweredFrom }, { window }) =>
    loweredFrom === null ? [long, short] : [long, short, window.duration],
  streak: () => null,
  pace: ({ long, short }) => ({ long, short }),
  read(tier, { slo, evidence, now }) {
    const { objective, alerts } = slo;
    const long = evidence.sum(tier.long);
    const short = evidence.sum(tier.short);
    const longBurnRate = burnRate(objective, long);
    const shortBurnRate = burnRate(objective, short);
    const { factor } = tier;
    const burns = longBurnRate !== null && longBurnRate >= factor && (shortBurnRate ?? 0) >= factor;
    // A handful of outcomes reaches a lowered factor by chance.
    const proven = () =>
      tier.loweredFrom === null || beyondChance(objective, long, volumeOfWindow(slo, evidence, now));
    return {
      tier,
      met:
        longBurnRate === null || shortBurnRate === null
          ? null
          : burns && hasFailures(evidence, tier.long, alerts.minFailures) && proven(),
      cleared: shortBurnRate === null ? null : shortBurnRate < factor * alerts.resolveShare,
      figures: { kind: 'burnRate', long, short, longBurnRate, shortBurnRate },
    };
  },
  reach: ({ long }) => long,
  lately: ({ short }) => short,
  burn: ({ longBurnRate }) => longBurnRate ?? 0,
  burnRates: (tier, { longBurnRate, shortBurnRate }) => [
    { duration: tier.long, burnRate: longBurnRate },
    { duration: tier.short, burnRate: shortBurnRate },
  ],
  reason: (objective, { kind, name, severity, factor, long, short }, figures) => ({
    tier: name,
    severity,
    kind,
    factor,
    long: windowFacts(objective, long, figures.long),
    short: windowFacts(objective, short, figures.short),
  }),
};
