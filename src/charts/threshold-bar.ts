import type { ChartTheme } from './palette.ts';
import { areaFill } from './patterns.ts';
import { coordinate, element, painted } from './svg.ts';
import { plottable } from './value-axis.ts';

/** Where a value stands against the threshold that fires a tier. */
export interface ThresholdBar {
  /** Begins the ids inside it. */
  readonly id: string;
  /** Null: nothing was counted. */
  readonly value: number | null;
  readonly threshold: number;
  /** For those who do not see it: `5.2x of 13.44x`. */
  readonly label: string;
  readonly theme?: ChartTheme;
}

const WIDTH = 120;
const HEIGHT = 14;
/** Where the threshold is: there is room to see how far beyond it a value is. */
const THRESHOLD_AT = 80;

/** Draws a bar up to a value, with a line at the threshold; one that reaches it is hatched and has an arrow where it leaves the scale. */
export function thresholdBar({ id, value, threshold, label, theme = 'light' }: ThresholdBar): string {
  const shown = plottable(value);
  const reached = shown !== null && shown >= threshold;
  const length = shown === null || !(threshold > 0) ? 0 : (Math.max(0, shown) / threshold) * THRESHOLD_AT;
  const fill = areaFill(id, theme, reached ? 'bad' : 'good', reached ? 'slashes' : 'solid');
  const bar = { x: 0, y: 3, height: 8 };
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'chart threshold-bar',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      width: WIDTH,
      height: HEIGHT,
      role: 'img',
      'aria-label': label,
    },
    fill.definition === '' ? '' : element('defs', {}, fill.definition),
    element('rect', { ...bar, width: WIDTH, ...painted(theme, { fill: 'grid' }) }),
    shown === null
      ? element('path', {
          d: `M2 7H${WIDTH - 2}`,
          'stroke-dasharray': '1 4',
          ...painted(theme, { stroke: 'ideal' }),
        })
      : element('rect', { ...bar, width: Math.min(WIDTH, length), ...fill.attributes }),
    length > WIDTH
      ? element('path', { d: `M${WIDTH - 5} 1l5 6l-5 6z`, ...painted(theme, { fill: 'ink' }) })
      : '',
    element('path', {
      d: `M${coordinate(THRESHOLD_AT)} 0V${HEIGHT}`,
      'stroke-width': '2',
      ...painted(theme, { stroke: 'ink' }),
    }),
  );
}
