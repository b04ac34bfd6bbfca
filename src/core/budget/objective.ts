import { formatPercent } from '../words/figures.ts';

/**
 * The good share promised. Kept as a fraction of whole numbers, because `1 - 0.999` in floating point
 * is 0.0010000000000000009 and that rounding error would show in budgets and factors.
 */
export interface Objective {
  /** The promise as a ratio below 1, such as 0.999. */
  readonly ratio: number;
  /** The error budget as a ratio, `1 - objective`, such as 0.001. */
  readonly errorBudget: number;
  /** `errorBudget` as a fraction: `budgetParts / parts`. */
  readonly budgetParts: number;
  readonly parts: number;
}

/**
 * Reads `99.9%`, `0.999` or `99.9 %`.
 * Returns null unless it is above 0 and below 1 (100%), written with at most 9 decimals.
 */
export function parseObjective(text: string): Objective | null {
  const match = /^(\d{1,3})(?:\.(\d{1,9}))?\s*(%?)$/.exec(text.trim());
  if (!match) return null;
  const [, whole = '', decimals = '', percent] = match;
  const parts = 10 ** decimals.length * (percent === '%' ? 100 : 1);
  const good = Number(whole + decimals);
  if (good <= 0 || good >= parts || parts > 1e11) return null;
  return { ratio: good / parts, errorBudget: (parts - good) / parts, budgetParts: parts - good, parts };
}

/** Writes an objective as a percentage without superfluous digits: `99.9%`. */
export function formatObjective(objective: Objective): string {
  return formatPercent(objective.ratio, 9);
}
