import type { ChartColor } from './palette.ts';
import type { Drawing, LegendItem, Plot } from './drawing.ts';
import { areaFill } from './patterns.ts';
import { fitText, label, textWidth } from './labels.ts';
import { element, painted, xmlText } from './svg.ts';

/** A stretch of time that a chart marks; one that has not ended goes on to the chart's end. */
export interface MarkedSpan {
  readonly kind: 'page' | 'ticket' | 'adjustment';
  readonly from: number;
  readonly to: number | null;
  readonly label: string;
}

/** Something that happened, such as a deploy. */
export interface MarkedTime {
  readonly at: number;
  readonly label: string;
}

/** What is marked on a chart over its whole height. */
export interface TimeMarks {
  readonly spans: readonly MarkedSpan[];
  readonly moments: readonly MarkedTime[];
}

export const NO_MARKS: TimeMarks = { spans: [], moments: [] };

/** More than these, the latest, would hide what the chart shows. */
const MOST = 40;
const SIZE = 10;

const SPANS: Readonly<Record<MarkedSpan['kind'], { readonly color: ChartColor; readonly name: string }>> = {
  page: { color: 'bad', name: 'page open' },
  ticket: { color: 'warn', name: 'ticket open' },
  adjustment: { color: 'mark', name: 'adjustment' },
};

/** What of it a chart of this time shows. */
export function marksWithin(marks: TimeMarks, from: number, to: number): TimeMarks {
  return {
    spans: marks.spans
      .filter((span) => span.from < to && (span.to ?? Infinity) > from)
      .toSorted((one, other) => one.from - other.from)
      .slice(-MOST),
    moments: marks.moments
      .filter(({ at }) => at >= from && at <= to)
      .toSorted((one, other) => one.at - other.at)
      .slice(-MOST),
  };
}

export function markLegend({ spans, moments }: TimeMarks): readonly LegendItem[] {
  const kinds = new Set(spans.map(({ kind }) => kind));
  const items: LegendItem[] = [];
  for (const kind of ['page', 'ticket', 'adjustment'] as const) {
    if (kinds.has(kind))
      items.push({ kind: 'span', span: kind, color: SPANS[kind].color, name: SPANS[kind].name });
  }
  if (moments.length > 0) items.push({ kind: 'moment', color: 'mark', name: 'annotation' });
  return items;
}

/** The marks as sentences for those who do not see them. */
export function markSentences(
  { spans, moments }: TimeMarks,
  written: (at: number) => string,
): readonly string[] {
  return [
    ...spans.map(
      ({ kind, from, to, label }) =>
        `${SPANS[kind].name}, ${label}: ${written(from)} to ${to === null ? 'now' : written(to)}.`,
    ),
    ...moments.map(({ at, label }) => `${label}: ${written(at)}.`),
  ];
}

/** Draws the stretches, behind what the chart shows; what has not ended goes on until now. */
export function drawSpans(plot: Plot, { spans }: TimeMarks, now: number): Drawing {
  const { id, theme, top, bottom, left, right } = plot;
  const hatch = areaFill(id, theme, 'mark', 'slashes', true);
  const body = spans.map(({ kind, from, to, label }) => {
    const start = Math.max(left, plot.x(from));
    const end = Math.max(start + 1, Math.min(right, plot.x(to ?? now)));
    const { color } = SPANS[kind];
    const box = { x: start, width: end - start };
    const area =
      kind === 'adjustment'
        ? element('rect', { ...box, y: top, height: bottom - top, ...hatch.attributes })
        : element('rect', {
            ...box,
            y: top,
            height: bottom - top,
            'fill-opacity': '0.13',
            ...painted(theme, { fill: color }),
          }) +
          element('path', {
            d: barPath(start, end, top + 2),
            'stroke-width': kind === 'page' ? '4' : '3',
            'stroke-dasharray': kind === 'page' ? null : '3 2',
            ...painted(theme, { stroke: color }),
          });
    return element('g', {}, element('title', {}, xmlText(`${SPANS[kind].name}: ${label}`)), area);
  });
  return {
    defs: spans.some(({ kind }) => kind === 'adjustment') ? [hatch.definition] : [],
    body: body.join(''),
  };
}

function barPath(from: number, to: number, y: number): string {
  const place = (value: number): number => Math.round(value * 10) / 10;
  return `M${place(from)} ${place(y)}H${place(to)}`;
}

/** Draws what happened, before what the chart shows; texts that would cover others are left to the description. */
export function drawAnnotations(plot: Plot, { moments }: TimeMarks): string {
  const { theme, top, bottom, left, right } = plot;
  let free = left;
  return moments
    .map(({ at, label: text }) => {
      const x = plot.x(at);
      const shown = fitText(text, SIZE, Math.min(110, right - left));
      const width = textWidth(shown, SIZE);
      const start = Math.min(x + 3, right - width);
      const fits = start >= free;
      if (fits) free = start + width + 6;
      return element(
        'g',
        {},
        element('title', {}, xmlText(text)),
        element('path', {
          d: `M${Math.round(x * 10) / 10} ${top}V${bottom}`,
          'stroke-dasharray': '1 3',
          'stroke-width': '1.5',
          ...painted(theme, { stroke: 'mark' }),
        }),
        element('path', {
          d: `M${Math.round(x * 10) / 10} ${bottom - 6}l3.5 6h-7z`,
          ...painted(theme, { fill: 'mark' }),
        }),
        fits ? label(theme, shown, { x: start, y: top + 15, size: SIZE, color: 'mark', rimmed: true }) : '',
      );
    })
    .join('');
}
