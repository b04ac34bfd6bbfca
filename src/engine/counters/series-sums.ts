import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { Counts } from '../../core/counters/cells.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { CounterCache } from './counter-cache.ts';

/**
 * Sums up series by themselves, with what adjustments exclude, in windows (milliseconds) that end at `now`. In the order of
 * the series, then of the windows; null for a series that cannot be read. Rejects with `StoreUnavailable`.
 */
export type SeriesSums = (
  series: readonly SliId[],
  windows: readonly number[],
  now: number,
) => Promise<readonly (readonly Counts[] | null)[]>;

/** Series read before others get a turn, of the event loop and of the counters. */
const SLICE = 500;

export function createSeriesSums(counterCache: CounterCache): SeriesSums {
  return async (series, windows, now) => {
    const found: (readonly Counts[] | null)[] = [];
    for (let from = 0; from < series.length; from += SLICE) {
      if (from > 0) await yieldToEventLoop();
      const slice = series.slice(from, from + SLICE);
      await counterCache.refresh(
        slice.map(({ workflow, fingerprint }) => ({ workflow, fingerprint, windows })),
        now,
      );
      for (const one of slice) {
        found.push(counterCache.failure(one) ? null : windows.map(counterCache.sums(one, now)));
      }
    }
    return found;
  };
}
