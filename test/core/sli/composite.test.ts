import { array, assert, constant, double, nat, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compositeCounts, spentShares } from '../../../src/core/sli/composite.ts';

const member = (good: number, bad: number, weight = 1) => ({ good, bad, weight, budgetScale: undefined });

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

describe('a weighted composite whose members burn against their own objectives', () => {
  const scaled = (good: number, bad: number, weight: number, budgetScale: number) => ({
    ...member(good, bad, weight),
    budgetScale,
  });

  it('burns as the weighted mean of their burn rates, whichever of them have outcomes', () => {
    const part = record({
      total: nat({ max: 10_000 }),
      errorRate: nat({ max: 1000 }).map((thousandths) => thousandths / 1000),
      weight: double({ min: 0.1, max: 100, noNaN: true }),
      budget: double({ min: 0.0001, max: 0.5, noNaN: true }),
    });
    assert(
      property(array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const weights = parts.reduce((sum, { weight }) => sum + weight, 0);
        const budget = weights / parts.reduce((sum, each) => sum + each.weight / each.budget, 0);
        const counts = compositeCounts(
          'weighted',
          parts.map(({ total, errorRate, weight, budget: own }) =>
            scaled(total * (1 - errorRate), total * errorRate, weight, budget / own),
          ),
        );
        const there = parts.filter(({ total }) => total > 0);
        if (there.length === 0) return;
        const burn = there.reduce((sum, each) => sum + (each.weight * each.errorRate) / each.budget, 0);
        const mean = burn / there.reduce((sum, { weight }) => sum + weight, 0);
        // An error rate is at most 1.
        const most = Math.min(mean, 1 / budget);
        const total = counts.good + counts.bad;
        expect(counts.bad / total / budget).toBeCloseTo(most, 6);
        expect(counts.good).toBeGreaterThanOrEqual(0);
        if (there.length === parts.length) expect(mean).toBeLessThanOrEqual((1 / budget) * (1 + 1e-9));
      }),
    );
  });

  it('gives each its share of that', () => {
    // 1% against 0.1% burns 10 times, 10% against 10% once.
    const shares = spentShares('weighted', [scaled(99, 1, 1, 30), scaled(90, 10, 1, 0.3)]);
    expect(shares.map((share) => share!.toFixed(3))).toEqual(['0.909', '0.091']);
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
        budgetScale: constant(undefined),
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
