import { formatCount } from '../core/words/figures.ts';
import type { BarChart } from './bar-chart.ts';
import { barChart } from './bar-chart.ts';
import type { BurnDown } from './burn-down.ts';
import { burnDownChart } from './burn-down.ts';
import type { TimedValue } from './downsample.ts';
import type { LineChart } from './line-chart.ts';
import { lineChart, plottablePoints } from './line-chart.ts';
import type { ChartSetting } from './plot.ts';
import { formatShareTick } from './value-axis.ts';

/** What a chart shows, whatever its size: to be drawn, or to be read value by value. */
export type Figure =
  | { readonly kind: 'lines'; readonly chart: LineChart }
  | { readonly kind: 'bars'; readonly chart: BarChart }
  | { readonly kind: 'burn-down'; readonly chart: BurnDown };

/** Draws a figure as SVG. */
export function drawFigure(setting: ChartSetting, { kind, chart }: Figure): string {
  switch (kind) {
    case 'lines':
      return lineChart(setting, chart);
    case 'bars':
      return barChart(setting, chart);
    case 'burn-down':
      return burnDownChart(setting, chart);
  }
}

/** The values of a figure, for a pointer that goes over it. Times in milliseconds since the epoch, in rising order. */
export interface ChartReading {
  readonly times: readonly number[];
  readonly series: readonly SeriesReading[];
}

export interface SeriesReading {
  readonly name: string;
  /** Where each value stands on the axis; null where there is none, or where no point of it is drawn. */
  readonly heights: readonly (number | null)[];
  /** Each value as people read it; null where there is none. */
  readonly texts: readonly (string | null)[];
}

/** A value is read more closely than its axis is labelled. */
const CLOSER = 100;

/** Reads a figure value by value. */
export function readFigure({ kind, chart }: Figure): ChartReading {
  switch (kind) {
    case 'lines': {
      const { axis, formatValue, series } = chart;
      const format = (value: number): string => formatValue(value, axis.step / CLOSER);
      return readSeries(series, format);
    }
    case 'burn-down':
      return readSeries([{ name: 'budget left', points: chart.points }], (value) =>
        formatShareTick(value, 0.001),
      );
    case 'bars': {
      const bars = chart.bars.filter(({ counts }) => counts !== null);
      return {
        times: bars.map(({ from }) => from),
        series: chart.series.map(({ name }, index) => ({
          name,
          // Bars stand on one another; a point in their middle would say nothing.
          heights: bars.map(() => null),
          texts: bars.map(({ counts }) => formatCount(counts![index] ?? 0)),
        })),
      };
    }
  }
}

function readSeries(
  series: readonly { readonly name: string; readonly points: readonly TimedValue[] }[],
  format: (value: number) => string,
): ChartReading {
  const valuesOf = series.map(
    ({ points }) => new Map(plottablePoints(points).map(({ at, value }) => [at, value])),
  );
  const times = [...new Set(valuesOf.flatMap((values) => [...values.keys()]))]
    .toSorted((one, other) => one - other)
    // Between two values nothing is read where nothing is drawn.
    .filter((at) => valuesOf.some((values) => values.get(at) != null));
  return {
    times,
    series: series.map(({ name }, index) => {
      const heights = times.map((at) => valuesOf[index]!.get(at) ?? null);
      return { name, heights, texts: heights.map((value) => (value === null ? null : format(value))) };
    }),
  };
}
