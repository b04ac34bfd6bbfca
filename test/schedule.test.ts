import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../src/core/time/duration.ts';
import type { TickSchedule } from '../src/schedule.ts';
import { longestPause, startSchedule } from '../src/schedule.ts';

const START = Date.parse('2026-10-24T23:59:57Z');
const FIVE_SECONDS = '*/5 * * * * *';

let schedule: TickSchedule | null = null;
const zone = process.env['TZ'];

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ['Date', 'setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(async () => {
  await schedule?.stop();
  schedule = null;
  vi.useRealTimers();
  process.env['TZ'] = zone;
});

/** Starts a schedule; answers with the monotonic times of its ticks, in seconds since the start. */
function ticksOf(expression: string, run: () => Promise<void> = async () => {}): number[] {
  const ticks: number[] = [];
  const began = performance.now();
  schedule = startSchedule({
    expression,
    run: () => {
      ticks.push(Math.round((performance.now() - began) / 100) / 10);
      return run();
    },
    clock: { now: () => Date.now() },
    elapsed: () => performance.now(),
  });
  return ticks;
}

const pass = (duration: number) => vi.advanceTimersByTimeAsync(duration);
/** Sets the clock; the timers go on as before. */
const setClock = (by: number) => vi.setSystemTime(Date.now() + by);
const gaps = (ticks: readonly number[]) => ticks.slice(1).map((tick, index) => tick - ticks[index]!);

describe('a schedule', () => {
  it('ticks at the moments of its expression, each once', async () => {
    const ticks = ticksOf(FIVE_SECONDS);
    await pass(21 * SECOND);
    expect(ticks).toEqual([3, 8, 13, 18]);
  });

  it.each([
    ['set back by an hour', -HOUR],
    ['set back by two minutes', -2 * MINUTE],
    ['set back by half a second', -SECOND / 2],
    ['set back by a millisecond', -1],
    ['set forward by an hour', HOUR],
    ['set forward by 60 years, as at the first start of a machine without a battery', 60 * 365 * DAY],
    ['set back by 60 years', -56 * 365 * DAY],
  ])('J4: goes on within one interval when the clock is %s', async (_, by) => {
    const ticks = ticksOf(FIVE_SECONDS);
    await pass(9 * SECOND);
    setClock(by);
    await pass(30 * SECOND);
    // Of a small step the moments themselves move.
    const moved = Math.abs(by) < 5 * SECOND ? Math.abs(by) / SECOND : 0;
    expect(Math.max(...gaps(ticks))).toBeLessThanOrEqual(5 + moved);
    expect(ticks.length).toBeGreaterThanOrEqual(7);
    expect(ticks.length).toBeLessThanOrEqual(9);
  });

  it('J4: ticks through a clock that is set again and again', async () => {
    const ticks = ticksOf(FIVE_SECONDS);
    for (let round = 0; round < 40; round++) {
      await pass(3 * SECOND);
      setClock(round % 3 === 0 ? HOUR : -30 * MINUTE);
    }
    expect(Math.max(...gaps(ticks))).toBeLessThanOrEqual(5);
  });

  it.each(['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia'])(
    'J4: ticks through the nights on which clocks change, in a process in %s',
    async (timeZone) => {
      process.env['TZ'] = timeZone;
      for (const night of ['2026-10-24T23:00:00Z', '2026-11-01T04:00:00Z', '2026-03-29T00:00:00Z']) {
        vi.setSystemTime(Date.parse(night));
        const ticks = ticksOf('0 * * * * *');
        await pass(4 * HOUR);
        await schedule?.stop();
        expect(ticks.length).toBeGreaterThanOrEqual(239);
        expect(Math.max(...gaps(ticks))).toBeLessThanOrEqual(60);
      }
    },
  );

  it('does not overlap: what came due while it ran is not made up for, and the next one is', async () => {
    let finish = () => {};
    const ticks = ticksOf(FIVE_SECONDS, () => new Promise<void>((resolve) => (finish = resolve)));
    await pass(20 * SECOND);
    expect(ticks).toEqual([3]);
    finish();
    await pass(4 * SECOND);
    expect(ticks).toEqual([3, 23]);
    finish();
  });

  it('notices within a minute that the clock was set forward to the moment of a rare tick', async () => {
    const ticks = ticksOf('0 0 12 * * *');
    await pass(MINUTE);
    setClock(12 * HOUR);
    await pass(MINUTE);
    expect(ticks).toHaveLength(1);
  });

  it('stops: waits for what runs, and nothing runs after it', async () => {
    let finish = () => {};
    const ticks = ticksOf(FIVE_SECONDS, () => new Promise<void>((resolve) => (finish = resolve)));
    await pass(4 * SECOND);
    let stopped = false;
    const stopping = schedule!.stop().then(() => (stopped = true));
    await pass(SECOND);
    expect(stopped).toBe(false);
    finish();
    await stopping;
    await pass(MINUTE);
    expect(ticks).toEqual([3]);
  });
});

describe('the longest pause', () => {
  it.each([
    [FIVE_SECONDS, 5 * SECOND],
    ['*/7 * * * * *', 7 * SECOND],
    ['* * * * * *', SECOND],
    ['3,10 * * * * *', 53 * SECOND],
    ['59 * * * * *', MINUTE],
    ['0 */5 * * * *', 5 * MINUTE],
    ['*/10 0-30 * * * *', HOUR - 30 * MINUTE - 50 * SECOND],
    ['0 0 6,18 * * *', 12 * HOUR],
    ['0 0 9 * * 1-5', 3 * DAY],
  ])('between the moments of %s is %i ms', (expression, longest) => {
    expect(longestPause(expression)).toBe(longest);
  });
});
