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

export type OutcomeStatus = 'started' | 'succeeded' | 'failed' | 'cancelled';
const STATUSES: readonly string[] = ['started', 'succeeded', 'failed', 'cancelled'] satisfies OutcomeStatus[];

/** One reported fact about an execution or a step of it, checked and complete. */
export interface Outcome {
  readonly workflow: string;
  readonly execution: string;
  readonly status: OutcomeStatus;
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
  if (typeof status !== 'string' || !STATUSES.includes(status))
    throw invalid('status', status, STATUSES.join(', '));
  const at = readAt(record['at'], arrival);
  return {
    workflow: name('workflow', record['workflow']) ?? throwMissing('workflow'),
    execution: identifier('execution', record['execution']) ?? throwMissing('execution'),
    status: status as OutcomeStatus,
    at,
    startedAt: startOf(record, status as OutcomeStatus, at),
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
  if (status === 'started') {
    throw new Rejected(
      'invalid-field',
      `${startedAt == null ? 'durationMs' : 'startedAt'} belongs on an end; the start of a started outcome is its at.`,
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
