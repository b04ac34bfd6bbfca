import { iso } from '../../core/time/timestamp.ts';
import type { Message, Tone } from './message.ts';
import type { Field, Phrase } from './phrase.ts';

/** A sign of a tone, for places without colours of their own. */
export const SIGNS: Readonly<Record<Tone, string>> = {
  page: '🔴',
  ticket: '🟠',
  acknowledged: '🔵',
  over: '🟢',
  test: '🧪',
};

/** What failed most, as fields. */
export function causeFields({ causes }: Message): Field[] {
  return causes.map(({ label, name, words }) => ({ label, value: [{ name }, ` ${words}`] }));
}

/** What a message is about, as the last line of it. */
export function aboutLine({ slo, incident }: Message): Phrase {
  return [{ name: slo }, ' · incident ', { name: incident }];
}

/** The parts that fit into `limit` together, in their order, whole; `size` is what each takes. */
export function fitting<Part>(
  parts: readonly Part[],
  limit: number,
  size: (part: Part) => number,
): readonly Part[] {
  let left = limit;
  const end = parts.findIndex((part) => (left -= size(part)) < 0);
  return end < 0 ? parts : parts.slice(0, end);
}

/** A text for systems that pass it on to places with markup of their own: without angle brackets, which those may read. */
export function inert(text: string): string {
  return text.replaceAll('<', '‹').replaceAll('>', '›');
}

/** A time as RFC 3339, whatever it is: of what is not a time, the beginning of the epoch. */
export function instant(at: number): string {
  return iso(Number.isNaN(new Date(at).getTime()) ? 0 : at);
}

/** The text cut to at most `limit` UTF-16 units, which is what receivers count in; a cut one ends in an ellipsis. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Half of a surrogate pair is no text.
  return `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
