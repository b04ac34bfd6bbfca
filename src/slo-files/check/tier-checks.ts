import { formatFactor } from '../../core/words/figures.ts';
import { outageRun } from '../../core/alerting/outage-proof.ts';
import { LOOKBACK } from '../../core/alerting/forecast.ts';
import { firesWhen, type ConditionOf, type RunNeeded } from '../../core/alerting/tier-words.ts';
import { detectionTime, leastFailures, type Tier, type TierOf } from '../../core/slo/alert-policy.ts';
import { expectedVolume } from '../../core/slo/expected-volume.ts';
import { unitOf } from '../../core/sli/sli-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import { loweredOf } from '../native/tier.ts';

/** The consecutive failures that prove an outage, and how long they take where the traffic is known. */
export interface Run extends RunNeeded {
  /** Milliseconds; null where the traffic is not known. */
  readonly after: number | null;
}

/** Out of health a share of what is counted begins to fail, and goes on so. */
export interface SuddenFailure {
  readonly slo: Slo;
  /** Executions a millisecond; null where it is not known. */
  readonly traffic: number | null;
  readonly errorRate: number;
}

/** What `check` says of one kind of tier. */
interface TierCheck<K extends Tier['kind']> {
  /**
   * Milliseconds until it fires; null when it never does, or when that cannot be foretold. Where the traffic is known,
   * `minFailures` must come in that time, too.
   */
  after(tier: TierOf<K>, failure: SuddenFailure): number | null;
  condition(tier: TierOf<K>, run: RunNeeded): ConditionOf<K>;
  /** What notices a failure with it, beside time; empty when that is all. */
  proof(run: RunNeeded): string;
}

const TIME_ALONE = (): string => '';

const TIER_CHECKS: { readonly [K in Tier['kind']]: TierCheck<K> } = {
  burnRate: {
    after: (tier, failure) =>
      withFailures(detectionTime(failure.slo.objective, tier, failure.errorRate), tier.long, failure),
    condition: (tier) => tier,
    proof: TIME_ALONE,
  },
  successRate: {
    after({ below, over }, failure) {
      const time = ((1 - below) / failure.errorRate) * over;
      return time < over ? withFailures(time, over, failure) : null;
    },
    condition: (tier) => tier,
    proof: TIME_ALONE,
  },
  budgetRemaining: {
    after({ below }, { slo: { objective, window }, errorRate }) {
      const time = ((1 - below) * objective.errorBudget * window.duration) / errorRate;
      return time <= window.duration ? Math.round(time) : null;
    },
    condition: (tier) => tier,
    proof: TIME_ALONE,
  },
  forecast: {
    after: ({ within }, { slo: { objective, window }, errorRate }) =>
      forecastAfter(objective.errorBudget, window.duration, within, errorRate),
    condition: (tier) => tier,
    proof: TIME_ALONE,
  },
  outage: {
    after: (_tier, { slo, traffic, errorRate }) => (errorRate < 1 ? null : runNeeded(slo, traffic).after),
    condition: ({ kind }, needed) => ({ kind, needed }),
    proof: runWords,
  },
  noData: { after: () => null, condition: (tier) => tier, proof: TIME_ALONE },
};

/** Milliseconds until a tier fires, see `TierCheck`. */
export function noticedAfter<K extends Tier['kind']>(tier: TierOf<K>, failure: SuddenFailure): number | null {
  return checkOf(tier).after(tier, failure);
}

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
  return `${least === most ? least : `${least} to ${most}`} failures in a row`;
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

/** The time that a tier takes whose window of the length `over` must hold `minFailures`. */
function withFailures(
  time: number | null,
  over: number,
  { slo, traffic, errorRate }: SuddenFailure,
): number | null {
  const minFailures = leastFailures(slo.alerts, false);
  const volume = expectedVolume(slo, traffic);
  const pause = volume ? slo.window.duration / (volume.count * errorRate) : 0;
  return time === null || (minFailures - 1) * pause > over
    ? null
    : Math.round(Math.max(time, minFailures * pause));
}

/**
 * When the budget is first expected to be gone within a time at the pace of the last day (design §5). With the bad
 * share e after t: the budget left, `b*W - e*t`, over the pace, `e*min(t, D)/D - b`, is that time.
 */
function forecastAfter(budget: number, window: number, within: number, errorRate: number): number | null {
  const early = (budget * LOOKBACK * (window + within)) / (errorRate * (within + LOOKBACK));
  if (early <= LOOKBACK) return Math.round(early);
  const overspend = errorRate - budget;
  if (overspend <= 0) return null;
  const late = (budget * window - within * overspend) / errorRate;
  return Math.round(Math.max(late, LOOKBACK));
}
