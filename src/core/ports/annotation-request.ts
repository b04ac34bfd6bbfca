import { DAY, formatDuration } from '../time/duration.ts';
import { parseTimestamp } from '../time/timestamp.ts';
import type { Annotation } from './store/annotations.ts';

/** A requested annotation, before it has all that is stored; null: the id is to be made. */
export type AnnotationDraft = Omit<Annotation, 'id' | 'actor' | 'createdAt'> & { readonly id: string | null };

const FIELDS = ['id', 'at', 'to', 'kind', 'text', 'link', 'workflow', 'slo', 'owner'];
const FURTHEST_BACK = 90 * DAY;
const FURTHEST_AHEAD = 31 * DAY;
const LONGEST = 31 * DAY;
const LONGEST_TEXT = 200;
const LONGEST_LINK = 1000;
const LONGEST_NAME = 300;
const LONGEST_ID = 100;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]|\p{Surrogate}/u;

/**
 * Reads the request for an annotation, as parsed from JSON. Answers with every problem there is, each a sentence that
 * says what would be right, when it cannot be.
 */
export function parseAnnotation(
  input: unknown,
  now: number,
): { readonly draft: AnnotationDraft } | { readonly problems: readonly string[] } {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { problems: ['An annotation is a JSON object.'] };
  const fields = input as Readonly<Record<string, unknown>>;
  const problems = Object.keys(fields)
    .filter((name) => !FIELDS.includes(name))
    .slice(0, 5)
    .map((name) => `There is no field ${JSON.stringify(name.slice(0, 50))}; there are ${FIELDS.join(', ')}.`);
  const read = (name: string, limit: number): string | null => {
    const value = fields[name];
    if (value == null) return null;
    if (typeof value === 'string' && value.trim() !== '' && value.length <= limit && !CONTROL.test(value))
      return value.trim();
    problems.push(`${name} must be a text of 1 to ${limit} characters, without control characters.`);
    return null;
  };
  const time = (name: string): number | null => {
    if (fields[name] == null) return null;
    const at = parseTimestamp(fields[name]);
    if (at === null)
      problems.push(
        `${name} must be an RFC 3339 time such as 2026-01-31T12:00:00Z, or milliseconds since the epoch.`,
      );
    return at;
  };
  const [workflow, slo, owner] = [
    read('workflow', LONGEST_NAME),
    read('slo', LONGEST_NAME),
    read('owner', LONGEST_NAME),
  ];
  if ([workflow, slo, owner].filter((one) => one !== null).length > 1)
    problems.push('Give one of workflow, slo and owner, or none of them for everything.');
  const kind = read('kind', LONGEST_TEXT) ?? 'event';
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(kind))
    problems.push('kind must be a word of at most 32 small letters, digits and hyphens, such as deploy.');
  if (fields['text'] == null) problems.push('text is missing: what happened.');
  const text = read('text', LONGEST_TEXT) ?? '';
  const link = read('link', LONGEST_LINK);
  if (link !== null && !/^https?:\/\/\S+$/.test(link))
    problems.push('link must be an address with http or https.');
  const at = time('at') ?? now;
  const to = time('to');
  if (at < now - FURTHEST_BACK || at > now + FURTHEST_AHEAD)
    problems.push(
      `at must be at most ${formatDuration(FURTHEST_BACK)} ago and at most ${formatDuration(FURTHEST_AHEAD)} ahead.`,
    );
  if (to !== null && (to <= at || to - at > LONGEST))
    problems.push(`to must be later than at, by at most ${formatDuration(LONGEST)}.`);
  const id = read('id', LONGEST_ID);
  return problems.length > 0
    ? { problems }
    : { draft: { id, at, to, kind, text, link, workflow, slo, owner } };
}
