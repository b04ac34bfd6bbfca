import { timesAt } from '../core/words/times.ts';
import { fitText, label, textWidth, wrapText } from './labels.ts';
import type { Drawing, LegendItem, Plot } from './drawing.ts';
import { areaFill } from './patterns.ts';
import type { ChartTheme } from './palette.ts';
import { coordinate, element, painted, xmlText } from './svg.ts';
import { timeTicks } from './time-axis.ts';
import type { TimeMarks } from './time-marks.ts';
import { drawAnnotations, drawSpans, markLegend, markSentences, marksWithin } from './time-marks.ts';
import type { ValueAxis } from './value-axis.ts';

/** How a chart is to look. */
export interface ChartSetting {
  /** Begins the ids inside it, so that many charts can stand in one page; letters, digits and hyphens. */
  readonly id: string;
  /** In pixels. Texts keep their size, so a phone needs a narrower chart, not a smaller one. */
  readonly width: number;
  readonly height: number;
  /** For where no stylesheet applies. */
  readonly theme: ChartTheme;
  /** An IANA name. */
  readonly timeZone: string;
  /** Alone in a file, a chart brings its own ground. */
  readonly alone: boolean;
  /** Whether its legend says what marks incidents and the like; beside a chart that does, it need not. */
  readonly explainsMarks: boolean;
}

/** What stands around the drawing. */
export interface ChartFrame {
  readonly title: string;
  /** What it comes to, in one sentence: the line below the title, and the beginning of its description. */
  readonly summary: string;
  readonly from: number;
  readonly to: number;
  readonly axis: ValueAxis;
  readonly formatValue: (value: number, step: number) => string;
  readonly legend: readonly LegendItem[];
  readonly marks: TimeMarks;
  /** Where what has not ended ends, when the chart goes on into the future. */
  readonly now?: number;
  /** Instead of a drawing, when there is nothing to draw. */
  readonly nothing: string | null;
}

const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const TITLE_SIZE = 14;
const TEXT_SIZE = 11;
const ROW = 16;
const SWATCH = 20;

/** Draws a chart: its title and summary, legend, axes and marks, and in the middle what `draw` gives. */
export function drawChart(setting: ChartSetting, frame: ChartFrame, draw: (plot: Plot) => Drawing): string {
  const { id, width, height, theme, timeZone, alone, explainsMarks } = setting;
  const { title, summary, axis, from } = frame;
  const to = Math.max(frame.to, from + 1);
  const inset = alone ? 12 : 2;
  const room = width - 2 * inset;
  const marks = marksWithin(frame.marks, from, to);
  const times = timesAt(to, timeZone);
  const items = [...frame.legend, ...(explainsMarks ? markLegend(marks) : [])];
  const rows = legendRows(frame.nothing === null ? items : [], room);
  const lines = wrapText(summary, TEXT_SIZE, room);
  const head = inset + TITLE_SIZE + lines.length * (ROW - 2) + 2;
  const labels = axis.ticks.map((value) => frame.formatValue(value, axis.step));
  const left = inset + Math.max(...labels.map((text) => textWidth(text, TEXT_SIZE)), 8) + 6;
  const right = width - inset - 4;
  const top = head + rows.length * ROW + 8;
  const bottom = height - inset - 2 * ROW + 2;
  const plot: Plot = {
    id,
    theme,
    left,
    right,
    top,
    bottom,
    x: (at) => left + ((at - from) / (to - from)) * (right - left),
    y: (value) => bottom - ((value - axis.low) / (axis.high - axis.low)) * (bottom - top),
  };
  const drawn = frame.nothing === null ? draw(plot) : { defs: [], body: '' };
  const spans =
    frame.nothing === null ? drawSpans(plot, marks, Math.min(frame.now ?? to, to)) : { defs: [], body: '' };
  const legend = drawLegend(id, theme, rows, inset, head + 10);
  const clip = `${id}-clip`;
  const period = times.period(from, to);
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'chart',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-labelledby': `${id}-title`,
      'aria-describedby': `${id}-desc`,
      'font-family': FONT,
      'data-plot': alone || frame.nothing !== null ? null : placeOfPlot(plot, from, to, axis),
    },
    element('title', { id: `${id}-title` }, xmlText(title)),
    element(
      'desc',
      { id: `${id}-desc` },
      xmlText([summary, `${period}.`, ...markSentences(marks, times.at)].join(' ')),
    ),
    element(
      'defs',
      {},
      element(
        'clipPath',
        { id: clip },
        element('rect', {
          x: left,
          y: top - 1,
          width: Math.max(0, right - left),
          height: Math.max(0, bottom - top + 2),
        }),
      ),
      // Twice the same pattern would be twice the same id.
      ...new Set([...drawn.defs, ...spans.defs, ...legend.defs]),
    ),
    alone ? element('rect', { width, height, ...painted(theme, { fill: 'ground' }) }) : '',
    label(theme, fitText(title, TITLE_SIZE, room), {
      x: inset,
      y: inset + TITLE_SIZE - 2,
      size: TITLE_SIZE,
      bold: true,
    }),
    ...lines.map((line, index) =>
      label(theme, line, {
        x: inset,
        y: inset + TITLE_SIZE + (index + 1) * (ROW - 2) - 1,
        size: TEXT_SIZE,
        color: 'soft',
      }),
    ),
    legend.body,
    frame.nothing === null ? drawValueAxis(plot, axis, labels) : '',
    spans.body,
    element('g', { 'clip-path': `url(#${clip})` }, drawn.body),
    frame.nothing === null ? drawAnnotations(plot, marks) : drawNothing(plot, frame.nothing),
    drawTimeAxis(plot, { from, to, timeZone }),
    label(theme, fitText(period, TEXT_SIZE - 1, room), {
      x: right,
      y: height - inset - 2,
      size: TEXT_SIZE - 1,
      anchor: 'end',
      color: 'soft',
    }),
  );
}

