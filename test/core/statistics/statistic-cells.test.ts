import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  LONGEST_STATISTIC_WINDOW,
  SPANS,
  cellsAt,
  cellsOfWindow,
  statisticExpiry,
} from '../../../src/core/statistics/statistic-cells.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';

const lengthOf = (name: string) => SPANS.find(({ span }) => span === name)!.length;
const now = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) });
const window = fc.oneof(
  fc.integer({ min: 1, max: 2 * HOUR }),
  fc.integer({ min: MINUTE, max: LONGEST_STATISTIC_WINDOW }),
  fc.constantFrom(5 * MINUTE, HOUR, DAY, 7 * DAY, 28 * DAY),
);

it('covers a window up to the running minute, each moment once, with what is still kept', () => {
  fc.assert(
    fc.property(window, now, (duration, at) => {
      const { from, cells } = cellsOfWindow(duration, at);
      let end = from;
      for (const cell of cells) {
        const length = lengthOf(cell.span);
        expect(cell.index * length).toBe(end);
        expect(statisticExpiry(cell)).toBeGreaterThan(at + MINUTE);
        end += length;
      }
      expect(end).toBe((Math.floor(at / MINUTE) + 1) * MINUTE);
      expect(cells.length).toBeLessThanOrEqual(59 + 23 + 28 + 23 + 59);
    }),
    { numRuns: 2000 },
  );
});

it('C5: is exact to the minute up to an hour, to the hour up to 7 days, and to the day above', () => {
  fc.assert(
    fc.property(window, now, (duration, at) => {
      const unit = duration <= HOUR ? MINUTE : duration <= 7 * DAY ? HOUR : DAY;
      const { from } = cellsOfWindow(duration, at);
      const minutes = Math.ceil(duration / MINUTE);
      const asked = (Math.floor(at / MINUTE) + 1 - minutes) * MINUTE;
      expect(from).toBeLessThanOrEqual(asked);
      expect(asked - from).toBeLessThan(unit);
    }),
  );
});

it('puts a moment into its minute, its hour and its day', () => {
  expect(cellsAt(Date.UTC(1970, 0, 3, 4, 5, 6))).toEqual([
    { span: 'minute', index: 2 * 1440 + 4 * 60 + 5 },
    { span: 'hour', index: 2 * 24 + 4 },
    { span: 'day', index: 2 },
  ]);
});
