import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Queries } from '../../../src/core/ports/queries.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const slo = defineSlo({ objective: '95%' });
let world: World;

/** What another process on the same store is asked. */
function newQueries(): Queries {
  const adjustments = createAdjustments(world.store, world.log);
  return createQueries({
    store: world.store,
    reader: world.newReader({ excluded: adjustments.excluded }),
    adjustments,
    definitions: () => define([slo]),
    clock: world.clock,
    elapsed: () => world.clock.now(),
    evaluatedAt: () => null,
  });
}
const eventsOf = async (queries: Queries) => {
  const { good, bad } = (await queries.scrape()).events.get(slo.id)!;
  return { good, bad };
};
const workflowOf = async (queries: Queries) => (await queries.scrape()).workflows[0]!;
const attempt = (execution: string, number: number, status: string, more: object = {}) =>
  world.recorder.record([{ workflow: 'orders', execution, attempt: number, status, ...more }]);

beforeEach(async () => {
  world = await startWorld({ slos: [slo] });
});
afterEach(() => world.close());

describe('the events of an SLI', () => {
  it('C1: never fall when a later attempt decides otherwise, in this process and in the next', async () => {
    const queries = newQueries();
    await world.report(10, 3);
    await attempt('a', 1, 'failed');
    expect(await eventsOf(queries)).toEqual({ good: 10, bad: 4 });
    await attempt('a', 2, 'succeeded');
    expect(await eventsOf(queries)).toEqual({ good: 11, bad: 4 });
    expect(await eventsOf(newQueries())).toEqual({ good: 11, bad: 4 });
    world.clock.advance(3 * HOUR);
    await attempt('b', 1, 'failed');
    expect(await eventsOf(queries)).toEqual({ good: 11, bad: 5 });
    expect(await eventsOf(newQueries())).toEqual({ good: 11, bad: 5 });
  });

  it('begin anew every 24 days, and count nothing from before', async () => {
    const queries = newQueries();
    await world.report(10, 3);
    const { since } = (await queries.scrape()).events.get(slo.id)!;
    world.clock.set(since + 24 * DAY - 1);
    expect(await eventsOf(queries)).toEqual({ good: 10, bad: 3 });
    world.clock.advance(1);
    expect(await eventsOf(queries)).toEqual({ good: 0, bad: 0 });
    await world.report(1, 0);
    expect(await eventsOf(queries)).toEqual({ good: 1, bad: 0 });
  });
});

describe('the steps of a workflow', () => {
  const failedOf = async (queries: Queries, step: string | null) =>
    (await workflowOf(queries)).steps.find((one) => one.step === step)?.totals;

  it('count from when the process began, over days, and never fall', async () => {
    await attempt('early', 1, 'failed', { step: 'charge', durationMs: 200 });
    const queries = newQueries();
    expect(await failedOf(queries, 'charge')).toMatchObject({ failed: 0, succeeded: 0 });
    await attempt('a', 1, 'failed', { step: 'charge', durationMs: 200 });
    expect(await failedOf(queries, 'charge')).toMatchObject({ failed: 1, timed: 1, firstAttempts: 1 });
    await attempt('a', 2, 'succeeded', { step: 'charge', durationMs: 300 });
    expect(await failedOf(queries, 'charge')).toMatchObject({ failed: 1, succeeded: 1, retries: 1 });
    for (let day = 0; day < 40; day++) {
      world.clock.advance(DAY);
      await attempt(`of-${day}`, 1, 'succeeded', { step: 'charge', durationMs: 300 });
      expect(await failedOf(queries, 'charge')).toMatchObject({ failed: 1, succeeded: day + 2 });
    }
    // A step that appears later is counted whole.
    await attempt('z', 1, 'failed', { step: 'ship', durationMs: 200 });
    expect(await failedOf(queries, 'ship')).toMatchObject({ failed: 1 });
  });

  it('come with what is in flight', async () => {
    const queries = newQueries();
    await world.recorder.record([{ workflow: 'orders', execution: 'x', status: 'started' }]);
    world.clock.advance(MINUTE);
    expect(await workflowOf(queries)).toMatchObject({ workflow: 'orders', owner: 'payments', running: 1 });
  });
});
