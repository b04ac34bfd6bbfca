/** All times are milliseconds since the Unix epoch and all durations are milliseconds, unless a name says otherwise. */
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

const UNITS: ReadonlyArray<readonly [suffix: string, size: number]> = [
  ['w', WEEK],
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', SECOND],
  ['ms', 1],
];

/**
 * Reads a duration such as `28d`, `10m`, `1h30m` or `250ms`.
 * Returns milliseconds, or null when the text is not a positive duration of these units.
 */
export function parseDuration(text: string): number | null {
  if (!/^(\d{1,9}(ms|[smhdw]))+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d{1,9})(ms|[smhdw])/g)) {
    total += Number(amount) * UNITS.find(([suffix]) => suffix === unit)![1];
  }
  return total > 0 && Number.isSafeInteger(total) ? total : null;
}

/** Writes a duration the way `parseDuration` reads it, in the largest units that fit: 90 minutes is `1h30m`, 28 days `28d`. */
export function formatDuration(duration: number): string {
  let rest = Math.round(duration);
  if (rest <= 0) return '0s';
  let text = '';
  for (const [suffix, size] of UNITS) {
    // Weeks read worse than days: the usual 28d is not written 4w.
    if (suffix === 'w' || rest < size) continue;
    text += `${Math.floor(rest / size)}${suffix}`;
    rest %= size;
  }
  return text;
}

/** The minute a moment falls in, counted from the epoch. */
export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE);
}
