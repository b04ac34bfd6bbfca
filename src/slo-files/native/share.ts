import type { Share } from '../../core/sli/sli.ts';

/**
 * Reads `99.9%`, `0.999` or `1` as a fraction in its lowest terms, so that what is written in another way is still
 * the same. Null unless it is from 0 to 1 (100%), written with at most 9 decimals.
 */
export function parseShare(text: string): Share | null {
  const match = /^(\d{1,3})(?:\.(\d{1,9}))?\s*(%?)$/.exec(text.trim());
  if (!match) return null;
  const [, whole = '', decimals = '', percent] = match;
  const parts = 10 ** decimals.length * (percent === '%' ? 100 : 1);
  const good = Number(whole + decimals);
  if (good > parts) return null;
  const divisor = greatestCommonDivisor(good, parts);
  return { numerator: good / divisor, denominator: parts / divisor };
}

/** A share as a ratio. */
export function ratioOf({ numerator, denominator }: Share): number {
  return numerator / denominator;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
