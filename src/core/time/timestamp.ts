// Day and time must both be there, and the offset too: a local time of an unknown zone is not a moment.
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ](?!24)\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * Reads a moment as people and programs write it: an RFC 3339 time with its offset, or milliseconds since the epoch
 * as a number. Null when it is neither, and before 1970: nothing here is that old, and stores keep no negative moments.
 */
export function parseTimestamp(value: unknown): number | null {
  if (typeof value === 'number') {
    return Number.isFinite(value) && value >= 0 && value <= 8.64e15 ? Math.floor(value) : null;
  }
  if (typeof value !== 'string' || !RFC3339.test(value) || !isCalendarDay(value.slice(0, 10))) return null;
  const at = Date.parse(value.replace(' ', 'T').toUpperCase());
  return at >= 0 ? at : null;
}

/** `Date.parse` would take 30 February for 2 March. */
function isCalendarDay(date: string): boolean {
  const day = Number(date.slice(8));
  return day <= 28 || new Date(date).getUTCDate() === day;
}

/** A moment (milliseconds since the epoch) as RFC 3339 in UTC, with milliseconds. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
