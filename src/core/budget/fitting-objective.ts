import type { Counts } from '../counters/cells.ts';

/** How an objective fits what came of two periods in a row. */
export interface ObjectiveAdvice {
  /** `too-tight`: both periods missed it. `too-loose`: neither spent more than a tenth of its budget. */
  readonly kind: 'too-tight' | 'too-loose';
  /** The ratio that would have fitted both. */
  readonly objective: number;
}

/** Ratios that people promise. */
const USUAL = [
  0.5, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999, 0.99995, 0.99999,
];
/** An objective fits when this share of its budget would have been spent at most. */
const FITS = 0.8;
/** With a fitting budget of fewer failures, one more or less is chance. */
const LEAST_ALLOWED = 5;
const LOOSE = 0.1;
/** What would fit has at least this part of the present budget. */
const BOLDEST = 10;

/**
 * Says whether a promise of `objective` was too tight or too loose for two periods, and what would have fitted both; null when
 * neither, or when too little happened to tell. What would fit is the strictest usual ratio of which both periods would
 * have spent at most four fifths, and at most ten times as strict.
 */
export function fittingObjective(
  objective: number,
  periods: readonly [Counts, Counts],
): ObjectiveAdvice | null {
  const spent = periods.map(({ good, bad }) => bad / ((good + bad) * (1 - objective)));
  if (periods.some(({ good, bad }) => good + bad === 0)) return null;
  // Two quiet weeks are no reason to promise a hundred times as much.
  const boldest = 1 - (1 - objective) / BOLDEST;
  const fitting = USUAL.findLast(
    (ratio) =>
      ratio <= boldest + 1e-12 &&
      periods.every(({ good, bad }) => {
        const allowed = (good + bad) * (1 - ratio);
        return allowed >= LEAST_ALLOWED && bad <= allowed * FITS;
      }),
  );
  if (fitting === undefined) return null;
  if (spent.every((share) => share > 1) && fitting < objective)
    return { kind: 'too-tight', objective: fitting };
  if (spent.every((share) => share < LOOSE) && fitting > objective)
    return { kind: 'too-loose', objective: fitting };
  return null;
}
