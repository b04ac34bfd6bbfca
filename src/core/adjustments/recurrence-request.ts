import type { Recurrence } from './adjustment.ts';
import { offsetOf } from '../time/calendar.ts';
import { DAY, MINUTE, formatDuration, parseDuration } from '../time/duration.ts';
import type { RequestFields } from './request-fields.ts';
import { timestamp } from './request-fields.ts';

/** How long an interval may be, how far back it may begin, and how far ahead. */
export const LONGEST_INTERVAL = 31 * DAY;
export const FURTHEST_BACK = 90 * DAY;
export const FURTHEST_AHEAD = 366 * DAY;

/** Adds a problem when a moment is further back or ahead than any may be. */
export function checkReach(name: string, at: number, now: number, problems: string[]): void {
  if (at < now - FURTHEST_BACK) {
    problems.push(
      `${name} must be at most ${formatDuration(FURTHEST_BACK)} ago: budgets reach no further back.`,
    );
  }
  if (at > now + FURTHEST_AHEAD)
    problems.push(`${name} must be at most ${formatDuration(FURTHEST_AHEAD)} ahead.`);
}

/** Reads what recurs; `what` it is, and `instead` the fields of one that happens once, are for people. */
export function recurrence(
  input: RequestFields,
  rrule: unknown,
  now: number,
  problems: string[],
  what = 'adjustment',
  instead: readonly string[] = ['from', 'to'],
): Recurrence | null {
  if (instead.some((name) => input[name] != null))
    problems.push(`A recurring ${what} has start and duration instead of ${instead.join(' and ')}.`);
  const start = timestamp(input, 'start', problems);
  if (start !== null) checkReach('start', start, now, problems);
  const until = input['until'] == null ? null : timestamp(input, 'until', problems);
  if (start !== null && until !== null && until < start)
    problems.push('until must not be earlier than start.');
  const duration = durationOf(input, problems);
  const timeZone = zoneOf(input['timeZone'], problems);
  const rule =
    typeof rrule === 'string'
      ? rrule
          .trim()
          .toUpperCase()
          .replace(/^RRULE:/, '')
      : '';
  problems.push(...ruleProblems(rule));
  if (start === null || duration === null) return null;
  return { kind: 'recurring', rrule: rule, start, duration, timeZone, until };
}

function durationOf(input: RequestFields, problems: string[]): number | null {
  const { duration, durationMs } = input;
  if ((duration == null) === (durationMs == null)) {
    problems.push('Give the length of each occurrence as duration ("2h") or as durationMs (milliseconds).');
    return null;
  }
  const length = typeof duration === 'string' ? parseDuration(duration) : durationMs;
  if (typeof length === 'number' && length >= MINUTE && length <= LONGEST_INTERVAL) return Math.ceil(length);
  problems.push(
    `${duration == null ? 'durationMs' : 'duration'} must be from 1m to ${formatDuration(LONGEST_INTERVAL)}.`,
  );
  return null;
}

function zoneOf(value: unknown, problems: string[]): string {
  if (value == null) return 'UTC';
  try {
    if (typeof value !== 'string' || !/^[A-Za-z]/.test(value)) throw new RangeError();
    offsetOf(value, 0);
    return value;
  } catch {
    problems.push('timeZone must be the IANA name of one, such as Europe/Berlin or UTC.');
    return 'UTC';
  }
}

/** The parts a rule may have, and what each may be. */
const RULE_PARTS: Readonly<Record<string, { readonly form: RegExp; readonly says: string }>> = {
  FREQ: { form: /^(HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)$/, says: 'HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY' },
  INTERVAL: { form: /^[1-9]\d{0,2}$/, says: 'a whole number from 1 to 999' },
  COUNT: { form: /^([1-9]\d?|[1-4]\d\d|500)$/, says: 'a whole number from 1 to 500' },
  BYMONTH: { form: list('([1-9]|1[0-2])'), says: 'months from 1 to 12' },
  BYMONTHDAY: { form: list('-?([1-9]|[12]\\d|3[01])'), says: 'days from 1 to 31, or from -31 to -1' },
  BYDAY: {
    form: list('(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)'),
    says: 'days such as MO or, of a month, 1SU or -1FR',
  },
  BYHOUR: { form: list('(1?\\d|2[0-3])'), says: 'hours from 0 to 23' },
  BYMINUTE: {
    form: /^([1-5]?\d)$/,
    says: 'one minute from 0 to 59, since it may recur once an hour at most',
  },
  BYSETPOS: { form: list('-?[1-9]'), says: 'places from 1 to 9, or from -9 to -1' },
  WKST: { form: /^(MO|TU|WE|TH|FR|SA|SU)$/, says: 'a day such as MO' },
};

function list(item: string): RegExp {
  return new RegExp(`^${item}(,${item}){0,30}$`);
}

function ruleProblems(rule: string): string[] {
  const example = 'such as FREQ=WEEKLY;BYDAY=SU';
  if (rule === '' || rule.length > 500) return [`rrule must be an RFC 5545 recurrence rule ${example}.`];
  const seen = new Set<string>();
  const problems = rule.split(';').flatMap((part) => {
    const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
    const known = Object.hasOwn(RULE_PARTS, name) ? RULE_PARTS[name] : undefined;
    const twice = seen.has(name);
    seen.add(name);
    if (name === 'UNTIL') return ['rrule: give the end as until, beside rrule, not as UNTIL in it.'];
    if (!known) {
      const parts = Object.keys(RULE_PARTS).join(', ');
      return [
        `rrule: ${JSON.stringify(name.slice(0, 50))} is none of the parts a rule may have here: ${parts}.`,
      ];
    }
    if (twice) return [`rrule: ${name} is there twice.`];
    return known.form.test(value) ? [] : [`rrule: ${name} must be ${known.says}.`];
  });
  if (!seen.has('FREQ')) problems.push(`rrule must have FREQ, ${example}.`);
  // Going through the hours of years takes longer than a request may.
  const calendar = ['BYMONTH', 'BYMONTHDAY', 'BYSETPOS'].filter((name) => seen.has(name));
  if (/(^|;)FREQ=HOURLY(;|$)/.test(rule) && calendar.length > 0) {
    problems.push(
      `rrule: with ${calendar.join(' and ')} use FREQ=DAILY or rarer, and BYHOUR for several hours of a day.`,
    );
  }
  return problems.slice(0, 5);
}
