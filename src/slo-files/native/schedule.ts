import { Cron } from 'croner';
import { changeBetween, offsetOf, startOfDay } from '../../core/time/calendar.ts';
import type { Schedule } from '../../core/sli/sli.ts';
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '../../core/time/duration.ts';

/** A schedule, the shortest time between two ticks and how many there are a day on average; or what is wrong. */
export type ReadSchedule =
  | { readonly schedule: Schedule; readonly shortest: number; readonly perDay: number }
  | { readonly problem: string; readonly expected: string };

/** Ticks further apart could not be judged: a window may be shorter than that, and hours are kept for 100 days. */
const LONGEST_PAUSE = 40 * DAY;
/** Always the same year or so, daylight saving included: a file that is right today must not be wrong tomorrow. */
const REFERENCE_FROM = Date.UTC(2026, 0, 1);
const REFERENCE_DAYS = 400;
/** The most that `ticks` looks back, several times what is kept. */
const MAX_RANGE = 400 * DAY;
const MAX_CACHED_DAYS = 150;
const MAX_RECALLED = 2_000;

const FIELDS = 'five fields (minute, hour, day of month, month, day of week), such as 0 2 * * *';

/**
 * Reads a cron expression of five fields, or of six of which the first (seconds) is 0, in a time zone. As in Vixie
 * cron, a tick that clocks skip comes right after the gap and one that comes twice counts once, unless the minute or
 * hour has a `*` or a step: those go by elapsed time.
 */
export function readSchedule(cron: string, timeZone: string): ReadSchedule {
  const fields = cron.trim().split(/\s+/);
  if (fields.length === 6 && fields[0] !== '0') {
    const problem = `the seconds are \`${fields[0]}\``;
    return { problem, expected: `0: ticks are judged to the minute; or ${FIELDS}` };
  }
  if (fields.length === 6) fields.shift();
  if (fields.length !== 5) return { problem: `it has ${fields.length} of the fields`, expected: FIELDS };
  const [minute, hour, ...date] = fields as [string, string, string, string, string];
  // Some readers put the present time for it.
  if (cron.includes('?')) return { problem: '`?` has no fixed meaning', expected: '`*`' };
  let times: readonly number[];
  try {
    times = timesOfDay(minute, hour);
    newCron(`0 0 ${date.join(' ')}`);
  } catch (error) {
    return { problem: (error as Error).message.replace(/^CronPattern: |[.]$/g, ''), expected: FIELDS };
  }
  const days = matchingDays(date.join(' '));
  const isElapsed = /[*/]/.test(minute + hour);
  const ticksOfDay = (day: number): readonly number[] =>
    days(day) ? instants(times, day, timeZone, isElapsed) : [];

  const ticked = referenceDays().filter(days);
  const pause = longestPause(ticked);
  if (pause > LONGEST_PAUSE) {
    const problem =
      ticked.length === 0 ? 'it never ticks' : `it does not tick for ${formatDuration(pause)} at a time`;
    return { problem, expected: `at least one tick in ${formatDuration(LONGEST_PAUSE)}` };
  }
  return {
    schedule: { cron: fields.join(' '), timeZone, ticks: remembered(ticksOfDay) },
    shortest: shortestPause(times, ticked, ticksOfDay, timeZone),
    perDay: (ticked.length * times.length) / REFERENCE_DAYS,
  };
}

function newCron(pattern: string): Cron {
  return new Cron(pattern, { timezone: 'UTC', mode: '5-part' });
}

const knownTimes = new Map<string, readonly number[]>();

/** Offsets from midnight of the ticks of one day, in order. */
function timesOfDay(minute: string, hour: string): readonly number[] {
  return recalled(knownTimes, `${minute} ${hour}`, () => findTimes(minute, hour));
}

function findTimes(minute: string, hour: string): number[] {
  const minutes = ticksWithin(newCron(`${minute} * * * *`), REFERENCE_FROM, REFERENCE_FROM + HOUR);
  const hours = ticksWithin(newCron(`0 ${hour} * * *`), REFERENCE_FROM, REFERENCE_FROM + DAY);
  return hours.flatMap((at) => minutes.map((offset) => at - REFERENCE_FROM + offset - REFERENCE_FROM));
}

/** The ticks of a cron expression from one moment until before another. */
function ticksWithin(cron: Cron, from: number, end: number): number[] {
  const found: number[] = [];
  let next = cron.nextRun(new Date(from - SECOND));
  for (; next && next.getTime() < end; next = cron.nextRun(next)) found.push(next.getTime());
  return found;
}

/** Days of a month as bits, by the date fields and the month they are of: many schedules share their dates. */
const months = new Map<string, number>();

