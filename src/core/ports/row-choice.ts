import { EVERY_ROW } from './outbox-reports.ts';
import type { Refused } from './refused.ts';
import { quoted, refuse } from './refused.ts';
import type { RowPlace } from './store/outbox.ts';

/** Which undeliverable notifications a request is about. */
export interface RowChoice {
  /** Of one of them, or `EVERY_ROW`. */
  readonly id: string;
  /** Of all: only those after this place. */
  readonly after: RowPlace | null;
}

const FIELDS = ['id', 'after'];

/** A place in a list as answers and requests write it. */
export function placeText(place: RowPlace | null): string | null {
  return place && `${place.createdAt}-${place.skip}`;
}

/** Undefined for what is no such text. */
export function readPlace(text: string): RowPlace | undefined {
  const match = /^(\d{1,16})-(\d{1,9})$/.exec(text);
  return match ? { createdAt: Number(match[1]), skip: Number(match[2]) } : undefined;
}

/** Reads it as parsed from JSON, or says all that is wrong with it. */
export function readRowChoice(request: unknown): RowChoice | Refused {
  const fields = (typeof request === 'object' && request !== null ? request : {}) as Record<string, unknown>;
  const { id, after = null } = fields;
  const problems = Object.keys(fields)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => `${quoted(name)} is not a field; there are ${FIELDS.join(', ')}.`);
  if (typeof id !== 'string' || id === '')
    problems.push(`id must be the id of a notification, or ${EVERY_ROW}.`);
  const place = typeof after === 'string' ? readPlace(after) : null;
  if (place === undefined || (after !== null && typeof after !== 'string'))
    problems.push('after must be the next of an answer.');
  return problems.length > 0 ? refuse('invalid', ...problems) : ({ id, after: place ?? null } as RowChoice);
}
