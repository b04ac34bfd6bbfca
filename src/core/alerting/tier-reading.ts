import type {
  BudgetRemainingTier,
  BurnRateTier,
  ForecastTier,
  NoDataTier,
  OutageTier,
  SuccessRateTier,
  Tier,
} from '../slo/alert-policy.ts';
import { beyondChance, outageRun } from './outage-proof.ts';
import { burnRate, maximumBurnRate } from '../budget/burn-rate.ts';
import { endOfPeriod, windowLength } from '../time/calendar.ts';
import type { Counts } from '../counters/cells.ts';
import { errorBudget, timeToExhaustion } from '../budget/error-budget.ts';
import type { Evidence } from '../counters/evidence.ts';
import type { Slo } from '../slo/slo.ts';
import { DAY, MINUTE } from '../time/duration.ts';

/** The outcomes that tiers are compared with when none of them says over which time, such as a forecast's pace. */
export const LOOKBACK = DAY;

/** What one tier was compared with, by kind of tier. Times and durations in milliseconds. */
export type TierFigures =
  | {
      readonly kind: 'burnRate';
      readonly long: Counts;
      readonly short: Counts;
      readonly longBurnRate: number | null;
      readonly shortBurnRate: number | null;
    }
  | { readonly kind: 'successRate'; readonly over: Counts; readonly burnRate: number | null }
  | { readonly kind: 'budgetRemaining'; readonly window: Counts; readonly remainingRatio: number | null }
  /** `left`: how long the budget still lasts at the pace of the last `lookback`; null when at that pace it always does. */
  | {
      readonly kind: 'forecast';
      readonly left: number | null;
      readonly lookback: number;
      readonly recent: Counts;
    }
  /** How many outcomes in a row were bad, since when, and how many it takes. */
  | {
      readonly kind: 'outage';
      readonly consecutiveBad: number;
      readonly needed: number;
      readonly streakSince: number | null;
      readonly burnRate: number;
    }
  /** `silentFor`: since the last outcome, or since it is counted; only time in which somebody listened. */
  | { readonly kind: 'noData'; readonly lastAt: number | null; readonly silentFor: number };

/** Why a tier fires, or does not. */
export interface TierReading {
  readonly tier: Tier;
  /** Whether its condition holds; null when there are no outcomes to tell from. */
  readonly met: boolean | null;
  /** Whether its level is low enough to resolve it; null when there are no outcomes to tell from. */
  readonly cleared: boolean | null;
  readonly figures: TierFigures;
}

/** How much of the time since a moment somebody was listening, in milliseconds. */
export type Watched = (from: number) => number;

/** Compares one tier of an SLO with what its counters say. Pure. */
export function readTier(
  slo: Slo,
  tier: Tier,
  evidence: Evidence,
  now: number,
  watched: Watched,
): TierReading {
  switch (tier.kind) {
    case 'burnRate':
      return readBurnRate(slo, tier, evidence, now);
    case 'successRate':
      return readSuccessRate(slo, tier, evidence);
    case 'budgetRemaining':
      return readBudgetRemaining(slo, tier, evidence, now);
    case 'forecast':
      return readForecast(slo, tier, evidence, now);
    case 'outage':
      return readOutage(slo, tier, evidence, now);
    case 'noData':
      return readNoData(tier, evidence, watched);
    default:
      return tier satisfies never;
  }
}

function readBurnRate(slo: Slo, tier: BurnRateTier, evidence: Evidence, now: number): TierReading {
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
}

function hasFailures({ sum, failures }: Evidence, duration: number, atLeast: number): boolean {
  return (failures ? failures(duration) : sum(duration).bad) >= atLeast;
}

function readSuccessRate({ objective, alerts }: Slo, tier: SuccessRateTier, evidence: Evidence): TierReading {
  const over = evidence.sum(tier.over);
  const total = over.good + over.bad;
  // Bad outcomes are compared with those at the threshold; none at all are under any threshold.
  const bearable = alerts.resolveShare * (1 - tier.below) * total;
  return {
    tier,
    met:
      total === 0
        ? null
        : over.good / total < tier.below && hasFailures(evidence, tier.over, alerts.minFailures),
    cleared: total === 0 ? null : over.bad < bearable || over.bad === 0,
    figures: { kind: 'successRate', over, burnRate: burnRate(objective, over) },
  };
}

