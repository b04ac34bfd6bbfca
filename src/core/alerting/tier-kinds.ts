import type { Tier, TierOf } from '../slo/alert-policy.ts';
import { STANDARD_WINDOWS } from '../budget/burn-rate.ts';
import { budgetWindows } from '../budget/window-budget.ts';
import type { Objective } from '../budget/objective.ts';
import type { Counts } from '../counters/cells.ts';
import type { Evidence, PartialEvidence } from '../counters/evidence.ts';
import type { Slo } from '../slo/slo.ts';
import { windowLength } from '../time/calendar.ts';
import type { PaceWindow } from './forecast.ts';
import { LOOKBACK, paceOfTiers } from './forecast.ts';
import type { Reason } from './reason.ts';
import type { TierKind, TierReading, Watched, WindowBurnRate } from './tier-kind.ts';
import { BUDGET_REMAINING } from './tiers/budget-remaining.ts';
import { BURN_RATE } from './tiers/burn-rate.ts';
import { FORECAST } from './tiers/forecast.ts';
import { NO_DATA } from './tiers/no-data.ts';
import { OUTAGE } from './tiers/outage.ts';
import { SUCCESS_RATE } from './tiers/success-rate.ts';

/** Every kind of tier there is; what a kind does differently stands in its entry and nowhere else in the core. */
export const TIER_KINDS: { readonly [K in Tier['kind']]: TierKind<K> } = {
  burnRate: BURN_RATE,
  successRate: SUCCESS_RATE,
  budgetRemaining: BUDGET_REMAINING,
  forecast: FORECAST,
  outage: OUTAGE,
  noData: NO_DATA,
};

/** Compares one tier of an SLO with what its counters say. Pure. */
export function readTier<K extends Tier['kind']>(
  slo: Slo,
  tier: TierOf<K>,
  evidence: Evidence,
  now: number,
  watched: Watched,
): TierReading<K> {
  const pace = () => burningPace(slo, evidence, now, watched);
  const reading = kindOf(tier).read(tier, { slo, evidence, now, watched, pace });
  return evidence.partial ? ofPart(reading, evidence.partial) : reading;
}

/**
 * What can be said of a tier while a part of the evidence is missing: it may fire on a sample, and never resolves. That
 * it does not fire says nothing of what is missing.
 */
function ofPart<K extends Tier['kind']>(
  reading: TierReading<K>,
  { isSample }: PartialEvidence,
): TierReading<K> {
  const fires = isSample && reading.met === true && kindOf<K>(reading.tier).judgesSamples;
  return fires ? { ...reading, cleared: false } : heldBack(reading);
}

/** A reading that cannot be believed: it lets nothing fire and nothing resolve. */
export function heldBack<K extends Tier['kind']>(reading: TierReading<K>): TierReading<K> {
  return { ...reading, met: null, cleared: false };
}

/** The pace of the tiers whose condition holds at this moment: one that has not resolved yet must not keep a forecast firing. */
function burningPace(slo: Slo, evidence: Evidence, now: number, watched: Watched): number {
  const { tiers } = slo.alerts;
  // One that offers no window cannot change the answer; that such as forecasts are not read ends the recursion.
  const offering = tiers.filter((tier) => paceOf(tier) !== null);
  const burning = offering.filter((tier) => readTier(slo, tier, evidence, now, watched).met === true);
  return paceOfTiers(burning.map(paceOf), tiers.map(paceOf));
}

/** Every window length (milliseconds) that judging and reporting an SLO at a moment sums up, or walks back for a streak. */
export function windowsOf(slo: Slo, now: number): number[] {
  const windows = new Set([slo.window, ...slo.otherWindows].flatMap((window) => budgetWindows(window, now)));
  // Every budget is reported with a forecast.
  windows.add(LOOKBACK);
  for (const window of STANDARD_WINDOWS) windows.add(window);
  for (const tier of slo.alerts.tiers) {
    for (const window of kindOf(tier).windows(tier, slo, now)) windows.add(window);
  }
  windows.add(streakLength(slo, now));
  return [...windows];
}

/**
 * How far back the streak of an SLO is looked for, in milliseconds: its time window, but neither less when a calendar
 * period has just begun, since no fault ends with a month, nor less than a tier asks for.
 */
export function streakLength({ window, alerts }: Slo, now: number): number {
  let longest = Math.max(windowLength(window, now), window.duration);
  for (const tier of alerts.tiers) longest = Math.max(longest, kindOf(tier).streak(tier) ?? 0);
  return longest;
}

/** Whether a tier asks for the streak, so that the minutes of its streak must be read. */
export function needsStreak({ alerts }: Slo): boolean {
  return alerts.tiers.some((tier) => kindOf(tier).streak(tier) !== null);
}

/** Whether judging an SLO asks for its usual gap, for which minutes must be read that nothing else needs. */
export function asksUsualGap(slo: Slo, evidence: Evidence, now: number): boolean {
  const asks = <K extends Tier['kind']>(tier: TierOf<K>) =>
    kindOf(tier).asksUsualGap(tier, slo, evidence, now);
  return slo.alerts.tiers.some(asks);
}

/** The window that a tier offers to forecasts. */
export function paceOf<K extends Tier['kind']>(tier: TierOf<K>): PaceWindow {
  return kindOf(tier).pace(tier);
}

/** The latest outcomes that a reading is of, which show what fails now; null for kinds that look at none. */
export function latelyOf<K extends Tier['kind']>({ tier, figures }: TierReading<K>): Counts | null {
  return kindOf(tier).lately(figures);
}

/** How fast the budget burns by a reading; 0 for kinds that measure no rate. */
export function burnOf<K extends Tier['kind']>({ tier, figures }: TierReading<K>): number {
  return kindOf(tier).burn(figures);
}

/** How fast it burned in each window whose burn rate a tier looks at. */
export function burnRatesOf<K extends Tier['kind']>({
  tier,
  figures,
}: TierReading<K>): readonly WindowBurnRate[] {
  return kindOf(tier).burnRates(tier, figures);
}

/** How far back from `now` the outcomes of a reading reach, in milliseconds. */
export function reachOf<K extends Tier['kind']>({ tier, figures }: TierReading<K>, now: number): number {
  return kindOf(tier).reach(tier, figures, now);
}

/** A reading as the reason of a notification. */
export function reasonOf<K extends Tier['kind']>(
  objective: Objective,
  { tier, figures }: TierReading<K>,
): Reason {
  return kindOf(tier).reason(objective, tier, figures);
}

function kindOf<K extends Tier['kind']>(tier: TierOf<K>): TierKind<K> {
  return TIER_KINDS[tier.kind];
}
