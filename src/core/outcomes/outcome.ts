import type { Fields, RecordKind, Rejection } from './record-fields.ts';
import {
  CONTROL,
  LONE_SURROGATE,
  MAX_NAME,
  Rejected,
  attributes,
  fieldsOf,
  identifier,
  invalid,
  missing,
  timestamp,
  name,
  readAt,
  readOrReject,
} from './record-fields.ts';

export type OutcomeStatus = 'queued' | 'started' | EndStatus;

/** How something ended. `skipped` counts like `cancelled`: for no SLI, unless it took longer than a deadline. */
export type EndStatus = 'succeeded' | 'failed' | 'cancelled' | 'skipped';

const STATUSES: readonly string[] = [
  'queued',
  'started',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
] satisfies OutcomeStatus[];

/** What other systems call a status, in lower case. */
const OTHER_NAMES: Readonly<Record<string, OutcomeStatus>> = {
  canceled: 'cancelled',
  cancel: 'cancelled',
  aborted: 'cancelled',
  terminated: 'cancelled',
  success: 'succeeded',
  successful: 'succeeded',
  ok: 'succeeded',
  done: 'succeeded',
  complete: 'succeeded',
  completed: 'succeeded',
  finished: 'succeeded',
  passed: 'succeeded',
  error: 'failed',
  errored: 'failed',
  fail: 'failed',
  failure: 'failed',
  crashed: 'failed',
  timeout: 'failed',
  timed_out: 'failed',
  skip: 'skipped',
  start: 'started',
  running: 'started',
  in_progress: 'started',
  pending: 'queued',
  scheduled: 'queued',
  enqueued: 'queued',
};

/** One reported fact about an execution or a step of it, checked and complete. */
export interface Outcome {
  readonly workflow: string;
  readonly execution: string;
  readonly status: OutcomeStatus;
  /** When it happened. */
  readonly at: number;
  /** When what ended had started; null when the producer did not say. Always null on `queued` and `started`. */
  readonly startedAt: number | null;
  readonly step: string | null;
  /** Which try of the step (or execution), from 1. The latest one that ended decides. */
  readonly attempt: number;
  /** Only of what failed: another try follows, so that the step (or execution) has not ended. */
  readonly willRetry: boolean;
  readonly dependency: string | null;
  readonly error: string | null;
  readonly failedStep: string | null;
  readonly traceId: string | null;
  readonly attributes: Readonly<Record<string, string>> | null;
  /** How many alike this stands for. */
  readonly count: number;
}

export const MAX_ATTEMPT = 1_000_000;
export const MAX_COUNT = 1_000_000;
/** Of an error's text, more than this is not even looked at. */
const MAX_ERROR_READ = 1024;

const TRACE_ID = /^[0-9a-fA-F]{32}$/;
const CONTROLS = new RegExp(CONTROL, 'g');
const LONE_SURROGATES = new RegExp(LONE_SURROGATE, 'g');

const OUTCOME: RecordKind = {
  one: 'an outcome',
  every: 'every outcome',
  required: 'workflow, execution and status',
  fields: new Set([
    'workflow',
    'execution',
    'status',
    'at',
    'startedAt',
    'durationMs',
    'step',
    'attempt',
    'willRetry',
    'dependency',
    'error',
    'failedStep',
    'traceId',
    'attributes',
    'count',
  ]),
};

/**
 * Checks one record as parsed from JSON and fills in the defaults.
 * Never throws; anything wrong with the record comes back as a rejection that names the field, what it
 * held and what would be right. `arrival` is the time of receipt, the default of `at`.
 */
export function parseOutcome(raw: unknown, arrival: number): Outcome | Rejection {
  return readOrReject(() => read(raw, arrival));
}

function read(raw: unknown, arrival: number): Outcome {
  const record = fieldsOf(raw, OUTCOME);
  const status = record['status'];
  if (status === undefined) throw missing('status', OUTCOME);
  if (typeof status !== 'string' || !STATUSES.includes(status)) throw unknownStatus(status);
  const at = readAt(record['at'], arrival);
  return {
    workflow: name('workflow', record['workflow']) ?? throwMissing('workflow'),
    execution: identifier('execution', record['execution']) ?? throwMissing('execution'),
    status: status as OutcomeStatus,
    at,
    startedAt: startOf(record, status as OutcomeStatus, at),
    step: name('step', record['step']),
    attempt: wholeNumber('attempt', record['attempt'], MAX_ATTEMPT),
    willRetry: willRetry(record['willRetry'], status),
    dependency: name('dependency', record['dependency']),
    error: errorClass(record['error']),
    failedStep: name('failedStep', record['failedStep']),
    traceId: traceId(record['traceId']),
    attributes: attributes(record['attributes']),
    count: wholeNumber('count', record['count'], MAX_COUNT),
  };
}

function unknownStatus(status: unknown): Rejected {
  const known = typeof status === 'string' ? meantStatus(status) : undefined;
  return invalid('status', status, STATUSES.join(', '), known);
}

/** The status that a text most likely means; undefined when that is unclear. */
export function meantStatus(text: string): OutcomeStatus | undefined {
  if (text.length > MAX_NAME) return undefined;
  const plain = text.trim().toLowerCase();
  if (STATUSES.includes(plain)) return plain as OutcomeStatus;
  const other = plain.replaceAll(/[\s-]+/g, '_');
  return Object.hasOwn(OTHER_NAMES, other) ? OTHER_NAMES[other] : undefined;
}

function willRetry(value: unknown, status: string): boolean {
  if (value == null || value === false) return false;
  if (value !== true) throw invalid('willRetry', value, 'true or false');
  if (status === 'failed') return true;
  throw new Rejected('invalid-field', `willRetry belongs on what failed; this is ${status}.`);
}

/** Whether a status reports a beginning: what it is of goes on. */
export function isStart(status: OutcomeStatus): status is Exclude<OutcomeStatus, EndStatus> {
  return status === 'started' || status === 'queued';
}

/** Programs name errors in any way; a long or odd name must not keep a failure from being counted. */
function errorClass(value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string') throw invalid('error', value, 'a text');
  const line = value.slice(0, MAX_ERROR_READ).replace(CONTROLS, ' ').trim().slice(0, MAX_NAME);
  return line.replace(LONE_SURROGATES, '\ufffd') || null;
}

function throwMissing(field: string): never {
  throw missing(field, OUTCOME);
}

function startOf(record: Fields, status: OutcomeStatus, at: number): number | null {
  const { startedAt, durationMs } = record;
  if (startedAt == null && durationMs == null) return null;
  if (isStart(status)) {
    throw new Rejected(
      'invalid-field',
      `${startedAt == null ? 'durationMs' : 'startedAt'} belongs on an end; ${status === 'started' ? 'the start of a started outcome is its at' : 'a queued outcome has not started'}.`,
    );
  }
  if (startedAt != null) {
    const start = timestamp('startedAt', startedAt);
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
