import type { Adjustment, Recurrence } from './adjustment.ts';
import { offsetOf } from '../time/calendar.ts';
import { parseTimestamp } from '../time/timestamp.ts';
import { DAY, MINUTE, formatDuration, parseDuration } from '../time/duration.ts';

/** A requested adjustment, before it has an id. */
export type AdjustmentDraft = Pick<Adjustment, 'slo' | 'workflow' | 'reason' | 'createdBy' | 'when'>;

/** How long an interval may be, how far back it may begin, and how far ahead. */
export const LONGEST_INTERVAL = 31 * DAY;
export const FURTHEST_BACK = 90 * DAY;
export const FURTHEST_AHEAD = 366 * DAY;
const LONGEST_TEXT = 1000;
const LONGEST_NAME = 200;

const FIELDS = [
  'slo',
  'workflow',
  'reason',
  'by',
  'from',
  'to',
  'rrule',
  'start',
  'duration',
  'durationMs',
  'timeZone',
  'until',
];
const MOMENT = 'an RFC 3339 time such as 2026-01-31T12:00:00Z, or milliseconds since the epoch';
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]|\p{Surrogate}/u;

/**
 * Reads the request for an adjustment, as parsed from JSON. Answers with every problem there is, each a sentence that
 * says what would be right, when it cannot be.
 */
export function parseAdjustment(
  input: unknown,
  now: number,
): { readonly draft: AdjustmentDraft } | { readonly problems: readonly string[] } {
  if (!isObject(input)) return { problems: ['An adjustment is a JSON object.'] };
  const problems = unknownFields(input, FIELDS);
  const slo = text(input, 'slo', LONGEST_TEXT, problems);
  const workflow = text(input, 'workflow', LONGEST_TEXT, problems);
  if ((slo === null) === (workflow === null)) {
    problems.push('Give either slo (the id of one) or workflow (its name, for all its SLOs).');
  }
  const reason = required(input, 'reason', LONGEST_TEXT, problems);
  const createdBy = required(input, 'by', LONGEST_NAME, problems);
  const when =
    input['rrule'] == null ? once(input, now, problems) : recurrence(input, input['rrule'], now, problems);
  return problems.length > 0 || !when ? { problems } : { draft: { slo, workflow, reason, createdBy, when } };
}

/** Reads `{ by, reason? }`, as parsed from JSON. */
export function parseSignature(
  input: unknown,
  more: 'reason' | 'note' = 'reason',
): { readonly by: string; readonly text: string | null } | { readonly problems: readonly string[] } {
  if (!isObject(input)) return { problems: [`Send a JSON object with by and, if you like, ${more}.`] };
  const problems = unknownFields(input, ['by', more]);
  const by = required(input, 'by', LONGEST_NAME, problems);
  const said = text(input, more, LONGEST_TEXT, problems);
  return problems.length > 0 ? { problems } : { by, text: said };
}

/** Reads `{ by, note }`, as parsed from JSON. */
export function parseNote(
  input: unknown,
): { readonly by: string; readonly text: string } | { readonly problems: readonly string[] } {
  const signature = parseSignature(input, 'note');
  if ('problems' in signature) return signature;
  const { by, text: said } = signature;
  return said === null
    ? { problems: ['note is missing: what others should know, as a text.'] }
    : { by, text: said };
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(input: unknown): input is Fields {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

function unknownFields(input: Fields, known: readonly string[]): string[] {
  const unknown = Object.keys(input).filter((name) => !known.includes(name));
  return unknown
    .slice(0, 5)
    .map((name) => `There is no field ${JSON.stringify(name.slice(0, 50))}; there are ${known.join(', ')}.`);
}

function text(input: Fields, name: string, limit: number, problems: string[]): string | null {
  const value = input[name];
  if (value == null) return null;
  if (typeof value === 'string' && value.trim() !== '' && value.length <= limit && !CONTROL.test(value))
    return value.trim();
  problems.push(`${name} must be a text of 1 to ${limit} characters, without control characters.`);
  return null;
}

function required(input: Fields, name: string, limit: number, problems: string[]): string {
  if (input[name] == null)
    problems.push(`${name} is missing: ${name === 'by' ? 'who does this' : 'why'}, as a text.`);
  return text(input, name, limit, problems) ?? '';
}

function timestamp(input: Fields, name: string, problems: string[]): number | null {
  const at = parseTimestamp(input[name]);
  if (at === null) problems.push(`${name} must be ${MOMENT}.`);
  return at;
}

function once(input: Fields, now: number, problems: string[]): Adjustment['when'] | null {
  const stray = ['start', 'duration', 'durationMs', 'timeZone', 'until'].filter(
    (name) => input[name] != null,
  );
  if (stray.length > 0)
    problems.push(
      `${stray.join(', ')} belong to a recurring adjustment, which has rrule; this one has from and to.`,
    );
  const from = timestamp(input, 'from', problems);
  const to = timestamp(input, 'to', problems);
  if (from === null || to === null) return null;
  if (to <= from) problems.push('to must be later than from.');
  else if (to - from > LONGEST_INTERVAL)
    problems.push(`from and to must be at most ${formatDuration(LONGEST_INTERVAL)} apart.`);
  checkReach('from', from, now, problems);
  return { kind: 'once', from, to };
}

function checkReach(name: string, at: number, now: number, problems: string[]): void {
  if (at < now - FURTHEST_BACK) {
    problems.push(
      `${name} must be at most ${formatDuration(FURTHEST_BACK)} ago: budgets reach no further back.`,
    );
  }
  if (at > now + FURTHEST_AHEAD)
    problems.push(`${name} must be at most ${formatDuration(FURTHEST_AHEAD)} ahead.`);
}

function recurrence(input: Fields, rrule: unknown, now: number, problems: string[]): Recurrence | null {
  const stray = ['from', 'to'].filter((name) => input[name] != null);
  if (stray.length > 0)
    problems.push('A recurring adjustment has start and duration instead of from and to.');
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

function durationOf(input: Fields, problems: string[]): number | null {
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
