import { DAY, MINUTE } from './time.ts';

export type Status = 'started' | 'succeeded' | 'failed' | 'cancelled';
const STATUSES: readonly string[] = ['started', 'succeeded', 'failed', 'cancelled'] satisfies Status[];

/** One reported fact about an execution or a step of it, checked and complete. */
export interface Outcome {
  readonly workflow: string;
  readonly execution: string;
  readonly status: Status;
  /** When it happened. */
  readonly at: number;
  /** When what ended had started; null when the producer did not say. Always null on `started`. */
  readonly startedAt: number | null;
  readonly step: string | null;
  /** Which try of the step (or execution), from 1. */
  readonly attempt: number;
  readonly dependency: string | null;
  readonly error: string | null;
  readonly failedStep: string | null;
  readonly traceId: string | null;
  readonly attributes: Readonly<Record<string, string>> | null;
  /** How many alike this stands for. */
  readonly count: number;
}

export type RejectionCode =
  | 'not-an-object'
  | 'unknown-field'
  | 'missing-field'
  | 'invalid-field'
  | 'too-old'
  | 'in-the-future'
  | 'unknown-workflow';

/** Why one record of a batch was not counted. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
}

/** Outcomes older than this are rejected: beyond it nothing remembers whether they were counted (C1). */
export const DEDUP_HORIZON = DAY;
/** Producers' clocks may run this far ahead (C4). */
export const FUTURE_LIMIT = 5 * MINUTE;

export const MAX_EXECUTION_BYTES = 256;
export const MAX_ATTEMPT = 1_000_000;
export const MAX_COUNT = 1_000_000;
const MAX_NAME = 128;
const MAX_ATTRIBUTES = 16;
/** Of an error's text, more than this is not even looked at. */
const MAX_ERROR_READ = 1024;
const MAX_ATTRIBUTE_VALUE = 256;

const NAME = /^[A-Za-z0-9._:/-]{1,128}$/;
const TRACE_ID = /^[0-9a-fA-F]{32}$/;
// Day and time must both be there, and the offset too: a local time of an unknown zone is not a moment.
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ](?!24)\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
// Control characters would break logs, mails and keys; the store also uses NUL as its separator.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
const CONTROLS = new RegExp(CONTROL, 'g');
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const LONE_SURROGATES = new RegExp(LONE_SURROGATE, 'g');

const FIELDS = new Set([
  'workflow',
  'execution',
  'status',
  'at',
  'startedAt',
  'durationMs',
  'step',
  'attempt',
  'dependency',
  'error',
  'failedStep',
  'traceId',
  'attributes',
  'count',
]);

