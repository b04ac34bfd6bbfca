/** Sums stop here, so that they stay numbers whatever is added. */
export const LARGEST_SUM = Number.MAX_VALUE;

/** Adds to a sum of values. */
export function addToSum(sum: number, value: number): number {
  return Math.max(-LARGEST_SUM, Math.min(LARGEST_SUM, sum + value));
}
