import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { Counts } from '../../../src/core/counters/cells.ts';
import { HOUR_RETENTION } from '../../../src/core/counters/cells.ts';
import { errorBudget, stateOfBudget } from '../../../src/core/budget/error-budget.ts';
import { budgetWindows, windowBudget } from '../../../src/core/budget/window-budget.ts';
import { endOfPeriod, startOfPeriod, windowLength } from '../../../src/core/time/calendar.ts';
import { DAY, HOUR } from '../../../src/core/time/duration.ts';
import type { CalendarWindow, RollingWindow } from '../../../src/core/time/time-window.ts';
import { objective } from '../../support/definitions.ts';
import type { Hours } from '../../support/hours.ts';
import { endOfHour, hoursOf } from '../../support/hours.ts';
import { seededRandom } from '../../support/random.ts';

const MONTH: CalendarWindow = {
  kind: 'calendar',
  unit: 'month',
  timeZone: 'UTC',
  duration: 30 * DAY,
  text: 'month (UTC)',
};
const ROLLING: RollingWindow = { kind: 'rolling', duration: 28 * DAY, text: '28d' };
const at = Date.parse;

describe('the budget of a window', () => {
  const goal = objective('99%');

  it('that rolls and is full is that of what it holds', () => {
    const hours = hoursOf(at('2026-01-01T00:00:00Z'), 60 * 24, () => ({ good: 9, bad: 1 }));
    const now = endOfHour(hours, 50 * 24);
    const counts = { good: 28 * 24 * 9, bad: 28 * 24 };
    expect(windowBudget(goal, ROLLING, hours.evidence(now), now)).toEqual({
      ...errorBudget(goal, counts),
      counts,
      expectedTotal: null,
      ahead: 0,
    });
  });

  it('of a month counts on the volume of the 28 days before it, so that a failure on its first day is one of many', () => {
    const hours = hoursOf(at('2025-12-01T00:00:00Z'), 62 * 24, (hour) => ({
      good: 10,
      bad: hour === 31 * 24 ? 1 : 0,
    }));
    const now = endOfHour(hours, 31 * 24);
    const { expectedTotal, allowed, spent, remainingRatio } = windowBudget(
      goal,
      MONTH,
      hours.evidence(now),
      now,
    );
    expect(expectedTotal).toBe(31 * 24 * 10 + 1);
    expect(allowed).toBeCloseTo(74.41, 6);
    expect([spent, remainingRatio!.toFixed(3)]).toEqual([1, '0.987']);
    expect(errorBudget(goal, { good: 10, bad: 1 }).remainingRatio).toBeLessThan(-8);
  });

  it('of a month ends at exactly what was counted, whatever came, and the rolling one goes on from there as well', () => {
    const counts = fc.record({ good: fc.nat(50), bad: fc.nat(5) });
    fc.assert(
      fc.property(
        fc.array(counts, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 90 }),
        (days, age) => {
          const start = at('2026-03-01T00:00:00Z');
          const hours = hoursOf(start - age * DAY, (age + 31) * 24, (hour) => days[hour % days.length]!);
          const end = endOfPeriod(MONTH, start) - 1;
          const evidence = hours.evidence(end);
          const held = evidence.sum(windowLength(MONTH, end));
          expect(windowBudget(goal, MONTH, evidence, end).remaining).toBe(errorBudget(goal, held).remaining);
          const full = hours.evidence(endOfHour(hours, 28 * 24 - 1) + 1);
          const now = full.since + 28 * DAY;
          expect(windowBudget(goal, ROLLING, full, now - 1).remaining).toBe(
            windowBudget(goal, ROLLING, full, now).remaining,
          );
        },
      ),
    );
  });

  it('reads no further back than hours are kept, in every kind of period', () => {
    for (const [unit, days] of [
      ['week', 7],
      ['month', 30],
      ['quarter', 90],
    ] as const) {
      const window: CalendarWindow = { ...MONTH, unit, duration: days * DAY };
      for (let now = at('2026-01-01T00:00:00Z'); now < at('2027-01-01T00:00:00Z'); now += 11 * HOUR) {
        const lengths = budgetWindows(window, now);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(HOUR_RETENTION + HOUR);
        expect(Math.max(...lengths) - lengths[0]!).toBeGreaterThanOrEqual(7 * DAY);
      }
    }
  });
});

