import { describe, expect, it } from 'vitest';
import { attemptSlot, endedSlot } from '../../../src/core/statistics/outcome-counts.ts';
import { DURATION_BOUNDS, NO_STEPS, grownBy, totalsOf } from '../../../src/core/statistics/step-totals.ts';

const counts = new Map([
  [endedSlot('succeeded', 99), 1],
  [endedSlot('succeeded', 100), 2],
  [endedSlot('failed', 60_000), 4],
  [endedSlot('failed', null), 8],
  [endedSlot('cancelled', null), 16],
  [attemptSlot(1), 20],
  [attemptSlot(3), 5],
]);

describe('step totals', () => {
  it('count each end by result and by how long it took, exactly at the bounds', () => {
    const totals = totalsOf(counts);
    expect(totals).toMatchObject({
      succeeded: 3,
      failed: 12,
      cancelled: 16,
      skipped: 0,
      firstAttempts: 20,
      retries: 5,
      timed: 7,
    });
    const below = Object.fromEntries(DURATION_BOUNDS.map((bound, index) => [bound, totals.below[index]]));
    expect(below).toMatchObject({ 100: 1, 250: 3, 60_000: 3, 300_000: 7, 21_600_000: 7 });
    expect(totals.duration / (99 + 200 + 240_000)).toBeCloseTo(1, 1);
  });

  it('never fall, and have no bucket with more than a larger one', () => {
    const before = totalsOf(counts);
    const after = totalsOf(
      new Map([...counts, [endedSlot('failed', 60_000), 0], [endedSlot('succeeded', 40), 3]]),
    );
    const first = grownBy(NO_STEPS, NO_STEPS, before);
    expect(first).toEqual(before);
    const grown = grownBy(first, before, after);
    expect(grown).toMatchObject({ succeeded: 6, failed: 12 });
    expect(grown.below).toEqual(grown.below.toSorted((one, other) => one - other));
    expect(grown.timed).toBeGreaterThanOrEqual(grown.below.at(-1)!);
  });
});
