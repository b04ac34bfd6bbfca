import type { Refused } from './refused.ts';
import { quoted, refuse } from './refused.ts';

/** Which dead letters a request is about. */
export interface LetterChoice {
  /** Of one of them, or `EVERY_LETTER`. */
  readonly id: string;
  /** Only those of this source; null: of any. */
  readonly source: string | null;
  /** Only those after this one; null: from the first one on. */
  readonly after: string | null;
}

export const EVERY_LETTER = 'all';

const FIELDS = ['id', 'source', 'after'];

/** Reads it as parsed from JSON, or says all that is wrong with it. */
export function readLetterChoice(request: unknown): LetterChoice | Refused {
  const fields = (typeof request === 'object' && request !== null ? request : {}) as Record<string, unknown>;
  const { id, source = null, after = null } = fields;
  const problems = Object.keys(fields)
    .filter((name) => !FIELDS.includes(name))
    .map((name) => `${quoted(name)} is not a field; there are ${FIELDS.join(', ')}.`);
  if (typeof id !== 'string' || id === '')
    problems.push(`id must be the id of a dead letter, or ${EVERY_LETTER}.`);
  if (source !== null && typeof source !== 'string') problems.push('source must be the name of a source.');
  if (after !== null && typeof after !== 'string') problems.push('after must be the id of a dead letter.');
  return problems.length > 0 ? refuse('invalid', ...problems) : ({ id, source, after } as LetterChoice);
}
