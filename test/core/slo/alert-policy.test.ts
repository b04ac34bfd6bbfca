import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BurnRateTier } from '../../../src/core/slo/alert-policy.ts';
import { defaultTiers } from '../../../src/core/slo/alert-policy.ts';
import { detectionTime } from '../../support/detection-time.ts';
import { beyondChance, outageRun } from '../../../src/core/alerting/outage-proof.ts';
import { maximumBurnRate } from '../../../src/core/budget/burn-rate.ts';
import { DAY, HOUR, MINUTE, SECOND, formatDuration } from '../../../src/core/time/duration.ts';
import { objective } from '../../support/definitions.ts';

/** Those that watch burn rates. */
function tiers(goal: string, days: number): BurnRateTier[] {
  return defaultTiers(objective(goal), days * DAY).filter((one) => one.kind === 'burnRate');
}

function tier(goal: string, days: number, name: string): BurnRateTier {
  return tiers(goal, days).find((candidate) => candidate.name === name)!;
}

const factors = (all: readonly BurnRateTier[]) => all.map(({ factor }) => factor);
const windows = (all: readonly BurnRateTier[]) =>
  all.map(({ long, short }) => `${formatDuration(long)}/${formatDuration(short)}`);

describe('the default tiers', () => {
  it('are the outage and the four of the table, the worst first', () => {
    expect(defaultTiers(objective('99.9%'), 30 * DAY)).toEqual([
      { kind: 'outage', name: 'outage', severity: 'page' },
      {
        kind: 'burnRate',
        name: 'fast',
        severity: 'page',
        long: HOUR,
        short: 5 * MINUTE,
        factor: 14.4,
        loweredFrom: null,
      },
      {
        kind: 'burnRate',
        name: 'slow',
        severity: 'page',
        long: 6 * HOUR,
        short: 30 * MINUTE,
        factor: 6,
        loweredFrom: null,
      },
      {
        kind: 'burnRate',
        name: 'drift',
        severity: 'ticket',
        long: DAY,
        short: 2 * HOUR,
        factor: 3,
        loweredFrom: null,
      },
      {
        kind: 'burnRate',
        name: 'creep',
        severity: 'ticket',
        long: 3 * DAY,
        short: 6 * HOUR,
        factor: 1,
        loweredFrom: null,
      },
    ]);
  });

  it.each([
    [30, [14.4, 6, 3, 1]],
    // 0.933 would be below the pace that spends the budget, so it is raised.
    [28, [13.44, 5.6, 2.8, 1]],
    // 20% more window than 28 days' would give 13.92.
    [29, [13.92, 5.8, 2.9, 1]],
    // Longer windows would make pages slower: they stay as at 30 days, and shorter ones as at 28.
    [90, [14.4, 6, 3, 1]],
    [7, [13.44, 5.6, 2.8, 1]],
    [1, [13.44, 5.6, 2.8, 1]],
  ])('of %i days have the published factors, to the digit', (days, expected) => {
    expect(factors(tiers('99.9%', days))).toEqual(expected);
  });

  it.each([
    [30, ['1h/5m', '6h/30m', '1d/2h', '3d/6h']],
    [28, ['1h/5m', '6h/30m', '1d/2h', '3d/6h']],
    [90, ['1h/5m', '6h/30m', '1d/2h', '3d/6h']],
    [14, ['30m/3m', '3h/15m', '12h/1h', '1d12h/3h']],
    [7, ['15m/2m', '1h30m/8m', '6h/30m', '18h/1h30m']],
    [1, ['3m/1m', '13m/2m', '52m/5m', '2h35m/13m']],
  ])('of %i days have windows in proportion, in whole minutes', (days, expected) => {
    expect(windows(tiers('99.9%', days))).toEqual(expected);
  });

  it('spend the share of the budget that the table says', () => {
    const shares = [2, 5, 10, 10];
    for (const days of [28, 30]) {
      tiers('99.9%', days).forEach(({ factor, long }, index) => {
        const share = (factor * long * 100) / (days * DAY);
        // The raised factor spends a little more than its share.
        expect(share).toBeCloseTo(days === 28 && index === 3 ? (3 / 28) * 100 : shares[index]!, 10);
      });
    }
  });
});

