import { HOUR, MINUTE } from '../time/duration.ts';

/** Good and bad outcomes of one SLI; together they are the valid ones. */
export interface Counts {
  readonly good: number;
  readonly bad: number;
}

/**
 * Counters are kept in cells of two unsigned 32-bit big-endian numbers (good, bad), packed into blocks:
 * a minute block holds the 60 minutes of one hour, an hour block the 192 hours of eight days.
 * A block that was never written reads as null.
 */
export type Resolution = 'minute' | 'hour';

export const CELL_BYTES = 8;
/** The most that one number of a cell can hold; stores stop counting there, and so do sums of partitions. */
export const CELL_LIMIT = 0xffff_ffff;
export const MINUTES_PER_BLOCK = 60;
export const HOURS_PER_BLOCK = 192;

/** How long after its end a block is kept: minutes serve windows up to 3 days, hours those up to 90. */
export const MINUTE_RETENTION = 4 * 24 * HOUR;
export const HOUR_RETENTION = 100 * 24 * HOUR;

/** Windows up to this long are summed to the minute (invariant C5). */
export const MINUTE_EXACT = 3 * 24 * HOUR;

/** Where the cell of a minute (counted from the epoch) is, at either level. */
export function cellOf(
  resolution: Resolution,
  minute: number,
): { readonly block: number; readonly cell: number } {
  if (resolution === 'minute') {
    return { block: Math.floor(minute / MINUTES_PER_BLOCK), cell: minute % MINUTES_PER_BLOCK };
  }
  const hour = Math.floor(minute / 60);
  return { block: Math.floor(hour / HOURS_PER_BLOCK), cell: hour % HOURS_PER_BLOCK };
}

/** The moment from which a block may be forgotten. */
export function blockExpiry(resolution: Resolution, block: number): number {
  return resolution === 'minute'
    ? (block + 1) * MINUTES_PER_BLOCK * MINUTE + MINUTE_RETENTION
    : (block + 1) * HOURS_PER_BLOCK * HOUR + HOUR_RETENTION;
}

/** Adds up cells `from` to `to` (both included) of a packed block; cells beyond its end are zero. */
export function sumCells(block: Uint8Array | null, from: number, to: number): Counts {
  let good = 0;
  let bad = 0;
  if (block) {
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    const end = Math.min((to + 1) * CELL_BYTES, block.byteLength - (block.byteLength % 4));
    for (let offset = from * CELL_BYTES; offset < end; offset += CELL_BYTES) {
      good += view.getUint32(offset);
      if (offset + 4 < end) bad += view.getUint32(offset + 4);
    }
  }
  return { good, bad };
}

/** One stretch of cells inside one block. */
export interface Span {
  readonly resolution: Resolution;
  readonly block: number;
  readonly from: number;
  readonly to: number;
}

/**
 * The cells that hold a window: its `duration / 1 minute` minutes, the running one included.
 * Whole hours come from hour cells and the ragged ends from minute cells; beyond `MINUTE_EXACT` the far
 * edge is rounded out to the whole hour, since its minutes may be gone.
 */
export function spansOfWindow(duration: number, now: number): Span[] {
  const last = Math.floor(now / MINUTE);
  let first = last - Math.max(1, Math.ceil(duration / MINUTE)) + 1;
  if (duration > MINUTE_EXACT) first -= first % 60;
  const firstHour = Math.ceil(first / 60);
  const endHour = Math.floor((last + 1) / 60);
  if (firstHour >= endHour) return runs('minute', first, last);
  return [
    ...runs('minute', first, firstHour * 60 - 1),
    ...runs('hour', firstHour, endHour - 1),
    ...runs('minute', endHour * 60, last),
  ];
}

function runs(resolution: Resolution, first: number, last: number): Span[] {
  const size = resolution === 'minute' ? MINUTES_PER_BLOCK : HOURS_PER_BLOCK;
  const spans: Span[] = [];
  for (let at = first; at <= last;) {
    const block = Math.floor(at / size);
    const end = Math.min(last, (block + 1) * size - 1);
    spans.push({ resolution, block, from: at - block * size, to: end - block * size });
    at = end + 1;
  }
  return spans;
}
