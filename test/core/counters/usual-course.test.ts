import { describe, expect, it } from 'vitest';
import { usualFailures, usualGap } from '../../../src/core/counters/usual-course.ts';
import type { Counts } from '../../../src/core/counters/cells.ts';
import type { MinuteCounts } from '../../support/cell-history.ts';
import { cellHistory, hourCells } from '../../support/cell-history.ts';

/** At two in the morning of a day long after the epoch. */
const NOW = 24 * 1000 + 2;

/** Good and bad of an hour, by how many hours ago it was. */
type HourAgo = (ago: number) => readonly [good: number, bad: number];
const hoursOf = (hourAgo: HourAgo) => (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => hourAgo(NOW - first - index)).flat();
const usual = (hourAgo: HourAgo, errorBudget = 0.01) =>
  usualFailures(hoursOf(hourAgo), NOW, NOW, errorBudget);

describe('usual failures', () => {
  it('are somewhat more than those of two hours with outcomes, at that time of day', () => {
    // Every hour 40: a quarter more than 80. Those of noon do not matter at night.
    expect(usual((ago) => [9000, ago % 24 >= 10 && ago % 24 <= 14 ? 400 : 40]).most).toBe(100);
    // Once a night 4: of those of two nights about the square root more.
    expect(usual((ago) => (ago % 24 === 0 ? [400, 4] : [0, 0])).most).toBeCloseTo(8 + Math.sqrt(8), 10);
  });

  it('are not less than a hundredth of an hour, or ten times its budget', () => {
    expect(usual(() => [10_000, 0]).most).toBe(100);
    expect(usual(() => [10_000, 0], 0.0001).most).toBe(10);
    expect(usual(() => [0, 0]).most).toBe(0);
  });

  it('are not those of an outage, nor those of one bad day', () => {
    const quiet = usual(() => [1000, 1]).most;
    expect(usual((ago) => (ago > 20 && ago < 27 ? [0, 1000] : [1000, 1])).most).toBe(quiet);
    expect(usual((ago) => (ago > 20 && ago < 27 ? [700, 300] : [1000, 1])).most).toBe(quiet);
    // What is so on many days is usual.
    expect(usual((ago) => (ago % 24 === 1 ? [700, 300] : [1000, 1])).most).toBeGreaterThan(300);
    // Nor of what is longer ago than two weeks.
    expect(usual((ago) => [1000, ago > 14 * 24 ? 500 : 1]).most).toBe(quiet);
  });

  it('come alone where hours with bad outcomes hold no good ones', () => {
    expect(usual((ago) => (ago % 12 === 0 ? (ago % 60 === 0 ? [0, 1] : [1, 0]) : [0, 0])).alone).toBe(true);
    expect(usual((ago) => [10, ago % 5 === 0 ? 1 : 0]).alone).toBe(false);
  });
});

describe('the usual gap', () => {
  const LAST = 24 * 1000 * 60 + 59;
  /** Good outcomes in minutes that are so many minutes ago. */
  function gapOf(goodAt: readonly number[], absent: readonly number[] = [], badAt: readonly number[] = []) {
    const counts: MinuteCounts = new Map([
      ...goodAt.map((ago): [number, Counts] => [LAST - ago, { good: 1, bad: 0 }]),
      ...badAt.map((ago): [number, Counts] => [LAST - ago, { good: 0, bad: 9 }]),
    ]);
    const { hour } = cellHistory(counts);
    return usualGap(
      {
        hour,
        minutes: (of) => (absent.includes(of) ? undefined : hourCells(counts, of)),
        latestHour: () => null,
      },
      LAST,
    );
  }
  const every = (minutes: number, times: number) => Array.from({ length: times }, (_, at) => at * minutes);

  it('is the longest one between minutes with a good outcome, but for one of many', () => {
    expect(gapOf(every(7, 40)).gap).toBe(7);
    // An outage of an hour among them is the one.
    expect(gapOf(every(7, 40).filter((ago) => ago < 70 || ago > 125)).gap).toBe(7);
    expect(gapOf([0, 9]).gap).toBe(9);
    expect(gapOf([0]).gap).toBe(0);
  });

  it('of more than an hour is known to the hour, without minutes', () => {
    const nightly = every(24 * 60, 10);
    expect(gapOf(nightly)).toEqual({ gap: 25 * 60, wanted: [] });
  });

  it('says which minutes it lacks, and is shorter without', () => {
    expect(gapOf(every(30, 20), [24 * 1000])).toEqual({ gap: 30, wanted: [24 * 1000] });
  });

  it('does not count hours in which most is bad', () => {
    const bad = Array.from({ length: 60 }, (_, ago) => 60 + ago);
    expect(gapOf(every(20, 30), [], bad).gap).toBe(
      gapOf(every(20, 30).filter((ago) => ago < 60 || ago > 119)).gap,
    );
  });
});
