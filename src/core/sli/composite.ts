import type { Counts } from '../counters/cells.ts';
import type { CompositeSli } from './sli.ts';

/** What a member of a composite counted in some window, with its weight. */
export interface MemberCounts extends Counts {
  readonly weight: number;
  /** As that of the member. */
  readonly budgetScale: number | undefined;
}

/**
 * What a composite counts as, from what its members counted in the same window; members without outcomes do not
 * matter. `weighted`: the error rate is the weighted mean of theirs, each times its scale, over the outcomes of all, so that
 * with scales the burn rate is the weighted mean of theirs against their own objectives (an error rate is at most 1). `all-of`: an error rate
 * of `1 - (1 - e1)(1 - e2)...`, over as many outcomes as the busiest member has. Counts may be fractions.
 */
export function compositeCounts(method: CompositeSli['method'], members: readonly MemberCounts[]): Counts {
  const counted = members.filter(({ good, bad }) => good + bad > 0);
  // With one member there is nothing to mix, and nothing to round.
  if (counted.length === 1 && counted[0]!.budgetScale === undefined)
    return { good: counted[0]!.good, bad: counted[0]!.bad };
  const failing = counted.filter(({ bad }) => bad > 0);
  const totals = counted.map(({ good, bad }) => good + bad);
  const total = method === 'weighted' ? sum(totals) : Math.max(0, ...totals);
  const bad = Math.min(total, total === 0 ? 0 : badOf(method, counted, failing, total));
  return { good: total - bad, bad };
}

function badOf(
  method: CompositeSli['method'],
  counted: readonly MemberCounts[],
  failing: readonly MemberCounts[],
  total: number,
): number {
  switch (method) {
    case 'weighted': {
      const weights = sum(counted.map(({ weight }) => weight));
      const spent = failing.map(
        ({ good, bad, weight, budgetScale = 1 }) => (weight * budgetScale * bad * total) / (good + bad),
      );
      return sum(spent) / weights;
    }
    case 'all-of':
      // Adding up what each loses of what the others left keeps small error rates exact, which a product does not.
      return failing.reduce((lost, { good, bad }) => lost + ((total - lost) * bad) / (good + bad), 0);
    default:
      return method satisfies never;
  }
}

/**
 * Which share of what a composite spends each member accounts for, in their order; null when nothing is spent.
 * `weighted`: by weighted and scaled error rate; `all-of`: by error rate.
 */
export function spentShares(
  method: CompositeSli['method'],
  members: readonly MemberCounts[],
): readonly (number | null)[] {
  const spent = members.map(({ good, bad, weight, budgetScale = 1 }) => {
    const errorRate = good + bad === 0 ? 0 : bad / (good + bad);
    return method === 'weighted' ? weight * budgetScale * errorRate : errorRate;
  });
  const total = sum(spent);
  return spent.map((part) => (total === 0 ? null : part / total));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
