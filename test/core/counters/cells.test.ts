import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Counts, Resolution, Span } from '../../../src/core/counters/cells.ts';
import {
  CELL_BYTES,
  HOURS_PER_BLOCK,
  HOUR_RETENTION,
  MINUTES_PER_BLOCK,
  MINUTE_EXACT,
  MINUTE_RETENTION,
  blockExpiry,
  cellOf,
  spansOfWindow,
  sumCells,
} from '../../../src/core/counters/cells.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';

/** Outcomes by minute, and the packed blocks that a store would hold of them. */
function pack(outcomes: ReadonlyMap<number, Counts>): Map<string, Uint8Array> {
  const blocks = new Map<string, Uint8Array>();
  for (const [minute, { good, bad }] of outcomes) {
    for (const resolution of ['minute', 'hour'] as const) {
      const { block, cell } = cellOf(resolution, minute);
      const size = resolution === 'minute' ? MINUTES_PER_BLOCK : HOURS_PER_BLOCK;
      const key = `${resolution} ${block}`;
      const bytes = blocks.get(key) ?? new Uint8Array(size * CELL_BYTES);
      blocks.set(key, bytes);
      const view = new DataView(bytes.buffer);
      view.setUint32(cell * CELL_BYTES, view.getUint32(cell * CELL_BYTES) + good);
      view.setUint32(cell * CELL_BYTES + 4, view.getUint32(cell * CELL_BYTES + 4) + bad);
    }
  }
  return blocks;
}

function sumSpans(blocks: ReadonlyMap<string, Uint8Array>, spans: readonly Span[]): Counts {
  let good = 0;
  let bad = 0;
  for (const { resolution, block, from, to } of spans) {
    const counts = sumCells(blocks.get(`${resolution} ${block}`) ?? null, from, to);
    good += counts.good;
    bad += counts.bad;
  }
  return { good, bad };
}

function sumMinutes(outcomes: ReadonlyMap<number, Counts>, first: number, last: number): Counts {
  let good = 0;
  let bad = 0;
  for (const [minute, counts] of outcomes) {
    if (minute < first || minute > last) continue;
    good += counts.good;
    bad += counts.bad;
  }
  return { good, bad };
}

/** Every minute that spans cover, in order. */
function minutesOf(spans: readonly Span[]): number[] {
  return spans.flatMap(({ resolution, block, from, to }) => {
    const [size, minutes] = resolution === 'minute' ? [MINUTES_PER_BLOCK, 1] : [HOURS_PER_BLOCK, 60];
    const first = (block * size + from) * minutes;
    return Array.from({ length: (to - from + 1) * minutes }, (_, index) => first + index);
  });
}

