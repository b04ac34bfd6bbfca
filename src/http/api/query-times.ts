import { parseTimestamp } from '../../core/time/timestamp.ts';
import { HttpProblem } from '../answers/problems.ts';

/** A time that a query may give, in milliseconds since the epoch; null without. Throws the `HttpProblem` when it is none. */
export function readTime(name: string, text: string | null): number | null {
  if (text === null) return null;
  const at = parseTimestamp(/^\d{1,16}$/.test(text) ? Number(text) : text);
  if (at !== null) return at;
  throw new HttpProblem('invalid-query', `${name} must be an RFC 3339 time such as 2026-01-31T12:00:00Z.`);
}
