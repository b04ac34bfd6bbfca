import type { Severity, Tier } from '../slo/alert-policy.ts';
import { burnRate } from '../budget/burn-rate.ts';
import type { Counts } from '../counters/cells.ts';
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

interface ReasonByKind {
  readonly burnRate: BurnRateReason;
  readonly successRate: SuccessRateReason;
  readonly budgetRemaining: BudgetRemainingReason;
  readonly forecast: ForecastReason;
  readonly outage: OutageReason;
  readonly noData: NoDataReason;
}

/** A tier of one kind that fires, with what it was compared with. */
export type ReasonOf<K extends Tier['kind']> = ReasonByKind[K];

/** A tier that fires, with what it was compared with, as it is stored with a notification. */
export type Reason = ReasonByKind[keyof ReasonByKind];

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

/** What a window of a length (milliseconds) held, with how fast that burned. */
export function windowFacts(objective: Objective, duration: number, { good, bad }: Counts): WindowFacts {
  return { duration, good, bad, burnRate: burnRate(objective, { good, bad }) };
}
