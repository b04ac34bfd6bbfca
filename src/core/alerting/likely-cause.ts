import type { Objective } from '../budget/objective.ts';
import type { Counts } from '../counters/cells.ts';
import type { Dependency } from '../slo/dependency.ts';
import { chanceOfAtLeast } from './binomial.ts';
import { isMostOf, standsOut } from './stands-out.ts';

/** A dependency that most of the failures of an incident call, and that does worse than promised or than the rest. */
export interface LikelyCause {
  readonly dependency: string;
  /** The share of the failures that call it, 0 to 1. */
  readonly failures: number;
  /** The share of all outcomes of the last hour that call it; null when that cannot be told. */
  readonly usual: number | null;
  /** The share of calls that was promised to succeed. */
  readonly sla: number;
  /** Whether it does worse than that. */
  readonly broken: boolean;
  /** Calls of all workflows. */
  readonly lastHour: Counts;
  /** Since midnight in the time zone of those who are notified. */
  readonly today: Counts;
}

/** Calls of a dependency in times that end now. */
export interface CallCounts {
  readonly lastHour: Counts;
  readonly today: Counts;
  /** Of so long that it holds what is usual. */
  readonly usually: Counts;
}

/** A dependency that failures call. */
export interface Suspect {
  readonly dependency: Dependency;
  /** How many of the failures call it, and how many there are. */
  readonly failed: number;
  readonly allFailed: number;
  /** The calls of the workflows that fail, and of those and all others. */
  readonly own: CallCounts;
  readonly all: CallCounts;
  /** All outcomes of the last hour, of which some call it; null when outcomes and calls cannot be compared. */
  readonly outcomes: number | null;
}

/** Chance may show a promise broken once in so many looks. */
const LOOKS_PER_CHANCE = 1000;
/** So many calls of others that succeed as promised say that it is not the dependency. */
const FINE_ELSEWHERE = 20;

/** Whether calls fail more often than was promised, by more than chance explains. */
export function isBroken(sla: Objective, { good, bad }: Counts): boolean {
  const total = good + bad;
  if (bad * sla.parts <= total * sla.budgetParts) return false;
  return chanceOfAtLeast(total, bad, sla.errorBudget, sla.ratio) * LOOKS_PER_CHANCE < 1;
}

/**
 * What a dependency has to do with failures that call it; null when it does not explain them. One that every outcome calls
 * explains nothing by that: it has to do worse than promised, and not for these workflows alone. One that is only named
 * where something failed is known by its failures alone, which says nothing of it.
 */
export function likelyCause(suspect: Suspect): LikelyCause | null {
  const { dependency, failed, allFailed, own, all, outcomes } = suspect;
  const { name, sla } = dependency;
  if (!isMostOf(suspect) || own.usually.good === 0) return null;
  const called = own.lastHour.good + own.lastHour.bad;
  const usual = outcomes === null || outcomes === 0 || called === 0 ? null : Math.min(1, called / outcomes);
  const broken =
    (isBroken(sla, all.lastHour) || isBroken(sla, all.today)) &&
    !isFineElsewhere(sla, own.lastHour, all.lastHour);
  if (!broken && (usual === null || !standsOut({ failed, allFailed, share: usual }))) return null;
  return {
    dependency: name,
    failures: Math.min(1, failed / allFailed),
    usual,
    sla: sla.ratio,
    broken,
    lastHour: all.lastHour,
    today: all.today,
  };
}

/** Whether the calls of all others succeed as promised: then what is wrong lies between these workflows and it. */
function isFineElsewhere({ parts, budgetParts }: Objective, own: Counts, all: Counts): boolean {
  const bad = all.bad - own.bad;
  const total = all.good - own.good + bad;
  return total >= FINE_ELSEWHERE && bad * parts <= total * budgetParts;
}
