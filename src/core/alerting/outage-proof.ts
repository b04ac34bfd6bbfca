import type { Objective } from '../budget/objective.ts';
import type { Counts } from '../counters/cells.ts';

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
