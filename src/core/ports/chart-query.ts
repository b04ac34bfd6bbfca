import { HOUR_RETENTION } from '../counters/cells.ts';
import { startOfPeriod } from '../time/calendar.ts';
import { DAY, HOUR, MINUTE, formatDuration } from '../time/duration.ts';
import type { TimeWindow } from '../time/time-window.ts';
import type { HistoryQuery } from './history-query.ts';
import { parseHistoryQuery } from './history-query.ts';

/** The times that charts are looked at over; `window` is that of the SLO, `custom` goes from `from` to `to`. */
export const CHART_RANGES = ['1h', '6h', '1d', '7d', 'window', 'custom'] as const;
export type ChartRange = (typeof CHART_RANGES)[number];
export const DEFAULT_RANGE: ChartRange = '1d';

/** What is asked of charts, as texts of a query; null: not given. */
export interface ChartQueryTexts {
  readonly range: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

/** A chart shows no more steps than these. */
const MOST_STEPS = 300;
const STEPS = [1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE);
const HOUR_STEPS = [1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR);

const LENGTHS: Readonly<Record<Exclude<ChartRange, 'window' | 'custom'>, number>> = {
  '1h': HOUR,
  '6h': 6 * HOUR,
  '1d': DAY,
  '7d': 7 * DAY,
};

/** Reads what time the charts of an SLO are asked for: whole minutes, and further back whole hours, in at most 300 steps. */
export function parseChartQuery(
  { range, from, to }: ChartQueryTexts,
  window: TimeWindow,
  now: number,
): HistoryQuery | { readonly problems: readonly string[] } {
  const named = range ?? (from === null && to === null ? DEFAULT_RANGE : 'custom');
  if (!isChartRange(named)) return { problems: [`range must be one of ${CHART_RANGES.join(', ')}.`] };
  if (named !== 'custom' && (from !== null || to !== null))
    return { problems: ['from and to go with range=custom only.'] };
  if (named === 'custom') {
    const asked = parseHistoryQuery({ from, to, step: null }, now);
    return 'problems' in asked ? asked : { ...asked, step: stepOf(asked.from, asked.to, asked.resolution) };
  }
  return queryFrom(named === 'window' ? windowStart(window, now) : now - LENGTHS[named], now);
}

/** The query of all from a moment until now. */
export function queryFrom(from: number, now: number): HistoryQuery {
  const asked = parseHistoryQuery(
    { from: String(Math.max(from, now - HOUR_RETENTION, 0)), to: null, step: null },
    now,
  );
  if ('problems' in asked) throw new RangeError(asked.problems.join(' '));
  return { ...asked, step: stepOf(asked.from, asked.to, asked.resolution) };
}

/** When the window of an SLO that ends, or is under way, now began. */
export function windowStart(window: TimeWindow, now: number): number {
  return window.kind === 'rolling' ? now - window.duration : startOfPeriod(window, now);
}

/** The range that is asked for, for links to the others; what is none is the usual one. */
export function chartRangeOf({ range, from, to }: ChartQueryTexts): ChartRange {
  if (range !== null && isChartRange(range)) return range;
  return from === null && to === null ? DEFAULT_RANGE : 'custom';
}

function isChartRange(text: string): text is ChartRange {
  return (CHART_RANGES as readonly string[]).includes(text);
}

function stepOf(from: number, to: number, resolution: HistoryQuery['resolution']): number {
  const least = (to - from) / MOST_STEPS;
  const steps = resolution === 'minute' ? [...STEPS, ...HOUR_STEPS] : HOUR_STEPS;
  return steps.find((step) => step >= least) ?? Math.ceil(least / DAY) * DAY;
}

/** What a range is called where it can be chosen. */
export function chartRangeName(range: ChartRange, window: TimeWindow['text']): string {
  if (range === 'window') return `window (${window})`;
  return range === 'custom' ? 'custom' : formatDuration(LENGTHS[range]);
}
