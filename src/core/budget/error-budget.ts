import type { Counts } from '../counters/cells.ts';
import type { Objective } from './objective.ts';

/** An error budget in outcomes. `remainingRatio` is signed (-0.3 is 30% over) and null while nothing can be said. */
export interface ErrorBudget {
  readonly allowed: number;
  readonly spent: number;
  readonly remaining: number;
  readonly remainingRatio: number | null;
}

/** What is left of a budget, in one word, what needs people first; `ok` as well while nothing can be said of it. */
export const BUDGET_STATES = ['exhausted', 'low', 'ok'] as const;
export type BudgetState = (typeof BUDGET_STATES)[number];

/** Below this share a budget is low: time to look before it is gone. */
const LOW_BELOW = 0.25;

/** `exhausted`: nothing is left. `low`: less than a quarter is. */
export function stateOfBudget({ remainingRatio }: Pick<ErrorBudget, 'remainingRatio'>): BudgetState {
  if (remainingRatio === null) return 'ok';
  if (remainingRatio <= 0) return 'exhausted';
  return remainingRatio < LOW_BELOW ? 'low' : 'ok';
}

/** The budget of a window that held these outcomes: `1 - objective` of the valid ones, or of those that are expected. */
export function errorBudget(
  objective: Objective,
  { good, bad }: Counts,
  expectedTotal: number | null = null,
): ErrorBudget {
  const counted = good + bad;
  const total = expectedTotal ?? counted;
  const allowedParts = total * objective.budgetParts;
  const remainingParts = allowedParts - bad * objective.parts;
  return {
    allowed: allowedParts / objective.parts,
    spent: bad,
    remaining: remainingParts / objective.parts,
    remainingRatio: counted === 0 ? null : remainingParts / allowedParts,
  };
}
