import { maximumBurnRate } from '../../budget/burn-rate.ts';
import { MINUTE } from '../../time/duration.ts';
import { LOOKBACK } from '../forecast.ts';
import { outageRun } from '../outage-proof.ts';
import type { TierKind } from '../tier-kind.ts';
import { volumeOfWindow } from './window-volume.ts';

export const OUTAGE: TierKind<'outage'> = {
  windows: (_tier, { window }) => [window.duration],
  streak: () => 0,
  pace: () => ({ long: null, short: 'policy' }),
  read(tier, { slo, evidence, now }) {
    const { objective, alerts } = slo;
    const { consecutiveBad, streakSince = null, lastAt } = evidence.streak();
    const volume = volumeOfWindow(slo, evidence, now);
    const needed = Math.max(Math.ceil(alerts.minFailures), outageRun(objective, volume));
    return {
      tier,
      met: lastAt === null ? null : consecutiveBad >= needed,
      // More bad outcomes never raise the need by more than themselves, so only a good one can end the run.
      cleared: lastAt === null ? null : consecutiveBad < needed,
      figures: { kind: 'outage', consecutiveBad, needed, streakSince, burnRate: maximumBurnRate(objective) },
    };
  },
  reach: (_tier, { streakSince }, now) => (streakSince === null ? LOOKBACK : now - streakSince + MINUTE),
  lately: ({ consecutiveBad }) => ({ good: 0, bad: consecutiveBad }),
  burn: ({ burnRate }) => burnRate,
  burnRates: () => [],
  reason: (_objective, { kind, name, severity }, { consecutiveBad, needed, streakSince }) => ({
    tier: name,
    severity,
    kind,
    consecutiveBad,
    needed,
    streakSince,
  }),
};
