import { assert, constantFrom, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endOfPeriod,
  offsetOf,
  startOfDay,
  startOfPeriod,
  windowLength,
} from '../../../src/core/time/calendar.ts';
import type { CalendarWindow } from '../../../src/core/time/time-window.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';

function window(unit: CalendarWindow['unit'], timeZone: string): CalendarWindow {
  return { kind: 'calendar', unit, timeZone, duration: 30 * DAY, text: unit };
}

const at = (text: string) => Date.parse(text);
const iso = (timestamp: number) => new Date(timestamp).toISOString();

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day of a time zone as Intl writes it, `2026-03-29`. */
function dayOf(timeZone: string, timestamp: number): string {
  let format = formats.get(timeZone);
  if (!format) {
    const digits = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    formats.set(timeZone, (format = new Intl.DateTimeFormat('en-CA', { timeZone, ...digits })));
  }
  return format.format(timestamp);
}

describe('the offset of a time zone', () => {
  it.each([
    ['UTC', '2026-01-01T00:00:00Z', 0],
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', HOUR],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 2 * HOUR],
    ['Asia/Kolkata', '2026-01-01T00:00:00Z', 5.5 * HOUR],
    ['Australia/Lord_Howe', '2026-07-01T00:00:00Z', 10.5 * HOUR],
    ['America/New_York', '2026-12-01T00:00:00Z', -5 * HOUR],
  ])('%s at %s', (timeZone, timestamp, offset) => {
    expect(offsetOf(timeZone, at(timestamp))).toBe(offset);
  });

  it('of no time zone is an error', () => {
    expect(() => offsetOf('Mars/Olympus', 0)).toThrow(RangeError);
  });
});

describe('the first moment of a day', () => {
  it.each([
    ['Europe/Berlin', [2026, 2, 29], '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', [2026, 2, 30], '2026-03-29T22:00:00.000Z'],
    ['Asia/Kathmandu', [2026, 0, 1], '2025-12-31T18:15:00.000Z'],
    // Cairo goes on from 00:00 to 01:00: the day begins at one.
    ['Africa/Cairo', [2026, 3, 24], '2026-04-23T22:00:00.000Z'],
    // Havana goes back from 01:00 to 00:00: the first of the two midnights counts.
    ['America/Havana', [2026, 10, 1], '2026-11-01T04:00:00.000Z'],
    // Samoa had no 30 December 2011 at all.
    ['Pacific/Apia', [2011, 11, 30], '2011-12-30T10:00:00.000Z'],
  ] as const)('in %s of %j', (timeZone, [year, month, day], expected) => {
    expect(iso(startOfDay(timeZone, year, month, day))).toBe(expected);
  });

  it('is of that day, and the moment before is not, in every time zone', () => {
    const zones = constantFrom(...Intl.supportedValuesOf('timeZone'));
    const days = integer({ min: Date.UTC(2012, 0, 1) / DAY, max: Date.UTC(2037, 0, 1) / DAY });
    assert(
      property(zones, days, (timeZone, day) => {
        const date = new Date(day * DAY);
        const start = startOfDay(timeZone, date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
        const written = iso(day * DAY).slice(0, 10);
        expect([timeZone, dayOf(timeZone, start)]).toEqual([timeZone, written]);
        expect(dayOf(timeZone, start - 1) < written).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('is found on the days on which clocks change, in every time zone', () => {
    for (const timeZone of Intl.supportedValuesOf('timeZone')) {
      const first = Date.UTC(2026, 0, 1);
      const offsets = Array.from({ length: 367 }, (_, index) =>
        offsetOf(timeZone, first + (index - 1) * DAY),
      );
      for (let index = 0; index < 365; index++) {
        if (offsets[index] === offsets[index + 2]) continue;
        const day = first + index * DAY;
        const date = new Date(day);
        const start = startOfDay(timeZone, date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
        const written = iso(day).slice(0, 10);
        expect([timeZone, dayOf(timeZone, start)]).toEqual([timeZone, written]);
        expect([timeZone, dayOf(timeZone, start - 1) < written]).toEqual([timeZone, true]);
      }
    }
  });
});

describe('a calendar window', () => {
  it.each([
    ['week', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-22T23:00:00Z', '2026-03-29T22:00:00Z'],
    ['month', 'Europe/Berlin', '2026-03-31T22:30:00Z', '2026-03-31T22:00:00Z', '2026-04-30T22:00:00Z'],
    ['month', 'America/New_York', '2026-03-01T04:59:59Z', '2026-02-01T05:00:00Z', '2026-03-01T05:00:00Z'],
    ['month', 'Asia/Kolkata', '2026-01-31T18:30:00Z', '2026-01-31T18:30:00Z', '2026-02-28T18:30:00Z'],
    ['month', 'UTC', '2024-02-29T23:59:00Z', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['quarter', 'UTC', '2026-12-31T23:59:59Z', '2026-10-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    [
      'quarter',
      'Australia/Lord_Howe',
      '2026-04-10T00:00:00Z',
      '2026-03-31T13:00:00Z',
      '2026-06-30T13:30:00Z',
    ],
    ['week', 'UTC', '2027-01-01T00:00:00Z', '2026-12-28T00:00:00Z', '2027-01-04T00:00:00Z'],
  ] as const)('of a %s in %s holds %s', (unit, timeZone, now, start, end) => {
    const asked = window(unit, timeZone);
    expect([startOfPeriod(asked, at(now)), endOfPeriod(asked, at(now))].map(iso)).toEqual(
      [at(start), at(end)].map(iso),
    );
  });

  it('is as long as what of it is over, the running minute included, over a change of the clocks too', () => {
    const month = window('month', 'Europe/Berlin');
    expect(windowLength(month, at('2026-02-28T23:00:00Z'))).toBe(MINUTE);
    expect(windowLength(month, at('2026-02-28T23:00:59Z'))).toBe(MINUTE);
    expect(windowLength(month, at('2026-03-31T21:59:00Z'))).toBe(31 * DAY - HOUR);
    expect(windowLength(month, at('2026-10-31T22:59:00Z'))).toBe(31 * DAY + HOUR);
    expect(windowLength({ kind: 'rolling', duration: 5, text: '5ms' }, 0)).toBe(5);
  });

  it('follows one on the other without a gap, whichever was asked for before', () => {
    const zones = constantFrom(...Intl.supportedValuesOf('timeZone'));
    const moments = integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2037, 0, 1) });
    assert(
      property(zones, constantFrom('week', 'month', 'quarter'), moments, (timeZone, unit, now) => {
        const asked = window(unit, timeZone);
        const [start, end] = [startOfPeriod(asked, now), endOfPeriod(asked, now)];
        expect(start).toBeLessThanOrEqual(now);
        expect(end).toBeGreaterThan(now);
        expect(endOfPeriod(asked, start - 1)).toBe(start);
        expect(startOfPeriod(asked, end)).toBe(end);
        expect(startOfPeriod(asked, end - 1)).toBe(start);
      }),
      { numRuns: 300 },
    );
  });
});