describe('C5: a window sum', () => {
  const now = fc.integer({ min: START - 400 * DAY, max: START + 400 * DAY });
  const counts = fc.record({ good: fc.nat({ max: 1_000_000 }), bad: fc.nat({ max: 1_000_000 }) });
  const history = fc.array(fc.tuple(fc.nat({ max: 91 * 24 * 60 }), counts), { maxLength: 60 });

  function outcomesBefore(
    timestamp: number,
    ages: readonly (readonly [number, Counts])[],
  ): Map<number, Counts> {
    return new Map(ages.map(([age, counted]) => [minuteOf(timestamp) + 5 - age, counted]));
  }

  it('is exact to the minute up to 3 days', () => {
    const duration = fc.integer({ min: MINUTE, max: MINUTE_EXACT });
    const recent = history.map((ages) =>
      ages.map(([age, counted]) => [age % (4 * 24 * 60), counted] as const),
    );
    fc.assert(
      fc.property(now, duration, recent, (timestamp, window, ages) => {
        const outcomes = outcomesBefore(timestamp, ages);
        const last = minuteOf(timestamp);
        const first = last - Math.ceil(window / MINUTE) + 1;
        const sum = sumSpans(pack(outcomes), spansOfWindow(window, timestamp));
        expect(sum).toEqual(sumMinutes(outcomes, first, last));
      }),
      { numRuns: 500 },
    );
  });

  it('is exact to the hour at the far edge up to 90 days', () => {
    const duration = fc.integer({ min: MINUTE_EXACT + 1, max: 90 * DAY });
    fc.assert(
      fc.property(now, duration, history, (timestamp, window, ages) => {
        const outcomes = outcomesBefore(timestamp, ages);
        const last = minuteOf(timestamp);
        const first = last - Math.ceil(window / MINUTE) + 1;
        const sum = sumSpans(pack(outcomes), spansOfWindow(window, timestamp));
        expect(sum).toEqual(sumMinutes(outcomes, first - (first % 60), last));
      }),
      { numRuns: 500 },
    );
  });

  it.each([MINUTE, 5 * MINUTE, 59 * MINUTE, HOUR, 61 * MINUTE, 6 * HOUR, DAY, MINUTE_EXACT])(
    'over %i ms covers each of its minutes once, at every minute of an hour',
    (window) => {
      for (let minute = 0; minute <= 60; minute++) {
        const timestamp = START + minute * MINUTE;
        const covered = minutesOf(spansOfWindow(window, timestamp));
        const last = minuteOf(timestamp);
        const expected = Array.from(
          { length: window / MINUTE },
          (_, index) => last - window / MINUTE + 1 + index,
        );
        expect(covered.toSorted((a, b) => a - b)).toEqual(expected);
      }
    },
  );

  it('changes at the first millisecond of a minute, and counts the running minute', () => {
    expect(spansOfWindow(5 * MINUTE, START + 10 * MINUTE - 1)).toEqual([
      { resolution: 'minute', block: minuteOf(START) / 60, from: 5, to: 9 },
    ]);
    expect(spansOfWindow(5 * MINUTE, START + 10 * MINUTE)).toEqual([
      { resolution: 'minute', block: minuteOf(START) / 60, from: 6, to: 10 },
    ]);
  });

  it('takes at least one minute', () => {
    expect(minutesOf(spansOfWindow(1, START))).toEqual([minuteOf(START)]);
  });

  it('reads few cells: whole hours, and minutes only at the edges', () => {
    const spans = spansOfWindow(28 * DAY, START + 30 * MINUTE);
    expect(spans.filter(({ resolution }) => resolution === 'minute')).toHaveLength(1);
    expect(spans.length).toBeLessThanOrEqual(6);
  });

  it('touches only blocks that are still kept', () => {
    fc.assert(
      fc.property(now, fc.integer({ min: MINUTE, max: 90 * DAY }), (timestamp, window) => {
        for (const { resolution, block } of spansOfWindow(window, timestamp)) {
          expect(blockExpiry(resolution, block)).toBeGreaterThan(timestamp);
        }
      }),
    );
  });
});

describe('sumCells', () => {
  const block = pack(
    new Map([
      [0, { good: 1, bad: 2 }],
      [1, { good: 4_294_967_295, bad: 4_294_967_295 }],
      [59, { good: 7, bad: 8 }],
    ]),
  ).get('minute 0')!;

  it('adds cells up, both ends included, beyond 32 bits', () => {
    expect(sumCells(block, 0, 1)).toEqual({ good: 4_294_967_296, bad: 4_294_967_297 });
    expect(sumCells(block, 1, 59)).toEqual({ good: 4_294_967_302, bad: 4_294_967_303 });
    expect(sumCells(block, 2, 58)).toEqual({ good: 0, bad: 0 });
  });

  it('takes a block that was never written, or was cut short, for zeros', () => {
    expect(sumCells(null, 0, 59)).toEqual({ good: 0, bad: 0 });
    expect(sumCells(block.subarray(0, 8), 0, 59)).toEqual({ good: 1, bad: 2 });
    expect(sumCells(block.subarray(0, 4), 0, 59)).toEqual({ good: 1, bad: 0 });
    expect(sumCells(block.subarray(0, 8), 5, 9)).toEqual({ good: 0, bad: 0 });
  });

  it('reads a view into a larger buffer', () => {
    const larger = new Uint8Array(block.byteLength + 3);
    larger.set(block, 3);
    expect(sumCells(larger.subarray(3), 59, 59)).toEqual({ good: 7, bad: 8 });
  });
});

describe('blocks', () => {
  const resolutions: readonly (readonly [Resolution, number, number])[] = [
    ['minute', MINUTE * MINUTES_PER_BLOCK, MINUTE_RETENTION],
    ['hour', HOUR * HOURS_PER_BLOCK, HOUR_RETENTION],
  ];

  it.each(resolutions)(
    '%s blocks are kept for their retention after their last cell',
    (resolution, length, retention) => {
      const { block, cell } = cellOf(resolution, minuteOf(START));
      const begins = block * length;
      expect(begins).toBeLessThanOrEqual(START);
      expect(begins + length).toBeGreaterThan(START);
      expect(cell).toBe(Math.floor((START - begins) / (resolution === 'minute' ? MINUTE : HOUR)));
      expect(blockExpiry(resolution, block)).toBe(begins + length + retention);
    },
  );
});
