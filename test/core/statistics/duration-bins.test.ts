import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { binOf, durationOf, edgesOf } from '../../../src/core/statistics/duration-bins.ts';
import { DAY, MINUTE, SECOND } from '../../../src/core/time/duration.ts';

/** Every duration equally likely by its number of digits, up to what the bins reach. */
const duration = fc.double({ min: 0, max: 10, noNaN: true }).map((digits) => Math.floor(10 ** digits) - 1);

it('has an edge at every duration of two digits', () => {
  for (let unit = 1; unit <= 100_000_000; unit *= 10) {
    for (let digits = 10; digits < 100; digits++) {
      const edge = digits * unit;
      expect(edgesOf(binOf(edge))[0]).toBe(edge);
      expect(binOf(edge - 1)).toBe(binOf(edge) - 1);
    }
  }
  expect(edgesOf(binOf(2.5 * SECOND))[0]).toBe(2.5 * SECOND);
  expect(edgesOf(binOf(10 * MINUTE))[0]).toBe(10 * MINUTE);
});

it('leaves no gap between bins, and none overlaps another', () => {
  let end = 0;
  for (let bin = 0; bin <= binOf(100 * DAY); bin++) {
    const [from, to] = edgesOf(bin);
    expect(from).toBe(end);
    expect(binOf(from)).toBe(bin);
    expect(binOf(to - 1)).toBe(bin);
    end = to;
  }
  expect(end).toBeGreaterThan(100 * DAY);
});

it('stands for each of its durations within 2%, and for those below 100 ms exactly', () => {
  fc.assert(
    fc.property(duration, (exact) => {
      const shown = durationOf(binOf(exact));
      if (exact < 100) expect(shown).toBe(exact);
      expect(Math.abs(shown - exact)).toBeLessThanOrEqual(0.02 * exact);
    }),
    { numRuns: 5000 },
  );
  // The widest, where they are furthest from the middle.
  for (let bin = 0; bin <= binOf(100 * DAY); bin++) {
    const [from, to] = edgesOf(bin);
    for (const exact of [from, to - 1]) {
      expect(Math.abs(durationOf(bin) - exact)).toBeLessThanOrEqual(0.02 * exact);
    }
  }
});

it('takes what ended before it began for zero, and what lasts for years for the longest', () => {
  expect(binOf(-5)).toBe(0);
  expect(binOf(10 ** 12)).toBe(binOf(10 ** 10 - 1));
  expect(() => edgesOf(binOf(10 ** 12))).not.toThrow();
});