describe('a young history', () => {
  const goal = objective('99.9%');
  const start = at('2026-03-10T00:00:00Z');
  /** 20 executions an hour from 8 o'clock on the first day; two fail in the first hour. */
  const service = (listening: number) =>
    hoursOf(start - listening, listening / HOUR + 40 * 24, (hour) => {
      const since = hour - listening / HOUR - 8;
      if (since < 0) return { good: 0, bad: 0 };
      return since === 0 ? { good: 18, bad: 2 } : { good: 20, bad: 0 };
    });

  it.each([
    ['of the rolling window, defined that day', ROLLING, 0, 0.75],
    ['of the rolling window, defined long before anything came', ROLLING, 20 * DAY, 0.4],
    ['of the month, defined that day', MONTH, 0, 0.75],
    ['of the month, defined long before anything came', MONTH, 40 * DAY, 0.75],
  ])(
    'says nothing in percent on its first morning, and no nonsense later: %s',
    (_, window, listening, least) => {
      const hours = service(listening);
      const read = (after: number) => {
        const now = endOfHour(hours, listening / HOUR + after);
        return windowBudget(goal, window, hours.evidence(now), now);
      };
      const morning = read(10);
      expect(morning.counts).toEqual({ good: 58, bad: 2 });
      expect(morning.remainingRatio).toBeNull();
      expect(stateOfBudget(morning)).toBe('ok');
      for (let hour = 33; hour < 20 * 24; hour++) {
        const { remainingRatio, expectedTotal } = read(hour);
        expect(remainingRatio).toBeGreaterThan(least);
        if (expectedTotal !== null) expect(expectedTotal * 0.001 * (1 - least)).toBeGreaterThan(2);
      }
    },
  );

  it('is read of the windows that were asked for at any moment of the same minute, late in a quarter as well', () => {
    const quarter: CalendarWindow = { ...MONTH, unit: 'quarter', duration: 91 * DAY, text: 'quarter (UTC)' };
    const minute = at('2026-12-31T18:14:00Z');
    const asked = budgetWindows(quarter, minute);
    const evidence = {
      since: at('2026-01-01T00:00:00Z'),
      sum(window: number) {
        expect(asked).toContain(window);
        return { good: 99, bad: 1 };
      },
    };
    for (let second = 0; second < 60; second++) windowBudget(goal, quarter, evidence, minute + second * 1000);
    expect.assertions(2 * 60);
  });

  it('bears a percentage as soon as so much came that one may fail', () => {
    const busy = hoursOf(start, 24, () => ({ good: 1990, bad: 10 }));
    const now = endOfHour(busy, 0);
    expect(windowBudget(goal, ROLLING, busy.evidence(now), now).remainingRatio).toBeCloseTo(1 - 10 / 1344, 3);
  });

  it('of a rare job that fails is exhausted after a day: its promise is broken', () => {
    const nightly = hoursOf(start, 10 * 24, (hour) =>
      hour % 24 === 2 ? { good: 0, bad: 1 } : { good: 0, bad: 0 },
    );
    const states = [3, 12, 27].map((hour) => {
      const now = endOfHour(nightly, hour);
      return stateOfBudget(windowBudget(goal, ROLLING, nightly.evidence(now), now));
    });
    expect(states).toEqual(['ok', 'ok', 'exhausted']);
  });
});

/** Outcomes of an hour when so many are usual, each bad with a probability. */
function chance(random: () => number, usual: number, errorRate: number): Counts {
  let total = 0;
  // Poisson by Knuth's product of uniforms.
  for (let product = random(); product > Math.exp(-usual); product *= random()) total++;
  let bad = 0;
  for (let index = 0; index < total; index++) if (random() < errorRate) bad++;
  return { good: total - bad, bad };
}

const MONTHS = 44;
const FIRST = at('2022-01-01T00:00:00Z');
const goal = objective('99%');

/** In how many months there was an hour in which nothing was left: by what was counted, and by what is expected. */
function frozen(hours: Hours): { readonly counted: number; readonly expected: number } {
  const counted = new Set<number>();
  const expected = new Set<number>();
  const last = hours.start + hours.length * HOUR;
  for (let now = FIRST + HOUR - 1, month = 0; month < MONTHS && now < last; now += HOUR) {
    const evidence = hours.evidence(now);
    const held = evidence.sum(windowLength(MONTH, now));
    if (errorBudget(goal, held).remaining < 0) counted.add(startOfPeriod(MONTH, now));
    const { remainingRatio } = windowBudget(goal, MONTH, evidence, now);
    if ((remainingRatio ?? 1) < 0) expected.add(startOfPeriod(MONTH, now));
    if (now + 1 === endOfPeriod(MONTH, now)) month++;
  }
  return { counted: counted.size, expected: expected.size };
}

describe('44 months at 10 an hour and 99%', () => {
  const isWorkingHour = (time: number) => {
    const date = new Date(time);
    return date.getUTCDay() % 6 !== 0 && date.getUTCHours() >= 8 && date.getUTCHours() < 18;
  };
  const isFirstDay = (time: number) => new Date(time).getUTCDate() === 1;
  /** How many are usual in the hour that begins at a time. */
  const TRAFFICS: Readonly<Record<string, (time: number) => number>> = {
    'day and night': () => 10,
    'in working hours': (time) => (isWorkingHour(time) ? 34 : 0),
    'with a burst on the first day of each month': (time) => (isFirstDay(time) ? 200 : 10),
  };
  const run = (traffic: (time: number) => number, errorRate: number, before: number) => {
    const random = seededRandom(8);
    const start = FIRST - before;
    return hoursOf(start, (MONTHS * 31 * DAY + before) / HOUR, (hour) =>
      chance(random, traffic(start + hour * HOUR), errorRate),
    );
  };

  it.each(Object.entries(TRAFFICS))('that spend half of their budget are never frozen: %s', (_, traffic) => {
    for (const before of [0, 40 * DAY]) {
      const { counted, expected } = frozen(run(traffic, 0.005, before));
      expect(expected).toBe(0);
      // What it was: on the first days of a month one failure was over the budget of what had come by then.
      expect(counted).toBeGreaterThan(traffic === TRAFFICS['day and night'] ? 20 : 2);
    }
  });

  it.each(Object.entries(TRAFFICS))(
    'that spend twice their budget are frozen, every one of them: %s',
    (_, traffic) => {
      expect(frozen(run(traffic, 0.02, 40 * DAY)).expected).toBe(MONTHS);
    },
  );
});
