import { outageRun } from '../../core/alerting/outage-proof.ts';
import { firesWhen, type ConditionOf, type RunNeeded } from '../../core/alerting/tier-words.ts';
import { leastFailures, type Tier, type TierOf } from '../../core/slo/alert-policy.ts';
import { expectedVolume } from '../../core/slo/expected-volume.ts';
import { unitOf } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { formatFactor } from '../../core/words/figures.ts';
import { loweredOf } from '../native/tier.ts';

/** The consecutive failures that prove an outage, and how long they take where the traffic is known. */
export interface Run extends RunNeeded {
  /** Milliseconds; null where the traffic is not known. */
  readonly after: number | null;
}

/** What `check` says of one kind of tier. */
interface TierCheck<K extends Tier['kind']> {
  condition(tier: TierOf<K>, run: RunNeeded): ConditionOf<K>;
  /** What notices a failure with it, beside time; empty when that is all. */
  proof(run: RunNeeded): string;
}

const TIME_ALONE = (): string => '';

const TIER_CHECKS: { readonly [K in Tier['kind']]: TierCheck<K> } = {
  burnRate: { condition: (tier) => tier, proof: TIME_ALONE },
  successRate: { condition: (tier) => tier, proof: TIME_ALONE },
  budgetRemaining: { condition: (tier) => tier, proof: TIME_ALONE },
  forecast: { condition: (tier) => tier, proof: TIME_ALONE },
  outage: { condition: ({ kind }, needed) => ({ kind, needed }), proof: runWords },
  noData: { condition: (tier) => tier, proof: TIME_ALONE },
};

/** When a tier of an SLO fires, and what was changed about it so that it can. */
export function conditionWords<K extends Tier['kind']>(
  tier: TierOf<K>,
  slo: Slo,
  run: RunNeeded,
): [condition: string, change: string] {
  const lowered = loweredOf(tier);
  return [
    firesWhen(checkOf(tier).condition(tier, run), unitOf(slo.sli)),
    lowered ? `lowered from ${formatFactor(lowered.loweredFrom)}` : '',
  ];
}

/** What a tier notices a failure with, beside time; empty when that is all. */
export function proofWords<K extends Tier['kind']>(tier: TierOf<K>, run: RunNeeded): string {
  return checkOf(tier).proof(run);
}

/** `2 to 9 failures in a row`. */
export function runWords({ least, most }: RunNeeded): string {
  const count = least === most ? least : `${least} to ${most}`;
  return most === 1 ? 'the first failure' : `${count} failures in a row`;
}

function checkOf<K extends Tier['kind']>(tier: TierOf<K>): TierCheck<K> {
  return TIER_CHECKS[tier.kind];
}

/** The number of outcomes a window could hold, at one a second, for those of unknown traffic. */
const BUSY = 1 / 1000;

/**
 * The failures in a row that an outage tier of an SLO needs: more the more outcomes a window holds, so a range where
 * their number is not known. `traffic` is in executions a millisecond.
 */
export function runNeeded(slo: Slo, traffic: number | null): Run {
  const { objective, alerts, window } = slo;
  const volume = expectedVolume(slo, traffic);
  const run = (count: number) => Math.max(leastFailures(alerts, true), outageRun(objective, count));
  if (!volume) return { least: run(1), most: run(window.duration * BUSY), after: null };
  const needed = run(Math.max(1, volume.count));
  return { least: needed, most: needed, after: (needed * window.duration) / volume.count };
}
