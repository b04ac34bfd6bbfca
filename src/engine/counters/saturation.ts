import type { Counts } from '../../core/counters/cells.ts';
import { CELL_LIMIT } from '../../core/counters/cells.ts';
import type { CachedCells } from './cached-cells.ts';

/** Whether a counter is full, or the sum of several at least as much as a full one holds. */
export function isFull({ good, bad }: Counts): boolean {
  return good >= CELL_LIMIT || bad >= CELL_LIMIT;
}

/** The first hour since the epoch, from one to another (both included), whose counter is full; null when none is. */
export function firstFullHour({ hour: countsOf }: CachedCells, from: number, last: number): number | null {
  for (let hour = from; hour <= last; hour++) if (isFull(countsOf(hour))) return hour;
  return null;
}
