import { downsample } from './downsample.ts';
import type { ChartTheme } from './palette.ts';
import { coordinate, element, painted, pathThrough } from './svg.ts';

/** A line so small that it stands in a row of a table. */
export interface Sparkline {
  /** In equal steps, oldest first; null where nothing was counted. */
  readonly values: readonly (number | null)[];
  /** A thin dashed line to compare with, an objective or an ideal; null for none. */
  readonly threshold: number | null;
  /** What it shows, for those who do not see it: `Budget left over 30 days, 42% now`. */
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
  readonly theme?: ChartTheme;
}

const INSET = 3;

/** Draws a sparkline; its scale runs from the lowest to the highest of what it shows, and its last value is a dot. */
export function sparkline(line: Sparkline): string {
  const { values, threshold, label, width = 96, height = 24, theme = 'light' } = line;
  const step = (width - 2 * INSET) / Math.max(1, values.length - 1);
  const points = downsample(
    values.map((value, index) => ({ at: index, value: Number.isFinite(value) ? value : null })),
    Math.ceil(width),
  );
  let [low, high] = [threshold ?? Infinity, threshold ?? -Infinity];
  for (const { value } of points) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const y = (value: number): number =>
    high > low ? INSET + (1 - share(value, low, high)) * (height - 2 * INSET) : height / 2;
  const places = points.map(({ at, value }) =>
    value === null ? null : ([INSET + at * step, y(value)] as const),
  );
  const last = places.findLast((place) => place !== null);
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'chart sparkline',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': label,
    },
    threshold === null
      ? ''
      : element('path', {
          d: `M0 ${coordinate(y(threshold))}H${width}`,
          'stroke-dasharray': '2 2',
          ...painted(theme, { stroke: 'ideal' }),
        }),
    last === undefined
      ? element('path', {
          d: `M${INSET} ${height / 2}H${width - INSET}`,
          'stroke-dasharray': '1 4',
          ...painted(theme, { stroke: 'ideal' }),
        })
      : element('path', {
          d: pathThrough(places),
          'stroke-width': '1.5',
          'stroke-linecap': 'round',
          'stroke-linejoin': 'round',
          ...painted(theme, { stroke: 'good' }),
        }) + element('circle', { cx: last[0], cy: last[1], r: '2', ...painted(theme, { fill: 'ink' }) }),
  );
}

/** How far a value lies between two others, 0 to 1, however large they are. */
function share(value: number, low: number, high: number): number {
  return value / 2 - low / 2 === 0 ? 0 : (value / 2 - low / 2) / (high / 2 - low / 2);
}
