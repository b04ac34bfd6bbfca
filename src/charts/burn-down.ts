import { formatSpanAhead } from '../core/words/figures.ts';
import type { TimedValue } from './downsample.ts';
import type { Drawing, LegendItem, Plot } from './drawing.ts';
import { label } from './labels.ts';
import { drawPlaces, placesOf, plottablePoints } from './line-chart.ts';
import { areaFill } from './patterns.ts';
import type { ChartSetting } from './plot.ts';
import { drawChart } from './plot.ts';
import { coordinate, element, painted, pathThrough } from './svg.ts';
import type { TimeMarks } from './time-marks.ts';
import { formatShareTick, valueAxis } from './value-axis.ts';

/** How an error budget went over its window. */
export interface BurnDown {
  readonly title: string;
  /** What it comes to, in one sentence. */
  readonly summary: string;
  /** The window; of a calendar window `to` lies ahead, and so may it for room for a forecast. */
  readonly from: number;
  readonly to: number;
  /** When the ideal line reaches 0: the end of the window. */
  readonly idealEnd: number;
  readonly now: number;
  /** The share of the budget that is left, by time; null where nothing was counted, so that it stayed as it was. */
  readonly points: readonly TimedValue[];
  /** When nothing is left at the present pace; null when that does not come, or nothing is left already. */
  readonly exhaustsAt: number | null;
  readonly marks: TimeMarks;
}

const IDEAL_DASH = '2 3';
const FORECAST_DASH = '7 4';
const UNCOUNTED_DASH = '1 3';

/** Draws the budget that is left, from all of it at the beginning of the window; what is overspent is hatched below 0. */
export function burnDownChart(setting: ChartSetting, burnDown: BurnDown): string {
  const { from, to, points } = burnDown;
  const shown = plottablePoints(points).filter(({ at }) => at >= from && at <= to);
  const values = shown.flatMap(({ value }) => (value === null ? [] : [value]));
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 1);
  const isForecast = isAhead(burnDown) && (values.at(-1) ?? 0) > 0;
  const legend: readonly LegendItem[] = [
    { kind: 'line', name: 'budget left', color: 'good', dash: null },
    { kind: 'line', name: 'ideal', color: 'ideal', dash: IDEAL_DASH },
    ...(isForecast ? [{ kind: 'line', name: 'forecast', color: 'warn', dash: FORECAST_DASH } as const] : []),
    ...(low < 0 ? [{ kind: 'area', name: 'overspent', color: 'bad', fill: 'slashes' } as const] : []),
    ...(shown.some(({ value }) => value === null)
      ? [{ kind: 'line', name: 'nothing counted', color: 'ideal', dash: UNCOUNTED_DASH } as const]
      : []),
  ];
  const frame = {
    ...burnDown,
    axis: valueAxis(low, high, setting.height < 260 ? 4 : 5, low < 0 ? {} : { low: true }),
    formatValue: formatShareTick,
    legend,
    nothing: values.length === 0 ? 'No outcomes in this window' : null,
  };
  return drawChart(setting, frame, (plot) => {
    const line = drawLeft(plot, shown);
    return {
      defs: line.defs,
      body:
        drawIdeal(plot, burnDown) +
        line.body +
        (isForecast ? drawForecast(plot, burnDown, values.at(-1)!) : '') +
        drawNow(plot, burnDown),
    };
  });
}

function isAhead({ now, exhaustsAt }: BurnDown): boolean {
  return exhaustsAt !== null && Number.isFinite(exhaustsAt) && exhaustsAt > now;
}

function drawIdeal({ theme, x, y }: Plot, { from, idealEnd }: BurnDown): string {
  return element('path', {
    d: pathThrough([
      [x(from), y(1)],
      [x(idealEnd), y(0)],
    ]),
    'stroke-width': '1.5',
    'stroke-dasharray': IDEAL_DASH,
    ...painted(theme, { stroke: 'ideal' }),
  });
}

