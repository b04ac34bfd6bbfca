import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EndStatus } from '../../../src/core/outcomes/outcome.ts';
import {
  addCounts,
  attemptSlot,
  endedSlot,
  statisticsOf,
} from '../../../src/core/statistics/outcome-counts.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { seededRandom } from '../../support/random.ts';

interface End {
  readonly status: EndStatus;
  readonly took: number | null;
}

function countsOf(ends: readonly End[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { status, took } of ends) addCounts(counts, new Map([[endedSlot(status, took), 1]]));
  return counts;
}

/** By nearest rank, from all durations. */
function exactly(durations: readonly number[], percentage: number): number {
  const sorted = durations.toSorted((one, other) => one - other);
  return sorted[Math.ceil((percentage * sorted.length) / 100) - 1]!;
}

function expectPercentiles(durations: readonly number[]): void {
  const found = statisticsOf(countsOf(durations.map((took) => ({ status: 'succeeded', took }))));
  for (const [percentage, shown] of [
    [50, found.p50Ms],
    [95, found.p95Ms],
    [99, found.p99Ms],
  ] as const) {
    const exact = exactly(durations, percentage);
    expect(Math.abs(shown! - exact)).toBeLessThanOrEqual(0.02 * exact);
  }
}

const random = seededRandom(7);
const many = (next: () => number) => Array.from({ length: 5000 }, () => Math.floor(next()));

it.each([
  ['two peaks far apart', many(() => (random() < 0.94 ? 12 + 5 * random() : HOUR + 60 * SECOND * random()))],
  ['two peaks of which each is half', many(() => (random() < 0.5 ? 40 : 5 * MINUTE))],
  ['a heavy tail', many(() => Math.min(100 * DAY, 30 / random() ** 2.5))],
  ['all the same', many(() => 1099)],
  ['all the same, at an edge', many(() => 2500)],
  ['nothing takes any time', many(() => 0)],
  ['mostly nothing', many(() => (random() < 0.97 ? 0 : 3 * DAY * random()))],
  ['days long', many(() => DAY + 20 * DAY * random())],
  ['one after the other', many(() => 101 + 9900 * random())],
])('shows percentiles within 2%% of a recount: %s', (_name, durations) => {
  expectPercentiles(durations);
});

it('shows percentiles within 2% of a recount, of whatever and however few', () => {
  const durations = fc.array(
    fc.double({ min: 0, max: 9.9, noNaN: true }).map((digits) => Math.floor(10 ** digits) - 1),
    { minLength: 1, maxLength: 300 },
  );
  fc.assert(fc.property(durations, expectPercentiles), { numRuns: 500 });
});

const end: fc.Arbitrary<End> = fc.record({
  status: fc.constantFrom('succeeded', 'failed', 'cancelled', 'skipped'),
  took: fc.option(fc.integer({ min: 0, max: 30 * DAY })),
});

it('adds up to the same, however it was parted and in whatever order', () => {
  fc.assert(
    fc.property(fc.array(fc.array(end, { maxLength: 20 }), { maxLength: 6 }), (parts) => {
      const sum = new Map<number, number>();
      for (const part of parts.toReversed()) addCounts(sum, countsOf(part));
      expect(statisticsOf(sum)).toEqual(statisticsOf(countsOf(parts.flat())));
    }),
  );
});

it('counts what succeeded and failed whether or not its duration is known, and percentiles of those of which it is', () => {
  const counts = countsOf([
    { status: 'succeeded', took: 100 },
    { status: 'succeeded', took: null },
    { status: 'failed', took: 5000 },
    { status: 'failed', took: null },
    { status: 'cancelled', took: 9 },
    { status: 'skipped', took: null },
  ]);
  for (const attempt of [1, 1, 1, 1, 1, 1, 2, 9]) addCounts(counts, new Map([[attemptSlot(attempt), 1]]));
  expect(statisticsOf(counts)).toEqual({
    succeeded: 2,
    failed: 2,
    cancelled: 1,
    skipped: 1,
    successRate: 0.5,
    p50Ms: 101,
    p95Ms: 5050,
    p99Ms: 5050,
    attempts: 8,
    retryRate: 0.25,
  });
});

it('knows no rate and no duration of nothing', () => {
  expect(statisticsOf(new Map())).toEqual({
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
    successRate: null,
    p50Ms: null,
    p95Ms: null,
    p99Ms: null,
    attempts: 0,
    retryRate: null,
  });
  expect(statisticsOf(countsOf([{ status: 'cancelled', took: 5 }]))).toMatchObject({
    successRate: null,
    p50Ms: null,
  });
});

it('keeps the numbers of slots, which are stored', () => {
  expect(
    (['succeeded', 'failed', 'cancelled', 'skipped'] as const).map((status) => endedSlot(status, null)),
  ).toEqual([2, 3, 4, 5]);
  expect([attemptSlot(0), attemptSlot(1), attemptSlot(2)]).toEqual([6, 6, 7]);
  expect([endedSlot('succeeded', 0), endedSlot('failed', 0)]).toEqual([8, 9]);
  expect([endedSlot('succeeded', 2500), endedSlot('failed', 10 * MINUTE)]).toEqual([514, 1041]);
});
