import { parseTimestamp } from '../time/timestamp.ts';

/** The longest texts and names that requests may hold. */
export const LONGEST_TEXT = 1000;
export const LONGEST_NAME = 200;

const MOMENT = 'an RFC 3339 time such as 2026-01-31T12:00:00Z, or milliseconds since the epoch';
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]|\p{Surrogate}/u;

/** The fields of a request, as parsed from JSON. */
export type RequestFields = Readonly<Record<string, unknown>>;

export function isObject(input: unknown): input is RequestFields {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

export function unknownFields(input: RequestFields, known: readonly string[]): string[] {
  const unknown = Object.keys(input).filter((name) => !known.includes(name));
  return unknown
    .slice(0, 5)
    .map((name) => `There is no field ${JSON.stringify(name.slice(0, 50))}; there are ${known.join(', ')}.`);
}

export function text(input: RequestFields, name: string, limit: number, problems: string[]): string | null {
  const value = input[name];
  if (value == null) return null;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= limit && !CONTROL.test(value))
    return value.trim();
  problems.push(`${name} must be a text of 1 to ${limit} characters, without control characters.`);
  return null;
}

export function required(input: RequestFields, name: string, limit: number, problems: string[]): string {
  if (input[name] == null)
    problems.push(`${name} is missing: ${name === 'by' ? 'who does this' : 'why'}, as a text.`);
  return text(input, name, limit, problems) ?? '';
}

export function timestamp(input: RequestFields, name: string, problems: string[]): number | null {
  const at = parseTimestamp(input[name]);
  if (at === null) problems.push(`${name} must be ${MOMENT}.`);
  return at;
}
