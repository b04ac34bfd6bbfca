import { CONTROL, LONE_SURROGATE, MAX_ATTRIBUTE_VALUE } from './record-fields.ts';

const CONTROLS = new RegExp(`${CONTROL.source}+`, 'g');
const LONE_SURROGATES = new RegExp(LONE_SURROGATE, 'g');

/** A text as the attribute `message` can hold it: in one line, the beginning of it; null when nothing is left. */
export function messageOf(text: string): string | null {
  const line = text
    .replace(CONTROLS, ' ')
    .trim()
    .slice(0, MAX_ATTRIBUTE_VALUE)
    .replace(LONE_SURROGATES, '\ufffd');
  return line.trim() || null;
}