describe('J3: every tier can fire', () => {
  it('14.4x at 90% is lowered to half of the highest burn rate, and says so', () => {
    expect(tiers('90%', 30).map(({ factor, loweredFrom }) => [factor, loweredFrom])).toEqual([
      [5, 14.4],
      [5, 6],
      [3, null],
      [1, null],
    ]);
  });

  it.each([
    ['50%', [1, 1, 1, 1]],
    ['80%', [2.5, 2.5, 2.5, 1]],
    ['95%', [10, 5.6, 2.8, 1]],
    ['97%', [13.44, 5.6, 2.8, 1]],
  ])('at %s and 28 days the factors are %j', (goal, expected) => {
    expect(factors(tiers(goal, 28))).toEqual(expected);
  });

  it.each(['0.1%', '10%', '50%', '75%', '90%', '93%', '95%', '99%', '99.9%', '99.999%', '99.999999999%'])(
    'a total outage at %s fires all tiers within their long windows, whatever the time window',
    (goal) => {
      for (const days of [1, 7, 28, 30, 90]) {
        for (const one of tiers(goal, days)) {
          expect(one.factor).toBeGreaterThan(0);
          expect(one.factor).toBeLessThanOrEqual(maximumBurnRate(objective(goal)) / 2);
          expect(detectionTime(objective(goal), one, 1)).toBeLessThanOrEqual(one.long / 2);
          expect(one.short).toBeLessThan(one.long);
          expect(one.short).toBeGreaterThanOrEqual(MINUTE);
        }
      }
    },
  );
});

describe('detectionTime', () => {
  const published: BurnRateTier = { ...tier('99.9%', 30, 'fast'), factor: 14.4 };

  it.each([
    ['99.9%', 1, 0.864],
    ['99%', 1, 8.64],
    ['95%', 1, 43.2],
  ])('of 14.4x over 1h at %s with an error rate of %d is %d minutes', (goal, errorRate, minutes) => {
    expect(detectionTime(objective(goal), published, errorRate)! / MINUTE).toBeCloseTo(minutes, 10);
  });

  it.each(['93%', '90%', '50%'])('of 14.4x at %s is never, even when everything fails', (goal) => {
    expect(detectionTime(objective(goal), published, 1)).toBeNull();
  });

  it('of 95% at 28 days is half an hour, with the lowered factor', () => {
    expect(detectionTime(objective('95%'), tier('95%', 28, 'fast'), 1)).toBe(30 * MINUTE);
  });

  it('is the long window at an error rate that just fires, and never below it', () => {
    const goal = objective('99.9%');
    expect(detectionTime(goal, published, 0.0144)).toBe(HOUR);
    expect(detectionTime(goal, published, 0.0143)).toBeNull();
    expect(detectionTime(goal, published, 0)).toBeNull();
  });

  it('shrinks with the error rate: 10% at 99.9% takes 8.64 minutes', () => {
    expect(detectionTime(objective('99.9%'), published, 0.1)! / SECOND).toBeCloseTo(518.4, 8);
  });
});

