import { TIME_AND_ID, readPlace } from './list-page.ts';
import type { ListPlace } from './list-page.ts';
import { EVERY_ROW } from './outbox-reports.ts';
import type { Refused } from './refused.ts';
import { quoted, refuse } from './refused.ts';

/** Which undeliverable notifications a request is about. */
export interface RowChoice {
  /** Of one of them, or `EVERY_ROW`. */
  readonly id: string;
  /** Of all: only those after this place. */
  readonly after: ListPlace | null;
}

const FIELDS = ['id', 'after'];

/** Reads it as parsed from JSON, or says all that is wrong with it. */
export function readRowChoice(request: unknown): RowChoice | Refused {
  const fields = (typeof request === 'object' && request !== null ? request : {}) as Record<string, unknown>;
  const { id, after = null } = fields;
  const problems = Object.keys(fields)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => `${quoted(name)} is not a field; there are ${FIELDS.join(', ')}.`);
  if (typeof id !== 'string' || id === '')
    problems.push(`id must be the id of a notification, or ${EVERY_ROW}.`);
  const place = typeof after === 'string' ? readPlace(after, TIME_AND_ID) : null;
  if (place === undefined || (after !== null && typeof after !== 'string'))
    problems.push('after must be the next of an answer.');
  return problems.length > 0 ? refuse('invalid', ...problems) : ({ id, after: place ?? null } as RowChoice);
}
