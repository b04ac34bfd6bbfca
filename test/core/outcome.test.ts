import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome, Rejection } from '../../src/core/outcome.ts';
import { isRejection, parseOutcome } from '../../src/core/outcome.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { START as ARRIVAL } from '../support/clock.ts';

const TRACE = '0AF7651916CD43DD8448EB211C80319C';

function parse(fields: object): Outcome | Rejection {
  return parseOutcome({ workflow: 'orders', execution: 'o-1', status: 'succeeded', ...fields }, ARRIVAL);
}

function accepted(fields: object): Outcome {
  const result = parse(fields);
  if (isRejection(result)) throw new Error(`rejected: ${result.message}`);
  return result;
}

/** As an HTTP body would bring it, so that `__proto__` is a field like any other. */
function fromJson(text: string): Outcome | Rejection {
  return parseOutcome(JSON.parse(text), ARRIVAL);
}

describe('a complete outcome', () => {
  it('gets its defaults from the arrival', () => {
    expect(accepted({})).toEqual({
      workflow: 'orders',
      execution: 'o-1',
      status: 'succeeded',
      at: ARRIVAL,
      startedAt: null,
      step: null,
      attempt: 1,
      dependency: null,
      error: null,
      failedStep: null,
      traceId: null,
      attributes: null,
      count: 1,
    });
  });

  it('keeps every field it was given', () => {
    const outcome = accepted({
      status: 'failed',
      at: '2026-03-02T12:34:56.789+01:00',
      durationMs: 1500,
      step: 'charge-card',
      attempt: 3,
      dependency: 'stripe/eu',
      error: 'card declined: größe',
      failedStep: 'charge-card',
      traceId: TRACE,
      attributes: { region: 'eu', 'http.route': '/pay' },
      count: 40,
    });
    expect(outcome).toEqual({
      workflow: 'orders',
      execution: 'o-1',
      status: 'failed',
      at: Date.UTC(2026, 2, 2, 11, 34, 56, 789),
      startedAt: Date.UTC(2026, 2, 2, 11, 34, 55, 289),
      step: 'charge-card',
      attempt: 3,
      dependency: 'stripe/eu',
      error: 'card declined: größe',
      failedStep: 'charge-card',
      traceId: TRACE.toLowerCase(),
      attributes: { region: 'eu', 'http.route': '/pay' },
      count: 40,
    });
  });

  it('treats null like an absent field', () => {
    const nothing = {
      at: null,
      startedAt: null,
      durationMs: null,
      step: null,
      attempt: null,
      dependency: null,
      error: null,
      failedStep: null,
      traceId: null,
      attributes: null,
      count: null,
    };
    expect(accepted(nothing)).toEqual(accepted({}));
  });

  it.each(['started', 'succeeded', 'failed', 'cancelled'])('may be %s', (status) => {
    expect(accepted({ status }).status).toBe(status);
  });

  it.each([
    ['a workflow of 128 characters', { workflow: 'w'.repeat(128) }],
    ['every kind of character a name may have', { workflow: 'AZaz09._:/-' }],
    ['an execution of 256 ASCII characters', { execution: 'e'.repeat(256) }],
    ['an execution of 256 bytes in two-byte characters', { execution: 'ß'.repeat(128) }],
    ['an execution of 256 bytes in four-byte characters', { execution: '😀'.repeat(64) }],
    ['an execution of 255 bytes in three-byte characters', { execution: '€'.repeat(85) }],
    ['attempt 1,000,000', { attempt: 1_000_000 }],
    ['count 1,000,000', { count: 1_000_000 }],
    ['an error of 128 characters', { error: '€'.repeat(128) }],
    [
      '16 attributes',
      { attributes: Object.fromEntries([...Array(16).keys()].map((key) => [`k${key}`, 'v'])) },
    ],
    ['an attribute of 256 characters', { attributes: { key: 'v'.repeat(256) } }],
  ])('may have %s', (_, fields) => {
    expect(accepted(fields)).toMatchObject(fields);
  });

  it('may have attributes called like what every object inherits', () => {
    const outcome = fromJson(
      '{"workflow":"w","execution":"e","status":"failed","attributes":{"__proto__":"p","constructor":"c","toString":"t"}}',
    );
    if (isRejection(outcome)) throw new Error(outcome.message);
    expect(Object.entries(outcome.attributes!)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ]);
    expect(accepted({ attributes: {} }).attributes!['constructor']).toBeUndefined();
  });
});

