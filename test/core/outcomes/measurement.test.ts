import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../src/core/outcomes/measurement.ts';
import { measurementSubject, parseMeasurement } from '../../../src/core/outcomes/measurement.ts';
import { subjectKey } from '../../../src/core/ports/store/counting.ts';
import { DAY, MINUTE } from '../../../src/core/time/duration.ts';
import { ARRIVAL } from '../../support/outcomes.ts';

const minimal = { workflow: 'orders', name: 'dlq-depth', value: 3 };

function parse(changes: object = {}) {
  return parseMeasurement({ ...minimal, ...changes }, ARRIVAL);
}

describe('a measurement', () => {
  it('needs three fields and gets the others filled in', () => {
    expect(parse()).toEqual({ ...minimal, at: ARRIVAL, attributes: null, id: null });
    expect(
      parse({ value: -0.5, at: '2026-03-02T11:00:00Z', attributes: { queue: 'a' }, id: 'x' }),
    ).toMatchObject({
      value: -0.5,
      at: ARRIVAL - 60 * MINUTE,
      attributes: { queue: 'a' },
      id: 'x',
    });
  });

  it.each([
    [
      { name: undefined },
      'missing-field',
      'name is missing; every measurement has workflow, name and value.',
    ],
    [{ value: null }, 'missing-field', 'value is missing; every measurement has workflow, name and value.'],
    [{ value: '3' }, 'invalid-field', 'value is "3"; expected a number from -1e15 to 1e15.'],
    [{ value: 1e16 }, 'invalid-field', 'value is 10000000000000000; expected a number from -1e15 to 1e15.'],
    [{ value: Infinity }, 'invalid-field', 'value is Infinity; expected a number from -1e15 to 1e15.'],
    [
      { name: 'a b' },
      'invalid-field',
      'name is "a b"; expected 1 to 128 characters of A-Z a-z 0-9 . _ : / -.',
    ],
    [{ id: 'a\u0000' }, 'invalid-field', /^id is .*; expected a text of 1 to 256 bytes/],
    [{ attributes: { a: 1 } }, 'invalid-field', /^attributes\.a is 1/],
    [
      { status: 'failed' },
      'unknown-field',
      '"status" is not a field of a measurement; the fields are workflow, name, value, at, attributes, id.',
    ],
    [{ at: ARRIVAL - DAY - 1 }, 'too-old', /24 hours ago/],
    [{ at: ARRIVAL + 6 * MINUTE }, 'in-the-future', /5 minutes ahead/],
  ])('with %o is rejected: %s', (changes, code, message) => {
    expect(parse(changes)).toEqual({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });

  it.each([null, 3, 'x', []])('is an object, not %o', (raw) => {
    expect(parseMeasurement(raw, ARRIVAL)).toMatchObject({
      code: 'not-an-object',
      message: expect.stringMatching(/^A measurement is a JSON object, not /),
    });
  });
});

describe('C1: the identity of a measurement', () => {
  const subject = (changes: object) => measurementSubject(parse(changes) as Measurement);

  it('is its name, moment and attributes, in whatever order those come', () => {
    const same = subject({ attributes: { a: '1', b: '2' } });
    expect(subject({ attributes: { b: '2', a: '1' }, value: 99 })).toBe(same);
    for (const other of [{}, { attributes: { a: '1' } }, { attributes: { a: '2', b: '1' } }]) {
      expect(subject(other)).not.toBe(same);
    }
    expect(subject({ at: ARRIVAL - 1 })).not.toBe(subject({}));
    expect(subject({ name: 'lag' })).not.toBe(subject({}));
  });

  it('is its name and id when it has one', () => {
    expect(subject({ id: 'x', at: ARRIVAL - 1 })).toBe(subject({ id: 'x' }));
    expect(subject({ id: 'x' })).not.toBe(subject({ id: 'y' }));
    expect(subject({ id: 'x', name: 'lag' })).not.toBe(subject({ id: 'x' }));
    // However an id is chosen, it is not the identity of one without.
    expect(subject({ id: `${ARRIVAL}` })).not.toBe(subject({}));
  });

  it('is never that of an execution', () => {
    expect(subject({ id: 'x' }).startsWith('\u0000')).toBe(true);
    expect(subjectKey('x', 'm').startsWith('\u0000')).toBe(false);
  });
});
