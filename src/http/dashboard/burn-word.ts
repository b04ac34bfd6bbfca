import type { SloReport } from '../../core/ports/queries.ts';

/** How fast a budget burns now, in one word, with the number behind it. */
export interface Burn {
  readonly word: 'no data' | 'none' | 'slow' | 'steady' | 'fast' | 'elevated' | 'critical';
  /** The window of the rate, `1h`; null without data. */
  readonly window: string | null;
  readonly rate: number | null;
}

/** Half way to a page, people may want to look before it comes. */
const ELEVATED = 0.5;
/** Around 1 the budget is spent exactly over its window. */
const STEADY = [0.8, 1.2] as const;

/**
 * The word for a burn rate over the window nearest to an hour. `critical`: as fast as a page tier's threshold; `elevated`: at least half
 * of that; `fast`: the budget will not last its window; `steady`: it just does; `slow`: some of it will be left.
 */
export function burnOf({ burnRates, pageNearness }: Pick<SloReport, 'burnRates' | 'pageNearness'>): Burn {
  const windows = Object.entries(burnRates);
  const found = windows.find(([window]) => window === '1h') ?? windows[1] ?? windows[0];
  const [window, rate] = found ?? [null, null];
  const near = pageNearness ?? 0;
  if (near >= 1) return { word: 'critical', window, rate };
  if (near >= ELEVATED) return { word: 'elevated', window, rate };
  if (rate === null) return { word: 'no data', window: null, rate };
  if (rate === 0) return { word: 'none', window, rate };
  if (rate > STEADY[1]) return { word: 'fast', window, rate };
  return { word: rate < STEADY[0] ? 'slow' : 'steady', window, rate };
}