describe('times', () => {
  it.each([
    ['milliseconds', ARRIVAL - 1234, ARRIVAL - 1234],
    ['fractions of a millisecond, cut off', ARRIVAL - 0.5, ARRIVAL - 1],
    ['UTC', '2026-03-02T11:00:00Z', ARRIVAL - HOUR],
    ['lower case', '2026-03-02t11:00:00z', ARRIVAL - HOUR],
    ['a space for the T', '2026-03-02 11:00:00Z', ARRIVAL - HOUR],
    ['an offset', '2026-03-02T16:30:00+05:30', ARRIVAL - HOUR],
    ['nanoseconds', '2026-03-02T10:59:59.123456789Z', ARRIVAL - HOUR - 877],
  ])('may be written as %s', (_, at, moment) => {
    expect(accepted({ at }).at).toBe(moment);
  });

  it.each([
    ['a date alone', '2026-03-02'],
    ['no offset', '2026-03-02T11:00:00'],
    ['no seconds', '2026-03-02T11:00Z'],
    ['a day that does not exist', '2026-02-30T11:00:00Z'],
    ['29 February of a common year', '2026-02-29T11:00:00Z'],
    ['a month that does not exist', '2026-13-01T11:00:00Z'],
    ['hour 24', '2026-03-01T24:00:00Z'],
    ['an offset of 99 hours', '2026-03-02T11:00:00+99:00'],
    ['words', 'yesterday'],
    ['digits in quotes', String(ARRIVAL)],
    ['a negative number', -1],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['more than a date can hold', 8.65e15],
    ['a truth value', true],
    ['an array', [ARRIVAL]],
  ])('may not be %s', (_, at) => {
    for (const field of ['at', 'startedAt']) {
      expect(parse({ [field]: at })).toEqual({
        code: 'invalid-field',
        message: expect.stringMatching(
          new RegExp(
            `^${field} is .*; expected an RFC 3339 time such as .*, or milliseconds since the epoch\\.$`,
          ),
        ),
      });
    }
  });

  it('C1: outcomes older than the 24 h that repeats are remembered are rejected', () => {
    expect(accepted({ at: ARRIVAL - DAY }).at).toBe(ARRIVAL - DAY);
    expect(parse({ at: ARRIVAL - DAY - 1 })).toEqual({
      code: 'too-old',
      message:
        'at is 2026-03-01T11:59:59.999Z, more than 24 hours ago: nothing remembers any more whether it was counted.',
    });
    expect(parse({ at: 0 })).toMatchObject({ code: 'too-old' });
  });

  it('C4: outcomes more than 5 minutes in the future are rejected', () => {
    expect(accepted({ at: ARRIVAL + 5 * MINUTE }).at).toBe(ARRIVAL + 5 * MINUTE);
    expect(parse({ at: ARRIVAL + 5 * MINUTE + 1 })).toEqual({
      code: 'in-the-future',
      message: "at is 2026-03-02T12:05:00.001Z, more than 5 minutes ahead of this service's clock.",
    });
    expect(parse({ at: 8.64e15 })).toMatchObject({ code: 'in-the-future' });
  });

  it('an end may say when it started, or how long it took, with either in any age', () => {
    expect(accepted({ startedAt: ARRIVAL - 40 * DAY }).startedAt).toBe(ARRIVAL - 40 * DAY);
    expect(accepted({ durationMs: 0 }).startedAt).toBe(ARRIVAL);
    expect(accepted({ durationMs: 1.5 }).startedAt).toBe(ARRIVAL - 2);
    expect(accepted({ durationMs: ARRIVAL }).startedAt).toBe(0);
    expect(accepted({ startedAt: ARRIVAL }).startedAt).toBe(ARRIVAL);
  });

  it.each([
    [{ startedAt: ARRIVAL + 1 }, `startedAt is ${ARRIVAL + 1}; expected a time not after at.`],
    [{ durationMs: -1 }, 'durationMs is -1; expected milliseconds from 0 up, as a number.'],
    [{ durationMs: '5' }, 'durationMs is "5"; expected milliseconds from 0 up, as a number.'],
    [{ durationMs: NaN }, 'durationMs is NaN; expected milliseconds from 0 up, as a number.'],
    [{ durationMs: Infinity }, 'durationMs is Infinity; expected milliseconds from 0 up, as a number.'],
    [
      { status: 'started', startedAt: ARRIVAL },
      'startedAt belongs on an end; the start of a started outcome is its at.',
    ],
    [
      { status: 'started', durationMs: 3 },
      'durationMs belongs on an end; the start of a started outcome is its at.',
    ],
  ])('%o is rejected', (fields, message) => {
    expect(parse(fields)).toEqual({ code: 'invalid-field', message });
  });
});

