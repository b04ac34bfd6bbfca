import { maximumBurnRate } from './burn-rate.ts';
import type { Objective } from './objective.ts';
import { DAY, HOUR, MINUTE } from './time.ts';

export type Severity = 'page' | 'ticket';

/** One condition of an alert policy: fires when both windows burn at least `factor` times the budget. */
export interface Tier {
  readonly name: string;
  readonly severity: Severity;
  /** Window lengths in milliseconds. */
  readonly long: number;
  readonly short: number;
  readonly factor: number;
  /** The factor the table gives, when the objective is too low for it to be reached; else null. */
  readonly loweredFrom: number | null;
}

/** The condition that nothing was reported: after `after` milliseconds without a valid outcome. */
export interface NoData {
  readonly after: number;
  readonly severity: Severity;
}

/** A set of conditions for one SLO. */
export interface AlertPolicy {
  readonly tiers: readonly Tier[];
  /** A tier fires only when its long window holds at least this many bad outcomes. */
  readonly minFailures: number;
  /** Null when silence is nothing to report. */
  readonly noData: NoData | null;
}

export const DEFAULT_MIN_FAILURES = 2;

/** SRE Workbook ch. 5, table 5-8, with the ticket tiers of its 28- and 30-day variants. Budget shares in percent. */
const TABLE = [
  { name: 'fast', severity: 'page', long: HOUR, short: 5 * MINUTE, budgetPercent: 2 },
  { name: 'slow', severity: 'page', long: 6 * HOUR, short: 30 * MINUTE, budgetPercent: 5 },
  { name: 'drift', severity: 'ticket', long: DAY, short: 2 * HOUR, budgetPercent: 10 },
  { name: 'creep', severity: 'ticket', long: 3 * DAY, short: 6 * HOUR, budgetPercent: 10 },
] as const;

const SHORTEST_UNSCALED = 28 * DAY;
const LONGEST_UNSCALED = 30 * DAY;

/**
 * The default tiers for an objective over a time window (milliseconds).
 * `factor = budgetShare * window / longWindow`. Below 28 days the table's windows shrink with the time window
 * and keep the factors of 28 days; above 30 days they stay as at 30. A factor below 1 is raised to 1, and one
 * above half of the highest possible burn rate is lowered to that half, so that every tier can fire (J3).
 */
export function defaultTiers(objective: Objective, window: number): Tier[] {
  const scale = Math.min(1, window / SHORTEST_UNSCALED);
  const reference = Math.min(Math.max(window, SHORTEST_UNSCALED), LONGEST_UNSCALED);
  const ceiling = maximumBurnRate(objective) / 2;
  return TABLE.map(({ name, severity, long, short, budgetPercent }) => {
    const derived = Math.max(1, (budgetPercent * (reference / long)) / 100);
    return {
      name,
      severity,
      long: wholeMinutes(long * scale),
      short: wholeMinutes(short * scale),
      factor: Math.min(derived, ceiling),
      loweredFrom: derived > ceiling ? derived : null,
    };
  });
}

function wholeMinutes(duration: number): number {
  return Math.max(1, Math.ceil(duration / MINUTE)) * MINUTE;
}

/**
 * How long an error rate that starts suddenly takes to fire a tier, in whole milliseconds:
 * `(1 - objective) / errorRate * longWindow * factor`. Null when it never does.
 */
export function detectionTime(objective: Objective, tier: Tier, errorRate: number): number | null {
  const time = Math.round((objective.errorBudget / errorRate) * tier.long * tier.factor);
  return time <= tier.long ? time : null;
}
