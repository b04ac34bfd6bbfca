import { array, assert, double, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compositeCounts, spentShares } from '../../../src/core/sli/composite.ts';

const member = (good: number, bad: number, weight = 1) => ({ good, bad, weight });

describe('a weighted composite', () => {
  it('has the weighted mean of the error rates, over the outcomes of all', () => {
    // (3 * 10% + 1 * 50%) / 4 = 20% of 1,100.
    expect(compositeCounts('weighted', [member(900, 100, 3), member(50, 50, 1)])).toEqual({
      good: 880,
      bad: 220,
    });
  });

  it('leaves out members without outcomes', () => {
    expect(compositeCounts('weighted', [member(9, 1, 0.1), member(0, 0, 5)])).toEqual({ good: 9, bad: 1 });
  });
});

describe('an all-of composite', () => {
  it('is as good as the product of its members, over the outcomes of the busiest', () => {
    // 1 - 0.9 * 0.5 = 55% of 1,000.
    expect(compositeCounts('all-of', [member(900, 100), member(50, 50)])).toEqual({ good: 450, bad: 550 });
  });

  it('is exact when one member fails and the others do not', () => {
    expect(compositeCounts('all-of', [member(997, 3), member(1000, 0), member(40, 0)])).toEqual({
      good: 997,
      bad: 3,
    });
  });
});

describe.each(['weighted', 'all-of'] as const)('%s', (method) => {
  it('has no float dust where nothing failed, and nothing at all without outcomes', () => {
    expect(compositeCounts(method, [member(3, 0, 0.1), member(7, 0, 0.7)]).bad).toBe(0);
    expect(compositeCounts(method, [member(0, 0), member(0, 0)])).toEqual({ good: 0, bad: 0 });
    expect(compositeCounts(method, [])).toEqual({ good: 0, bad: 0 });
  });

  it('is exactly its only member with outcomes, whatever that weighs', () => {
    const weights = double({ min: 0.01, max: 1000, noNaN: true });
    assert(
      property(nat(1000), nat(1000), weights, (good, bad, weight) => {
        expect(compositeCounts(method, [member(0, 0), member(good, bad, weight)])).toEqual({ good, bad });
      }),
    );
  });

  it('stays within what was counted, and is no better than perfect nor worse than all bad', () => {
    const members = array(
      record({
        good: nat(1e9),
        bad: nat(1e9),
        weight: double({ min: 0.01, max: 1000, noNaN: true }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    assert(
      property(members, (parts) => {
        const { good, bad } = compositeCounts(method, parts);
        expect(good).toBeGreaterThanOrEqual(0);
        expect(bad).toBeGreaterThanOrEqual(0);
        expect(bad === 0).toBe(parts.every((part) => part.bad === 0));
        const errorRates = parts.flatMap((part) =>
          part.good + part.bad === 0 ? [] : [part.bad / (part.good + part.bad)],
        );
        if (errorRates.length === 0) return;
        const errorRate = bad / (good + bad);
        const worst = Math.max(...errorRates);
        if (method === 'weighted') expect(errorRate).toBeLessThanOrEqual(worst + 1e-9);
        else expect(errorRate).toBeGreaterThanOrEqual(worst - 1e-9);
        const naive = 1 - errorRates.reduce((product, rate) => product * (1 - rate), 1);
        if (method === 'all-of') expect(errorRate).toBeCloseTo(naive, 9);
      }),
    );
  });
});

describe('shares of what is spent', () => {
  it('go by weighted error rates, or by error rates', () => {
    const members = [member(900, 100, 3), member(50, 50, 1), member(0, 0, 9)];
    expect(spentShares('weighted', members)).toEqual(
      [0.3 / 0.8, 0.5 / 0.8, 0].map((share) => expect.closeTo(share)),
    );
    expect(spentShares('all-of', members)).toEqual([1 / 6, 5 / 6, 0].map((share) => expect.closeTo(share)));
  });

  it('are unknown while nothing is spent', () => {
    expect(spentShares('weighted', [member(1, 0), member(0, 0)])).toEqual([null, null]);
  });
});
