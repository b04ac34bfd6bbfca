import { afterEach, describe, expect, it } from 'vitest';
import type { NoDataTier } from '../../../src/core/slo/alert-policy.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { Evaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { defineSlo } from '../../support/definitions.ts';
import { every, scheduleSli } from '../../support/slis.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const SILENCE: NoDataTier = { kind: 'noData', name: 'silence', severity: 'ticket', after: 30 * MINUTE };

let world: World;
let evaluator: Evaluator;
/** How far the clock was set from the time that passed. */
let setBy: number;

afterEach(() => world.close());

async function start(tiers = defineSlo().alerts.tiers, sli = defineSlo().sli): Promise<void> {
  world = await startWorld({ slos: [defineSlo({ sli, alerts: { tiers, resolveAfter: 5 * MINUTE } })] });
  setBy = 0;
  evaluator = newEvaluator();
}

const newEvaluator = () => world.newEvaluator(undefined, undefined, () => world.clock.now() - setBy);

/** Sets the clock, which takes no time. */
function setClock(by: number): void {
  world.clock.advance(by);
  setBy += by;
}

/** Ticks once a minute, and says after which minutes something was told. */
async function minutes(count: number, good = 0, bad = 0): Promise<string[]> {
  const told: string[] = [];
  for (let minute = 1; minute <= count; minute++) {
    world.clock.advance(MINUTE);
    if (good + bad > 0) await world.report(good, bad);
    const { transitions } = await world.tick(evaluator);
    if (transitions > 0) told.push(`${minute} ${(await world.told()).at(-1)!.facts.kind}`);
  }
  return told;
}

describe('J4: a clock that is set', () => {
  it.each([HOUR, 2 * DAY, -HOUR, -2 * DAY])(
    'by %i ms: nothing fires or resolves for two minutes',
    async (by) => {
      await start();
      await minutes(3, 100, 0);
      setClock(by);
      // All that fails from here on is real, and is told once the new time can be believed.
      expect(await minutes(6, 0, 100)).toEqual(['3 opened']);
      expect(world.log.entries.filter(({ message }) => message.includes('clock was set'))).toHaveLength(1);
    },
  );

  it('resolves nothing, however long ago the last failure seems to be', async () => {
    await start();
    await minutes(3, 0, 100);
    await minutes(3, 1_000_000, 0);
    setClock(3 * HOUR);
    // Two minutes to settle, and five at less than the threshold.
    expect(await minutes(12, 1_000_000, 0)).toEqual([expect.stringMatching(/^[89] (resolved|deescalated)$/)]);
  });

  it.each([59_000, -59_000])('by %i ms, as time servers do, holds nothing up for long', async (by) => {
    await start();
    await minutes(3, 100, 0);
    setClock(by);
    const told = await minutes(3, 0, 100);
    expect(told).toEqual([expect.stringMatching(/^[12] opened$/)]);
    expect(world.log.entries.some(({ message }) => message.includes('clock was moved'))).toBe(false);
  });

  it('makes no silence of it', async () => {
    await start([SILENCE]);
    await minutes(3, 100, 0);
    setClock(5 * HOUR);
    // What was silent for half an hour by any clock is told.
    expect(await minutes(35)).toEqual([expect.stringMatching(/^(29|30|31) opened$/)]);
  });

  it('makes no staleness of it: freshness has its time to show again', async () => {
    const of = defineSlo().sli;
    if (of.kind !== 'outcomes') throw new Error('a sketch is of outcomes');
    await start(undefined, { kind: 'freshness', of, everyMs: 20 * MINUTE });
    await minutes(40, 10, 0);
    setClock(5 * HOUR);
    expect(await minutes(15)).toEqual([]);
    expect(await minutes(90, 10, 0)).toEqual([]);
    const [slo] = world.slos();
    expect((await world.counted(slo!)).bad, 'the hours that never were').toBe(0);
    expect(await minutes(24), 'now it is stale').toEqual(['23 opened']);
  });

  it('makes no missed runs of it: the ticks of hours that never were do not count', async () => {
    await start(undefined, scheduleSli(every(10 * MINUTE), null, 5 * MINUTE));
    await minutes(40, 10, 0);
    setClock(5 * HOUR);
    expect(await minutes(60, 10, 0)).toEqual([]);
    const [slo] = world.slos();
    expect((await world.counted(slo!)).bad).toBe(0);
    // The first miss of so few ticks is a ticket, the second one a page.
    const kinds = (await minutes(60)).map((told) => told.split(' ')[1]);
    expect(kinds, 'now they are missed').toEqual(['opened', 'escalated']);
  });
});

