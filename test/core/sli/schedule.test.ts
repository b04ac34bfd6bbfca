import { array, assert, boolean, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleHour } from '../../../src/core/sli/schedule.ts';
import type { Schedule, ScheduleSli } from '../../../src/core/sli/sli.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { cellHistory, verdicts } from '../../support/cell-history.ts';

/** Ticks at these minutes. */
function at(minutes: readonly number[]): Schedule {
  const all = minutes.map((minute) => minute * MINUTE);
  return {
    cron: 'as listed',
    timeZone: 'UTC',
    ticks: (from, to) => all.filter((tick) => tick >= from && tick <= to),
  };
}

function schedule(
  ticks: readonly number[],
  startWithin: number | null,
  finishWithin: number,
  startEarly = 5,
): ScheduleSli {
  return {
    kind: 'schedule',
    where: {},
    schedule: at(ticks),
    startEarlyMs: startEarly * MINUTE,
    startWithinMs: startWithin === null ? null : startWithin * MINUTE,
    finishWithinMs: finishWithin * MINUTE,
  };
}

interface Reported {
  readonly starts?: readonly number[];
  readonly successes?: readonly number[];
  /** Those that started early and ended before their tick. */
  readonly early?: readonly number[];
  readonly running?: number;
  readonly since?: number;
}

const counted = (minutes: readonly number[]) =>
  cellHistory(new Map(minutes.map((minute) => [minute, { good: 1, bad: 0 }])));

function read(sli: ScheduleSli, reported: Reported, hours = 24): Record<number, string> {
  const { starts = [], successes = [], early = [], running = Infinity, since = 0 } = reported;
  const cells = {
    successes: counted(successes),
    early: counted(early),
    starts: sli.startWithinMs === null ? null : counted(starts),
  };
  return Object.assign(
    {},
    ...Array.from({ length: hours }, (_, hour) =>
      verdicts(hour, scheduleHour(sli, hour, cells, since * MINUTE, running)),
    ),
  ) as Record<number, string>;
}

describe('a tick', () => {
  const nightly = schedule([120], 10, 90);

  it('is good at its first success', () => {
    expect(read(nightly, { starts: [125], successes: [180, 190] })).toEqual({ 180: '+' });
    expect(read(schedule([120], null, 90), { successes: [210] })).toEqual({ 210: '+' });
  });

  it('is bad when nothing was reported at all, once, as soon as it should have started', () => {
    expect(read(nightly, { running: 130 })).toEqual({});
    expect(read(nightly, { running: 131 })).toEqual({ 130: '-' });
    expect(read(nightly, {})).toEqual({ 130: '-' });
  });

  it('is bad when it started late, whatever becomes of it', () => {
    expect(read(nightly, { starts: [131], successes: [140] })).toEqual({ 130: '-' });
  });

  it('is bad when it did not succeed in time', () => {
    expect(read(nightly, { starts: [120], running: 210 })).toEqual({});
    expect(read(nightly, { starts: [120], running: 211 })).toEqual({ 210: '-' });
    expect(read(nightly, { starts: [120], successes: [211] })).toEqual({ 210: '-' });
    expect(read(schedule([120], null, 90), {})).toEqual({ 210: '-' });
  });

  it('has started when it succeeded in that time, though no start was reported', () => {
    expect(read(nightly, { successes: [129] })).toEqual({ 129: '+' });
  });

  it('is good as soon as it comes when what started early for it has ended before it', () => {
    expect(read(nightly, { starts: [116], early: [118], running: 119 })).toEqual({});
    expect(read(nightly, { starts: [116], early: [118], running: 120 })).toEqual({ 120: '+' });
    expect(read(nightly, { early: [114] })).toEqual({ 130: '-' });
  });

  it('has its start up to so long before it, and never more than half the time since the tick before', () => {
    expect(read(nightly, { starts: [115], successes: [180] })).toEqual({ 180: '+' });
    expect(read(nightly, { starts: [114], successes: [180] })).toEqual({ 130: '-' });
    const often = schedule([60, 64, 68], 1, 3);
    expect(read(often, { starts: [62], successes: [66] })).toEqual({ 61: '-', 66: '+', 69: '-' });
    expect(read(often, { starts: [61], successes: [63, 66] })).toEqual({ 63: '+', 65: '-', 69: '-' });
  });

  it('does not count from before the SLO was there', () => {
    expect(read(nightly, { since: 121 })).toEqual({});
  });

  it('leaves to the next tick what happens from that on', () => {
    const hourly = schedule([60, 120, 180], 60, 60);
    expect(read(hourly, { starts: [120], successes: [125], running: 250 })).toEqual({
      120: '-',
      125: '+',
      240: '-',
    });
  });

  it('counts once and as a naive reading says, whatever was reported', () => {
    const minutes = array(nat(60 * 12 - 1), { maxLength: 12 });
    assert(
      property(
        integer({ min: 20, max: 200 }),
        tuple(nat(20), nat(200)),
        boolean(),
        minutes,
        minutes,
        minutes,
        nat(60 * 14),
        (interval, [startWithin, extra], asksStarts, starts, successes, early, running) => {
          const finishWithin = Math.min(interval, startWithin + extra);
          const ticks = Array.from(
            { length: Math.floor(600 / interval) },
            (_, index) => (index + 1) * interval,
          );
          const sli = schedule(ticks, asksStarts ? Math.min(startWithin, finishWithin) : null, finishWithin);
          const expected: Record<number, string> = {};
          const add = (minute: number, text: '+' | '-') => {
            const others = expected[minute] ?? '';
            expected[minute] = text === '+' ? `+${others}` : `${others}-`;
          };
          for (const tick of ticks) {
            const within = (limit: number) => (minute: number) =>
              minute >= tick &&
              minute <= tick + limit &&
              !(ticks.includes(tick + interval) && minute >= tick + interval);
            const inTime = successes.filter(within(finishWithin)).toSorted((a, b) => a - b);
            const startLimit = Math.min(startWithin, finishWithin);
            const isEarly = (minute: number) => minute >= tick - 5 && minute < tick;
            const hasStarted =
              !asksStarts || [...starts, ...inTime].some(within(startLimit)) || starts.some(isEarly);
            if (early.some(isEarly)) {
              if (running >= tick) add(tick, '+');
            } else if (!hasStarted) {
              if (running > tick + startLimit) add(tick + startLimit, '-');
            } else if (inTime.length > 0) add(inTime[0]!, '+');
            else if (running > tick + finishWithin) add(tick + finishWithin, '-');
          }
          expect(read(sli, { starts, successes, early, running })).toEqual(expected);
        },
      ),
    );
  });
});
