import type { Objective } from '../budget/objective.ts';
import type { Counts } from '../counters/cells.ts';
import { chanceOfAtLeast } from './binomial.ts';

/** What proves a fault is what chance would show less than once in this many windows. */
const WINDOWS_PER_FALSE_PROOF = 100;

/**
 * How many bad outcomes in a row prove an outage where a window holds `volume` outcomes (1 or more): the smallest
 * whole n with `(1 / (1 - objective))^n >= 100 * volume`. A workflow that just meets its objective shows such a run
 * once in a hundred windows (design §5).
 */
export function outageRun(objective: Objective, volume: number): number {
  const { ratio, parts, budgetParts } = objective;
  const rareness = WINDOWS_PER_FALSE_PROOF * Math.max(1, Math.ceil(volume));
  // Each form of the logarithm is exact where the other is not: near objectives of 0 and of 1.
  const each = ratio < 0.5 ? -Math.log1p(-ratio) : Math.log(parts / budgetParts);
  const exponent = Math.log(rareness) / each;
  const near = Math.round(exponent);
  // Floating point cannot decide on which side of a whole number this lies; whole powers are short and can be multiplied.
  if (Math.abs(exponent - near) < 1e-9 && near <= 1000) {
    const reached = BigInt(parts) ** BigInt(near) >= BigInt(rareness) * BigInt(budgetParts) ** BigInt(near);
    return Math.max(1, reached ? near : near + 1);
  }
  return Math.max(1, Math.ceil(exponent));
}

/**
 * Whether outcomes prove that a workflow misses its objective, where a window holds `volume` outcomes (1 or more): by
 * Chernoff's bound `exp(-n * KL(bad / n, 1 - objective))`, chance shows so many bad ones less than once in a hundred
 * windows to a workflow that just meets it. Where all are bad this is the rule of `outageRun`.
 */
export function beyondChance(objective: Objective, { good, bad }: Counts, volume: number): boolean {
  const { ratio, errorBudget } = objective;
  const total = good + bad;
  if (total === 0 || bad / total <= errorBudget) return false;
  const ofBad = bad * Math.log(bad / (total * errorBudget));
  const ofGood = good === 0 ? 0 : good * Math.log(good / (total * ratio));
  return ofBad + ofGood >= Math.log(WINDOWS_PER_FALSE_PROOF * Math.max(1, volume));
}

/** How likely chance alone shows what a window held, and how unlikely that has to be to prove a fault. */
export interface ChanceProof {
  /** The probability that at least as many are bad while the workflow just meets its objective. */
  readonly chance: number;
  readonly below: number;
}

/** Chance may page once in so many windows of an SLO. */
const SLO_WINDOWS_PER_FALSE_PAGE = 10;

/**
 * The proof of a page: the exact binomial tail of what a window held, to be compared with `1 / (10 * looks)`, where in
 * an SLO's window of the length `window` one looks once every `every` milliseconds (design §5). `failures` is how many
 * bad outcomes there were, where those in `counts` have weights: what they weigh on average is one outcome, so that one
 * failure that weighs as much as a hundred outcomes is still one.
 */
export function chanceProof(
  objective: Objective,
  { good, bad }: Counts,
  failures: number,
  every: number,
  window: number,
): ChanceProof {
  const below = every / (SLO_WINDOWS_PER_FALSE_PAGE * Math.max(every, window));
  if (bad <= 0 || failures <= 0) return { chance: 1, below };
  const outcomes = failures + (good * failures) / bad;
  return { chance: chanceOfAtLeast(outcomes, failures, objective.errorBudget, objective.ratio), below };
}
