import { offsetOf, startOfDay, timestampOfLocal } from '../core/time/calendar.ts';
import { DAY, HOUR, MINUTE } from '../core/time/duration.ts';

/** A moment that is written below a chart. */
export interface TimeTick {
  readonly at: number;
  /** `14:00`, or at the first moment of a day `29 Nov`. */
  readonly label: string;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WITHIN_A_DAY = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * MINUTE);
const DAYS = [1, 2, 7, 14, 28, 56, 112, 365];

/**
 * At most `count` moments from one to another at which clocks of a time zone show round times. On days on which they change,
 * a time that they skip is left out, and of one that comes twice the first is taken.
 */
export function timeTicks(from: number, to: number, timeZone: string, count: number): readonly TimeTick[] {
  const least = (to - from) / Math.max(1, count);
  const step = WITHIN_A_DAY.find((size) => size >= least);
  if (step !== undefined) return ticksWithinDays(from, to, timeZone, step);
  const days = DAYS.find((size) => size * DAY >= least) ?? Math.ceil(least / DAY);
  return ticksOfDays(from, to, timeZone, days);
}

function ticksWithinDays(from: number, to: number, timeZone: string, step: number): readonly TimeTick[] {
  const ticks: TimeTick[] = [];
  const end = to + Math.max(offsetOf(timeZone, from), offsetOf(timeZone, to));
  const begin = from + Math.min(offsetOf(timeZone, from), offsetOf(timeZone, to));
  for (let local = Math.floor(begin / step) * step; local <= end; local += step) {
    const at = timestampOfLocal(timeZone, local);
    if (at < from || at > to || at + offsetOf(timeZone, at) !== local) continue;
    ticks.push({ at, label: local % DAY === 0 ? dayLabel(local) : timeLabel(local) });
  }
  return ticks;
}

function ticksOfDays(from: number, to: number, timeZone: string, days: number): readonly TimeTick[] {
  const ticks: TimeTick[] = [];
  const size = days * DAY;
  // The epoch began on a Thursday; weeks begin on Mondays.
  const shift = days % 7 === 0 ? 4 * DAY : 0;
  const first = Math.floor((from + offsetOf(timeZone, from) - shift) / size) * size + shift;
  for (let local = first; local <= to + offsetOf(timeZone, to); local += size) {
    const day = new Date(local);
    const at = startOfDay(timeZone, day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate());
    if (at >= from && at <= to && at !== ticks.at(-1)?.at) ticks.push({ at, label: dayLabel(local) });
  }
  return ticks;
}

function dayLabel(local: number): string {
  const day = new Date(local);
  return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`;
}

function timeLabel(local: number): string {
  const minutes = Math.floor(local / MINUTE) % (DAY / MINUTE);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor((minutes * MINUTE) / HOUR))}:${two(minutes % 60)}`;
}