describe('J4: silence', () => {
  it('that was its own, since it was not running, is none of the workflow', async () => {
    await start([SILENCE]);
    await minutes(3, 100, 0);
    world.clock.advance(5 * HOUR);
    evaluator = newEvaluator();
    expect(await minutes(20)).toEqual([]);
    expect(await minutes(15)).toEqual([expect.stringMatching(/^\d+ opened$/)]);
    const [opened] = await world.told();
    expect(opened!.facts.reasons).toMatchObject([{ kind: 'noData', after: 30 * MINUTE }]);
    const [reason] = opened!.facts.reasons;
    expect(reason!.kind === 'noData' && reason!.silentFor).toBeLessThan(33 * MINUTE);
  });

  it('makes a schedule no worse before what it did then could be told', async () => {
    await start(undefined, scheduleSli(every(10 * MINUTE), null, 5 * MINUTE));
    await minutes(40, 10, 0);
    const down = world.clock.now();
    world.clock.advance(2 * HOUR);
    evaluator = newEvaluator();
    expect(await minutes(2)).toEqual([]);
    const late = Array.from({ length: 12 }, (_, tick) => ({
      workflow: 'orders',
      execution: `late-${tick}`,
      status: 'succeeded',
      at: down + (10 * tick + 1) * MINUTE,
    }));
    expect(await world.recorder.record(late)).toMatchObject({ accepted: 12 });
    expect(await minutes(20, 10, 0)).toEqual([]);
    expect(await minutes(90), 'as long as it was away').toEqual([]);
    expect(await minutes(60), 'what is missed with somebody listening').toHaveLength(1);
    // All that was missed since it was away counts, which is more than one.
    expect((await world.told()).at(-1)!.facts.severity).toBe('page');
  });

  it('goes on over restarts that take a minute', async () => {
    await start([SILENCE]);
    await minutes(3, 100, 0);
    const lastAt = world.clock.now();
    while ((await world.told()).length === 0 && world.clock.now() < lastAt + HOUR) {
      world.clock.advance(50_000);
      evaluator = newEvaluator();
      await minutes(1);
    }
    const silentFor = (await world.told())[0]!.createdAt - lastAt;
    expect(silentFor).toBeGreaterThanOrEqual(30 * MINUTE);
    expect(silentFor).toBeLessThan(33 * MINUTE);
  });

  it('is none while the store was away: nobody could have been heard', async () => {
    await start([SILENCE]);
    await minutes(3, 100, 0);
    world.wrapped.takeDown();
    for (let minute = 0; minute < 60; minute++) {
      world.clock.advance(MINUTE);
      await expect(world.tick(evaluator)).rejects.toThrow();
    }
    world.wrapped.bringUp();
    expect(await minutes(20)).toEqual([]);
    expect(await minutes(15)).toHaveLength(1);
  });

  it('ends when data comes', async () => {
    await start([SILENCE]);
    await minutes(3, 100, 0);
    expect(await minutes(35)).toHaveLength(1);
    expect(await minutes(10, 100, 0)).toEqual(['6 resolved']);
  });

  it('counts between ticks that are rare by intention', async () => {
    await start([{ ...SILENCE, after: 6 * HOUR }]);
    await world.report(100, 0);
    for (let tick = 0; tick < 30 && (await world.told()).length === 0; tick++) {
      await world.tick(evaluator);
      world.clock.advance(20 * MINUTE);
    }
    const [reason] = (await world.told())[0]!.facts.reasons;
    // The first interval is not yet known to be usual, and does not count.
    expect(reason).toMatchObject({ kind: 'noData', silentFor: 6 * HOUR });
  });
});

describe('J4: time', () => {
  const JUMPS = [DAY, -DAY, 40 * DAY, -40 * DAY, -2 * HOUR, 2 * HOUR];

  async function jumpAbout(): Promise<void> {
    for (const jump of JUMPS) {
      setClock(jump);
      expect(await world.tick(evaluator)).toMatchObject({ transitions: 0, failed: 0 });
    }
  }

  it('that jumps ahead or back fires nothing and resolves nothing', async () => {
    await start();
    await minutes(1, 1000, 1);
    await jumpAbout();
    expect(await minutes(4, 0, 100)).toHaveLength(1);
    await jumpAbout();
    expect((await world.state(defineSlo()))!.incident).not.toBeNull();
  });

  it('that was missed is caught up', async () => {
    await start();
    await world.report(80, 20);
    world.clock.advance(4 * MINUTE);
    expect(await world.tick(evaluator)).toMatchObject({ transitions: 1 });
  });
});

describe('J2: without outcomes', () => {
  it('an incident is held', async () => {
    await start();
    expect(await minutes(1, 80, 20)).toEqual(['1 opened']);
    for (let hour = 0; hour < 100; hour++) {
      world.clock.advance(HOUR);
      expect(await world.tick(evaluator)).toMatchObject({ transitions: 0 });
    }
    expect((await world.state(defineSlo()))!.incident!.severity).toBe('page');
  });
});
