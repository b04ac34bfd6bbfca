import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceOfAtLeast } from '../../../src/core/alerting/binomial.ts';

/** Total, bad, and the probability as a fraction; with the tail to 16 digits, by the series of the incomplete beta function at 60. */
const GOLDEN: readonly (readonly [total: number, bad: number, parts: number, of: number, tail: number])[] = [
  [1, 1, 1, 10000, 0.0001],
  [28, 1, 1, 10000, 0.002796223273953482],
  [10, 2, 1, 100, 0.00426620024283142],
  [10, 3, 1, 100, 0.0001138491179057796],
  [10, 10, 1, 100, 1.0e-20],
  [60, 4, 1, 1000, 4.662819551917658e-7],
  [240, 14, 1, 10, 0.9920356208243009],
  [3600, 48, 1, 100, 0.03126919405730889],
  [3600, 600, 5, 100, 2.3492408196464e-145],
  [360000, 3750, 1, 100, 0.006385901439711325],
  [20, 13, 1, 2, 0.1315879821777344],
  [13, 13, 1, 2, 0.0001220703125],
  [100, 50, 1, 2, 0.5397946186935894],
  [1000, 520, 1, 2, 0.1087241466020705],
  [7, 1, 99, 100, 0.99999999999999],
  [1e9, 100500, 1, 10000, 0.05718511662794279],
  [4.25, 1.5, 1, 100, 0.005890521100442858],
  [1002.5, 250.25, 1, 10, 4.153992294048455e-42],
  [10.0, 0.5, 1, 100, 0.3501563419219086],
  [2.000001, 2, 1, 100, 0.0001000001493308689],
  [50, 3, 1, 10, 0.888271243653653],
  [1000, 5, 1, 100, 0.971313600000995],
  [360000, 5200, 1, 100, 1.311212407290442e-139],
];

describe('the binomial tail', () => {
  it.each(GOLDEN)('of %d outcomes with %d bad at %d in %d is %d', (total, bad, parts, of, tail) => {
    const found = chanceOfAtLeast(total, bad, parts / of, (of - parts) / of);
    expect(Math.abs(found / tail - 1)).toBeLessThan(1e-12);
  });

  it('is the sum of the probabilities, counted out in whole numbers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.nat({ max: 60 }),
        fc.constantFrom(1n, 5n, 10n, 50n, 99n),
        (total, wanted, percent) => {
          const bad = Math.min(wanted, total);
          let [sum, ways] = [0n, 1n];
          for (let k = 0n; k <= BigInt(total); k++) {
            if (k >= BigInt(bad)) sum += ways * percent ** k * (100n - percent) ** (BigInt(total) - k);
            ways = (ways * (BigInt(total) - k)) / (k + 1n);
          }
          // 18 digits are enough to compare 12, and more than a number holds.
          const scaled = Number((sum * 10n ** 300n) / 100n ** BigInt(total)) / 1e300;
          const p = Number(percent) / 100;
          const found = chanceOfAtLeast(total, bad, p, Number(100n - percent) / 100);
          expect(Math.abs(found - scaled)).toBeLessThanOrEqual(1e-12 * scaled);
        },
      ),
    );
  });

  it('runs on smoothly between whole counts, and falls with every failure', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e7, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.constantFrom(0.0001, 0.01, 0.1, 0.5),
        (total, share, p) => {
          const bad = total * share;
          const tail = chanceOfAtLeast(total, bad, p, 1 - p);
          expect(tail).toBeGreaterThanOrEqual(0);
          expect(tail).toBeLessThanOrEqual(1);
          expect(chanceOfAtLeast(total, Math.min(total, bad * 1.01), p, 1 - p)).toBeLessThanOrEqual(
            tail * (1 + 1e-12),
          );
        },
      ),
    );
  });

  it('keeps its digits where hardly anything is good, and the chance is near the least that a number can be', () => {
    const [total, p] = [76.77884950570036, 0.0001];
    const all = chanceOfAtLeast(total, total, p, 1 - p);
    expect(all).toBeLessThanOrEqual(
      chanceOfAtLeast(total, total * 0.9999999999999923, p, 1 - p) * (1 + 1e-12),
    );
  });

  it('is certain of no failure, and impossible of more than there are outcomes', () => {
    expect(chanceOfAtLeast(10, 0, 0.01, 0.99)).toBe(1);
    expect(chanceOfAtLeast(10, 10.5, 0.01, 0.99)).toBe(0);
  });
});
