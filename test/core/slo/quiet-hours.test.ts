import { describe, expect, it } from 'vitest';
import type { QuietHours } from '../../../src/core/slo/quiet-hours.ts';
import { quietUntil } from '../../../src/core/slo/quiet-hours.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';

const NIGHT: QuietHours = {
  from: 22 * HOUR,
  until: 8 * HOUR,
  timeZone: 'Europe/Berlin',
  days: [0, 1, 2, 3, 4, 5, 6],
  pages: false,
};

/** When they end, at a moment; null outside. */
function ends(at: string, quiet: Partial<QuietHours> = {}): string | null {
  const until = quietUntil({ ...NIGHT, ...quiet }, Date.parse(at));
  return until === null ? null : new Date(until).toISOString();
}

describe('quiet hours over midnight', () => {
  it.each([
    ['2026-03-10T20:59:59.999Z', null],
    ['2026-03-10T21:00:00Z', '2026-03-11T07:00:00.000Z'],
    ['2026-03-11T06:59:59.999Z', '2026-03-11T07:00:00.000Z'],
    ['2026-03-11T07:00:00Z', null],
  ])('at %s', (at, end) => expect(ends(at)).toBe(end));

  it('end by the clocks after these were set forward, or back, in the night', () => {
    // 28 to 29 March: the night is an hour shorter; 24 to 25 October: an hour longer.
    expect(ends('2026-03-28T21:00:00Z')).toBe('2026-03-29T06:00:00.000Z');
    expect(ends('2026-03-29T05:59:59Z')).toBe('2026-03-29T06:00:00.000Z');
    expect(ends('2026-03-29T06:00:00Z')).toBeNull();
    expect(ends('2026-10-24T20:00:00Z')).toBe('2026-10-25T07:00:00.000Z');
    expect(ends('2026-10-25T06:59:59Z')).toBe('2026-10-25T07:00:00.000Z');
  });

  it('at times that clocks skip begin and end when they go on; at one that comes twice, the first time', () => {
    const skipped = { from: 2 * HOUR + 15 * MINUTE, until: 2 * HOUR + 45 * MINUTE };
    for (const at of ['2026-03-29T00:59:00Z', '2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z'])
      expect(ends(at, skipped)).toBeNull();
    expect(ends('2026-10-25T00:20:00Z', skipped)).toBe('2026-10-25T00:45:00.000Z');
    expect(ends('2026-10-25T01:20:00Z', skipped)).toBeNull();
  });

  it('belong to the day on which they begin', () => {
    // The 13th of March 2026 is a Friday.
    const days = { days: [5] };
    expect(ends('2026-03-13T22:00:00Z', days)).toBe('2026-03-14T07:00:00.000Z');
    expect(ends('2026-03-14T06:00:00Z', days)).toBe('2026-03-14T07:00:00.000Z');
    expect(ends('2026-03-13T06:00:00Z', days)).toBeNull();
    expect(ends('2026-03-14T22:00:00Z', days)).toBeNull();
  });
});

describe('quiet hours within a day', () => {
  it.each([
    ['2026-03-10T11:00:00Z', '2026-03-10T12:00:00.000Z'],
    ['2026-03-10T10:59:00Z', null],
    ['2026-03-10T12:00:00Z', null],
  ])('at %s', (at, end) => expect(ends(at, { from: 12 * HOUR, until: 13 * HOUR })).toBe(end));
});
