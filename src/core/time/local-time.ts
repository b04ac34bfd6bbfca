/** A day and a time of a clock on some wall, as if it were UTC: milliseconds since the epoch. The zone gives it a moment. */
const LOCAL_TIME = /^(20\d\d|21\d\d)-(\d\d)-(\d\d)[ T]([01]\d|2[0-3]):([0-5]\d)$/;

/** Reads `2026-11-30 09:00`; null where that is no time of the years 2000 to 2199. */
export function parseLocalTime(text: string): number | null {
  const match = LOCAL_TIME.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const local = Date.UTC(year, month - 1, day, hour, minute);
  const read = new Date(local);
  // `Date.UTC` would take 30 February for 2 March.
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day ? local : null;
}