/** Whether a day (days since the epoch, of whatever time zone) is one of those that date fields name. */
function matchingDays(date: string): (day: number) => boolean {
  if (date === '* * *') return () => true;
  const cron = newCron(`0 0 ${date}`);
  return (day) => {
    const at = new Date(day * DAY);
    const first = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1);
    const bits = recalled(months, `${date} ${first}`, () => {
      const end = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1);
      return ticksWithin(cron, first, end).reduce((all, tick) => all | (1 << ((tick - first) / DAY)), 0);
    });
    return (bits & (1 << (day - first / DAY))) !== 0;
  };
}

/** How far the clocks of one local day are ahead of UTC before and after a change, and when that is. */
interface Offsets {
  readonly early: number;
  readonly late: number;
  readonly change: number | null;
}

const knownOffsets = new Map<string, Offsets>();

function offsetsOn(timeZone: string, local: number): Offsets {
  // Clocks change at most once within three days, so these are all the offsets of the day.
  const [low, high] = [local - DAY, local + 2 * DAY];
  const early = offsetOf(timeZone, low);
  const late = offsetOf(timeZone, high);
  return { early, late, change: early === late ? null : changeBetween(timeZone, low, high) };
}

/** The moments of the times of one local day. */
function instants(
  times: readonly number[],
  day: number,
  timeZone: string,
  isElapsed: boolean,
): readonly number[] {
  const local = day * DAY;
  const { early, late, change } = recalled(knownOffsets, `${timeZone} ${day}`, () =>
    offsetsOn(timeZone, local),
  );
  if (change === null) return times.map((time) => local + time - early);
  const found = new Set<number>();
  for (const time of times) {
    const [before, after] = [local + time - early, local + time - late];
    if (before < change) found.add(before);
    if (after >= change && (isElapsed || before >= change)) found.add(after);
    if (after < change && before >= change && !isElapsed) found.add(change);
  }
  return [...found].toSorted((a, b) => a - b);
}

function remembered(ticksOfDay: (day: number) => readonly number[]): Schedule['ticks'] {
  const cache = new Map<number, readonly number[]>();
  return (from, to) => {
    const found: number[] = [];
    const first = Math.max(from, to - MAX_RANGE);
    // Local days are up to 14 hours off those of UTC.
    const lastDay = Math.floor(to / DAY) + 1;
    for (let day = Math.floor(first / DAY) - 1; day <= lastDay; day++) {
      let ticks = cache.get(day);
      if (!ticks) {
        ticks = ticksOfDay(day);
        if (cache.size >= MAX_CACHED_DAYS) cache.delete(cache.keys().next().value!);
        cache.set(day, ticks);
      }
      for (const at of ticks) if (at >= first && at <= to) found.push(at);
    }
    return found;
  };
}

function referenceDays(): number[] {
  const first = REFERENCE_FROM / DAY;
  return Array.from({ length: REFERENCE_DAYS }, (_, index) => first + index);
}

function longestPause(ticked: readonly number[]): number {
  const first = REFERENCE_FROM / DAY;
  const edges = [first, ...ticked, first + REFERENCE_DAYS];
  return Math.max(...edges.slice(1).map((day, index) => day - edges[index]!)) * DAY;
}

/** The shortest time between two ticks: on any day, from one day to the next, and where clocks change. */
function shortestPause(
  times: readonly number[],
  ticked: readonly number[],
  ticksOfDay: (day: number) => readonly number[],
  timeZone: string,
): number {
  const pauses = times.slice(1).map((time, index) => time - times[index]!);
  for (const [index, day] of ticked.slice(1).entries()) {
    pauses.push((day - ticked[index]!) * DAY + times[0]! - times.at(-1)!);
  }
  // Nothing is shorter.
  if (Math.min(...pauses) === MINUTE) return MINUTE;
  for (const day of changesOf(timeZone)) {
    const ticks = [-2, -1, 0, 1, 2].flatMap((offset) => ticksOfDay(day + offset));
    pauses.push(...ticks.slice(1).map((at, index) => at - ticks[index]!));
  }
  return Math.min(...pauses);
}

const changes = new Map<string, readonly number[]>();

/** The days of the reference time on which the clocks of a time zone change. */
function changesOf(timeZone: string): readonly number[] {
  return recalled(changes, timeZone, () => {
    const offset = (day: number) => {
      const at = new Date(day * DAY);
      return day * DAY - startOfDay(timeZone, at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
    };
    return referenceDays().filter((day) => offset(day) !== offset(day + 1));
  });
}

/** Results so far; many schedules share their times, dates and zones, and computing them is slow. */
function recalled<Value>(known: Map<string, Value>, key: string, workOut: () => Value): Value {
  let value = known.get(key);
  if (value === undefined) {
    value = workOut();
    if (known.size >= MAX_RECALLED) known.clear();
    known.set(key, value);
  }
  return value;
}
