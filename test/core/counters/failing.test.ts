import { array, assert, boolean, integer, nat, property, record, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beganToFail,
  countedBetween,
  lastFailure,
  stoppedFailing,
} from '../../../src/core/counters/failing.ts';
import type { StreakCells } from '../../../src/core/counters/streak.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { MinuteCounts } from '../../support/cell-history.ts';
import { cellHistory, hourCells } from '../../support/cell-history.ts';

const NOW = 20 * HOUR + 30 * MINUTE + 10_000;
const SHARES = { allowed: 0.05, failing: 0.5 };

/** Good and bad of the minutes from one to another (not included). */
type Stretch = readonly [from: number, to: number, good: number, bad: number];

function cellsOf(
  stretches: readonly Stretch[],
  absent: (hour: number) => boolean = () => false,
): StreakCells {
  const counts: MinuteCounts = new Map(
    stretches.flatMap(([from, to, good, bad]) =>
      Array.from({ length: to - from }, (_, index) => [from + index, { good, bad }] as const),
    ),
  );
  const { hour } = cellHistory(counts);
  return {
    hour,
    minutes: (of) => (absent(of) ? undefined : hourCells(counts, of)),
    latestHour: () => null,
  };
}

const MINUTE_OF_NOW = NOW / MINUTE - 10_000 / MINUTE;