/** Where times and values are, for what a script puts on top: left, top, right, bottom, first and last time, low and high. */
function placeOfPlot({ left, top, right, bottom }: Plot, from: number, to: number, axis: ValueAxis): string {
  return [...[left, top, right, bottom].map(coordinate), from, to, axis.low, axis.high].join(' ');
}

function drawValueAxis(plot: Plot, { ticks }: ValueAxis, labels: readonly string[]): string {
  const { theme, left, right } = plot;
  let above = Infinity;
  return ticks
    .map((value, index) => {
      const y = plot.y(value);
      // On a scale that something stretches, texts would lie on each other.
      const isFree = above - y >= TEXT_SIZE;
      if (isFree) above = y;
      return (
        element('path', {
          d: `M${coordinate(left)} ${coordinate(y)}H${coordinate(right)}`,
          ...painted(theme, { stroke: 'grid' }),
        }) +
        (isFree
          ? label(theme, labels[index]!, {
              x: left - 5,
              y: y + 4,
              size: TEXT_SIZE,
              anchor: 'end',
              color: 'soft',
            })
          : '')
      );
    })
    .join('');
}

function drawTimeAxis(
  plot: Plot,
  { from, to, timeZone }: { readonly from: number; readonly to: number; readonly timeZone: string },
): string {
  const { theme, left, right, bottom } = plot;
  const count = Math.max(1, Math.floor((right - left) / 62));
  const ticks = timeTicks(from, to, timeZone, count).map(({ at, label: text }) => {
    const x = plot.x(at);
    const half = textWidth(text, TEXT_SIZE) / 2;
    return (
      element('path', {
        d: `M${coordinate(x)} ${coordinate(bottom)}v4`,
        ...painted(theme, { stroke: 'soft' }),
      }) +
      label(theme, text, {
        x: Math.min(Math.max(x, left + half - 8), right - half + 4),
        y: bottom + 15,
        size: TEXT_SIZE,
        anchor: 'middle',
        color: 'soft',
      })
    );
  });
  const line = element('path', {
    d: `M${coordinate(left)} ${coordinate(bottom)}H${coordinate(right)}`,
    ...painted(theme, { stroke: 'soft' }),
  });
  return line + ticks.join('');
}

function drawNothing({ theme, left, right, top, bottom }: Plot, text: string): string {
  return label(theme, fitText(text, 12, right - left), {
    x: (left + right) / 2,
    y: (top + bottom) / 2,
    size: 12,
    anchor: 'middle',
    color: 'soft',
  });
}

/** Items by the rows they stand in. */
function legendRows(
  items: readonly LegendItem[],
  room: number,
): readonly (readonly (LegendItem & { readonly width: number })[])[] {
  const rows: (LegendItem & { readonly width: number })[][] = [];
  let used = Infinity;
  for (const item of items) {
    const name = fitText(item.name, TEXT_SIZE, Math.min(room - SWATCH - 12, 240));
    const width = SWATCH + 6 + textWidth(name, TEXT_SIZE) + 12;
    if (used + width > room + 12) {
      rows.push([]);
      used = 0;
    }
    rows.at(-1)!.push({ ...item, name, width });
    used += width;
  }
  return rows;
}

function drawLegend(
  id: string,
  theme: ChartTheme,
  rows: ReturnType<typeof legendRows>,
  left: number,
  top: number,
): Drawing {
  const defs: string[] = [];
  let body = '';
  for (const [row, items] of rows.entries()) {
    const y = top + row * ROW;
    let x = left;
    for (const item of items) {
      const swatch = drawSwatch(id, theme, item, x, y);
      defs.push(...swatch.defs);
      body += swatch.body + label(theme, item.name, { x: x + SWATCH + 6, y: y + 4, size: TEXT_SIZE });
      x += item.width;
    }
  }
  return { defs, body };
}

function drawSwatch(id: string, theme: ChartTheme, item: LegendItem, x: number, y: number): Drawing {
  const { color } = item;
  const box = { x, y: y - 5, width: SWATCH, height: 10 };
  const line = (above: number, width: string, dash: string | null): string =>
    element('path', {
      d: `M${coordinate(x)} ${coordinate(y - above)}h${SWATCH}`,
      'stroke-width': width,
      'stroke-dasharray': dash,
      ...painted(theme, { stroke: color }),
    });
  switch (item.kind) {
    case 'line':
      return { defs: [], body: line(0, '2', item.dash) };
    case 'area': {
      const { attributes, definition } = areaFill(id, theme, color, item.fill);
      return { defs: [definition], body: element('rect', { ...box, ...attributes }) };
    }
    case 'moment':
      return {
        defs: [],
        body: element('path', {
          d: `M${coordinate(x + SWATCH / 2)} ${coordinate(y - 5)}l4 9h-8z`,
          ...painted(theme, { fill: color }),
        }),
      };
    case 'span': {
      if (item.span === 'adjustment') {
        const { attributes, definition } = areaFill(id, theme, color, 'slashes', true);
        return { defs: [definition], body: element('rect', { ...box, ...attributes }) };
      }
      const tint = element('rect', { ...box, 'fill-opacity': '0.2', ...painted(theme, { fill: color }) });
      const isPage = item.span === 'page';
      return { defs: [], body: tint + line(4, isPage ? '4' : '3', isPage ? null : '3 2') };
    }
    default:
      return item satisfies never;
  }
}
