import { describe, expect, it } from 'vitest';
import { isRejection } from '../../../src/core/outcomes/record-fields.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { ARRIVAL, TRACE, parseJson, parseSketch, sketchOutcome } from '../../support/outcomes.ts';

describe('a complete outcome', () => {
  it('gets its defaults from the arrival', () => {
    expect(sketchOutcome()).toEqual({
      workflow: 'orders',
      execution: 'o-1',
      status: 'succeeded',
      at: ARRIVAL,
      startedAt: null,
      step: null,
      attempt: 1,
      willRetry: false,
      dependency: null,
      error: null,
      failedStep: null,
      traceId: null,
      attributes: null,
      count: 1,
    });
  });

  it('keeps every field it was given', () => {
    const outcome = sketchOutcome({
      status: 'failed',
      at: '2026-03-02T12:34:56.789+01:00',
      durationMs: 1500,
      step: 'charge-card',
      attempt: 3,
      willRetry: true,
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
      willRetry: true,
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
    expect(sketchOutcome(nothing)).toEqual(sketchOutcome());
  });

  it.each(['started', 'succeeded', 'failed', 'cancelled'])('may be %s', (status) => {
    expect(sketchOutcome({ status }).status).toBe(status);
  });

  it.each([
    ['', null],
    [' \n', null],
    ['Timeout\r\n\tat charge (card.ts:12)', 'Timeout   at charge (card.ts:12)'],
    ['e'.repeat(10_000), 'e'.repeat(128)],
    [`${'e'.repeat(127)}😀`, `${'e'.repeat(127)}\ufffd`],
    ['\ud83d', '\ufffd'],
  ])('counts a failure whatever its error says: %j', (error, kept) => {
    expect(sketchOutcome({ status: 'failed', error }).error).toBe(kept);
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
    expect(sketchOutcome(fields)).toMatchObject(fields);
  });

  it('may have attributes called like what every object inherits', () => {
    const outcome = parseJson(
      '{"workflow":"w","execution":"e","status":"failed","attributes":{"__proto__":"p","constructor":"c","toString":"t"}}',
    );
    if (isRejection(outcome)) throw new Error(outcome.message);
    expect(Object.entries(outcome.attributes!)).toEqual([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ]);
    expect(sketchOutcome({ attributes: {} }).attributes!['constructor']).toBeUndefined();
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
  ])('may be written as %s', (_, at, timestamp) => {
    expect(sketchOutcome({ at }).at).toBe(timestamp);
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
    ['before 1970', '1969-12-31T23:59:59.999Z'],
    ['digits in quotes', String(ARRIVAL)],
    ['a negative number', -1],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['more than a date can hold', 8.65e15],
    ['a truth value', true],
    ['an array', [ARRIVAL]],
  ])('may not be %s', (_, at) => {
    for (const field of ['at', 'startedAt']) {
      expect(parseSketch({ [field]: at })).toEqual({
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
    expect(sketchOutcome({ at: ARRIVAL - DAY }).at).toBe(ARRIVAL - DAY);
    expect(parseSketch({ at: ARRIVAL - DAY - 1 })).toEqual({
      code: 'too-old',
      message:
        'at is 2026-03-01T11:59:59.999Z, more than 24 hours ago: outside the deduplication window, so it cannot be counted safely.',
    });
    expect(parseSketch({ at: 0 })).toMatchObject({ code: 'too-old' });
  });

  it('C4: outcomes more than 5 minutes in the future are rejected', () => {
    expect(sketchOutcome({ at: ARRIVAL + 5 * MINUTE }).at).toBe(ARRIVAL + 5 * MINUTE);
    expect(parseSketch({ at: ARRIVAL + 5 * MINUTE + 1 })).toEqual({
      code: 'in-the-future',
      message: "at is 2026-03-02T12:05:00.001Z, more than 5 minutes ahead of this service's clock.",
    });
    expect(parseSketch({ at: 8.64e15 })).toMatchObject({ code: 'in-the-future' });
  });

  it('an end may say when it started, or how long it took, with either in any age', () => {
    expect(sketchOutcome({ startedAt: ARRIVAL - 40 * DAY }).startedAt).toBe(ARRIVAL - 40 * DAY);
    expect(sketchOutcome({ durationMs: 0 }).startedAt).toBe(ARRIVAL);
    expect(sketchOutcome({ durationMs: 1.5 }).startedAt).toBe(ARRIVAL - 2);
    expect(sketchOutcome({ durationMs: ARRIVAL }).startedAt).toBe(0);
    expect(sketchOutcome({ startedAt: ARRIVAL }).startedAt).toBe(ARRIVAL);
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
    [{ status: 'queued', durationMs: 3 }, 'durationMs belongs on an end; a queued outcome has not started.'],
    [{ status: 'succeeded', willRetry: true }, 'willRetry belongs on what failed; this is succeeded.'],
    [{ status: 'started', willRetry: true }, 'willRetry belongs on what failed; this is started.'],
    [{ status: 'failed', willRetry: 'yes' }, 'willRetry is "yes"; expected true or false.'],
  ])('%o is rejected', (fields, message) => {
    expect(parseSketch(fields)).toEqual({ code: 'invalid-field', message });
  });
});