class Rejected extends Error {
  readonly code: RejectionCode;
  constructor(code: RejectionCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Checks one record as parsed from JSON and fills in the defaults.
 * Never throws; anything wrong with the record comes back as a rejection that names the field, what it
 * held and what would be right. `arrival` is the time of receipt, the default of `at`.
 */
export function parseOutcome(raw: unknown, arrival: number): Outcome | Rejection {
  try {
    return read(raw, arrival);
  } catch (error) {
    if (error instanceof Rejected) return { code: error.code, message: error.message };
    throw error;
  }
}

export function isRejection(result: Outcome | Rejection): result is Rejection {
  return 'code' in result;
}

function read(raw: unknown, arrival: number): Outcome {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new Rejected('not-an-object', `An outcome is a JSON object, not ${show(raw)}.`);
  }
  const record = raw as Readonly<Record<string, unknown>>;
  for (const field in record) {
    if (!FIELDS.has(field)) {
      throw new Rejected(
        'unknown-field',
        `${show(field)} is not a field of an outcome; the fields are ${[...FIELDS].join(', ')}.`,
      );
    }
  }
  const status = record['status'];
  if (status === undefined) throw missing('status');
  if (typeof status !== 'string' || !STATUSES.includes(status))
    throw invalid('status', status, STATUSES.join(', '));
  const at = record['at'] == null ? arrival : moment('at', record['at']);
  if (at < arrival - DEDUP_HORIZON) {
    throw new Rejected(
      'too-old',
      `at is ${new Date(at).toISOString()}, more than ${DEDUP_HORIZON / 3_600_000} hours ago: nothing remembers any more whether it was counted.`,
    );
  }
  if (at > arrival + FUTURE_LIMIT) {
    throw new Rejected(
      'in-the-future',
      `at is ${new Date(at).toISOString()}, more than ${FUTURE_LIMIT / MINUTE} minutes ahead of this service's clock.`,
    );
  }
  return {
    workflow: name('workflow', record['workflow']) ?? throwMissing('workflow'),
    execution: execution(record['execution']),
    status: status as Status,
    at,
    startedAt: startOf(record, status as Status, at),
    step: name('step', record['step']),
    attempt: wholeNumber('attempt', record['attempt'], MAX_ATTEMPT),
    dependency: name('dependency', record['dependency']),
    error: errorClass(record['error']),
    failedStep: name('failedStep', record['failedStep']),
    traceId: traceId(record['traceId']),
    attributes: attributes(record['attributes']),
    count: wholeNumber('count', record['count'], MAX_COUNT),
  };
}

function missing(field: string): Rejected {
  return new Rejected(
    'missing-field',
    `${field} is missing; every outcome has workflow, execution and status.`,
  );
}

function throwMissing(field: string): never {
  throw missing(field);
}

function invalid(field: string, value: unknown, expected: string): Rejected {
  return new Rejected('invalid-field', `${field} is ${show(value)}; expected ${expected}.`);
}

/** A value as a message quotes it; never looks inside objects, which may be deeper than the call stack. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value !== 'string') return String(value);
  return value.length > 60 ? `${JSON.stringify(value.slice(0, 57))}...` : JSON.stringify(value);
}

function name(field: string, value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string' || !NAME.test(value)) {
    throw invalid(field, value, `1 to ${MAX_NAME} characters of A-Z a-z 0-9 . _ : / -`);
  }
  return value;
}

function execution(value: unknown): string {
  if (value == null) throw missing('execution');
  // A UTF-16 unit is at most 3 bytes of UTF-8, so short ids need no counting.
  if (
    typeof value !== 'string' ||
    value === '' ||
    value.length > MAX_EXECUTION_BYTES ||
    (value.length * 3 > MAX_EXECUTION_BYTES && utf8Length(value) > MAX_EXECUTION_BYTES) ||
    CONTROL.test(value) ||
    LONE_SURROGATE.test(value)
  ) {
    throw invalid(
      'execution',
      value,
      `a text of 1 to ${MAX_EXECUTION_BYTES} bytes without control characters`,
    );
  }
  return value;
}

function utf8Length(value: string): number {
  let bytes = 0;
  for (const character of value) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function text(field: string, value: unknown, limit: number): string | null {
  if (value == null) return null;
  if (
    typeof value !== 'string' ||
    value === '' ||
    value.length > limit ||
    CONTROL.test(value) ||
    LONE_SURROGATE.test(value)
  ) {
    throw invalid(field, value, `1 to ${limit} characters without control characters`);
  }
  return value;
}

/** What went wrong is told in whatever words a program has; a long or odd one is no reason not to count a failure. */
function errorClass(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') throw invalid('error', value, 'a text');
  const line = value.slice(0, MAX_ERROR_READ).replace(CONTROLS, ' ').trim().slice(0, MAX_NAME);
  return line.replace(LONE_SURROGATES, '\ufffd') || null;
}

function moment(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= 8.64e15)
    return Math.floor(value);
  if (typeof value === 'string' && RFC3339.test(value) && isCalendarDay(value.slice(0, 10))) {
    const at = Date.parse(value.replace(' ', 'T').toUpperCase());
    if (!Number.isNaN(at)) return at;
  }
  throw invalid(
    field,
    value,
    'an RFC 3339 time such as 2026-01-31T12:00:00Z, or milliseconds since the epoch',
  );
}

/** `Date.parse` would take 30 February for 2 March. */
function isCalendarDay(date: string): boolean {
  const day = Number(date.slice(8));
  return day <= 28 || new Date(date).getUTCDate() === day;
}

function startOf(record: Readonly<Record<string, unknown>>, status: Status, at: number): number | null {
  const { startedAt, durationMs } = record;
  if (startedAt == null && durationMs == null) return null;
  if (status === 'started') {
    throw new Rejected(
      'invalid-field',
      `${startedAt == null ? 'durationMs' : 'startedAt'} belongs on an end; the start of a started outcome is its at.`,
    );
  }
  if (startedAt != null) {
    const start = moment('startedAt', startedAt);
    if (start > at) throw invalid('startedAt', startedAt, 'a time not after at');
    return start;
  }
  if (typeof durationMs !== 'number' || !(durationMs >= 0) || durationMs > at) {
    throw invalid('durationMs', durationMs, 'milliseconds from 0 up, as a number');
  }
  return Math.floor(at - durationMs);
}

function wholeNumber(field: string, value: unknown, limit: number): number {
  if (value == null) return 1;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > limit) {
    throw invalid(field, value, `a whole number from 1 to ${limit}`);
  }
  return value;
}

function traceId(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string' || !TRACE_ID.test(value))
    throw invalid('traceId', value, '32 hexadecimal digits');
  return value.toLowerCase();
}

function attributes(value: unknown): Readonly<Record<string, string>> | null {
  if (value == null) return null;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('attributes', value, 'an object of texts');
  const entries = Object.entries(value);
  if (entries.length > MAX_ATTRIBUTES) {
    throw invalid('attributes', value, `at most ${MAX_ATTRIBUTES} of them, not ${entries.length}`);
  }
  // Without a prototype, so that an attribute called `constructor` or `__proto__` is only a name.
  const checked = Object.create(null) as Record<string, string>;
  for (const [key, entry] of entries) {
    if (!NAME.test(key))
      throw invalid('attributes', key, `names of 1 to ${MAX_NAME} characters of A-Z a-z 0-9 . _ : / -`);
    checked[key] = text(`attributes.${key}`, entry, MAX_ATTRIBUTE_VALUE) ?? throwNull(key);
  }
  return checked;
}

function throwNull(key: string): never {
  throw invalid(`attributes.${key}`, null, 'a text');
}