describe('what is no outcome', () => {
  it.each([
    [null, 'null'],
    [[], 'an array'],
    ['text', '"text"'],
    [7, '7'],
    [true, 'true'],
    [undefined, 'undefined'],
  ])('%o is rejected', (raw, shown) => {
    expect(parseOutcome(raw, ARRIVAL)).toEqual({
      code: 'not-an-object',
      message: `An outcome is a JSON object, not ${shown}.`,
    });
  });

  it.each(['workflow', 'execution', 'status'])('one without %s is rejected', (field) => {
    const message = `${field} is missing; every outcome has workflow, execution and status.`;
    expect(parse({ [field]: undefined })).toEqual({ code: 'missing-field', message });
  });

  it.each(['Workflow', 'duration', '', '__proto__', 'constructor'])('the field "%s" is unknown', (field) => {
    const record = `{"workflow":"w","execution":"e","status":"failed",${JSON.stringify(field)}:{}}`;
    expect(fromJson(record)).toEqual({
      code: 'unknown-field',
      message: `"${field}" is not a field of an outcome; the fields are workflow, execution, status, at, startedAt, durationMs, step, attempt, dependency, error, failedStep, traceId, attributes, count.`,
    });
  });

  const NAME = '1 to 128 characters of A-Z a-z 0-9 . _ : / -';
  const ID = 'a text of 1 to 256 bytes without control characters';
  const COUNT = 'a whole number from 1 to 1000000';
  it.each([
    [{ status: 'done' }, 'status is "done"; expected started, succeeded, failed, cancelled.'],
    [{ status: 1 }, 'status is 1; expected started, succeeded, failed, cancelled.'],
    [{ workflow: '' }, `workflow is ""; expected ${NAME}.`],
    [{ workflow: 'a b' }, `workflow is "a b"; expected ${NAME}.`],
    [{ workflow: 5 }, `workflow is 5; expected ${NAME}.`],
    [{ workflow: 'w'.repeat(129) }, `workflow is "${'w'.repeat(57)}"...; expected ${NAME}.`],
    [{ step: 'größe' }, `step is "größe"; expected ${NAME}.`],
    [{ step: 'a\n' }, `step is "a\\n"; expected ${NAME}.`],
    [{ dependency: {} }, `dependency is an object; expected ${NAME}.`],
    [{ failedStep: [] }, `failedStep is an array; expected ${NAME}.`],
    [{ execution: '' }, `execution is ""; expected ${ID}.`],
    [{ execution: 12 }, `execution is 12; expected ${ID}.`],
    [{ execution: 'a\u0000b' }, `execution is "a\\u0000b"; expected ${ID}.`],
    [{ execution: 'a\ud800' }, `execution is "a\\ud800"; expected ${ID}.`],
    [{ execution: '\udc00a' }, `execution is "\\udc00a"; expected ${ID}.`],
    [{ error: '' }, 'error is ""; expected 1 to 128 characters without control characters.'],
    [{ error: 'a\r\nb' }, 'error is "a\\r\\nb"; expected 1 to 128 characters without control characters.'],
    [{ error: '\ud83d' }, 'error is "\\ud83d"; expected 1 to 128 characters without control characters.'],
    [{ attempt: 0 }, 'attempt is 0; expected a whole number from 1 to 1000000.'],
    [{ attempt: 1.5 }, 'attempt is 1.5; expected a whole number from 1 to 1000000.'],
    [{ attempt: '2' }, 'attempt is "2"; expected a whole number from 1 to 1000000.'],
    [{ count: -1 }, `count is -1; expected ${COUNT}.`],
    [{ count: 1_000_001 }, `count is 1000001; expected ${COUNT}.`],
    [{ count: NaN }, `count is NaN; expected ${COUNT}.`],
    [{ count: Infinity }, `count is Infinity; expected ${COUNT}.`],
    [{ count: 1e308 }, `count is 1e+308; expected ${COUNT}.`],
    [{ traceId: TRACE.slice(1) }, `traceId is "${TRACE.slice(1)}"; expected 32 hexadecimal digits.`],
    [{ traceId: `${TRACE.slice(1)}g` }, `traceId is "${TRACE.slice(1)}g"; expected 32 hexadecimal digits.`],
    [{ attributes: 'a' }, 'attributes is "a"; expected an object of texts.'],
    [{ attributes: [] }, 'attributes is an array; expected an object of texts.'],
    [{ attributes: { 'a b': 'c' } }, `attributes is "a b"; expected names of ${NAME}.`],
    [{ attributes: { a: null } }, 'attributes.a is null; expected a text.'],
    [{ attributes: { a: 1 } }, 'attributes.a is 1; expected 1 to 256 characters without control characters.'],
    [
      { attributes: { a: '' } },
      'attributes.a is ""; expected 1 to 256 characters without control characters.',
    ],
    [
      { attributes: Object.fromEntries([...Array(17).keys()].map((key) => [`k${key}`, 'v'])) },
      'attributes is an object; expected at most 16 of them, not 17.',
    ],
  ])('%o is rejected with the field, its value and what would be right', (fields, message) => {
    expect(parse(fields)).toEqual({ code: 'invalid-field', message });
  });

  it.each([
    ['257 ASCII characters', 'e'.repeat(257)],
    ['258 bytes in two-byte characters', 'ß'.repeat(129)],
    ['258 bytes in three-byte characters', '€'.repeat(86)],
    ['260 bytes in four-byte characters', '😀'.repeat(65)],
  ])('an execution of %s is rejected', (_, execution) => {
    expect(parse({ execution })).toMatchObject({ code: 'invalid-field' });
  });

  it('shows a number beyond what JSON numbers hold as what it was read as', () => {
    expect(fromJson('{"workflow":"w","execution":"e","status":"failed","count":1e999}')).toMatchObject({
      message: 'count is Infinity; expected a whole number from 1 to 1000000.',
    });
  });
});

