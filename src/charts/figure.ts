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
export function drawFigure(setting: ChartSetting, figure: Figure): string {
  switch (figure.kind) {
    case 'lines':
      return lineChart(setting, figure.chart);
    case 'bars':
      return barChart(setting, figure.chart);
    case 'burn-down':
      return burnDownChart(setting, figure.chart);
    default:
      return figure satisfies never;
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
export function readFigure(figure: Figure): ChartReading {
  switch (figure.kind) {
    case 'lines': {
      const { axis, formatValue, series } = figure.chart;
      return readSeries(series, (value) => formatValue(value, axis.step / CLOSER));
    }
    case 'burn-down':
      return readSeries([{ name: 'budget left', points: figure.chart.points }], (value) =>
        formatShareTick(value, 0.001),
      );
    case 'bars':
      return readBars(figure.chart);
    default:
      return figure satisfies never;
  }
}

function readBars({ bars, series }: BarChart): ChartReading {
  const counted = bars.flatMap(({ from, counts }) => (counts === null ? [] : [{ from, counts }]));
  return {
    times: counted.map(({ from }) => from),
    series: series.map(({ name }, index) => ({
      name,
      // Bars stand on one another; a point in their middle would say nothing.
      heights: counted.map(() => null),
      texts: counted.map(({ counts }) => formatCount(counts[index] ?? 0)),
    })),
  };
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
