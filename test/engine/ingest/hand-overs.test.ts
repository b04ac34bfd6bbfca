import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const WITHIN = 2 * MINUTE;
const shipped = defineSlo({
  name: 'handed-over',
  sli: { kind: 'transition', from: 'charge', to: 'ship', withinMs: WITHIN },
});

/** A queue gave up on what the step was to take. */
const DEAD = { error: 'dead-letter' };

let world: World;
beforeEach(async () => {
  world = await startWorld({ slos: [shipped], partitions: 2 });
});
afterEach(() => world.close());

/** A report of an execution or step, so many milliseconds after the beginning. */
const report = (execution: string, after: number, status: string, step: string | null = null, more = {}) => ({
  workflow: 'orders',
  execution,
  step,
  status,
  at: START + after,
  ...more,
});

let START = 0;
beforeEach(() => (START = world.clock.now() - 30 * MINUTE));

const counted = async () => {
  await world.tick();
  return world.counted(shipped);
};

describe('hand-overs between steps', () => {
  it('are good when the next step starts in time, and bad when it starts late or never', async () => {
    const answer = await world.recorder.record([
      report('timely', 0, 'succeeded', 'charge'),
      report('timely', WITHIN, 'started', 'ship'),
      report('late', 0, 'succeeded', 'charge'),
      report('late', WITHIN + 1, 'started', 'ship'),
      report('lost', 0, 'succeeded', 'charge'),
      report('unfinished', 0, 'started', 'charge'),
      report('failing', 0, 'failed', 'charge'),
    ]);
    expect(answer).toEqual({ accepted: 7, duplicates: 0, rejected: [] });
    expect(await counted()).toEqual({ good: 1, bad: 2 });
    const places = await world.store.places('orders');
    expect(places).toContainEqual({ of: 'step', step: 'charge -> ship', running: 1, overdue: 1 });
  });

  it('begin with the attempt that succeeds, and are taken by a step however that ends', async () => {
    await world.recorder.record([
      report('retried', 0, 'failed', 'charge', { willRetry: true }),
      report('retried', 10 * MINUTE, 'succeeded', 'charge', { attempt: 2 }),
      report('retried', 11 * MINUTE, 'failed', 'ship', { durationMs: 1000 }),
      report('end only', 0, 'succeeded', 'charge'),
      report('end only', 10 * MINUTE, 'succeeded', 'ship', { durationMs: 9 * MINUTE }),
    ]);
    expect(await counted()).toEqual({ good: 2, bad: 0 });
  });

  it('do not count when their execution ends first, unless they are late by then', async () => {
    for (const status of ['succeeded', 'failed', 'cancelled', 'skipped']) {
      await world.recorder.record([
        report(`${status} in time`, 0, 'succeeded', 'charge'),
        report(`${status} in time`, WITHIN, status),
        report(`${status} late`, 0, 'succeeded', 'charge'),
        report(`${status} late`, WITHIN + 1, status),
      ]);
    }
    expect(await counted()).toEqual({ good: 0, bad: 4 });
    expect(await world.store.inFlight('orders')).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('are lost at once with a dead letter, and stay so when that is sent again in time', async () => {
    await world.recorder.record([
      report('dead', 0, 'succeeded', 'charge'),
      report('dead', 1000, 'failed', 'ship', DEAD),
      report('sent again', 0, 'succeeded', 'charge'),
      report('sent again', 1000, 'failed', 'ship', DEAD),
      report('sent again', 2000, 'started', 'ship', { attempt: 2 }),
      report('sent again', 3000, 'succeeded', 'ship', { attempt: 2 }),
      report('failed otherwise', 0, 'succeeded', 'charge'),
      report('failed otherwise', 1000, 'failed', 'ship', { error: 'timeout' }),
    ]);
    const minute = START - (START % MINUTE);
    // Before any deadline: nothing waits for one.
    expect(await world.counted(shipped)).toEqual({ good: 1, bad: 2 });
    expect(await world.store.readFailures(shipped, minute, START)).toEqual([
      { step: 'ship', dependency: null, error: 'dead-letter', count: 2 },
    ]);
    expect(await world.store.inFlight('orders')).toMatchObject({ overdue: 0, waiting: 0 });
  });

  it('are not known of records that stand for many', async () => {
    await world.recorder.record([
      report('many', 0, 'succeeded', 'charge', { count: 3 }),
      report('many', MINUTE, 'started', 'ship', { count: 2 }),
    ]);
    expect(await counted()).toEqual({ good: 0, bad: 0 });
  });

  it('tell no producer of what only follows from its reports', async () => {
    const records = [report('a', 0, 'started', 'ship'), report('a', 1, 'succeeded')];
    expect(await world.recorder.record(records)).toEqual({ accepted: 2, duplicates: 0, rejected: [] });
    expect(await world.recorder.record(records)).toEqual({ accepted: 0, duplicates: 2, rejected: [] });
  });

  it('C1 C3: count the same in whatever order, and however often, they are reported', async () => {
    const moment = fc.integer({ min: 0, max: 6 }).map((half) => (half * WITHIN) / 4);
    const plan = fc.record({
      charged: fc.option(moment, { freq: 4 }),
      taken: fc.option(moment, { freq: 2 }),
      dead: fc.option(moment, { freq: 1 }),
      ended: fc.option(
        fc.record({ after: moment, status: fc.constantFrom('succeeded', 'failed', 'cancelled') }),
      ),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        fc.boolean(),
        async (plans, random, sweeps) => {
          run += 1;
          const before = await counted();
          const expected = { good: before.good, bad: before.bad };
          const records = plans.flatMap(({ charged, taken, dead, ended }, index) => {
            const execution = `run-${run}-${index}`;
            if (charged !== null) {
              if (dead !== null) expected.bad += 1;
              else if (taken !== null) expected[taken <= charged + WITHIN ? 'good' : 'bad'] += 1;
              else if (ended === null || ended.after > charged + WITHIN) expected.bad += 1;
            }
            return [
              ...(charged === null ? [] : [report(execution, charged, 'succeeded', 'charge')]),
              ...(taken === null ? [] : [report(execution, taken, 'started', 'ship')]),
              ...(dead === null ? [] : [report(execution, dead, 'failed', 'ship', DEAD)]),
              ...(ended === null ? [] : [report(execution, ended.after, ended.status)]),
            ];
          });
          const twice = [...records, ...records]
            .map((record) => [random.next().value, record] as const)
            .toSorted(([one], [other]) => one - other);
          for (const [, record] of twice) {
            await world.recorder.record([record]);
            if (sweeps) await world.tick();
          }
          expect(await counted()).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });
});
