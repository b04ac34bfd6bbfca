import { HttpProblem } from '../answers/problems.ts';
import type { Parameter } from './parameters.ts';

const MAX_ROWS = 1000;
const DEFAULT_ROWS = 100;

/** The parameter of a query that says how much of a list is wanted. */
export const ROW_LIMIT: Parameter = {
  schema: { type: 'integer', minimum: 1, maximum: MAX_ROWS, default: DEFAULT_ROWS },
  description: 'the most rows',
};

/** Reads it; null is that it was not given. Throws the `HttpProblem` to answer with. */
export function rowLimit(text: string | null): number {
  if (text === null) return DEFAULT_ROWS;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_ROWS) return limit;
  throw new HttpProblem('invalid-query', `limit must be a whole number from 1 to ${MAX_ROWS}.`);
}
