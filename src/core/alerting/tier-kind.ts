import type { Tier, TierOf } from '../slo/alert-policy.ts';
import type { Objective } from '../budget/objective.ts';
import type { Counts } from '../counters/cells.ts';
import type { Evidence } from '../counters/evidence.ts';
import type { Slo } from '../slo/slo.ts';
import type { PaceWindow } from './forecast.ts';
import type { ChanceProof } from './outage-proof.ts';
import type { ReasonOf } from './reason.ts';

export interface BurnRateFigures {
  readonly kind: 'burnRate';
  readonly long: Counts;
  readonly short: Counts;
  readonly longBurnRate: number | null;
  readonly shortBurnRate: number | null;
  /** Of a page that burns: whether chance explains its long window. Null for tickets, and while it does not burn. */
  readonly proof: ChanceProof | null;
  /** How many failures are usual at most (see `usualFailures`); null where that is not asked. */
  readonly usualBad: number | null;
}

export interface SuccessRateFigures {
  readonly kind: 'successRate';
  readonly over: Counts;
  readonly burnRate: number | null;
}

export interface BudgetRemainingFigures {
  readonly kind: 'budgetRemaining';
  readonly window: Counts;
  readonly remainingRatio: number | null;
}

export interface ForecastFigures {
  readonly kind: 'forecast';
  /** How long the budget still lasts at the pace of the last `lookback`; null when at that pace it always does. */
  readonly left: number | null;
  readonly lookback: number;
  readonly recent: Counts;
}

export interface OutageFigures {
  readonly kind: 'outage';
  /** How many outcomes in a row were bad, ... */
  readonly consecutiveBad: number;
  /** ... in how many minutes, ... */
  readonly badMinutes: number;
  /** ... how many it takes, ... */
  readonly needed: number;
  /** ... and since when they are. */
  readonly streakSince: number | null;
  /** The end of the minute in which the last good one came; null when none is known. */
  readonly lastGoodAt: number | null;
  /** How many bad ones in a row are usual at most (see `usualFailures`), ... */
  readonly usualBad: number | null;
  /** ... and how long there is usually no good one, in milliseconds; null where it was not asked or is not known. */
  readonly usualGap: number | null;
  readonly burnRate: number;
}

export interface NoDataFigures {
  readonly kind: 'noData';
  readonly lastAt: number | null;
  /** Since the last outcome, or since it is counted; only time in which Burnwatch listened. */
  readonly silentFor: number;
}

interface FiguresByKind {
  readonly burnRate: BurnRateFigures;
  readonly successRate: SuccessRateFigures;
  readonly budgetRemaining: BudgetRemainingFigures;
  readonly forecast: ForecastFigures;
  readonly outage: OutageFigures;
  readonly noData: NoDataFigures;
}

/** What a tier of one kind was compared with. Times and durations in milliseconds. */
export type FiguresOf<K extends Tier['kind']> = FiguresByKind[K];

/** Why a tier fires, or does not; its figures are always those of its kind of tier. */
export type TierReading<K extends Tier['kind'] = Tier['kind']> = {
  readonly [P in K]: {
    readonly tier: TierOf<P>;
    /** Whether its condition holds; null when there are no outcomes to judge. */
    readonly met: boolean | null;
    /** Whether its value is low enough to resolve it; null when there are no outcomes to judge. */
    readonly cleared: boolean | null;
    readonly figures: FiguresOf<P>;
  };
}[K];

/** How much of the time since a moment Burnwatch evaluated, in milliseconds. */
export type Watched = (from: number) => number;

/** What a tier is compared with. */
export interface ReadContext {
  readonly slo: Slo;
  readonly evidence: Evidence;
  readonly now: number;
  readonly watched: Watched;
  /** The time (milliseconds) whose pace a forecast carries on, see `paceOfTiers`. */
  readonly pace: () => number;
}

/** How fast the budget burned in the window of a length in milliseconds; null without outcomes. */
export interface WindowBurnRate {
  readonly duration: number;
  readonly burnRate: number | null;
}

/** Everything the core knows of one kind of tier. Lengths and times in milliseconds. */
export interface TierKind<K extends Tier['kind']> {
  /**
   * Whether its condition, where it holds for a random sample of the executions, holds for all: it compares shares, with
   * proof from the counts of what was seen, and takes neither a count nor silence for the whole.
   */
  readonly judgesSamples: boolean;
  /** The window lengths that `read` sums up; `Evidence.sum` throws for any other. */
  windows(tier: TierOf<K>, slo: Slo, now: number): readonly number[];
  /** How far back it asks for the streak where that is longer than the time window; null when it does not ask. */
  streak(tier: TierOf<K>): number | null;
  /** Whether its reading asks for the usual gap, for which minutes have to be read that no window needs. */
  asksUsualGap(tier: TierOf<K>, slo: Slo, evidence: Evidence, now: number): boolean;
  /** The window it offers to forecasts. */
  pace(tier: TierOf<K>): PaceWindow;
  read(tier: TierOf<K>, context: ReadContext): TierReading<K>;
  /** How far back from `now` the outcomes of a reading reach. */
  reach(tier: TierOf<K>, figures: FiguresOf<K>, now: number): number;
  /** The latest outcomes that a reading is of, which show what fails now; null for kinds that look at none. */
  lately(figures: FiguresOf<K>): Counts | null;
  /** How fast the budget burns by a reading; 0 for kinds that measure no rate. */
  burn(figures: FiguresOf<K>): number;
  /** How fast it burned in each window whose burn rate it looks at. */
  burnRates(tier: TierOf<K>, figures: FiguresOf<K>): readonly WindowBurnRate[];
  /** A reading as the reason of a notification. */
  reason(objective: Objective, tier: TierOf<K>, figures: FiguresOf<K>): ReasonOf<K>;
}
