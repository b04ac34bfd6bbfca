import type { Resolution } from '../../core/counters/cells.ts';
import { CELL_LIMIT, HOURS_PER_BLOCK } from '../../core/counters/cells.ts';
import { seriesKey } from '../../core/slo/series.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { Cells } from './cached-cells.ts';
import { blockCode } from './cached-cells.ts';

/** Where counters are full, so that they count less than was reported. There is hardly ever one. */
export interface Saturation {
  /** Whether there is any; asked first, it makes the rest free. */
  readonly any: boolean;
  /** The first hour (since the epoch) from one on in which a counter of a series is full; null when none is. */
  firstHour(sli: SliId, from: number): number | null;
}

/** What was found in blocks as they were read. */
export interface SaturationNotes extends Saturation {
  /** To be called with each block that was read. */
  read(sli: SliId, resolution: Resolution, block: number, cells: Cells): void;
  /** The block is no longer kept. */
  forget(sli: SliId, code: number): void;
}

export function createSaturation(): SaturationNotes {
  /** Series -> block code -> hours. */
  const full = new Map<string, Map<number, readonly number[]>>();

  function forget(sli: SliId, code: number): void {
    if (full.size === 0) return;
    const key = seriesKey(sli);
    const blocks = full.get(key);
    if (blocks?.delete(code) && blocks.size === 0) full.delete(key);
  }

  return {
    get any() {
      return full.size > 0;
    },
    firstHour(sli, from) {
      const hours = [...(full.get(seriesKey(sli))?.values() ?? [])].flat().filter((hour) => hour >= from);
      return hours.length === 0 ? null : Math.min(...hours);
    },
    read(sli, resolution, block, cells) {
      const code = blockCode(resolution, block);
      if (!cells?.includes(CELL_LIMIT)) return forget(sli, code);
      const key = seriesKey(sli);
      full.set(key, (full.get(key) ?? new Map()).set(code, fullHours(cells, resolution, block)));
    },
    forget,
  };
}

function fullHours(cells: Uint32Array, resolution: Resolution, block: number): readonly number[] {
  if (resolution === 'minute') return [block];
  return [...cells.entries()].flatMap(([word, count]) =>
    count === CELL_LIMIT ? [block * HOURS_PER_BLOCK + Math.floor(word / 2)] : [],
  );
}
