import type { TierReading } from '../../src/core/alerting/tier-kind.ts';
import type { Counts } from '../../src/core/counters/cells.ts';
import type { Evidence, Streak } from '../../src/core/counters/evidence.ts';
import { readTiers } from '../../src/core/alerting/incident-step.ts';
import type { Slo } from '../../src/core/slo/slo.ts';
import { DAY, MINUTE } from '../../src/core/time/duration.ts';
import { START } from './clock.ts';
import { defineSlo } from './definitions.ts';

/**
 * An SLO at 99%, where a burn rate is the error rate in percent, with the tiers of 30 days, all of which resolve after
 * 5 minutes.
 */
export const slo = defineSlo({ objective: '99%', window: '30d', alerts: { resolveAfter: 5 * MINUTE } });

/** How fast a tier's windows burn: both alike, or the long and the short one; null is a window without outcomes. */
export type Rates = number | null | readonly [long: number | null, short: number | null];

/**
 * Readings of the tiers of `slo`, or another at 99%, that burn at these rates, and not at all where none is given; nothing can be said
 * of an outage.
 */
export function readingsOf(rates: Readonly<Record<string, Rates>>, judged: Slo = slo): TierReading[] {
  return judged.alerts.tiers.flatMap((tier) => {
    const alone = { ...judged, alerts: { ...judged.alerts, tiers: [tier] } };
    if (tier.kind !== 'burnRate') return readTiers(alone, evidenceOf({}), START);
    const rate = tier.name in rates ? rates[tier.name]! : 0;
    const [long, short] = typeof rate === 'object' && rate !== null ? rate : [rate, rate];
    const counts = new Map([
      [tier.long, burning(long)],
      [tier.short, burning(short)],
    ]);
    return readTiers(alone, evidenceOf({ sum: (window) => counts.get(window) ?? burning(0) }), START);
  });
}

/** Ten thousand outcomes that burn at a rate. */
function burning(rate: number | null): Counts {
  return rate === null ? { good: 0, bad: 0 } : { good: 10_000 - rate * 100, bad: rate * 100 };
}

/** What counters say that hold nothing, for a hundred days, but for what is given. */
export function evidenceOf(given: {
  readonly sum?: Evidence['sum'] | Counts;
  /** As many minutes as bad ones, where it does not say. */
  readonly streak?: Partial<Streak>;
  readonly usualGap?: number | null;
  readonly hours?: Evidence['hours'];
  readonly since?: number;
}): Evidence {
  const {
    sum = { good: 0, bad: 0 },
    streak = {},
    usualGap = null,
    hours = (first, last) => Array.from({ length: 2 * (last - first + 1) }, () => 0),
    since = START - 100 * DAY,
  } = given;
  const { consecutiveBad = 0 } = streak;
  const whole = { consecutiveBad, badMinutes: consecutiveBad, lastGoodMinute: null, lastAt: null, ...streak };
  return {
    sum: typeof sum === 'function' ? sum : () => sum,
    streak: () => whole,
    usualGap: () => usualGap,
    hours,
    since,
  };
}
