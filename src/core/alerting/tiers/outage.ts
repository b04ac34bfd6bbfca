import { maximumBurnRate } from '../../budget/burn-rate.ts';
import type { Evidence } from '../../counters/evidence.ts';
import { USUAL_LOOKBACK, usualFailures } from '../../counters/usual-course.ts';
import { leastFailures } from '../../slo/alert-policy.ts';
import type { Slo } from '../../slo/slo.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../time/duration.ts';
import { outageRun } from '../outage-proof.ts';
import type { TierKind } from '../tier-kind.ts';
import { volumeOfWindow } from './window-volume.ts';

/** A single minute proves nothing: what was counted before it was reported comes in one. */
const FEWEST_MINUTES = 2;
/** Nothing has succeeded for longer than is usual after so many times the usual gap between two successes. */
const GAPS = 2;

export const OUTAGE: TierKind<'outage'> = {
  judgesSamples: true,
  windows: (_tier, { window }) => [window.duration, USUAL_LOOKBACK],
  streak: () => 0,
  asksUsualGap(_tier, slo, evidence, now) {
    const { usualBad } = suspicion(slo, evidence, now);
    return usualBad !== null && evidence.streak().consecutiveBad <= usualBad;
  },
  pace: () => 'policy',
  read(tier, { slo, evidence, now }) {
    const { consecutiveBad, badMinutes, lastGoodMinute, streakSince = null, lastAt } = evidence.streak();
    const { needed, usualBad } = suspicion(slo, evidence, now);
    const asked = usualBad !== null && consecutiveBad <= usualBad;
    const gap = asked ? evidence.usualGap() : null;
    const silent = lastGoodMinute === null ? Infinity : minuteOf(now) - lastGoodMinute;
    const isUnusual = usualBad !== null && (!asked || silent > GAPS * (gap ?? 0));
    return {
      tier,
      met: lastAt === null ? null : isUnusual,
      // More bad outcomes never raise the need by more than themselves, so only a good one can end the run.
      cleared: lastAt === null ? null : consecutiveBad < needed,
      figures: {
        kind: 'outage',
        consecutiveBad,
        badMinutes,
        needed,
        streakSince,
        lastGoodAt: lastGoodMinute === null ? null : (lastGoodMinute + 1) * MINUTE,
        usualBad,
        usualGap: gap === null ? null : gap * MINUTE,
        burnRate: maximumBurnRate(slo.objective),
      },
    };
  },
  reach: (_tier, { streakSince }, now) => (streakSince === null ? DAY : now - streakSince + MINUTE),
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

interface Suspicion {
  /** How many consecutive bad outcomes chance does not explain. */
  readonly needed: number;
  /** How many are usual; null while there are too few for chance, or in too few minutes. */
  readonly usualBad: number | null;
}

function suspicion(slo: Slo, evidence: Evidence, now: number): Suspicion {
  const { consecutiveBad, badMinutes, lastGoodMinute, streakSince } = evidence.streak();
  const run = outageRun(slo.objective, volumeOfWindow(slo, evidence, now));
  const needed = Math.max(Math.ceil(leastFailures(slo.alerts, true)), run);
  if (consecutiveBad < needed || badMinutes < Math.min(needed, FEWEST_MINUTES))
    return { needed, usualBad: null };
  if (lastGoodMinute === null) return { needed, usualBad: 0 };
  const { most, alone } = usualFailures(
    evidence.hours,
    // The hour of the last good one may hold the run itself.
    Math.floor(lastGoodMinute / 60),
    Math.floor((streakSince ?? now) / HOUR),
    slo.objective.errorBudget,
  );
  // Where many outcomes share a fate, those of one minute are one piece of evidence.
  return { needed, usualBad: alone && badMinutes < needed ? null : most };
}
