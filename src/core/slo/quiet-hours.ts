import { offsetOf, timestampOfLocal } from '../time/calendar.ts';
import { DAY } from '../time/duration.ts';

/** When a target is left alone: what can wait is sent when they end. */
export interface QuietHours {
  /** When they begin and end by the clocks of a zone, in milliseconds from midnight; an end that is not after the beginning is of the next day. */
  readonly from: number;
  readonly until: number;
  readonly timeZone: string;
  /** The days on which they begin, 0 is Sunday. */
  readonly days: readonly number[];
  /** Whether pages wait as well. */
  readonly pages: boolean;
}

/** When the quiet hours end that a moment lies in; null when it lies in none. */
export function quietUntil({ from, until, timeZone, days }: QuietHours, at: number): number | null {
  const local = at + offsetOf(timeZone, at);
  const today = local - (((local % DAY) + DAY) % DAY);
  for (const day of [today - DAY, today]) {
    if (!days.includes(new Date(day).getUTCDay())) continue;
    const begins = timestampOfLocal(timeZone, day + from);
    const ends = timestampOfLocal(timeZone, day + until + (until <= from ? DAY : 0));
    if (begins <= at && at < ends) return ends;
  }
  return null;
}
