import { CELL_BYTES, CELL_LIMIT, MINUTES_PER_BLOCK } from '../core/counters/cells.ts';
import type { HourCells } from '../core/ports/store/counting.ts';

/** The cells of an hour as blocks hold them. */
export interface PackedHour {
  readonly hour: number;
  /** The whole minute block. */
  readonly minutes: Buffer;
  /** The cell of the hour block. */
  readonly total: Buffer;
}

/** Packs the cells of an hour (see core/cells.ts). Throws a `RangeError` when they are not good and bad of 60 minutes. */
export function packHour({ hour, cells }: HourCells): PackedHour {
  if (cells.length !== 2 * MINUTES_PER_BLOCK) {
    throw new RangeError(
      `The cells of hour ${hour} are ${cells.length} numbers; an hour has ${2 * MINUTES_PER_BLOCK}: good and bad of each minute.`,
    );
  }
  const minutes = Buffer.alloc(MINUTES_PER_BLOCK * CELL_BYTES);
  const sums = [0, 0];
  cells.forEach((count, index) => {
    minutes.writeUInt32BE(count, index * 4);
    sums[index % 2]! += count;
  });
  const total = Buffer.alloc(CELL_BYTES);
  sums.forEach((sum, index) => total.writeUInt32BE(Math.min(CELL_LIMIT, sum), index * 4));
  return { hour, minutes, total };
}
