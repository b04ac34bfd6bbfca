import { array, assert, boolean, func, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStreak } from '../../../src/core/counters/streak.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { MinuteCounts } from '../../support/cell-history.ts';
import { hourCells, cellHistory } from '../../support/cell-history.ts';

/** Walks through minutes; the minutes of hours in `absent` are not at hand. */
function read(
  counts: MinuteCounts,
  now: number,
  firstHour = 0,
  absent: (hour: number) => boolean = () => false,
) {
  const { hour } = cellHistory(counts);
  return readStreak(
    {
      hour,
      minutes: (of) => (absent(of) ? undefined : hourCells(counts, of)),
      latestHour(from, backTo) {
        for (let of = from; of >= backTo; of--) if (hour(of).good + hour(of).bad > 0) return of;
        return null;
      },
    },
    now,
    firstHour,
  );
}

const NOW = 5 * HOUR + 30 * MINUTE + 30_000;
const minutes = (cells: Record<number, readonly [number, number]>): MinuteCounts =>
  new Map(Object.entries(cells).map(([minute, [good, bad]]) => [Number(minute), { good, bad }]));

describe('the streak', () => {
  it('is the bad outcomes since the last good one', () => {
    const counts = minutes({ 300: [5, 0], 310: [0, 2], 320: [0, 1], 330: [0, 3] });
    expect(read(counts, NOW).streak).toEqual({
      consecutiveBad: 6,
      badMinutes: 3,
      lastGoodMinute: 300,
      streakSince: 310 * MINUTE,
      lastAt: NOW,
    });
  });

  it('leaves out bad ones that came in the same minute as a good one', () => {
    const counts = minutes({ 310: [1, 9], 320: [0, 1] });
    expect(read(counts, NOW).streak).toMatchObject({
      consecutiveBad: 1,
      badMinutes: 1,
      lastGoodMinute: 310,
      streakSince: 320 * MINUTE,
    });
  });

  it('goes back over empty and bad hours, not beyond the first', () => {
    const counts = minutes({ 5: [0, 1], 70: [0, 2], 200: [0, 4] });
    expect(read(counts, NOW).streak).toEqual({
      consecutiveBad: 7,
      badMinutes: 3,
      lastGoodMinute: null,
      streakSince: 5 * MINUTE,
      lastAt: 201 * MINUTE,
    });
    expect(read(counts, NOW, 1).streak).toMatchObject({ consecutiveBad: 6, streakSince: 70 * MINUTE });
  });

  it('does not look ahead of now', () => {
    const counts = minutes({ 320: [0, 2], 331: [1, 0] });
    expect(read(counts, NOW).streak).toMatchObject({ consecutiveBad: 2, lastAt: 321 * MINUTE });
  });

  it('is empty without outcomes', () => {
    expect(read(minutes({}), NOW)).toEqual({
      streak: { consecutiveBad: 0, badMinutes: 0, lastGoodMinute: null, streakSince: null, lastAt: null },
      wanted: [],
    });
  });

  it('takes a run for shorter, and the last outcome for later, where minutes are not at hand, and asks for those', () => {
    const counts = minutes({ 70: [0, 1], 80: [2, 0], 90: [0, 2], 130: [0, 4] });
    const old = (hour: number) => hour < 5;
    expect(read(counts, NOW, 0, old)).toEqual({
      streak: {
        consecutiveBad: 4,
        badMinutes: 1,
        // Anywhere in its hour.
        lastGoodMinute: 119,
        streakSince: 2 * HOUR,
        lastAt: 3 * HOUR,
      },
      wanted: [2, 1],
    });
    expect(read(counts, NOW, 0, (hour) => hour === 0).streak).toEqual(
      {
        streak: {
          consecutiveBad: 6,
          badMinutes: 2,
          lastGoodMinute: 80,
          streakSince: 90 * MINUTE,
          lastAt: 131 * MINUTE,
        },
        wanted: [],
      }.streak,
    );
  });

  it('asks for an hour in which a run begins, and not for a good one behind it', () => {
    const counts = minutes({ 70: [3, 0], 130: [0, 1], 330: [0, 4] });
    expect(read(counts, NOW, 0, (hour) => hour < 5).wanted).toEqual([2]);
  });

  it('agrees with the minutes themselves, and in doubt is never longer than them', () => {
    const cell = tuple(nat(330), nat(2), nat(2));
    assert(
      property(array(cell, { maxLength: 30 }), func(boolean()), (cells, isAbsent) => {
        const counts = new Map(cells.map(([minute, good, bad]) => [minute, { good, bad }]));
        let consecutiveBad = 0;
        for (let minute = 330; minute >= 0 && !counts.get(minute)?.good; minute--)
          consecutiveBad += counts.get(minute)?.bad ?? 0;
        expect(read(counts, NOW).streak.consecutiveBad).toBe(consecutiveBad);
        const partly = read(counts, NOW, 0, (hour) => hour < 5 && isAbsent(hour));
        expect(partly.streak.consecutiveBad).toBeLessThanOrEqual(consecutiveBad);
        const asked = new Set(partly.wanted);
        const second = read(counts, NOW, 0, (hour) => hour < 5 && isAbsent(hour) && !asked.has(hour));
        expect(second.streak.consecutiveBad).toBe(consecutiveBad);
      }),
    );
  });
});
