import { iso, parseTimestamp } from '../time/timestamp.ts';
import { DAY, MINUTE } from '../time/duration.ts';

export type RejectionCode =
  | 'not-an-object'
  | 'unknown-field'
  | 'missing-field'
  | 'invalid-field'
  | 'too-old'
  | 'in-the-future'
  | 'unknown-workflow'
  | 'forbidden-workflow'
  | 'count-too-large'
  | 'too-many-in-flight'
  | 'unknown-step'
  | 'unknown-measurement'
  | 'conflict';

/** Why one record of a batch was not counted. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly message: string;
}

/** Something is wrong with a record: thrown inside a parser, which answers with it as a `Rejection`. */
export class Rejected extends Error {
  readonly code: RejectionCode;
  constructor(code: RejectionCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Runs a parser of one record and gives what it read, or why the record does not count. */
export function readOrReject<Read>(read: () => Read): Read | Rejection {
  try {
    return read();
  } catch (error) {
    if (error instanceof Rejected) return { code: error.code, message: error.message };
    throw error;
  }
}

export function isRejection(result: object): result is Rejection {
  return 'code' in result;
}

/** Outcomes older than this are rejected: beyond it nothing remembers whether they were counted (C1). */
export const DEDUP_HORIZON = DAY;
/** Producers' clocks may run this far ahead (C4). */
export const FUTURE_LIMIT = 5 * MINUTE;

export const MAX_ID_BYTES = 256;
export const MAX_NAME = 128;
const MAX_ATTRIBUTES = 16;
export const MAX_ATTRIBUTE_VALUE = 256;

const NAME = /^[A-Za-z0-9._:/-]{1,128}$/;
// Control characters would break logs, mails and keys; the store also uses NUL as its separator.
// eslint-disable-next-line no-control-regex
export const CONTROL = /[\u0000-\u001f\u007f]/;
export const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** A record as parsed from JSON, before its fields are looked at. */
export type Fields = Readonly<Record<string, unknown>>;

/** A kind of record, in the words of messages. */
export interface RecordKind {
  /** `an outcome` */
  readonly one: string;
  /** `every outcome` */
  readonly every: string;
  /** `workflow, execution and status` */
  readonly required: string;
  readonly fields: ReadonlySet<string>;
}

/** Takes a value for an object that has no fields but those of its kind. */
export function fieldsOf(raw: unknown, { one, fields }: RecordKind): Fields {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new Rejected('not-an-object', `A${one.slice(1)} is a JSON object, not ${show(raw)}.`);
  }
  const record = raw as Fields;
  for (const field in record) {
    if (!fields.has(field)) {
      const known = [...fields].join(', ');
      throw new Rejected(
        'unknown-field',
        `${show(field)} is not a field of ${one}; the fields are ${known}.`,
      );
    }
  }
  return record;
}

export function missing(field: string, { every, required }: RecordKind): Rejected {
  return new Rejected('missing-field', `${field} is missing; ${every} has ${required}.`);
}

/** `meant` is what the value most likely was to be. */
export function invalid(field: string, value: unknown, expected: string, meant?: string): Rejected {
  const suggestion = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return new Rejected('invalid-field', `${field} is ${show(value)}; expected ${expected}.${suggestion}`);
}

/** A value as a message quotes it; never looks inside objects, which may be deeper than the call stack. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value !== 'string') return String(value);
  return value.length > 60 ? `${JSON.stringify(value.slice(0, 57))}...` : JSON.stringify(value);
}

/** When something happened; what does not say happened when it arrived. */
export function readAt(value: unknown, arrival: number): number {
  const at = value == null ? arrival : timestamp('at', value);
  if (at < arrival - DEDUP_HORIZON) {
    throw new Rejected(
      'too-old',
      `at is ${iso(at)}, more than ${DEDUP_HORIZON / 3_600_000} hours ago: outside the deduplication window, so it cannot be counted safely.`,
    );
  }
  if (at > arrival + FUTURE_LIMIT) {
    throw new Rejected(
      'in-the-future',
      `at is ${iso(at)}, more than ${FUTURE_LIMIT / MINUTE} minutes ahead of this service's clock.`,
    );
  }
  return at;
}

/** Whether a text can be the name of a workflow, a step or a dependency. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

export function name(field: string, value: unknown): string | null {
  if (value == null) return null;
  if (typeof value !== 'string' || !isName(value)) {
    throw invalid(field, value, `1 to ${MAX_NAME} characters of A-Z a-z 0-9 . _ : / -`);
  }
  return value;
}

/** An id that a producer made; null when there is none. */
export function identifier(field: string, value: unknown): string | null {
  if (value == null) return null;
  // A UTF-16 unit is at most 3 bytes of UTF-8, so short ids need no counting.
  if (
    typeof value !== 'string' ||
    value === '' ||
    value.length > MAX_ID_BYTES ||
    (value.length * 3 > MAX_ID_BYTES && utf8Length(value) > MAX_ID_BYTES) ||
    CONTROL.test(value) ||
    LONE_SURROGATE.test(value)
  ) {
    throw invalid(field, value, `a text of 1 to ${MAX_ID_BYTES} bytes without control characters`);
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

export function timestamp(field: string, value: unknown): number {
  const at = parseTimestamp(value);
  if (at !== null) return at;
  throw invalid(
    field,
    value,
    'an RFC 3339 time such as 2026-01-31T12:00:00Z, or milliseconds since the epoch',
  );
}

export function attributes(value: unknown): Readonly<Record<string, string>> | null {
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
