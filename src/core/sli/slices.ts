import { emptyHour } from '../counters/cell-history.ts';
import type { SliceRule, SliceSli } from './sli.ts';
import { sliceRuleKind } from './slice-rules.ts';
import { MINUTE } from '../time/duration.ts';

/**
 * Computes the slices of an hour from the minutes of what they are made of. A slice counts at its last minute once
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
  const { parts, good: goodParts } = sliceRuleKind<SliceRule['kind']>(rule);
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
    cells[last * 2] = goodParts(rule, good, total, sum);
    cells[last * 2 + 1] = parts - cells[last * 2]!;
  }
  return cells;
}
