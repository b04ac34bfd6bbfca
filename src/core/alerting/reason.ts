import type { Severity } from '../slo/alert-policy.ts';
import { burnRate } from '../budget/burn-rate.ts';
import type { Counts } from '../counters/cells.ts';
import type { TierReading } from './tier-reading.ts';
import type { Objective } from '../budget/objective.ts';

/** What a window held, and how fast that burned; null without outcomes. Duration in milliseconds. */
export interface WindowFacts extends Counts {
  readonly duration: number;
  readonly burnRate: number | null;
}

interface ReasonBase {
  readonly tier: string;
  readonly severity: Severity;
}

/** A tier that fires, with what it was compared with, as it is stored with a notification. */
export type Reason =
  BurnRateReason | SuccessRateReason | BudgetRemainingReason | ForecastReason | OutageReason | NoDataReason;

export interface BurnRateReason extends ReasonBase {
  readonly kind: 'burnRate';
  readonly factor: number;
  readonly long: WindowFacts;
  readonly short: WindowFacts;
}

export interface SuccessRateReason extends ReasonBase {
  readonly kind: 'successRate';
  readonly below: number;
  readonly over: WindowFacts;
}

export interface BudgetRemainingReason extends ReasonBase {
  readonly kind: 'budgetRemaining';
  readonly below: number;
}

export interface ForecastReason extends ReasonBase {
  readonly kind: 'forecast';
  readonly within: number;
  /** How long the budget lasts at the pace of `recent`; null when it does not run out. */
  readonly left: number | null;
  readonly recent: WindowFacts;
}

export interface OutageReason extends ReasonBase {
  readonly kind: 'outage';
  readonly consecutiveBad: number;
  readonly needed: number;
  /** When the streak began; null when that is not known. */
  readonly streakSince: number | null;
}

export interface NoDataReason extends ReasonBase {
  readonly kind: 'noData';
  readonly after: number;
  /** When the last outcome came; null when none ever did. */
  readonly lastAt: number | null;
  readonly silentFor: number;
}

/** A reading as the reason of a notification. Throws when a reading's figures are not those of its kind of tier. */
export function reasonOf(objective: Objective, { tier, figures }: TierReading): Reason {
  const windowFacts = (duration: number, { good, bad }: Counts): WindowFacts => ({
    duration,
    good,
    bad,
    burnRate: burnRate(objective, { good, bad }),
  });
  const base = { tier: tier.name, severity: tier.severity };
  if (tier.kind === 'burnRate' && figures.kind === 'burnRate') {
    const [long, short] = [windowFacts(tier.long, figures.long), windowFacts(tier.short, figures.short)];
    return { ...base, kind: tier.kind, factor: tier.factor, long, short };
  }
  if (tier.kind === 'successRate' && figures.kind === 'successRate')
    return { ...base, kind: tier.kind, below: tier.below, over: windowFacts(tier.over, figures.over) };
  if (tier.kind === 'budgetRemaining') return { ...base, kind: tier.kind, below: tier.below };
  if (tier.kind === 'forecast' && figures.kind === 'forecast') {
    const recent = windowFacts(figures.lookback, figures.recent);
    return { ...base, kind: tier.kind, within: tier.within, left: figures.left, recent };
  }
  if (tier.kind === 'outage' && figures.kind === 'outage')
    return {
      ...base,
      kind: tier.kind,
      consecutiveBad: figures.consecutiveBad,
      needed: figures.needed,
      streakSince: figures.streakSince,
    };
  if (tier.kind === 'noData' && figures.kind === 'noData')
    return {
      ...base,
      kind: tier.kind,
      after: tier.after,
      lastAt: figures.lastAt,
      silentFor: figures.silentFor,
    };
  throw new TypeError(`the tier ${tier.name} of kind ${tier.kind} was read as ${figures.kind}`);
}
