import { array, assert, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimeSpan } from '../../../src/core/time/breaks.ts';
import { breaksBetween, endOfGrace, settledUntil } from '../../../src/core/time/breaks.ts';

const span = tuple(nat(200), nat(60)).map(([from, length]): TimeSpan => [from, from + length]);

describe('breaks', () => {
  it('are what lies between spans, and after the last one', () => {
    expect(
      breaksBetween(
        [
          [10, 20],
          [30, 40],
        ],
        40,
      ),
    ).toEqual([[20, 30]]);
    expect(
      breaksBetween(
        [
          [10, 20],
          [30, 40],
        ],
        45,
      ),
    ).toEqual([
      [20, 30],
      [40, 45],
    ]);
  });

  it('are none where another replica was up', () => {
    expect(
      breaksBetween(
        [
          [10, 20],
          [30, 40],
          [15, 35],
        ],
        40,
      ),
    ).toEqual([]);
  });

  it('are none before the first span: nothing was missed there', () => {
    expect(breaksBetween([], 40)).toEqual([]);
    expect(breaksBetween([[40, 40]], 40)).toEqual([]);
  });

  it('hold exactly the moments that no span holds', () => {
    assert(
      property(array(span, { maxLength: 8 }), nat(300), (spans, now) => {
        const breaks = breaksBetween(spans, now);
        const first = Math.min(...spans.map(([from]) => from));
        for (let moment = 0; moment < now; moment++) {
          const middle = moment + 0.5;
          const within = (one: TimeSpan) => one[0] < middle && middle < one[1];
          expect(breaks.some(within)).toBe(middle > first && !spans.some(within));
        }
      }),
    );
  });
});

describe('deadlines', () => {
  const LEAST = 60;

  it('wait as long after a break as it lasted, and at least for the grace', () => {
    expect(endOfGrace([100, 130], LEAST)).toBe(190);
    expect(endOfGrace([100, 300], LEAST)).toBe(500);
    expect(settledUntil([[100, 130]], LEAST, 189)).toBe(100);
    expect(settledUntil([[100, 130]], LEAST, 190)).toBe(190);
  });

  it('wait for no later break than their own: breaks that go on and on hold up none for good', () => {
    const breaks = Array.from({ length: 100 }, (_, index): TimeSpan => [index * 50, index * 50 + 5]);
    for (let now = 0; now < 5_000; now++) {
      const known = breaks
        .filter(([from]) => from <= now)
        .map(([from, to]): TimeSpan => [from, Math.min(to, now)]);
      expect(now - settledUntil(known, LEAST, now)).toBeLessThanOrEqual(5 + LEAST);
    }
  });

  it('C3: are judged in time where there was no break', () => {
    expect(settledUntil([], LEAST, 1234)).toBe(1234);
  });
});
