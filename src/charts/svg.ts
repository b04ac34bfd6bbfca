import { escapeHtml } from '../core/escape-html.ts';
import type { ChartColor, ChartTheme } from './palette.ts';
import { colorClass, colorIn } from './palette.ts';

/** The value of an attribute; null leaves it out. */
type Attribute = string | number | null;

/** Not allowed in XML in any form: controls, halves of surrogate pairs, and two that are no characters. */
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** Text between tags and inside attributes, whatever it holds. */
export function xmlText(text: string): string {
  return escapeHtml(text.replace(NOT_XML, '\u{FFFD}'));
}

/** A coordinate with one decimal, which is less than a pixel of the densest screen shows. Throws for what is no number. */
export function coordinate(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no place in a chart`);
  return String(Math.round(value * 10) / 10 + 0);
}

/** One element of SVG; children are SVG already, so texts go through `xmlText` first. */
export function element(
  name: string,
  attributes: Readonly<Record<string, Attribute>>,
  ...children: readonly string[]
): string {
  let written = '';
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null) continue;
    written += ` ${key}="${typeof value === 'number' ? coordinate(value) : xmlText(value)}"`;
  }
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join('')}</${name}>`;
}

/** The attributes that paint something: the colour itself for where no stylesheet applies, and the class for where one does. */
export function painted(
  theme: ChartTheme,
  colors: { readonly fill?: ChartColor; readonly stroke?: ChartColor },
): Readonly<Record<string, string>> {
  const { fill, stroke } = colors;
  const classes = [
    ...(fill ? [colorClass('fill', fill)] : []),
    ...(stroke ? [colorClass('stroke', stroke)] : []),
  ];
  return {
    class: classes.join(' '),
    fill: fill ? colorIn(theme, fill) : 'none',
    ...(stroke ? { stroke: colorIn(theme, stroke) } : {}),
  };
}

/** The path through points, broken where one is null; a point with no neighbour is a dot, given round line caps. */
export function pathThrough(points: readonly (readonly [x: number, y: number] | null)[]): string {
  let path = '';
  let pen = false;
  for (const [index, point] of points.entries()) {
    if (!point) {
      pen = false;
      continue;
    }
    path += `${pen ? 'L' : 'M'}${coordinate(point[0])} ${coordinate(point[1])}`;
    if (!pen && !points[index + 1]) path += 'h0';
    pen = true;
  }
  return path;
}
