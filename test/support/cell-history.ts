import type { CellHistory } from '../../src/core/counters/cell-history.ts';

/** Good and bad outcomes by minute (since the epoch). */
export type MinuteCounts = ReadonlyMap<number, { readonly good: number; readonly bad: number }>;

/** What is known of a series that holds these minutes. */
export function cellHistory(counts: MinuteCounts, minutesFrom = 0): CellHistory {
  return {
    minutesFrom,
    hour(hour) {
      let [good, bad] = [0, 0];
      for (const [minute, cell] of counts) {
        if (Math.floor(minute / 60) !== hour) continue;
        good += cell.good;
        bad += cell.bad;
      }
      return { good, bad };
    },
    minutes: (hour) => hourCells(counts, hour),
  };
}

/** The cells of one hour; null when it is empty. */
export function hourCells(counts: MinuteCounts, hour: number): Uint32Array | null {
  const cells = new Uint32Array(120);
  let isEmpty = true;
  for (let minute = 0; minute < 60; minute++) {
    const cell = counts.get(hour * 60 + minute);
    if (!cell) continue;
    cells.set([cell.good, cell.bad], minute * 2);
    isEmpty = false;
  }
  return isEmpty ? null : cells;
}

/** The minutes (since the epoch) of an hour's cells that hold anything, as `+` and `-` for each good and bad one. */
export function verdicts(hour: number, cells: Uint32Array): Record<number, string> {
  const found: Record<number, string> = {};
  for (let minute = 0; minute < 60; minute++) {
    const text = '+'.repeat(cells[minute * 2]!) + '-'.repeat(cells[minute * 2 + 1]!);
    if (text !== '') found[hour * 60 + minute] = text;
  }
  return found;
}