function drawLeft(plot: Plot, shown: readonly TimedValue[]): Drawing {
  const { id, theme, left, right, bottom, y } = plot;
  const zero = y(0);
  const counted = placesOf(plot, shown);
  const line = drawPlaces(plot, counted, { color: 'good', dash: null, width: '2.2' });
  const uncounted = uncountedPath(counted, plot, shown);
  const bridge =
    uncounted === ''
      ? ''
      : element('path', {
          d: uncounted,
          'stroke-width': '1.5',
          'stroke-dasharray': UNCOUNTED_DASH,
          ...painted(theme, { stroke: 'ideal' }),
        });
  const places = counted.filter((place) => place !== null);
  const isOverspent = places.some((place) => place[1] > zero + 0.05);
  const baseline = element('path', {
    d: `M${coordinate(left)} ${coordinate(zero)}H${coordinate(right)}`,
    'stroke-width': '1.2',
    ...painted(theme, { stroke: 'ink' }),
  });
  if (!isOverspent) return { defs: [], body: baseline + bridge + line };
  const fill = areaFill(id, theme, 'bad', 'slashes');
  const clip = `${id}-overspent`;
  const below = {
    x: left,
    y: zero,
    width: Math.max(0, right - left),
    height: Math.max(0, bottom + 1 - zero),
  };
  const [first, last] = [places[0]!, places.at(-1)!];
  const area = `M${coordinate(first[0])} ${coordinate(zero)}${places
    .map(([x, y]) => `L${coordinate(x)} ${coordinate(y)}`)
    .join('')}L${coordinate(Math.max(last[0], first[0] + 2))} ${coordinate(last[1])}V${coordinate(zero)}z`;
  return {
    defs: [element('clipPath', { id: clip }, element('rect', below)), fill.definition],
    body:
      element('path', { d: area, 'clip-path': `url(#${clip})`, 'fill-opacity': '0.7', ...fill.attributes }) +
      baseline +
      bridge +
      line,
  };
}

/** From the last point before each gap to the first after it, and from the last of all to the end. */
function uncountedPath(
  places: readonly (readonly [x: number, y: number] | null)[],
  { x }: Plot,
  shown: readonly TimedValue[],
): string {
  let path = '';
  let before: readonly [number, number] | null = null;
  let isGap = false;
  for (const place of places) {
    if (place === null) {
      isGap = true;
      continue;
    }
    if (isGap && before) {
      path += `M${coordinate(before[0])} ${coordinate(before[1])}H${coordinate(place[0])}V${coordinate(place[1])}`;
    }
    before = place;
    isGap = false;
  }
  const end = shown.at(-1);
  if (isGap && before && end)
    path += `M${coordinate(before[0])} ${coordinate(before[1])}H${coordinate(x(end.at))}`;
  return path;
}

function drawForecast({ theme, x, y }: Plot, { now, to, exhaustsAt }: BurnDown, left: number): string {
  // As far as is shown: it may lie years ahead.
  const end = Math.min(exhaustsAt!, to);
  return element('path', {
    d: pathThrough([
      [x(now), y(left)],
      [x(end), y(left * (1 - (end - now) / (exhaustsAt! - now)))],
    ]),
    'stroke-width': '2',
    'stroke-dasharray': FORECAST_DASH,
    ...painted(theme, { stroke: 'warn' }),
  });
}

/** Where the present is, and in how long the budget runs out, when there is time ahead to show. */
function drawNow(plot: Plot, burnDown: BurnDown): string {
  const { now, to, exhaustsAt } = burnDown;
  const { theme, top, bottom, right, x } = plot;
  if (now >= to) return '';
  const line = element('path', {
    d: `M${coordinate(x(now))} ${coordinate(top)}V${coordinate(bottom)}`,
    ...painted(theme, { stroke: 'soft' }),
  });
  const isSoon = isAhead(burnDown);
  const text = isSoon ? `gone in ${formatSpanAhead(exhaustsAt! - now)}` : 'now';
  // To the left of it, unless that is too near the beginning.
  const atLeft = x(now) > (plot.left + right) / 3;
  return (
    line +
    label(theme, text, {
      x: x(now) + (atLeft ? -4 : 4),
      y: bottom - 6,
      size: 10.5,
      anchor: atLeft ? 'end' : 'start',
      color: isSoon ? 'ink' : 'soft',
      rimmed: true,
    })
  );
}