describe('when outcomes began to fail', () => {
  it('is the minute of the first failure of those that go on, not the edge of a window', () => {
    const cells = cellsOf([
      [0, 1200, 20, 0],
      [1200, MINUTE_OF_NOW + 1, 10, 10],
    ]);
    expect(beganToFail(cells, 0, NOW, SHARES)).toEqual({ at: 1200 * MINUTE, wanted: [] });
  });

  it('is not moved by a failure long before, nor by usual failures, nor by a success in between', () => {
    const cells = cellsOf([
      [0, 600, 19, 1],
      [600, 601, 0, 5],
      [601, 1210, 19, 1],
      [1210, 1215, 0, 20],
      [1215, 1216, 20, 0],
      [1216, MINUTE_OF_NOW + 1, 8, 12],
    ]);
    expect(beganToFail(cells, 0, NOW, SHARES).at).toBe(1210 * MINUTE);
  });

  it('is not known where no more fails than may, and without outcomes', () => {
    const cells = cellsOf([[0, 1230, 0, 1]]);
    expect(beganToFail(cells, 0, NOW, { allowed: 0.05, failing: 0.05 }).at).toBeNull();
    expect(beganToFail(cellsOf([]), 0, NOW, SHARES).at).toBeNull();
    expect(beganToFail(cellsOf([[0, 1230, 5, 0]]), 0, NOW, SHARES).at).toBeNull();
  });

  it('is known to the hour where minutes are not at hand, and asks for that hour', () => {
    const stretches: Stretch[] = [
      [0, 1130, 20, 0],
      [1130, MINUTE_OF_NOW + 1, 0, 20],
    ];
    const rough = beganToFail(
      cellsOf(stretches, (hour) => hour < 20),
      0,
      NOW,
      SHARES,
    );
    expect(rough).toEqual({ at: 19 * HOUR, wanted: [19, 18] });
    expect(
      beganToFail(
        cellsOf(stretches, (hour) => hour < 18),
        0,
        NOW,
        SHARES,
      ),
    ).toEqual({
      at: 1130 * MINUTE,
      wanted: [],
    });
  });

  it('looks back no further than it is asked to', () => {
    const cells = cellsOf([[0, MINUTE_OF_NOW + 1, 0, 1]]);
    expect(beganToFail(cells, 900 * MINUTE, NOW, SHARES).at).toBe(900 * MINUTE);
  });

  it('leaves the least out and takes the most in, whatever the traffic', () => {
    const minute = record({ good: nat(5), bad: nat(5) });
    assert(
      property(
        array(minute, { minLength: 1, maxLength: 60 }),
        integer({ min: 6, max: 20 }),
        (minutes, parts) => {
          const shares = { allowed: 0.05, failing: parts / 20 };
          const counts: MinuteCounts = new Map(minutes.map((cell, index) => [index, cell]));
          const end = minutes.length * MINUTE - 1;
          const cells: StreakCells = {
            hour: cellHistory(counts).hour,
            minutes: (of) => hourCells(counts, of),
            latestHour: () => null,
          };
          const { at } = beganToFail(cells, 0, end, shares);
          const k = (shares.allowed + shares.failing) / 2;
          const excess = (from: number) => {
            const { good, bad } = countedBetween(cells, from * MINUTE, end + 1);
            return bad - k * (good + bad);
          };
          const all = minutes.map((_, index) => excess(index));
          if (at === null) {
            expect(Math.max(...all)).toBeLessThanOrEqual(1e-9);
            return;
          }
          expect(excess(at / MINUTE)).toBeCloseTo(Math.max(...all), 9);
          expect(minutes[at / MINUTE]!.bad).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('walks that pass over whole hours', () => {
  it('find what a look at each minute finds, whatever the traffic and whichever minutes are at hand', () => {
    const minute = record({ at: nat(5 * 60 - 1), good: nat(4), bad: nat(4) });
    assert(
      property(
        array(minute, { maxLength: 80 }),
        array(boolean(), { minLength: 5, maxLength: 5 }),
        integer({ min: 0, max: 5 * 60 - 1 }),
        integer({ min: 0, max: 5 * 60 - 1 }),
        // Sixteenths and counts add up exactly, so that equal sums are equal in whatever order they are made.
        tuple(integer({ min: 0, max: 8 }), integer({ min: 0, max: 8 })),
        (minutes, atHand, one, other, [allowed, more]) => {
          const counts: MinuteCounts = new Map(minutes.map(({ at, good, bad }) => [at, { good, bad }]));
          const cells: StreakCells = {
            hour: cellHistory(counts).hour,
            minutes: (of) => (atHand[of] ? hourCells(counts, of) : undefined),
            latestHour: () => null,
          };
          const shares = { allowed: allowed / 16, failing: (allowed + more) / 16 };
          const [from, now] = [Math.min(one, other) * MINUTE + 5_000, Math.max(one, other) * MINUTE + 10_000];
          const steps = everyStep(cells, from, now);
          const began = excessOf(more > 0 ? steps.toReversed() : [], shares);
          const stopped = excessOf(steps, shares);
          const last = steps.findLast(({ bad }) => bad > 0);
          expect({
            began: beganToFail(cells, from, now, shares),
            stopped: stoppedFailing(cells, from, now, shares),
            last: lastFailure(cells, from, now),
            counted: countedBetween(cells, from, now + 1),
          }).toEqual({
            began: { at: began[0] && began[0].from, wanted: began[1] },
            stopped: { at: stopped[0] && Math.min(now, stopped[0].to), wanted: stopped[1] },
            last: { at: last ? Math.min(now, last.to) : null, wanted: roughHours([last]) },
            counted: {
              good: steps.reduce((sum, { good }) => sum + good, 0),
              bad: steps.reduce((sum, { bad }) => sum + bad, 0),
            },
          });
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('look at the minutes of few hours, however many there are', () => {
    const cells = cellsOf([
      [0, 1200, 20, 0],
      [1200, MINUTE_OF_NOW + 1, 10, 10],
    ]);
    const looked: number[] = [];
    const watched: StreakCells = {
      ...cells,
      minutes(hour) {
        looked.push(hour);
        return cells.minutes(hour);
      },
    };
    beganToFail(watched, 0, NOW, SHARES);
    lastFailure(watched, 0, NOW);
    countedBetween(watched, 0, NOW);
    expect(new Set(looked)).toEqual(new Set([20, 19]));
  });
});

interface NaiveStep {
  readonly good: number;
  readonly bad: number;
  readonly from: number;
  readonly to: number;
  readonly hour: number | null;
}

/** Each minute that is not empty, and each hour whose minutes are not at hand. */
function everyStep(cells: StreakCells, from: number, to: number): NaiveStep[] {
  const steps: NaiveStep[] = [];
  for (let hour = Math.floor(from / HOUR); hour <= Math.floor(to / HOUR); hour++) {
    const minutes = cells.minutes(hour);
    if (minutes === undefined) {
      steps.push({ ...cells.hour(hour), from: Math.max(from, hour * HOUR), to: (hour + 1) * HOUR, hour });
      continue;
    }
    if (minutes === null) continue;
    for (let minute = hour * 60; minute < (hour + 1) * 60; minute++) {
      if (minute < Math.floor(from / MINUTE) || minute > Math.floor(to / MINUTE)) continue;
      const [good, bad] = [minutes[(minute % 60) * 2]!, minutes[(minute % 60) * 2 + 1]!];
      steps.push({ good, bad, from: minute * MINUTE, to: (minute + 1) * MINUTE, hour: null });
    }
  }
  return steps.filter(({ good, bad }) => good + bad > 0);
}

/** The step after which the cumulative sum is highest, with the hours that would make it more exact. */
function excessOf(
  steps: readonly NaiveStep[],
  { allowed, failing }: { readonly allowed: number; readonly failing: number },
): readonly [NaiveStep | null, number[]] {
  const k = (allowed + failing) / 2;
  const sums = steps.map((_, index) =>
    steps.slice(0, index + 1).reduce((sum, { good, bad }) => sum + bad - k * (good + bad), 0),
  );
  const most = Math.max(0, ...sums);
  const index = most > 0 ? sums.indexOf(most) : -1;
  return index < 0 ? [null, []] : [steps[index]!, roughHours([steps[index], steps[index + 1]])];
}

function roughHours(steps: readonly (NaiveStep | undefined)[]): number[] {
  return steps.flatMap((step) => step?.hour ?? []);
}

describe('when outcomes stopped failing', () => {
  it('is the end of the minute of the last failure beyond the usual', () => {
    const cells = cellsOf([
      [1000, 1040, 5, 15],
      [1040, MINUTE_OF_NOW + 1, 19, 1],
    ]);
    expect(stoppedFailing(cells, 1000 * MINUTE, NOW, SHARES).at).toBe(1040 * MINUTE);
  });

  it('is found also when long health has made them few of all', () => {
    const cells = cellsOf([
      [600, 608, 0, 50],
      [608, MINUTE_OF_NOW + 1, 50, 1],
    ]);
    expect(stoppedFailing(cells, 600 * MINUTE, NOW, { allowed: 0.05, failing: 0.03 }).at).toBe(608 * MINUTE);
  });

  it('is now at the latest', () => {
    const cells = cellsOf([[1000, MINUTE_OF_NOW + 1, 0, 5]]);
    expect(stoppedFailing(cells, 1000 * MINUTE, NOW, SHARES).at).toBe(NOW);
  });
});

describe('the last failure', () => {
  it('is the end of its minute, and known to the hour where minutes are not at hand', () => {
    const stretches: Stretch[] = [
      [0, 700, 1, 0],
      [700, 701, 0, 1],
      [701, 1200, 1, 0],
    ];
    expect(lastFailure(cellsOf(stretches), 0, NOW)).toEqual({ at: 701 * MINUTE, wanted: [] });
    expect(
      lastFailure(
        cellsOf(stretches, () => true),
        0,
        NOW,
      ),
    ).toEqual({ at: 12 * HOUR, wanted: [11] });
    expect(lastFailure(cellsOf(stretches), 800 * MINUTE, NOW).at).toBeNull();
  });
});
