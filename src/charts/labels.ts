import type { ChartColor, ChartTheme } from './palette.ts';
import { element, painted, xmlText } from './svg.ts';

export interface Label {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly color?: ChartColor;
  readonly bold?: boolean;
  /** Over lines and areas: with a rim of the ground, so that it can be read. */
  readonly rimmed?: boolean;
}

/** One line of text. */
export function label(
  theme: ChartTheme,
  text: string,
  { x, y, size, anchor, color, bold, rimmed }: Label,
): string {
  return element(
    'text',
    {
      x,
      y,
      'font-size': size,
      'text-anchor': anchor ?? 'start',
      'font-weight': bold ? '600' : null,
      ...(rimmed ? { 'stroke-width': '3', 'stroke-linejoin': 'round', 'paint-order': 'stroke' } : {}),
      ...painted(theme, { fill: color ?? 'ink', ...(rimmed ? { stroke: 'ground' as const } : {}) }),
    },
    xmlText(text),
  );
}

/** About how wide a text is: fonts differ, so this is a little more than most need. */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const character of text) {
    width += /[\u{1100}-\u{11FF}\u{2E80}-\u{FFEF}\u{1F000}-\u{3FFFF}]/u.test(character)
      ? 1.05
      : /[ijlI.,:;'|!()\u0020]/.test(character)
        ? 0.36
        : /[mwMW@%]/.test(character)
          ? 0.92
          : 0.62;
  }
  return width * size;
}

/** A text shortened to a width, with an ellipsis where something is left out. */
export function fitText(text: string, size: number, width: number): string {
  if (textWidth(text, size) <= width) return text;
  let short = '';
  for (const character of text) {
    if (textWidth(`${short}${character}…`, size) > width) break;
    short += character;
  }
  return `${short.trimEnd()}…`;
}

/** A text in at most two lines of a width, broken between words; what does not fit is left out. */
export function wrapText(text: string, size: number, width: number): readonly string[] {
  const words = text.split(' ');
  let first = '';
  let count = 0;
  while (count < words.length && textWidth(`${first} ${words[count]}`.trim(), size) <= width) {
    first = `${first} ${words[count]}`.trim();
    count += 1;
  }
  if (count === words.length) return [first];
  const rest = words.slice(count).join(' ');
  return first === '' ? [fitText(text, size, width)] : [first, fitText(rest, size, width)];
}

/** A whole text in as many lines of a width as it takes: broken between words, and within one that is too long for a line. */
export function foldText(text: string, size: number, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )/)) {
    if (line !== '' && textWidth(`${line}${word}`.trimEnd(), size) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
    while (textWidth(line.trimEnd(), size) > width) {
      const characters = Array.from(line);
      let count = characters.length - 1;
      while (count > 1 && textWidth(characters.slice(0, count).join(''), size) > width) count -= 1;
      if (count < 1) break;
      lines.push(characters.slice(0, count).join(''));
      line = characters.slice(count).join('');
    }
  }
  return [...lines, line.trimEnd()];
}
