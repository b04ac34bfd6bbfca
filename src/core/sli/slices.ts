import { emptyHour } from '../counters/cell-history.ts';
import { SLICE_PARTS, compares } from './sli.ts';
import type { Share, SliceRule, SliceSli } from './sli.ts';
import { MINUTE } from '../time/duration.ts';

/**
 * Works out the slices of an hour from the minutes of what they are made of. A slice counts at its last minute once
 * it is over, that is before the minute `running`; an empty one never does.
 * `sums` are the sums of measured values by minute (since the epoch), for means.
 */
export function sliceHour(
  { sliceMs, rule }: SliceSli,
  hour: number,
  counted: Uint32Array | null,
  sums: ReadonlyMap<number, number>,
  running: number,
): Uint32Array {
  const cells = emptyHour();
  if (!counted) return cells;
  const length = sliceMs / MINUTE;
  for (let first = 0; first < 60; first += length) {
    const last = first + length - 1;
    if (hour * 60 + last >= running) break;
    let good = 0;
    let total = 0;
    let sum = 0;
    for (let minute = first; minute <= last; minute++) {
      good += counted[minute * 2]!;
      total += counted[minute * 2]! + counted[minute * 2 + 1]!;
      sum += sums.get(hour * 60 + minute) ?? 0;
    }
    if (total === 0) continue;
    const [goodParts, parts] = judgeSlice(rule, good, total, sum);
    cells[last * 2] = goodParts;
    cells[last * 2 + 1] = parts - goodParts;
  }
  return cells;
}

/** How many of how many parts of a slice with outcomes are good. */
function judgeSlice(
  rule: SliceRule,
  good: number,
  total: number,
  sum: number,
): readonly [good: number, parts: number] {
  switch (rule.kind) {
    case 'ratio':
      return [reaches(good, total, rule.atLeast) ? 1 : 0, 1];
    case 'any':
      return [good > 0 ? 1 : 0, 1];
    case 'mean':
      return [compares(sum / total, rule.op, rule.limit) ? 1 : 0, 1];
    case 'mean-ratio':
      return [Math.round((SLICE_PARTS * good) / total), SLICE_PARTS];
    default:
      return rule satisfies never;
  }
}

/** Whether `good / total` is at least a share, without rounding anything. */
function reaches(good: number, total: number, { numerator, denominator }: Share): boolean {
  const left = good * denominator;
  const right = total * numerator;
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left >= right;
  return BigInt(good) * BigInt(denominator) >= BigInt(total) * BigInt(numerator);
}
