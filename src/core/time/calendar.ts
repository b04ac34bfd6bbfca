import type { CalendarWindow, TimeWindow } from './time-window.ts';
import { DAY, HOUR, MINUTE, minuteOf } from './duration.ts';

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
  return timestampOfLocal(timeZone, Date.UTC(year, month, day));
}

/**
 * The moment at which the clocks of a time zone show a local time, which is given as if it were UTC. Of a time that they
 * skip it is the moment they go on from; of one that comes twice, the first.
 */
export function timestampOfLocal(timeZone: string, local: number): number {
  // Zones change their offset at most once within a day and a half, so one of these applies.
  const offsets = [local - 36 * HOUR, local + 36 * HOUR].map((at) => offsetOf(timeZone, at));
  const candidates = offsets.map((offset) => local - offset).toSorted((a, b) => a - b);
  for (const at of candidates) if (at + offsetOf(timeZone, at) === local) return at;
  return afterSkipped(timeZone, local);
}

/** When the clocks of a time zone went past a local time that they skipped. */
function afterSkipped(timeZone: string, local: number): number {
  let low = local - DAY;
  let high = local + DAY;
  while (high - low > MINUTE) {
    const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
    if (middle + offsetOf(timeZone, middle) < local) low = middle;
    else high = middle;
  }
  return high;
}

/** Local times that the clocks of a time zone skip, given as if they were UTC, `to` not included, and when they do. */
export interface SkippedTime {
  readonly from: number;
  readonly to: number;
  readonly at: number;
}

/** What the clocks of a time zone skip from one moment to another, oldest first. */
export function skippedTimes(timeZone: string, from: number, to: number): readonly SkippedTime[] {
  const skipped: SkippedTime[] = [];
  let before = offsetOf(timeZone, from);
  for (let day = from + DAY; day - DAY < to; day += DAY) {
    const offset = offsetOf(timeZone, day);
    if (offset > before) {
      const at = changeBetween(timeZone, day - DAY, day);
      if (at <= to) skipped.push({ from: at + before, to: at + offset, at });
    }
    before = offset;
  }
  return skipped;
}

/** The moment between two others at which the clocks of a time zone change. */
export function changeBetween(timeZone: string, from: number, to: number): number {
  const offset = offsetOf(timeZone, from);
  let [low, high] = [from, to];
  while (high - low > MINUTE) {
    const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
    if (offsetOf(timeZone, middle) === offset) low = middle;
    else high = middle;
  }
  return high;
}

/** A period of a calendar window, from its first moment to that of the next. */
interface Period {
  readonly start: number;
  readonly end: number;
}

/** The periods asked for last: finding one out takes long, and thousands of SLOs ask for the same. */
const periods = new Map<string, Period>();

function periodAt(window: CalendarWindow, now: number): Period {
  const key = `${window.unit} ${window.timeZone}`;
  let period = periods.get(key);
  if (!period || now < period.start || now >= period.end) {
    const start = startFrom(window, now, 0);
    periods.set(key, (period = { start, end: startFrom(window, start, 1) }));
  }
  return period;
}

/** The beginning of the period so many after the one that holds a moment. */
function startFrom({ unit, timeZone }: CalendarWindow, at: number, later: number): number {
  const local = new Date(at + offsetOf(timeZone, at));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  switch (unit) {
    case 'week':
      return startOfDay(timeZone, year, month, day - ((local.getUTCDay() + 6) % 7) + 7 * later);
    case 'month':
      return startOfDay(timeZone, year, month + later, 1);
    case 'quarter':
      return startOfDay(timeZone, year, month - (month % 3) + 3 * later, 1);
    default:
      return unit satisfies never;
  }
}

/** When the day began that a time zone has at a moment. */
export function startOfToday(timeZone: string, now: number): number {
  const local = new Date(now + offsetOf(timeZone, now));
  return startOfDay(timeZone, local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
}

/** When the running period of a calendar window began. */
export function startOfPeriod(window: CalendarWindow, now: number): number {
  return periodAt(window, now).start;
}

/** When the running period of a calendar window ends: the first moment of the next. */
export function endOfPeriod(window: CalendarWindow, now: number): number {
  return periodAt(window, now).end;
}

/** The length in milliseconds of what a time window holds at `now`, its running minute included. */
export function windowLength(window: TimeWindow, now: number): number {
  if (window.kind === 'rolling') return window.duration;
  return (minuteOf(now) + 1) * MINUTE - startOfPeriod(window, now);
}
