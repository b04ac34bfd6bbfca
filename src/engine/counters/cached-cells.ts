import { endianness } from 'node:os';
import type { Counts, Resolution } from '../../core/counters/cells.ts';
import { CELL_LIMIT, HOURS_PER_BLOCK, cellOf } from '../../core/counters/cells.ts';

/** Cells of a block, good and bad in turn; null when nothing was counted. */
export type Cells = Uint32Array | null;

export interface Block {
  /** Undefined until it is read. */
  cells: Cells | undefined;
  /** Written since it was read. It is summed as it was until it is read again, so that no sum ever misses it. */
  stale: boolean;
  wantedAt: number;
  /** How many partitions its cells are of: fewer than all when others could not be read. */
  partitions: number;
}

/** The cells of one series, by hours since the epoch. */
export interface CachedCells {
  /** Good and bad in turn of the hours from one to another, both included; nothing of those that were not read. */
  readonly hours: (first: number, last: number) => Float64Array;
  /** What an hour holds; nothing when it was not read. */
  readonly hour: (hour: number) => Counts;
  /** The minutes of an hour, good and bad in turn: null when it is empty, undefined when they were never read. */
  readonly minutes: (hour: number) => Uint32Array | null | undefined;
  /** Whether the minutes of an hour were read and not written since. */
  readonly hasMinutes: (hour: number) => boolean;
  /** The latest hour, from one back to another (both included), that holds anything. */
  readonly latestHour: (from: number, backTo: number) => number | null;
}

/** Makes the view of the blocks of a series, by their codes. */
export function cachedCells(blocks: ReadonlyMap<number, Block>): CachedCells {
  const blockAt = (resolution: Resolution, hour: number) =>
    blocks.get(blockCode(resolution, cellOf(resolution, hour * 60).block));
  return {
    hours(first, last) {
      const found = new Float64Array(2 * Math.max(0, last - first + 1));
      for (let hour = first; hour <= last;) {
        const { block, cell } = cellOf('hour', hour * 60);
        const count = Math.min(HOURS_PER_BLOCK - cell, last - hour + 1);
        const cells = blocks.get(blockCode('hour', block))?.cells;
        if (cells) found.set(cells.subarray(cell * 2, (cell + count) * 2), (hour - first) * 2);
        hour += count;
      }
      return found;
    },
    hour(hour) {
      const cells = blockAt('hour', hour)?.cells;
      const { cell } = cellOf('hour', hour * 60);
      return { good: cells?.[cell * 2] ?? 0, bad: cells?.[cell * 2 + 1] ?? 0 };
    },
    minutes: (hour) => blockAt('minute', hour)?.cells,
    hasMinutes: (hour) => blockAt('minute', hour)?.stale === false,
    latestHour(from, backTo) {
      for (let hour = from; hour >= backTo;) {
        const cells = blockAt('hour', hour)?.cells;
        const { block, cell } = cellOf('hour', hour * 60);
        const first = block * HOURS_PER_BLOCK;
        if (cells) {
          for (let at = cell; at >= 0 && first + at >= backTo; at--) {
            if (cells[at * 2]! > 0 || cells[at * 2 + 1]! > 0) return first + at;
          }
        }
        hour = first - 1;
      }
      return null;
    },
  };
}

/** Adds up the same block of every partition. */
export function merge(
  packed: readonly (Uint8Array | null)[],
  from: number,
  partitions: number,
  size: number,
): Cells {
  let total: Cells = null;
  for (let index = from; index < from + partitions; index++) {
    const bytes = packed[index];
    if (!bytes) continue;
    const cells = unpack(bytes, size);
    if (total) addCells(total, cells);
    else total = cells;
  }
  return total;
}

/** Adds cells to others; what does not fit stays at the limit, where it would start at zero again. */
export function addCells(total: Uint32Array, cells: ArrayLike<number>): void {
  for (let word = 0; word < cells.length; word++)
    total[word] = Math.min(CELL_LIMIT, total[word]! + cells[word]!);
}

/** The cells of a packed block, which is big-endian and may end before its last cells. */
export function unpack(bytes: Uint8Array, size: number): Uint32Array {
  const cells = new Uint32Array(2 * size);
  const copy = Buffer.from(cells.buffer);
  copy.set(bytes.subarray(0, Math.min(bytes.byteLength, copy.byteLength)));
  if (endianness() === 'LE') copy.swap32();
  return cells;
}

/** One number for a block of either level. */
export function blockCode(resolution: Resolution, block: number): number {
  return block * 2 + (resolution === 'hour' ? 1 : 0);
}
