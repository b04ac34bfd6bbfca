import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Recurrence } from '../../../src/core/adjustments/adjustment.ts';
import { offsetOf } from '../../../src/core/time/calendar.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createRecurrences } from '../../../src/engine/adjustments/recurrence.ts';
import { memoryLog } from '../../support/memory-log.ts';

const start = Date.UTC(2026, 0, 1);
const recurrence = (rrule: string, changes: Partial<Recurrence> = {}): Recurrence => ({
  kind: 'recurring',
  rrule,
  start,
  duration: HOUR,
  timeZone: 'UTC',
  until: null,
  ...changes,
});
const iso = (moments: readonly number[]) => moments.map((at) => new Date(at).toISOString());

describe('a recurrence', () => {
  it('follows the clocks of its time zone; what falls into the hour they skip comes right after it', () => {
    const { starts, next, moved } = createRecurrences(memoryLog());
    const daily = recurrence('FREQ=DAILY;BYHOUR=2;BYMINUTE=30', { timeZone: 'Europe/Berlin' });
    expect(iso(starts(daily, Date.UTC(2026, 2, 28), Date.UTC(2026, 2, 31)))).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(next(daily, Date.UTC(2026, 2, 28, 1, 30))).toBe(Date.UTC(2026, 2, 29, 1));
    expect(next(daily, Date.UTC(2026, 2, 29, 1))).toBe(Date.UTC(2026, 2, 30, 0, 30));
    expect(moved(daily, start, start + 366 * DAY)).toEqual([
      { local: Date.UTC(2026, 2, 29, 2, 30), at: Date.UTC(2026, 2, 29, 1) },
    ]);
    // On 25 October half past two comes twice, and it happens once.
    expect(iso(starts(daily, Date.UTC(2026, 9, 24, 12), Date.UTC(2026, 9, 26, 12)))).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('agrees with the clocks of any zone, hour by hour, whatever part of it is asked for', () => {
    const zones = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia'];
    const { starts } = createRecurrences(memoryLog());
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 40 }),
        (timeZone, hour, firstDay, days) => {
          const rule = recurrence(`FREQ=DAILY;BYHOUR=${hour};BYMINUTE=15`, { timeZone });
          const [from, to] = [start + firstDay * DAY, start + (firstDay + days) * DAY];
          const expected: number[] = [];
          let lastDay = '';
          let before = -Infinity;
          for (let at = from - DAY; at <= to; at += 15 * MINUTE) {
            const local = at + offsetOf(timeZone, at);
            const asked = Math.floor(local / DAY) * DAY + hour * HOUR + 15 * MINUTE;
            const day = new Date(local).toISOString().slice(0, 10);
            // It is that time, or clocks have just gone past it.
            const isDue = local === asked || (local > asked && before < asked && before > -Infinity);
            before = local;
            if (!isDue || day === lastDay) continue;
            lastDay = day;
            if (at >= from) expected.push(at);
          }
          expect(iso(starts(rule, from, to))).toEqual(iso(expected));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts a start that clocks skip as one of its COUNT, and two in one hour as one', () => {
    const { starts } = createRecurrences(memoryLog());
    const days = [Date.UTC(2026, 2, 27), Date.UTC(2026, 3, 10)] as const;
    const berlin = { timeZone: 'Europe/Berlin', start: days[0] };
    const three = recurrence('FREQ=DAILY;COUNT=3;BYHOUR=2;BYMINUTE=30', berlin);
    expect(iso(starts(three, ...days))).toEqual([
      '2026-03-27T01:30:00.000Z',
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z',
    ]);
    const twice = recurrence('FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0', berlin);
    expect(starts(twice, Date.UTC(2026, 2, 29), Date.UTC(2026, 2, 29, 12))).toEqual([
      Date.UTC(2026, 2, 29, 1),
    ]);
  });

  it('by the hour skips none in spring, and comes once in the hour that comes twice', () => {
    const { starts, moved } = createRecurrences(memoryLog());
    const hourly = recurrence('FREQ=HOURLY', { timeZone: 'Europe/Berlin' });
    const hoursFrom = (night: number) =>
      starts(hourly, night, night + 6 * HOUR).map((at) => (at - night) / HOUR);
    expect(hoursFrom(Date.UTC(2026, 2, 28, 22))).toEqual([0, 1, 2, 3, 4, 5, 6]);
    // 02:00 in summer time is two hours later, and 02:00 in winter time three.
    expect(hoursFrom(Date.UTC(2026, 9, 24, 22))).toEqual([0, 1, 2, 4, 5, 6]);
    expect(moved(hourly, start, start + 366 * DAY)).toEqual([]);
  });

  it('begins with its start and ends with until or its count', () => {
    const { starts, next, first } = createRecurrences(memoryLog());
    const all = [start - 100 * DAY, start + 100 * DAY] as const;
    expect(starts(recurrence('FREQ=DAILY', { until: start + 2 * DAY }), ...all)).toHaveLength(3);
    expect(starts(recurrence('FREQ=WEEKLY;COUNT=4'), ...all)).toHaveLength(4);
    const three = recurrence('FREQ=DAILY;COUNT=3');
    expect([first(three), next(three, start), next(three, start + 2 * DAY)]).toEqual([
      start,
      start + DAY,
      null,
    ]);
    expect(first(recurrence('FREQ=MONTHLY;BYMONTHDAY=15', { until: start + DAY }))).toBeNull();
  });

  it('G2: that never happens is found out soon, and does nothing', () => {
    const log = memoryLog();
    const { starts, next, first } = createRecurrences(log);
    for (const rrule of [
      'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
      'FREQ=MONTHLY;INTERVAL=12;BYMONTH=4',
      'FREQ=HOURLY;INTERVAL=24;BYHOUR=5',
    ]) {
      expect(() => first(recurrence(rrule))).toThrow(/Maximum iterations/);
      expect(next(recurrence(rrule), start)).toBeNull();
    }
    expect(starts(recurrence('FREQ=NEVER'), start, start + DAY)).toEqual([]);
    expect(log.entries.length).toBeGreaterThanOrEqual(4);
  });
});
