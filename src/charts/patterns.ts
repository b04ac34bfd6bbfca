import type { ChartColor, ChartTheme } from './palette.ts';
import { element, painted } from './svg.ts';

/** How an area is filled besides its colour, so that areas differ without it. */
export const FILLS = ['solid', 'slashes', 'dots', 'rows', 'backslashes', 'crosses'] as const;
export type Fill = (typeof FILLS)[number];

const SIZE = 6;
const LINES: Readonly<Record<Exclude<Fill, 'solid'>, string>> = {
  slashes: 'M-1 1l2 -2M0 6l6 -6M5 7l2 -2',
  dots: 'M1.5 1.5h.01M4.5 4.5h.01',
  rows: 'M0 1.5h6M0 4.5h6',
  backslashes: 'M-1 5l2 2M0 0l6 6M5 -1l2 2',
  crosses: 'M0 0l6 6M0 6l6 -6',
};

/** An area's fill as attributes, and what must be among the `defs` of its chart for that. */
export interface AreaFill {
  readonly attributes: Readonly<Record<string, string>>;
  readonly definition: string;
}

/** The fill of a colour and a pattern; `id` is the chart's. `light`: of lines on the ground, for what lies behind others. */
export function areaFill(
  id: string,
  theme: ChartTheme,
  color: ChartColor,
  fill: Fill,
  light = false,
): AreaFill {
  if (fill === 'solid') return { attributes: painted(theme, { fill: color }), definition: '' };
  const name = `${id}-${color}-${fill}${light ? '-light' : ''}`;
  const definition = element(
    'pattern',
    { id: name, width: SIZE, height: SIZE, patternUnits: 'userSpaceOnUse' },
    light ? '' : element('rect', { width: SIZE, height: SIZE, ...painted(theme, { fill: color }) }),
    element('path', {
      d: LINES[fill],
      'stroke-width': fill === 'dots' ? '2' : '1.4',
      'stroke-linecap': fill === 'dots' ? 'round' : null,
      'stroke-opacity': light ? '0.55' : null,
      ...painted(theme, { stroke: light ? color : 'ground' }),
    }),
  );
  return { attributes: { fill: `url(#${name})` }, definition };
}
