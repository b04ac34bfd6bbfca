import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Adjustment, Interval } from '../../../src/core/adjustments/adjustment.ts';
import {
  excludedCells,
  excludedMinutes,
  hoursOf,
  intervalsOf,
  roundedOut,
} from '../../../src/core/adjustments/adjustment.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';

const once = (from: number, to: number, changes: Partial<Adjustment> = {}): Adjustment => ({
  id: 'a',
  slo: null,
  workflow: 'orders',
  reason: 'maintenance',
  createdAt: START,
  createdBy: 'sam',
  actor: null,
  when: { kind: 'once', from, to },
  ended: null,
  withdrawn: null,
  ...changes,
});
const closing = (at: number) => ({ at, by: 'kim', actor: null, reason: null });
const never = () => [];
const of = (adjustment: Adjustment, from = 0, to = START + 100 * DAY) =>
  intervalsOf(adjustment, from, to, never);

const moments = fc
  .integer({ min: -5 * 24 * 60, max: 2 * 24 * 60 })
  .map((minute) => START + minute * MINUTE + 1234);
const intervals = fc
  .tuple(moments, fc.integer({ min: 1, max: 3 * HOUR }))
  .map(([from, length]): Interval => ({ from, to: from + length }));

describe('the intervals of an adjustment', () => {
  it('are whole minutes around what was asked, and whole hours where minutes were gone when it was made', () => {
    fc.assert(
      fc.property(intervals, (asked) => {
        const rounded = roundedOut(asked, START);
        const sure = START - 3 * DAY;
        const [down, up] = [asked.from - rounded.from, rounded.to - asked.to];
        expect([down >= 0, up >= 0]).toEqual([true, true]);
        expect(down).toBeLessThan(asked.from < sure ? HOUR : MINUTE);
        expect(up).toBeLessThan(asked.to <= sure ? HOUR : MINUTE);
        for (const [at, coarse] of [
          [rounded.from, asked.from < sure],
          [rounded.to, asked.to <= sure],
        ] as const)
          expect(at % (coarse ? HOUR : MINUTE)).toBe(0);
      }),
    );
  });

  it('stop where it was ended, to the minute, and are none once it is withdrawn', () => {
    const [from, to] = [START, START + HOUR];
    expect(of(once(from, to, { ended: closing(START + 90_000) }))).toEqual([
      { from, to: START + 2 * MINUTE },
    ]);
    expect(of(once(from, to, { ended: closing(START) }))).toEqual([]);
    expect(of(once(from, to, { ended: closing(to + DAY) }))).toEqual([{ from, to }]);
    expect(of(once(from, to, { ended: closing(to), withdrawn: closing(to) }))).toEqual([]);
  });

  it('are those that overlap the time asked for', () => {
    const [from, to] = [START, START + HOUR];
    expect(of(once(from, to), from - HOUR, from)).toEqual([]);
    expect(of(once(from, to), from - HOUR, from + 1)).toEqual([{ from, to }]);
    expect(of(once(from, to), to - 1, to + HOUR)).toEqual([{ from, to }]);
    expect(of(once(from, to), to, to + HOUR)).toEqual([]);
  });

  it('of a recurring one begin early enough to reach into the time, and not after until', () => {
    const when = {
      kind: 'recurring',
      rrule: 'FREQ=DAILY',
      start: START,
      duration: 2 * HOUR,
      timeZone: 'UTC',
      until: START + 3 * DAY,
    } as const;
    const asked: number[][] = [];
    const starts = (_: unknown, from: number, to: number) => {
      asked.push([from, to]);
      return [START + DAY];
    };
    const found = intervalsOf(once(0, 0, { when }), START + DAY + HOUR, START + 9 * DAY, starts);
    expect(asked).toEqual([[START + DAY - HOUR, START + 3 * DAY]]);
    expect(found).toEqual([{ from: START + DAY, to: START + DAY + 2 * HOUR }]);
  });
});

describe('what is excluded', () => {
  it('is, of every hour that intervals touch, exactly the cells of the minutes that begin in one of them', () => {
    const random = fc.array(intervals, { maxLength: 4 });
    fc.assert(
      fc.property(random, (list) => {
        const whole = list.map((interval) => roundedOut(interval, START));
        const cells = Uint32Array.from({ length: 120 }, (_, index) => index + 1);
        const hours = hoursOf(whole);
        for (let hour = START / HOUR - 5 * 24 - 2; hour < START / HOUR + 3 * 24; hour++) {
          const expected = cells.map((count, index) => {
            const at = hour * HOUR + (index >> 1) * MINUTE;
            return whole.some(({ from, to }) => at >= from && at < to) ? count : 0;
          });
          const found = excludedCells(cells, excludedMinutes(hour, whole));
          // As text, which is compared a hundred times as fast.
          expect(found.join()).toBe(expected.join());
          expect(hours.has(hour)).toBe(found.some((count) => count > 0));
        }
      }),
      { numRuns: 30 },
    );
  });
});
