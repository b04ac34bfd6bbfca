import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOutcome } from '../../../src/core/outcomes/outcome.ts';
import { isRejection } from '../../../src/core/outcomes/record-fields.ts';
import { ARRIVAL, TRACE, parseJson, parseSketch } from '../../support/outcomes.ts';

const STATUSES = 'queued, started, succeeded, failed, cancelled, skipped';

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
    expect(parseSketch({ [field]: undefined })).toEqual({ code: 'missing-field', message });
  });

  it.each(['Workflow', 'duration', '', '__proto__', 'constructor'])('the field "%s" is unknown', (field) => {
    const record = `{"workflow":"w","execution":"e","status":"failed",${JSON.stringify(field)}:{}}`;
    expect(parseJson(record)).toEqual({
      code: 'unknown-field',
      message: `"${field}" is not a field of an outcome; the fields are workflow, execution, status, at, startedAt, durationMs, step, attempt, willRetry, dependency, error, failedStep, traceId, attributes, count.`,
    });
  });

  const NAME = '1 to 128 characters of A-Z a-z 0-9 . _ : / -';
  const ID = 'a text of 1 to 256 bytes without control characters';
  const COUNT = 'a whole number from 1 to 1000000';
  it.each([
    [{ status: 'gone' }, `status is "gone"; expected ${STATUSES}.`],
    [{ status: 1 }, `status is 1; expected ${STATUSES}.`],
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
    [{ error: 5 }, 'error is 5; expected a text.'],
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
    expect(parseSketch(fields)).toEqual({ code: 'invalid-field', message });
  });

  it.each([
    ['257 ASCII characters', 'e'.repeat(257)],
    ['258 bytes in two-byte characters', 'ß'.repeat(129)],
    ['258 bytes in three-byte characters', '€'.repeat(86)],
    ['260 bytes in four-byte characters', '😀'.repeat(65)],
  ])('an execution of %s is rejected', (_, execution) => {
    expect(parseSketch({ execution })).toMatchObject({ code: 'invalid-field' });
  });

  it('shows a number beyond what JSON numbers hold as what it was read as', () => {
    expect(parseJson('{"workflow":"w","execution":"e","status":"failed","count":1e999}')).toMatchObject({
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
        expect(Object.keys(result)).toHaveLength(14);
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
      expect(parseSketch({ [name]: deep })).toMatchObject({ code: 'invalid-field' });
    }
    expect(parseSketch({ attributes: { a: deep } })).toMatchObject({ code: 'invalid-field' });
  });
});

describe('a status in other words', () => {
  it.each([
    ['canceled', 'cancelled'],
    ['success', 'succeeded'],
    ['ok', 'succeeded'],
    ['OK', 'succeeded'],
    ['completed', 'succeeded'],
    ['error', 'failed'],
    ['Failed', 'failed'],
    ['timed out', 'failed'],
    ['Timed-Out', 'failed'],
    ['running', 'started'],
    ['pending', 'queued'],
    ['Skipped', 'skipped'],
  ])('%s is rejected with the question whether %s is meant', (status, meant) => {
    expect(parseSketch({ status })).toEqual({
      code: 'invalid-field',
      message: `status is "${status}"; expected ${STATUSES}. Did you mean ${meant}?`,
    });
  });

  it.each(['constructor', '__proto__', 'x'.repeat(500), ''])('%s is no other word for any', (status) => {
    expect(parseSketch({ status })).toMatchObject({ message: expect.not.stringContaining('Did you mean') });
  });
});