describe('G2: any JSON value', () => {
  const field = fc.constantFrom(
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
    '__proto__',
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      'w',
      'failed',
      'started',
      TRACE,
      1,
      0,
      -1,
      1.5,
      ARRIVAL,
      ARRIVAL - 1,
      NaN,
      Infinity,
      1e300,
    ),
    fc.dictionary(fc.string(), fc.string(), { maxKeys: 20 }),
  );
  const nearlyRight = fc
    .tuple(fc.array(fc.tuple(field, value), { maxLength: 6 }), fc.boolean())
    .map(([entries, complete]) => {
      const base = complete ? { workflow: 'w', execution: 'e', status: 'succeeded' } : {};
      return entries.reduce<object>((record, [key, entry]) => ({ ...record, [key]: entry }), base);
    });

  it('gives a complete outcome or a rejection, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearlyRight), (raw) => {
        const result = parseOutcome(raw, ARRIVAL);
        if (isRejection(result)) {
          expect(Object.keys(result)).toEqual(['code', 'message']);
          expect(result.message).toMatch(/^[^\n]{10,400}\.$/);
          return;
        }
        expect(Object.values(result)).not.toContain(undefined);
        expect(Object.keys(result)).toHaveLength(13);
        expect(Number.isSafeInteger(result.at)).toBe(true);
        expect(result.startedAt === null || result.startedAt <= result.at).toBe(true);
        expect(Buffer.byteLength(result.execution)).toBeLessThanOrEqual(256);
        expect(Number.isInteger(result.count) && result.count >= 1).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it('may be nested more deeply than the call stack', () => {
    const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) as unknown;
    expect(parseOutcome(deep, ARRIVAL)).toMatchObject({ code: 'not-an-object' });
    for (const name of [
      'workflow',
      'execution',
      'status',
      'at',
      'durationMs',
      'error',
      'count',
      'traceId',
      'attributes',
    ]) {
      expect(parse({ [name]: deep })).toMatchObject({ code: 'invalid-field' });
    }
    expect(parse({ attributes: { a: deep } })).toMatchObject({ code: 'invalid-field' });
  });
});
