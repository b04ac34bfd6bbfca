import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import {
  formatAgo,
  formatCount,
  formatFactor,
  formatPeriod,
  formatRate,
  formatRelative,
  formatShare,
  formatSpan,
  formatSpanAhead,
  formatTime,
  formatWholeShare,
  formatWindow,
} from '../../../src/core/words/figures.ts';

const AT = Date.parse('2026-11-22T19:06:30Z');

describe('figures', () => {
  it.each([
    [formatCount, 1_234_567.8, '1,234,568'],
    [formatCount, 5.52, '5.5'],
    [formatCount, 0.0412, '0.041'],
    [formatCount, 0, '0'],
    [formatCount, -0, '0'],
    [formatFactor, 13.44, '13.44x'],
    [formatFactor, 28 / 30, '0.933x'],
    [formatRate, 13.44, '13.4x'],
    [formatRate, 0.9333, '0.93x'],
    [formatRate, 0.0047, 'under 0.01x'],
    [formatRate, 0, '0x'],
    [formatRate, 12_345, '12,345x'],
    [formatShare, 0.1458, '14.6%'],
    [formatShare, 0.99996, '99.9%'],
    [formatShare, 1, '100%'],
    [formatShare, 0.00001, 'under 0.01%'],
    [formatShare, 0, '0%'],
    [formatShare, 3.5, '350%'],
    [formatWholeShare, 0.29, '29%'],
    [formatWholeShare, 0.999, '99%'],
    [formatWholeShare, 0.001, 'under 1%'],
    [formatSpan, 59_000, 'under a minute'],
    [formatSpan, -5, 'under a minute'],
    [formatSpan, 2 * HOUR + 10 * MINUTE, '2h 10m'],
    [formatSpan, 14 * HOUR + 20 * MINUTE, '14h'],
    [formatSpan, 3 * DAY + 4 * HOUR, '3d 4h'],
    [formatSpanAhead, 366 * DAY, 'over a year'],
    [formatWindow, HOUR, 'hour'],
    [formatWindow, 3 * DAY, '3 days'],
    [formatWindow, 90 * MINUTE, '90 minutes'],
    [formatWindow, MINUTE, 'minute'],
    [formatTime, AT, '2026-11-22 19:06 UTC'],
    [formatTime, NaN, 'an unknown time'],
    [formatTime, 1e18, 'an unknown time'],
  ])('%o of %d is %s', (write, value, text) => {
    expect(write(value)).toBe(text);
  });
});

describe('times beside now', () => {
  it.each([
    [AT, 'just now'],
    [AT + 59_000, 'just now'],
    [AT + MINUTE, '1m ago'],
    [AT + 3 * HOUR, '3h ago'],
    [AT - 2 * HOUR, 'in 2h'],
    [AT - 1, 'in under a minute'],
  ])('at %d', (now, words) => {
    expect(formatRelative(AT, now)).toBe(words);
  });

  it('are written in full for what has happened', () => {
    expect(formatAgo(AT, AT + 3 * HOUR)).toBe('2026-11-22 19:06 UTC (3h ago)');
    // A clock that is ahead must not make the past lie in the future.
    expect(formatAgo(AT, AT - HOUR)).toBe('2026-11-22 19:06 UTC (just now)');
  });

  it('of a period name a day that is the same once', () => {
    expect(formatPeriod(AT, AT + HOUR)).toBe('2026-11-22 19:06 to 20:06 UTC');
    expect(formatPeriod(AT, AT + 5 * HOUR)).toBe('2026-11-22 19:06 UTC to 2026-11-23 00:06 UTC');
  });
});
