import { burnRate } from '../../budget/burn-rate.ts';
import type { Counts } from '../../counters/cells.ts';
import { USUAL_LOOKBACK, usualFailures } from '../../counters/usual-course.ts';
import type { BurnRateTier } from '../../slo/alert-policy.ts';
import { leastFailures } from '../../slo/alert-policy.ts';
import { HOUR, MINUTE } from '../../time/duration.ts';
import { beyondChance, chanceProof } from '../outage-proof.ts';
import { windowFacts } from '../reason.ts';
import type { FiguresOf, ReadContext, TierKind } from '../tier-kind.ts';
import { failuresIn, hasFailures, isRare, volumeOfWindow } from './window-volume.ts';

export const BURN_RATE: TierKind<'burnRate'> = {
  judgesSamples: true,
  // How much the SLO's window holds is asked of tickets only: a page proves itself.
  windows: ({ severity, long, short }, { window }) =>
    severity === 'page' ? [long, short, USUAL_LOOKBACK] : [long, short, window.duration],
  streak: () => null,
  asksUsualGap: () => false,
  pace: ({ short }) => short,
  read(tier, context) {
    const { objective, alerts } = context.slo;
    const long = context.evidence.sum(tier.long);
    const short = context.evidence.sum(tier.short);
    const longBurnRate = burnRate(objective, long);
    const shortBurnRate = burnRate(objective, short);
    const { factor } = tier;
    const burns = longBurnRate !== null && longBurnRate >= factor && (shortBurnRate ?? 0) >= factor;
    const isPage = tier.severity === 'page';
    const { proof, usualBad } = burns && isPage ? worthPage(tier, long, context) : NOT_ASKED;
    const isWorthIt = () =>
      isPage ? usualBad !== null && long.bad > usualBad : worthTicket(tier, long, context);
    return {
      tier,
      met: longBurnRate === null || shortBurnRate === null ? null : burns && isWorthIt(),
      cleared: shortBurnRate === null ? null : shortBurnRate < factor * alerts.resolveShare,
      figures: { kind: 'burnRate', long, short, longBurnRate, shortBurnRate, proof, usualBad },
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

/** Beside all that may fail: a quiet day brings less than others do. */
const FAIR_PART = 1 / 5;

const NOT_ASKED = { proof: null, usualBad: null };

/**
 * What speaks for a page: that chance does not explain the long window, and if so, that it holds more failures than
 * usual. Where those finish before what succeeds, a window in which something has just begun holds nothing else.
 */
function worthPage(
  { long: length, loweredFrom }: BurnRateTier,
  long: Counts,
  { slo, evidence, now }: ReadContext,
): Pick<FiguresOf<'burnRate'>, 'proof' | 'usualBad'> {
  const { objective, alerts, window } = slo;
  // What reaches a factor that was not lowered does so for the length of its window. One that was lowered is near
  // what a workflow that just meets its objective shows, and every minute is another chance to reach it.
  const every = loweredFrom === null ? length : MINUTE;
  const failures = failuresIn(evidence, length);
  const proof = chanceProof(objective, long, failures, every, window.duration);
  if (proof.chance >= proof.below || failures < leastFailures(alerts, true)) return { proof, usualBad: null };
  // Before the window: what burns in it would look usual.
  const began = Math.floor((now - length) / HOUR);
  const usual = usualFailures(evidence.hours, began, Math.floor(now / HOUR), objective.errorBudget);
  // Once more than may fail and a fair part of what is usual have come, good ones are due as well, and the order in which
  // they come explains nothing.
  const expected = usual.volume * Math.min(1, length / HOUR);
  const isEarly = long.good + long.bad < expected * (objective.errorBudget + FAIR_PART);
  return { proof, usualBad: isEarly ? usual.most : 0 };
}

/**
 * Whether what burns is worth a ticket: the first failure of a rare job is. Of others it takes more than one, and of a
 * lowered factor, which a handful of outcomes reaches by chance, more than chance explains.
 */
function worthTicket(tier: BurnRateTier, long: Counts, { slo, evidence, now }: ReadContext): boolean {
  const { objective, alerts } = slo;
  const rare = alerts.minFailures === null && isRare(slo, evidence, now);
  if (rare) return hasFailures(evidence, tier.long, leastFailures(alerts, true));
  if (!hasFailures(evidence, tier.long, leastFailures(alerts, false))) return false;
  return tier.loweredFrom === null || beyondChance(objective, long, volumeOfWindow(slo, evidence, now));
}
