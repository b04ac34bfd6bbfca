import { describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { timesAt } from '../../../src/core/words/times.ts';

const NOW = Date.UTC(2026, 10, 28, 1, 5);

describe('a time that people read', () => {
  it.each([
    [null, '01:05 UTC'],
    ['Europe/Berlin', '02:05 CET'],
    ['America/New_York', '27 Nov 20:05 EST'],
    ['Asia/Tokyo', '10:05 GMT+9'],
    ['America/St_Johns', '27 Nov 21:35 GMT-3:30'],
  ])('in the zone %s', (zone, text) => {
    // Read on the 28th everywhere: where it is still the 27th, the date says so.
    const read = timesAt(NOW + 12 * HOUR, zone);
    expect(read.at(NOW)).toBe(text);
  });

  it('has a date only where it is another day, and a year only where it is another year', () => {
    const { at } = timesAt(NOW, null);
    expect(at(NOW - HOUR)).toBe('00:05 UTC');
    expect(at(NOW - 2 * HOUR)).toBe('27 Nov 23:05 UTC');
    expect(at(NOW - 400 * 24 * HOUR)).toBe('24 Oct 2025 01:05 UTC');
    expect(at(NOW + 24 * HOUR)).toBe('29 Nov 01:05 UTC');
  });

  it('is relative where it has passed, and never of the future', () => {
    const { ago } = timesAt(NOW, null);
    expect(ago(NOW - 30_000)).toBe('01:04 UTC (just now)');
    expect(ago(NOW - 3 * MINUTE)).toBe('01:02 UTC (3m ago)');
    expect(ago(NOW + HOUR)).toBe('01:05 UTC (just now)');
  });

  it('of a period names a day once, and both zones where they change in between', () => {
    const { period } = timesAt(NOW, 'Europe/Berlin');
    expect(period(NOW - 20 * MINUTE, NOW)).toBe('01:45 to 02:05 CET');
    expect(period(NOW - 3 * HOUR, NOW)).toBe('27 Nov 23:05 to 28 Nov 02:05 CET');
    const autumn = Date.UTC(2026, 9, 25, 0, 30);
    expect(timesAt(autumn, 'Europe/Berlin').period(autumn, autumn + HOUR)).toBe('02:30 CEST to 02:30 CET');
  });

  it('is the same whatever is now where it names what lasts', () => {
    expect(timesAt(NOW, 'Europe/Berlin').dated(NOW)).toBe('28 Nov 02:05');
    expect(timesAt(NOW + 90 * 24 * HOUR, 'Europe/Berlin').dated(NOW)).toBe('28 Nov 02:05');
  });

  it.each([Number.NaN, -1, 1e18])('of %d is unknown', (moment) => {
    const { at, dated, period } = timesAt(NOW, null);
    expect([at(moment), dated(moment), period(NOW, moment)]).toEqual(Array(3).fill('an unknown time'));
  });
});