function readBudgetRemaining(
  { objective, window, alerts }: Slo,
  tier: BudgetRemainingTier,
  evidence: Evidence,
  now: number,
): TierReading {
  const length = windowLength(window, now);
  const counts = evidence.sum(length);
  const { remainingRatio } = errorBudget(objective, counts);
  const spent = remainingRatio === null ? null : 1 - remainingRatio;
  return {
    tier,
    // At the beginning of a month a single failure is over the budget of the few outcomes so far.
    met:
      remainingRatio === null
        ? null
        : remainingRatio < tier.below && hasFailures(evidence, length, alerts.minFailures),
    cleared: spent === null ? null : spent < alerts.resolveShare * (1 - tier.below) || counts.bad === 0,
    figures: { kind: 'budgetRemaining', window: counts, remainingRatio },
  };
}

function readForecast(slo: Slo, tier: ForecastTier, evidence: Evidence, now: number): TierReading {
  const { objective, window, alerts } = slo;
  const length = windowLength(window, now);
  const counts = evidence.sum(length);
  const lookback = paceWindow(slo, evidence, now);
  const recent = evidence.sum(lookback);
  const left = timeToExhaustion(objective, counts, recent, lookback);
  // A budget that is gone needs no pace to tell; one that is not says nothing while no outcomes come.
  const known = left === 0 || recent.good + recent.bad > 0;
  // With the next period the budget begins anew.
  const within =
    window.kind === 'rolling' ? tier.within : Math.min(tier.within, endOfPeriod(window, now) - now);
  return {
    tier,
    met: known ? left !== null && left <= within && hasFailures(evidence, length, alerts.minFailures) : null,
    cleared: known ? left === null || left * alerts.resolveShare > within : null,
    figures: { kind: 'forecast', left, lookback, recent },
  };
}

/** The longest tier window that burns at its threshold at this moment, else the last day (design §5). */
function paceWindow(slo: Slo, evidence: Evidence, now: number): number {
  const burning = slo.alerts.tiers.filter(
    (tier) => tier.kind === 'burnRate' && readBurnRate(slo, tier, evidence, now).met === true,
  );
  const longest = Math.max(...burning.map((tier) => (tier.kind === 'burnRate' ? tier.long : 0)));
  return burning.length === 0 ? LOOKBACK : longest;
}

function readOutage(slo: Slo, tier: OutageTier, evidence: Evidence, now: number): TierReading {
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
}

/**
 * How many outcomes the window of an SLO is going to hold, at least 1: those it holds, or while the history is younger
 * than the window, that many more in proportion.
 */
function volumeOfWindow({ window }: Slo, { sum, since }: Evidence, now: number): number {
  const { good, bad } = sum(window.duration);
  const total = good + bad;
  const age = now - since;
  const extrapolated = age < window.duration ? (total / Math.max(age, MINUTE)) * window.duration : total;
  return Math.max(1, Math.ceil(extrapolated));
}

function readNoData(tier: NoDataTier, { streak, since }: Evidence, watched: Watched): TierReading {
  const { lastAt } = streak();
  const silentFor = Math.max(0, watched(Math.max(since, lastAt ?? since)));
  const met = silentFor >= tier.after;
  return { tier, met, cleared: !met, figures: { kind: 'noData', lastAt, silentFor } };
}

/** How fast the budget burns by a reading, where it tells; 0 where it does not. */
export function burnOf({ figures }: TierReading): number {
  switch (figures.kind) {
    case 'burnRate':
      return figures.longBurnRate ?? 0;
    case 'successRate':
      return figures.burnRate ?? 0;
    case 'outage':
      return figures.burnRate;
    case 'budgetRemaining':
    case 'forecast':
    case 'noData':
      return 0;
    default:
      return figures satisfies never;
  }
}

/** How far back from `now` what a reading tells of began, in milliseconds. */
export function reachOf({ tier, figures }: TierReading, now: number): number {
  switch (tier.kind) {
    case 'burnRate':
      return tier.long;
    case 'successRate':
      return tier.over;
    case 'outage':
      return figures.kind === 'outage' && figures.streakSince !== null
        ? now - figures.streakSince + MINUTE
        : LOOKBACK;
    case 'budgetRemaining':
    case 'forecast':
    case 'noData':
      return LOOKBACK;
    default:
      return tier satisfies never;
  }
}
