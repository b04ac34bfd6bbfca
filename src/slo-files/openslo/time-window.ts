import type { CalendarWindow, TimeWindow } from '../../core/time/time-window.ts';
import { DAY, formatDuration } from '../../core/time/duration.ts';
import { problemAt, type ReportProblem, type SourceText } from '../yaml/source-text.ts';
import { readTimeZone } from '../native/time-zone.ts';
import { type Place, placeAt, quoted } from '../yaml/value-tree.ts';
import type { SloSpec } from './kinds.ts';
import { parseShorthand, type Shorthand } from './shorthand.ts';

const SHORTEST = DAY;
const LONGEST = 90 * DAY;
const ROLLING = 'a rolling window from 1d to 90d, such as 28d';
const EITHER = 'either isRolling: true, or calendar';

type Item = SloSpec['timeWindow'][number];

/** The window of an SLO; null when Burnwatch has none like it, which is reported. `place` is that of its list. */
export function readTimeWindow(
  [item]: SloSpec['timeWindow'],
  place: Place,
  source: SourceText,
  report: ReportProblem,
): TimeWindow | null {
  const at = place.parts.get('0') ?? place;
  const shorthand = item && parseShorthand(item.duration);
  if (!item || !shorthand) return null;
  if ((item.isRolling === true) === (item.calendar !== undefined)) {
    const message = item.calendar ? 'a window of a calendar is not rolling' : 'is this window rolling?';
    report(problemAt(source, at.start, 'error', message, { expected: EITHER }));
    return null;
  }
  return item.calendar
    ? readCalendar(shorthand, item.calendar, at, source, report)
    : readRolling(item, shorthand, at, source, report);
}

function readRolling(
  { duration: written }: Item,
  { duration, unit }: Shorthand,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): TimeWindow | null {
  const at = placeAt(place, ['duration']) ?? place;
  if (duration < SHORTEST || duration > LONGEST) {
    report(problemAt(source, at.start, 'error', `\`duration\` is ${quoted(at)}`, { expected: ROLLING }));
    return null;
  }
  if (unit !== 'M' && unit !== 'Q') return { kind: 'rolling', duration, text: written };
  const text = formatDuration(duration);
  const message = `a rolling window has no months: ${quoted(at)} is taken as ${text}`;
  report(problemAt(source, at.start, 'warning', message, { suggestion: text }));
  return { kind: 'rolling', duration, text };
}

const PERIODS = [
  { unit: 'week', days: 7, written: ['1w', '7d'], begins: 'a Monday', example: '2026-01-05 00:00:00' },
  {
    unit: 'month',
    days: 30,
    written: ['1M'],
    begins: 'the first day of a month',
    example: '2026-01-01 00:00:00',
  },
  {
    unit: 'quarter',
    days: 90,
    written: ['1Q', '3M'],
    begins: 'the first of January, April, July or October',
    example: '2026-01-01 00:00:00',
  },
] as const;

function readCalendar(
  { amount, unit: shorthandUnit }: Shorthand,
  calendar: NonNullable<Item['calendar']>,
  place: Place,
  source: SourceText,
  report: ReportProblem,
): CalendarWindow | null {
  const fail = (path: readonly string[], expected: string) => {
    const at = placeAt(place, path) ?? place;
    const message = `\`${path.at(-1)}\` is ${quoted(at)}`;
    report(problemAt(source, at.start, 'error', message, { expected }));
  };
  const timeZone = readTimeZone(calendar.timeZone, placeAt(place, ['calendar', 'timeZone']), source, report);
  const written: string = `${amount}${shorthandUnit}`;
  const period = PERIODS.find((candidate) => (candidate.written as readonly string[]).includes(written));
  if (!period) fail(['duration'], 'a calendar week, month or quarter: 1w, 1M or 1Q');
  const start = parseLocal(calendar.startTime);
  if (start === null)
    fail(['calendar', 'startTime'], 'a date and time that exist, such as 2026-01-01 00:00:00');
  if (!period || start === null || timeZone === null) return null;
  if (!begins(period.unit, start)) {
    fail(
      ['calendar', 'startTime'],
      `midnight of ${period.begins}, where a ${period.unit} begins, such as ${period.example}; other periods are not supported`,
    );
    return null;
  }
  const { unit, days } = period;
  return { kind: 'calendar', unit, timeZone, duration: days * DAY, text: `${unit} (${timeZone})` };
}

/** A time of a wall clock as if it were UTC; null when there is no such date or time. */
function parseLocal(text: string): Date | null {
  const [day = '', time = '00:00'] = text.split(/[ T]/);
  const seconds = time.length === 5 ? `${time}:00` : time;
  const date = new Date(`${day}T${seconds}Z`);
  // What does not exist, such as the 30th of February, comes back as another date.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${day}T${seconds}`) ? date : null;
}

function begins(unit: CalendarWindow['unit'], at: Date): boolean {
  if (at.getTime() % DAY !== 0) return false;
  if (unit === 'week') return at.getUTCDay() === 1;
  return at.getUTCDate() === 1 && (unit === 'month' || at.getUTCMonth() % 3 === 0);
}
