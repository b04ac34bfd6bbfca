import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { burnRate, maximumBurnRate } from '../../../src/core/budget/burn-rate.ts';
import { errorBudget, stateOfBudget } from '../../../src/core/budget/error-budget.ts';
import { DAY, HOUR, SECOND } from '../../../src/core/time/duration.ts';
import { objective } from '../../support/definitions.ts';

describe('errorBudget', () => {
  it('is that of design §2.5', () => {
    expect(errorBudget(objective('95%'), { good: 9710, bad: 290 })).toEqual({
      allowed: 500,
      spent: 290,
      remaining: 210,
      remainingRatio: 0.42,
    });
  });

  it('is signed when it is overspent', () => {
    expect(errorBudget(objective('99%'), { good: 870, bad: 130 })).toMatchObject({
      allowed: 10,
      remaining: -120,
      remainingRatio: -12,
    });
  });

  it('has no ratio without outcomes', () => {
    expect(errorBudget(objective('99%'), { good: 0, bad: 0 })).toEqual({
      allowed: 0,
      spent: 0,
      remaining: 0,
      remainingRatio: null,
    });
  });

  it.each([
    ['99.9%', 1_000_000, 1000],
    ['99.99%', 10_000, 1],
    ['99.999%', 300_000, 3],
    ['71%', 100, 29],
    ['93%', 100, 7],
  ])('of %s allows of %i outcomes exactly %i', (text, total, allowed) => {
    const spent = errorBudget(objective(text), { good: total - allowed, bad: allowed });
    expect(spent).toEqual({ allowed, spent: allowed, remaining: 0, remainingRatio: 0 });
  });

  it('has no dust: exact budgets have whole numbers, and what is spent and remains add up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99_999 }),
        fc.nat({ max: 10_000 }),
        fc.nat({ max: 10_000 }),
        (thousandths, hundreds, bad) => {
          const goal = objective(
            `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0')}%`,
          );
          const total = hundreds * 100_000 + 100_000;
          const { allowed, remaining } = errorBudget(goal, { good: total - bad, bad });
          expect(allowed).toBe((total / 100_000) * (100_000 - thousandths));
          expect(remaining).toBe(allowed - bad);
        },
      ),
    );
  });
});

describe('stateOfBudget', () => {
  it.each([
    [null, 'ok'],
    [1, 'ok'],
    [0.25, 'ok'],
    [0.2499, 'low'],
    [0, 'exhausted'],
    [-3, 'exhausted'],
  ])('with %s left is %s', (remainingRatio, state) => {
    expect(stateOfBudget({ remainingRatio })).toBe(state);
  });
});

describe('burnRate', () => {
  it('is one when exactly the budget is spent', () => {
    expect(burnRate(objective('99.9%'), { good: 999, bad: 1 })).toBe(1);
    expect(burnRate(objective('99.999%'), { good: 299_997, bad: 3 })).toBe(1);
    expect(burnRate(objective('71%'), { good: 71, bad: 29 })).toBe(1);
  });

  it('of 10 requests an hour at 99.9% is 1000 after one of an hour failed, which spends 13.9% of 30 days', () => {
    const goal = objective('99.9%');
    expect(burnRate(goal, { good: 0, bad: 1 })).toBe(1000);
    const { allowed } = errorBudget(goal, { good: 30 * 24 * 10 - 1, bad: 1 });
    expect(30 * 24 * 10).toBe(7200);
    expect(allowed).toBe(7.2);
    expect(((1 / allowed) * 100).toFixed(1)).toBe('13.9');
  });

  it('is nothing without outcomes, and 0 without bad ones', () => {
    expect(burnRate(objective('99%'), { good: 0, bad: 0 })).toBeNull();
    expect(burnRate(objective('99%'), { good: 5, bad: 0 })).toBe(0);
  });

  it.each([
    ['90%', 10],
    ['99.9%', 1000],
    ['99.999%', 100_000],
    ['95%', 20],
  ])('of %s is at most %i, that of a total outage', (text, highest) => {
    expect(maximumBurnRate(objective(text))).toBe(highest);
    expect(burnRate(objective(text), { good: 0, bad: 123 })).toBe(highest);
  });

  it('of a total outage at 90% spends 1.4% of a 30-day budget an hour', () => {
    expect(((maximumBurnRate(objective('90%')) * HOUR * 100) / (30 * DAY)).toFixed(1)).toBe('1.4');
  });

  it('of a total outage at 99.999% exhausts a 30-day budget in 26 seconds', () => {
    expect(((30 * DAY) / maximumBurnRate(objective('99.999%')) / SECOND).toFixed(0)).toBe('26');
  });
});

describe('the error budget policy of the SRE Workbook, appendix B', () => {
  const goal = objective('99.9%');

  it('freezes when the budget of four weeks is exceeded, and not when it is just spent', () => {
    expect(errorBudget(goal, { good: 999_000, bad: 1000 }).remainingRatio).toBe(0);
    expect(errorBudget(goal, { good: 998_999, bad: 1001 }).remainingRatio).toBe(-0.001);
  });

  it('asks for a postmortem of one incident that took more than 20% of the budget', () => {
    const { allowed } = errorBudget(goal, { good: 999_000, bad: 1000 });
    expect(200 / allowed).toBe(0.2);
    expect(201 / allowed).toBeGreaterThan(0.2);
  });
});
