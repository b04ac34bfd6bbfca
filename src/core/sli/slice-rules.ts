import { compares } from './sli.ts';
import type { Share, SliceRule, SliceRuleOf } from './sli.ts';

/** A slice under the rule `mean-ratio` counts as this many parts. */
export const SLICE_PARTS = 1_000_000;

/** What counting slices needs of a kind of rule. */
interface SliceRuleKind<K extends SliceRule['kind']> {
  /** How many parts a slice counts as. */
  readonly parts: number;
  /** How many of them are good, of a slice with outcomes; `sum` is that of its measured values. */
  readonly good: (rule: SliceRuleOf<K>, good: number, total: number, sum: number) => number;
  /** Whether `sum` matters. */
  readonly usesSums: boolean;
}

const SLICE_RULES: { readonly [K in SliceRule['kind']]: SliceRuleKind<K> } = {
  ratio: {
    parts: 1,
    good: ({ atLeast }, good, total) => (reaches(good, total, atLeast) ? 1 : 0),
    usesSums: false,
  },
  any: { parts: 1, good: (_rule, good) => (good > 0 ? 1 : 0), usesSums: false },
  mean: {
    parts: 1,
    good: ({ op, limit }, _good, total, sum) => (compares(sum / total, op, limit) ? 1 : 0),
    usesSums: true,
  },
  'mean-ratio': {
    parts: SLICE_PARTS,
    good: (_rule, good, total) => Math.round((SLICE_PARTS * good) / total),
    usesSums: false,
  },
};

/** What counting needs of the kind of a rule. */
export function sliceRuleKind<K extends SliceRule['kind']>(rule: SliceRuleOf<K>): SliceRuleKind<K> {
  return SLICE_RULES[rule.kind];
}

/** Whether `good / total` is at least a share, without rounding anything. */
function reaches(good: number, total: number, { numerator, denominator }: Share): boolean {
  const left = good * denominator;
  const right = total * numerator;
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left >= right;
  return BigInt(good) * BigInt(denominator) >= BigInt(total) * BigInt(numerator);
}
