import { DAY, HOUR, MINUTE } from '../time/duration.ts';

/** Counts are kept for each minute, hour and day (of UTC); each for as long as some window needs it. */
export type StatisticSpan = 'minute' | 'hour' | 'day';

/** One minute, hour or day, by its number since the epoch. */
export interface StatisticCell {
  readonly span: StatisticSpan;
  readonly index: number;
}

interface SpanRule {
  readonly span: StatisticSpan;
  readonly length: number;
  /** Windows up to this long begin with a cell of this span: their far edge is exact to that. */
  readonly serves: number;
}

/** The finest first; each length is a multiple of the one before. */
export const SPANS: readonly SpanRule[] = [
  { span: 'minute', length: MINUTE, serves: HOUR },
  { span: 'hour', length: HOUR, serves: 7 * DAY },
  { span: 'day', length: DAY, serves: 28 * DAY },
];

export const LONGEST_STATISTIC_WINDOW = SPANS.at(-1)!.serves;

/** The moment from which a cell may be forgotten. The far edge of a window is rounded out, and clocks differ a little. */
export function statisticExpiry({ span, index }: StatisticCell): number {
  const { length, serves } = SPANS.find((rule) => rule.span === span)!;
  return (index + 1) * length + serves + length;
}

/** The cells that a moment falls in. */
export function cellsAt(at: number): readonly StatisticCell[] {
  return SPANS.map(({ span, length }) => ({ span, index: Math.floor(at / length) }));
}

export interface StatisticWindow {
  /** Where it begins: what was asked for, rounded out to whole minutes, hours or days. */
  readonly from: number;
  readonly cells: readonly StatisticCell[];
}

/**
 * The cells that hold a window up to a moment, whose minute is included: as few as there can be. The window is
 * rounded out to the finest span that is kept for so long.
 */
export function cellsOfWindow(duration: number, now: number): StatisticWindow {
  const end = (Math.floor(now / MINUTE) + 1) * MINUTE;
  const finest = SPANS.find(({ serves }) => duration <= serves) ?? SPANS.at(-1)!;
  const minutes = Math.max(1, Math.ceil(duration / MINUTE));
  const from = Math.floor((end - minutes * MINUTE) / finest.length) * finest.length;
  const cells: StatisticCell[] = [];
  for (let at = from; at < end;) {
    const { span, length } = SPANS.findLast((rule) => at % rule.length === 0 && at + rule.length <= end)!;
    cells.push({ span, index: at / length });
    at += length;
  }
  return { from, cells };
}
