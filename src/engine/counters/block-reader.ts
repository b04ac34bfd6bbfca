import type { Resolution } from '../../core/counters/cells.ts';
import { HOURS_PER_BLOCK, MINUTES_PER_BLOCK, cellOf } from '../../core/counters/cells.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { BlockId, CountStore } from '../../core/ports/store/counting.ts';
import { addCells, unpack } from './cached-cells.ts';

/** Where blocks are read: the part of the store that this needs. */
export type BlockStore = Pick<CountStore, 'readBlocks'> & { readonly partitions: number };

/** The cells of whole blocks of one series, partitions added up: block number to good and bad in turn. */
export type CellsByHour = ReadonlyMap<number, Uint32Array>;

/** Blocks read in one call. */
const READ_AT_ONCE = 500;

/** Reads blocks of a series at a level; a block that holds nothing is all zero. */
export async function readSeries(
  store: BlockStore,
  { workflow, fingerprint }: SliId,
  resolution: Resolution,
  blocks: Iterable<number>,
): Promise<CellsByHour> {
  const size = resolution === 'minute' ? MINUTES_PER_BLOCK : HOURS_PER_BLOCK;
  const cells = new Map([...blocks].map((block) => [block, new Uint32Array(2 * size)] as const));
  const ids = [...cells.keys()].flatMap((block) =>
    Array.from({ length: store.partitions }, (_, partition): BlockId => ({
      workflow,
      fingerprint,
      partition,
      resolution,
      block,
    })),
  );
  for (let from = 0; from < ids.length; from += READ_AT_ONCE) {
    const some = ids.slice(from, from + READ_AT_ONCE);
    const packed = await store.readBlocks(some);
    some.forEach(({ block }, index) => {
      const bytes = packed[index];
      if (bytes) addCells(cells.get(block)!, unpack(bytes, size));
    });
  }
  return cells;
}

/** What one minute or hour (since the epoch) holds. */
export function countsAt(
  cells: CellsByHour,
  resolution: Resolution,
  number: number,
): { good: number; bad: number } {
  const { block, cell } = cellOf(resolution, resolution === 'minute' ? number : number * 60);
  const found = cells.get(block);
  return { good: found?.[2 * cell] ?? 0, bad: found?.[2 * cell + 1] ?? 0 };
}

/** The blocks that hold the minutes or hours from one to another, both included. */
export function blocksOf(resolution: Resolution, from: number, to: number): number[] {
  const size = resolution === 'minute' ? MINUTES_PER_BLOCK : HOURS_PER_BLOCK;
  const [first, last] = [Math.floor(from / size), Math.floor(to / size)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