describe('outageRun', () => {
  /** The smallest n with (1 / (1 - objective))^n >= 100 * volume, by whole numbers alone. */
  function oracle(goal: string, volume: number): number {
    const { parts, budgetParts } = objective(goal);
    let [reached, needed, run] = [1n, 100n * BigInt(volume), 0];
    while (reached < needed) {
      reached *= BigInt(parts);
      needed *= BigInt(budgetParts);
      run++;
    }
    return run;
  }

  it.each([
    // A job that runs twice a day, a queue with ten an hour, one a second, a hundred a second; in 28 days.
    ['50%', [13, 20, 28, 35]],
    ['90%', [4, 6, 9, 11]],
    ['95%', [3, 5, 7, 8]],
    ['99%', [2, 3, 5, 6]],
    ['99.9%', [2, 2, 3, 4]],
    ['99.99%', [1, 2, 3, 3]],
  ])('at %s is %j', (goal, expected) => {
    const volumes = [56, 6720, 2_419_200, 241_920_000];
    expect(volumes.map((volume) => outageRun(objective(goal), volume))).toEqual(expected);
  });

  it.each([
    // 10^n is exactly 100 * volume, where floating point might say a little more.
    ['90%', 1, 2],
    ['90%', 10, 3],
    ['90%', 1000, 5],
    ['90%', 1_000_000_000_000, 14],
    ['90%', 10_000_001, 10],
    ['90%', 9_999_999, 9],
    ['99%', 100, 2],
    ['99%', 101, 3],
    ['99.9%', 10, 1],
    ['99.9%', 11, 2],
    ['99.9%', 10_000, 2],
    ['95%', 4, 2],
    ['95%', 5, 3],
    ['95%', 80, 3],
    ['95%', 81, 4],
    // Where Math.log says 5.000000000000001 and 3.0000000000000004.
    ['95%', 32_000, 5],
    ['98%', 3_125_000, 5],
    ['99.8%', 1_250_000, 3],
    ['99.95%', 80_000_000, 3],
  ])('at %s and %i outcomes is %i', (goal, volume, run) => {
    expect(outageRun(objective(goal), volume)).toBe(run);
    expect(oracle(goal, volume)).toBe(run);
  });

  it('is what whole numbers say, at any objective from 50% to 99.99% and any traffic', () => {
    const goals = fc.oneof(
      fc.constantFrom('50%', '75%', '80%', '90%', '95%', '98%', '99%', '99.5%', '99.9%', '99.99%'),
      fc
        .integer({ min: 5000, max: 9999 })
        .map((hundredths) => `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}%`),
    );
    const volumes = fc.oneof(
      fc.integer({ min: 1, max: 1_000_000_000 }),
      fc
        .nat({ max: 11 })
        .chain((power) => fc.constantFrom(10 ** power, Math.max(1, 10 ** power - 1), 10 ** power + 1)),
    );
    fc.assert(
      fc.property(goals, volumes, (goal, volume) => {
        expect(outageRun(objective(goal), volume)).toBe(oracle(goal, volume));
      }),
      { numRuns: 3000 },
    );
  });

  it('is at least one, and finite, at objectives that promise next to nothing or everything', () => {
    expect(outageRun(objective('99.999999999%'), 0)).toBe(1);
    expect(outageRun(objective('0.1%'), 1)).toBe(oracle('0.1%', 1));
    expect(outageRun(objective('0.000001%'), 1_000_000)).toBe(1_842_068_066);
  });
});

describe('beyondChance', () => {
  const OBJECTIVES = ['50%', '75%', '90%', '95%', '99%', '99.9%'].map(objective);

  /** The probability of at least `bad` failures among `total`, each failing with `share`. */
  function upperTail(total: number, bad: number, share: number): number {
    let term = (1 - share) ** total;
    let below = 0;
    for (let k = 0; k < bad; k++) {
      below += term;
      term *= ((total - k) / (k + 1)) * (share / (1 - share));
    }
    return 1 - below;
  }

  it('J3: proves only what chance shows less than once in a hundred windows to a workflow that just meets its objective', () => {
    for (const goal of OBJECTIVES) {
      for (let total = 1; total <= 60; total++) {
        for (let bad = 0; bad <= total; bad++) {
          const proven = beyondChance(goal, { good: total - bad, bad }, 1000);
          // The sum is only exact to some 1e-15 of 1, far below the 1e-5 that is asked.
          if (proven) expect(upperTail(total, bad, goal.errorBudget)).toBeLessThanOrEqual(1e-5 + 1e-12);
        }
      }
    }
  });

  it('J3: takes the same run of bad outcomes as an outage', () => {
    for (const goal of OBJECTIVES) {
      const run = outageRun(goal, 6720);
      expect(beyondChance(goal, { good: 0, bad: run + 1 }, 6720)).toBe(true);
      expect(beyondChance(goal, { good: 0, bad: run - 1 }, 6720)).toBe(false);
    }
  });

  it('is proven by more of the same, however little above the budget; never at or below it', () => {
    const goal = objective('50%');
    expect(beyondChance(goal, { good: 48, bad: 52 }, 1000)).toBe(false);
    expect(beyondChance(goal, { good: 48_000, bad: 52_000 }, 1000)).toBe(true);
    expect(beyondChance(goal, { good: 1e6, bad: 1e6 }, 1)).toBe(false);
    expect(beyondChance(goal, { good: 0, bad: 0 }, 1)).toBe(false);
  });
});
