import { assert, constantFrom, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTick, plottable, valueAxis } from '../../src/charts/value-axis.ts';
import { timeTicks } from '../../src/charts/time-axis.ts';
import { offsetOf } from '../../src/core/time/calendar.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time/duration.ts';

const at = (text: string) => Date.parse(text);
const written = (from: string, to: string, zone: string, count: number) =>
  timeTicks(at(from), at(to), zone, count).map(
    ({ at, label }) => `${new Date(at).toISOString().slice(11, 16)} ${label}`,
  );

describe('ticks of time', () => {
  it('are round times of the zone, and days by name', () => {
    expect(written('2026-11-24T14:10:00Z', '2026-11-25T14:10:00Z', 'Europe/Berlin', 5)).toEqual([
      '17:00 18:00',
      '23:00 25 Nov',
      '05:00 06:00',
      '11:00 12:00',
    ]);
    expect(written('2026-11-25T13:00:00Z', '2026-11-25T14:00:00Z', 'Asia/Kathmandu', 4)).toEqual([
      '13:00 18:45',
      '13:15 19:00',
      '13:30 19:15',
      '13:45 19:30',
      '14:00 19:45',
    ]);
  });

  it('leave out what clocks skip in spring, and take the first of what comes twice in autumn', () => {
    expect(written('2026-03-29T00:00:00Z', '2026-03-29T04:00:00Z', 'Europe/Berlin', 5)).toEqual([
      '00:00 01:00',
      '01:00 03:00',
      '02:00 04:00',
      '03:00 05:00',
      '04:00 06:00',
    ]);
    expect(written('2026-10-24T23:00:00Z', '2026-10-25T03:00:00Z', 'Europe/Berlin', 5)).toEqual([
      '23:00 01:00',
      '00:00 02:00',
      '02:00 03:00',
      '03:00 04:00',
    ]);
  });

  it('of days are their first moments, on both sides of a change of the clocks', () => {
    expect(written('2026-03-27T12:00:00Z', '2026-03-31T12:00:00Z', 'Europe/Berlin', 4)).toEqual([
      '23:00 28 Mar',
      '23:00 29 Mar',
      '22:00 30 Mar',
      '22:00 31 Mar',
    ]);
  });

  it('of weeks are Mondays', () => {
    const ticks = timeTicks(at('2026-10-28T14:00:00Z'), at('2026-11-25T14:00:00Z'), 'UTC', 5);
    expect(ticks.map(({ label }) => label)).toEqual(['2 Nov', '9 Nov', '16 Nov', '23 Nov']);
  });

  it('lie within the time, in order, few enough, at what their label says, in every zone', () => {
    const zones = constantFrom(...Intl.supportedValuesOf('timeZone'));
    const starts = integer({ min: Date.UTC(2012, 0, 1) / MINUTE, max: Date.UTC(2037, 0, 1) / MINUTE });
    const spans = constantFrom(10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY, 100 * DAY);
    assert(
      property(zones, starts, spans, integer({ min: 1, max: 14 }), (zone, start, span, count) => {
        const from = start * MINUTE;
        const ticks = timeTicks(from, from + span, zone, count);
        expect(ticks.length).toBeLessThanOrEqual(count + 1 + (span >= DAY ? 1 : 0));
        for (const [index, { at, label }] of ticks.entries()) {
          expect(at).toBeGreaterThanOrEqual(index === 0 ? from : ticks[index - 1]!.at + 1);
          expect(at).toBeLessThanOrEqual(from + span);
          const local = new Date(at + offsetOf(zone, at)).toISOString();
          if (label.includes(':')) expect(local.slice(11, 16)).toBe(label);
          else expect(Number(local.slice(8, 10))).toBe(Number.parseInt(label, 10));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a scale of values', () => {
  it('holds what it is for, with few round ticks within it', () => {
    const value = double({ noNaN: true, noDefaultInfinity: true }).map((each) => plottable(each)!);
    assert(
      property(value, value, integer({ min: 1, max: 8 }), (one, other, count) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        const axis = valueAxis(low, high, count);
        expect(axis.low).toBeLessThanOrEqual(low);
        expect(axis.high).toBeGreaterThanOrEqual(high);
        expect(axis.high).toBeGreaterThan(axis.low);
        expect(axis.ticks.length).toBeLessThanOrEqual(count + 3);
        for (const tick of axis.ticks) expect(formatTick(tick, axis.step)).not.toMatch(/NaN|Infinity/);
      }),
    );
  });

  it('writes neighbours differently', () => {
    const { ticks, step } = valueAxis(0.99, 1, 4);
    expect(ticks.map((tick) => formatTick(tick * 100, step * 100))).toEqual([
      '99',
      '99.25',
      '99.5',
      '99.75',
      '100',
    ]);
  });

  it('draws nothing for what is no number, and the end of the scale for what is beyond it', () => {
    expect([NaN, Infinity, null, -1e300].map(plottable)).toEqual([null, null, null, -1e12]);
  });
});
