import { maximumBurnRate } from '../budget/burn-rate.ts';
import type { Objective } from '../budget/objective.ts';
import { DAY, HOUR, MINUTE } from '../time/duration.ts';

export type Severity = 'page' | 'ticket';

interface TierBase {
  readonly name: string;
  readonly severity: Severity;
}

/** Fires when both windows burn at least `factor` times the budget. */
export interface BurnRateTier extends TierBase {
  readonly kind: 'burnRate';
  /** Window lengths in milliseconds. */
  readonly long: number;
  readonly short: number;
  readonly factor: number;
  /** The factor the table gives, when the objective is too low for it to be reached; else null. */
  readonly loweredFrom: number | null;
}

/** Fires when the good ratio over a time is below a share. */
export interface SuccessRateTier extends TierBase {
  readonly kind: 'successRate';
  readonly below: number;
  /** Milliseconds. */
  readonly over: number;
}

/** Fires when less than this share of the budget is left; 0 is when it is overspent. */
export interface BudgetRemainingTier extends TierBase {
  readonly kind: 'budgetRemaining';
  readonly below: number;
}

/** Fires when at the present pace the budget is gone within this many milliseconds. */
export interface ForecastTier extends TierBase {
  readonly kind: 'forecast';
  readonly within: number;
}

/** Fires when so many consecutive outcomes are bad that chance does not explain it (design §5). */
export interface OutageTier extends TierBase {
  readonly kind: 'outage';
}

/** Fires when there was no outcome for this many milliseconds. */
export interface NoDataTier extends TierBase {
  readonly kind: 'noData';
  readonly after: number;
}

/** One condition of an alert policy, with the severity it has. */
export type Tier =
  | BurnRateTier
  | SuccessRateTier
  | BudgetRemainingTier
  | ForecastTier
  | OutageTier
  | NoDataTier;

/** The tiers of one kind. */
export type TierOf<K extends Tier['kind']> = Extract<Tier, { readonly kind: K }>;

/** Whom to notify of a page that is still unacknowledged this many milliseconds after it was sent. */
export interface EscalationStep {
  readonly after: number;
  /** Names of targets. */
  readonly to: readonly string[];
}

/** A set of conditions for one SLO, and how people hear of them. */
export interface AlertPolicy {
  /** Names are unique; worst first. */
  readonly tiers: readonly Tier[];
  /**
   * A tier of bad outcomes (all but `noData`) fires only when its window, the long one of a burn rate, holds at least
   * this many; null leaves that to each tier, see `leastFailures`.
   */
  readonly minFailures: number | null;
  /** Targets to notify instead of those of the owner, by severity; null keeps the owner's. */
  readonly route: { readonly page: readonly string[] | null; readonly ticket: readonly string[] | null };
  /** Notify again after this many milliseconds while it burns unacknowledged; null: never. */
  readonly repeat: number | null;
  /** Shortest time first. */
  readonly escalation: readonly EscalationStep[];
  /**
   * An incident that opens at most this many milliseconds after another one of its workflow or of one likely cause is told with
   * it; null: always by itself.
   */
  readonly groupWithin: number | null;
  /** A tier resolves when its level has stayed under this share of the threshold ... */
  readonly resolveShare: number;
  /** ... for this many milliseconds; null leaves that to its severity, see `resolveAfterOf`. */
  readonly resolveAfter: number | null;
}

/** What happens at which remaining budget; both null: nothing. Notifications of it are tiers. */
export interface BudgetPolicy {
  readonly name: string;
  /** Deploys are frozen while less than this share of the budget is left. */
  readonly freezeBelow: number | null;
  /** A postmortem is required after an incident that spent more than this share of the budget. */
  readonly postmortemAbove: number | null;
}

/** The defaults of a policy besides its tiers. */
export const DEFAULT_POLICY_SETTINGS: Omit<AlertPolicy, 'tiers'> = {
  minFailures: null,
  route: { page: null, ticket: null },
  repeat: null,
  escalation: [],
  groupWithin: 5 * MINUTE,
  resolveShare: 0.9,
  resolveAfter: null,
};

/** How long the level of a tier has to stay low until it resolves, where the policy does not say, in milliseconds. */
const RESOLVE_AFTER: { readonly [S in Severity]: number } = {
  page: 5 * MINUTE,
  // A ticket is for working hours: one that comes and goes is one matter.
  ticket: 2 * HOUR,
};

/** How long the level of a tier of a severity has to stay low until it resolves, in milliseconds. */
export function resolveAfterOf({ resolveAfter }: AlertPolicy, severity: Severity): number {
  return resolveAfter ?? RESOLVE_AFTER[severity];
}

/** The failures it takes where nothing else keeps a single one from alerting. */
const MORE_THAN_ONE = 2;

/**
 * How many failures a tier takes at least. Where the policy does not say: two, but one for a tier whose `proof` is that
 * chance does not explain them.
 */
export function leastFailures({ minFailures }: AlertPolicy, proof: boolean): number {
  return minFailures ?? (proof ? 1 : MORE_THAN_ONE);
}

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
 * The default tiers for an objective over a time window (milliseconds): the outage tier, and those of the table.
 * `factor = budgetShare * window / longWindow`. Below 28 days the table's windows shrink with the time window
 * and keep the factors of 28 days; above 30 days they stay as at 30. A factor below 1 is raised to 1, and one
 * above half of the highest possible burn rate is lowered to that half, so that every tier can fire (J3).
 */
export function defaultTiers(objective: Objective, window: number): (OutageTier | BurnRateTier)[] {
  const scale = Math.min(1, window / SHORTEST_UNSCALED);
  const reference = Math.min(Math.max(window, SHORTEST_UNSCALED), LONGEST_UNSCALED);
  const ceiling = maximumBurnRate(objective) / 2;
  const burning = TABLE.map(({ name, severity, long, short, budgetPercent }): BurnRateTier => {
    const derived = Math.max(1, (budgetPercent * (reference / long)) / 100);
    return {
      kind: 'burnRate',
      name,
      severity,
      long: wholeMinutes(long * scale),
      short: wholeMinutes(short * scale),
      factor: Math.min(derived, ceiling),
      loweredFrom: derived > ceiling ? derived : null,
    };
  });
  return [{ kind: 'outage', name: 'outage', severity: 'page' }, ...burning];
}

function wholeMinutes(duration: number): number {
  return Math.max(1, Math.ceil(duration / MINUTE)) * MINUTE;
}
