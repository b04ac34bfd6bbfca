import { downsample } from './downsample.ts';
import type { TimedValue } from './downsample.ts';
import { fitText, label } from './labels.ts';
import { areaFill } from './patterns.ts';
import type { ChartColor } from './palette.ts';
import type { Drawing, LegendItem, Plot } from './drawing.ts';
import type { ChartFrame, ChartSetting } from './plot.ts';
import { drawChart } from './plot.ts';
import { coordinate, element, painted, pathThrough } from './svg.ts';
import { plottable } from './value-axis.ts';

/** One line of a chart. */
export interface LineSeries {
  readonly name: string;
  readonly color: ChartColor;
  /** As `stroke-dasharray`; null: drawn through. */
  readonly dash: string | null;
  /** By time. Nothing is drawn where a value is null. */
  readonly points: readonly TimedValue[];
}

/** A value to compare with. */
export interface Threshold {
  readonly value: number;
  readonly label: string;
  /** The side on which it is missed: what lies there is hatched. */
  readonly bad: 'above' | 'below';
}

export interface LineChart extends Omit<ChartFrame, 'legend'> {
  readonly series: readonly LineSeries[];
  readonly threshold: Threshold | null;
}

/** Four points in each part of this many pixels are more than a screen shows. */
const PIXELS_A_PART = 2;

/** The values of a series as they can be drawn. */
export function plottablePoints(points: readonly TimedValue[]): readonly TimedValue[] {
  return points.map(({ at, value }) => ({ at, value: plottable(value) }));
}

/** Draws lines over time, the first in front, and hatches where it misses a threshold. */
export function lineChart(setting: ChartSetting, chart: LineChart): string {
  const { series, threshold } = chart;
  const legend: readonly LegendItem[] =
    series.length < 2 ? [] : series.map(({ name, color, dash }) => ({ kind: 'line', name, color, dash }));
  return drawChart(setting, { ...chart, legend }, (plot) => {
    const lines = series.map((each) => drawLine(plot, each)).toReversed();
    if (!threshold) return { defs: [], body: lines.join('') };
    const missed = series[0] ? drawMissed(plot, series[0].points, threshold) : { defs: [], body: '' };
    return { defs: missed.defs, body: missed.body + lines.join('') + drawThreshold(plot, threshold) };
  });
}

/** Where the points of a series are, reduced to what a screen shows. */
export function placesOf(
  { left, right, x, y }: Plot,
  points: readonly TimedValue[],
): readonly (readonly [x: number, y: number] | null)[] {
  const parts = Math.max(1, Math.ceil((right - left) / PIXELS_A_PART));
  return downsample(plottablePoints(points), parts).map(({ at, value }) =>
    value === null ? null : ([x(at), y(value)] as const),
  );
}

function drawLine(plot: Plot, { points, color, dash }: LineSeries): string {
  return drawPlaces(plot, placesOf(plot, points), { color, dash, width: '1.8' });
}

/** A line through places, with a gap at each null, and a dot for what stands between two gaps. */
export function drawPlaces(
  { theme }: Plot,
  places: readonly (readonly [x: number, y: number] | null)[],
  { color, dash, width }: Pick<LineSeries, 'color' | 'dash'> & { readonly width: string },
): string {
  const line = pathThrough(places);
  const round = { 'stroke-linejoin': 'round', 'stroke-linecap': 'round' };
  const stroke = painted(theme, { stroke: color });
  const dots = places.filter((place, index) => place && !places[index - 1] && !places[index + 1]);
  // A dash of a dot would be no dot.
  const dotted = dots.length === 0 ? '' : pathThrough(dots.flatMap((place) => [place, null]));
  return (
    (line === ''
      ? ''
      : element('path', { d: line, 'stroke-width': width, 'stroke-dasharray': dash, ...round, ...stroke })) +
    (dotted === '' ? '' : element('path', { d: dotted, 'stroke-width': '5', ...round, ...stroke }))
  );
}

function drawThreshold({ theme, left, right, top, y }: Plot, { value, label: text, bad }: Threshold): string {
  const at = y(value);
  // On the side where nothing is hatched, if there is room for it.
  const above = bad === 'below' ? at - top > 14 : at - top < 18;
  return (
    element('path', {
      d: `M${coordinate(left)} ${coordinate(at)}H${coordinate(right)}`,
      'stroke-width': '1.3',
      'stroke-dasharray': '6 3',
      ...painted(theme, { stroke: 'ink' }),
    }) +
    label(theme, fitText(text, 10.5, right - left), {
      x: left + 4,
      y: above === (bad === 'below') ? at - 4 : at + 12,
      size: 10.5,
      rimmed: true,
    })
  );
}

/** The area between a threshold and the points beyond it. */
function drawMissed(plot: Plot, points: readonly TimedValue[], { value, bad }: Threshold): Drawing {
  const { id, theme, left, right, top, bottom } = plot;
  const base = plot.y(value);
  const places = placesOf(plot, points);
  const isBeyond = (y: number): boolean => (bad === 'below' ? y > base + 0.05 : y < base - 0.05);
  if (!places.some((place) => place !== null && isBeyond(place[1]))) return { defs: [], body: '' };
  let path = '';
  for (let start = 0; start < places.length; start++) {
    if (places[start] === null) continue;
    let end = start;
    while (places[end + 1]) end += 1;
    const run = places.slice(start, end + 1).filter((place) => place !== null);
    // A single point is a bar, so that it is seen.
    const [first, last] = [
      run[0]![0] - (start === end ? 1.5 : 0),
      run.at(-1)![0] + (start === end ? 1.5 : 0),
    ];
    const along = run.map(([x, y]) => `L${coordinate(start === end ? first : x)} ${coordinate(y)}`).join('');
    path += `M${coordinate(first)} ${coordinate(base)}${along}L${coordinate(last)} ${coordinate(run.at(-1)![1])}L${coordinate(last)} ${coordinate(base)}z`;
    start = end;
  }
  const fill = areaFill(id, theme, 'bad', 'slashes');
  const clip = `${id}-missed`;
  const [from, to] = bad === 'below' ? [base, bottom + 1] : [top - 1, base];
  const side = element('rect', {
    x: left,
    y: from,
    width: Math.max(0, right - left),
    height: Math.max(0, to - from),
  });
  return {
    defs: [element('clipPath', { id: clip }, side), fill.definition],
    body: element('path', {
      d: path,
      'clip-path': `url(#${clip})`,
      'fill-opacity': '0.75',
      ...fill.attributes,
    }),
  };
}
