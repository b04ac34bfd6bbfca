import { formatCount } from '../core/words/figures.ts';
import { downsample } from './downsample.ts';
import type { LegendItem, Plot } from './drawing.ts';
import type { Fill } from './patterns.ts';
import { FILLS, areaFill } from './patterns.ts';
import type { ChartColor } from './palette.ts';
import type { ChartSetting } from './plot.ts';
import { drawChart } from './plot.ts';
import { coordinate, element, painted } from './svg.ts';
import type { TimeMarks } from './time-marks.ts';
import { formatTick, plottable, valueAxis } from './value-axis.ts';

/** What stands at one time, one number for each series; null where nothing was counted. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[] | null;
}

export interface BarSeries {
  readonly name: string;
  /** How many there are of it in all, where the legend is to say so. */
  readonly total?: number;
  readonly color: ChartColor;
  readonly fill: Fill;
}

export interface BarChart {
  readonly title: string;
  readonly summary: string;
  readonly from: number;
  readonly to: number;
  /** From the bottom up. */
  readonly series: readonly BarSeries[];
  /** By time. */
  readonly bars: readonly Bar[];
  readonly marks: TimeMarks;
  /** What is said when there is nothing in it. */
  readonly nothing: string;
}

const COLORS = ['first', 'second', 'third', 'fourth', 'fifth'] as const;

/** The colour and fill of a series of a stack by its place in it; those from `COLORS.length` on go together as others. */
export function stackStyle(index: number): { readonly color: ChartColor; readonly fill: Fill } {
  return { color: COLORS[index] ?? 'others', fill: FILLS[index] ?? 'crosses' };
}

/** As many series as a stack tells apart, besides the others. */
export const MAX_STACKED = COLORS.length;

/**
 * Draws stacked bars over time. Where there are more of them than pixels, those that are drawn are the lowest and the highest
 * of their neighbours, each at its own height, so that no peak is smoothed away.
 */
export function barChart(setting: ChartSetting, chart: BarChart): string {
  const { series, bars } = chart;
  const stacked = bars.map(({ from, to, counts }) => {
    const values = counts && series.map((_, index) => Math.max(0, plottable(counts[index] ?? 0) ?? 0));
    return { at: from, to, values, value: values && values.reduce((sum, value) => sum + value, 0) };
  });
  const highest = stacked.reduce((most, { value }) => Math.max(most, value ?? 0), 0);
  const legend: readonly LegendItem[] = series.map(({ name, total, color, fill }) => ({
    kind: 'area',
    name: total === undefined ? name : `${name} (${formatCount(total)})`,
    color,
    fill,
  }));
  const frame = {
    ...chart,
    axis: valueAxis(0, highest || 1, 3, { low: true }),
    formatValue: formatTick,
    legend,
    nothing: stacked.some(({ value }) => value !== null) ? null : chart.nothing,
  };
  return drawChart(setting, frame, (plot) => {
    const parts = Math.max(1, Math.ceil((plot.right - plot.left) / 6));
    const shown = downsample(stacked, parts);
    const paths = series.map(() => '');
    for (const { at, to, values } of shown) {
      if (values) addBar(plot, paths, at, to, values, shown.length < stacked.length);
    }
    const fills = series.map(({ color, fill }) => areaFill(setting.id, setting.theme, color, fill));
    return {
      defs: fills.map(({ definition }) => definition),
      body: paths
        .map((path, index) =>
          path === ''
            ? ''
            : element('path', { d: path, ...fills[index]!.attributes }) +
              // A thin bar is all outline: a pattern alone would not show in it.
              element('path', {
                d: path,
                'stroke-width': '0.6',
                ...painted(setting.theme, { stroke: series[index]!.color }),
              }),
        )
        .join(''),
    };
  });
}

function addBar(
  { left, right, x, y }: Plot,
  paths: string[],
  from: number,
  to: number,
  values: readonly number[],
  isNeedle: boolean,
): void {
  const start = Math.max(left, x(from));
  const end = Math.min(right, x(to));
  const gap = Math.min(1, (end - start) * 0.2);
  const width = isNeedle ? 1 : Math.max(0.8, end - start - gap);
  let base = 0;
  for (const [index, value] of values.entries()) {
    if (value <= 0) continue;
    // What was counted at all is seen.
    const height = Math.max(0.8, y(base) - y(base + value));
    const top = y(base) - height;
    paths[index] +=
      `M${coordinate(start)} ${coordinate(top)}h${coordinate(width)}v${coordinate(height)}h-${coordinate(width)}z`;
    base += value;
  }
}
