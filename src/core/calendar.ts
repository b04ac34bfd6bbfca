import type { CalendarWindow, TimeWindow } from './slo.ts';
import { DAY, HOUR, MINUTE, minuteOf } from './time.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a time zone's clocks are ahead of UTC at a moment, in milliseconds. Throws RangeError for no time zone. */
export function offsetOf(timeZone: string, at: number): number {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
  const local = Date.UTC(
    part['year']!,
    part['month']! - 1,
    part['day'],
    part['hour'],
    part['minute'],
    part['second'],
  );
  return local - Math.floor(at / 1000) * 1000;
}

/**
 * The first moment of a day of a time zone. Where clocks skip midnight it is the moment they go on from; where
 * midnight comes twice, the first.
 */
export function startOfDay(timeZone: string, year: number, month: number, day: number): number {
  const local = Date.UTC(year, month, day);
  // Zones change their offset at most once within a day and a half, so one of these is in force at midnight.
  const offsets = [local - 36 * HOUR, local + 36 * HOUR].map((at) => offsetOf(timeZone, at));
  const candidates = offsets.map((offset) => local - offset).toSorted((a, b) => a - b);
  for (const at of candidates) if (at + offsetOf(timeZone, at) === local) return at;
  // Midnight was skipped: the change itself is the first moment of the day.
  return candidates[1]! < candidates[0]! ? candidates[1]! : firstWithLaterOffset(timeZone, local);
}

function firstWithLaterOffset(timeZone: string, local: number): number {
  let low = local - DAY;
  let high = local + DAY;
  while (high - low > MINUTE) {
    const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
    if (middle + offsetOf(timeZone, middle) < local) low = middle;
    else high = middle;
  }
  return high;
}

/** When the running period of a calendar window began. */
export function startOfPeriod({ unit, timeZone }: CalendarWindow, now: number): number {
  const local = new Date(now + offsetOf(timeZone, now));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  switch (unit) {
    case 'week':
      return startOfDay(timeZone, year, month, day - ((local.getUTCDay() + 6) % 7));
    case 'month':
      return startOfDay(timeZone, year, month, 1);
    case 'quarter':
      return startOfDay(timeZone, year, month - (month % 3), 1);
    default:
      return unit satisfies never;
  }
}

/** When the running period of a calendar window ends: the first moment of the next. */
export function endOfPeriod(window: CalendarWindow, now: number): number {
  const { unit, timeZone } = window;
  const start = startOfPeriod(window, now);
  const local = new Date(start + offsetOf(timeZone, start));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  switch (unit) {
    case 'week':
      return startOfDay(timeZone, year, month, day + 7);
    case 'month':
      return startOfDay(timeZone, year, month + 1, 1);
    case 'quarter':
      return startOfDay(timeZone, year, month + 3, 1);
    default:
      return unit satisfies never;
  }
}

/** The length in milliseconds of what a time window holds at `now`, its running minute included. */
export function windowLength(window: TimeWindow, now: number): number {
  if (window.kind === 'rolling') return window.duration;
  return (minuteOf(now) + 1) * MINUTE - startOfPeriod(window, now);
}
