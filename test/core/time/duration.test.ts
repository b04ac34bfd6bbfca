import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY,
  HOUR,
  MINUTE,
  WEEK,
  formatDuration,
  minuteOf,
  parseDuration,
} from '../../../src/core/time/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['1s', 1000],
    ['10m', 10 * MINUTE],
    ['1h30m', 90 * MINUTE],
    ['28d', 28 * DAY],
    ['4w', 4 * WEEK],
    ['1m1ms', MINUTE + 1],
  ])('reads %s', (text, duration) => {
    expect(parseDuration(text)).toBe(duration);
  });

  it.each([
    '',
    '0s',
    '10',
    'm',
    '-5m',
    '1.5h',
    '5 m',
    '10M',
    '1y',
    '5mm',
    ' 5m',
    '5m ',
    '5m\n',
    '9999999999s',
    '999999999w',
  ])('reads no duration in %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [-1, '0s'],
    [0.4, '0s'],
    [250, '250ms'],
    [90 * MINUTE, '1h30m'],
    [28 * DAY, '28d'],
    [WEEK, '7d'],
    [HOUR + 1, '1h1ms'],
  ])('writes %d as %s', (duration, text) => {
    expect(formatDuration(duration)).toBe(text);
  });

  it('writes what parseDuration reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 * DAY }), (duration) => {
        expect(parseDuration(formatDuration(duration))).toBe(duration);
      }),
    );
  });
});

it('minuteOf changes on the minute', () => {
  expect([0, MINUTE - 1, MINUTE, 2 * MINUTE - 1].map(minuteOf)).toEqual([0, 0, 1, 1]);
});
