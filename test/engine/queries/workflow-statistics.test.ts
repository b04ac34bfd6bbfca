import { afterEach, expect, it } from 'vitest';
import { isRefused } from '../../../src/core/ports/refused.ts';
import { MAX_COUNTED_STEPS } from '../../../src/core/ports/store/statistics.ts';
import type { WorkflowStatistics } from '../../../src/core/ports/workflow-statistics.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { parseWindows, readStatistics } from '../../../src/engine/queries/workflow-statistics.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const read = (
  steps: readonly string[] = [],
  lengths: readonly number[] = [HOUR],
): Promise<WorkflowStatistics> =>
  readStatistics(world.store, { name: 'orders', steps }, lengths, world.clock.now());

const ended = (execution: string, more: object = {}) => ({
  workflow: 'orders',
  execution,
  status: 'succeeded',
  durationMs: 40,
  ...more,
});

it('reports the steps of the map in its order, reported or not, then others by how often they were tried', async () => {
  world = await startWorld({ slos: [defineSlo({ sli: { withinMs: MINUTE } })] });
  await world.recorder.record([
    ended('a', { step: 'seldom' }),
    ended('a', { step: 'often' }),
    ended('b', { step: 'often' }),
    ended('a', { step: 'ship', durationMs: 3 * SECOND, status: 'failed' }),
    ended('a', { step: 'ship', durationMs: 5 * SECOND, attempt: 2, at: START + 1 }),
    ended('a'),
  ]);
  const { readShare, windows } = await read(['reserve', 'ship']);
  expect(readShare).toBe(1);
  const { endToEnd, steps, others } = windows[0]!;
  expect(steps.map(({ step, attempts }) => [step, attempts])).toEqual([
    ['reserve', 0],
    ['ship', 2],
    ['often', 2],
    ['seldom', 1],
  ]);
  expect(steps[0]).toMatchObject({ successRate: null, p50Ms: null, p99Ms: null, retryRate: null });
  expect(steps[1]).toMatchObject({ succeeded: 1, failed: 0, successRate: 1, p50Ms: 5050, retryRate: 0.5 });
  expect(endToEnd).toMatchObject({ succeeded: 1, p95Ms: 40, attempts: 1, retryRate: 0 });
  expect(others).toBeNull();
});

it('counts every step of a workflow that is loaded, whether or not an SLO or the map names it, and no hand-over', async () => {
  world = await startWorld({
    slos: [
      defineSlo({
        name: 'handed',
        sli: { kind: 'transition', from: 'charge', to: 'ship', withinMs: MINUTE },
      }),
    ],
  });
  await world.recorder.record([
    ended('a', { step: 'charge' }),
    ended('a', { step: 'ship' }),
    ended('a', { step: 'unheard-of' }),
    ended('a'),
  ]);
  const [window] = (await read()).windows;
  expect(window!.steps.map(({ step }) => step).toSorted()).toEqual(['charge', 'ship', 'unheard-of']);
});

it('reports so many steps and no more, the rest together, whatever producers call them', async () => {
  world = await startWorld({ partitions: 4, slos: [defineSlo({ sli: { step: 'charge' } })] });
  const steps = Array.from({ length: 300 }, (_, index) => `step-${index}`);
  await world.recorder.record(steps.map((step, index) => ended(`e${index}`, { step })));
  // What a file names is kept apart whatever came before.
  await world.recorder.record([ended('a', { step: 'charge' }), ended('a', { step: 'drawn' })]);
  const { steps: reported, others } = (await read(['charge', 'drawn'])).windows[0]!;
  expect(reported).toHaveLength(2 + MAX_COUNTED_STEPS);
  expect(reported[0]).toMatchObject({ step: 'charge', succeeded: 1 });
  const apart = reported.reduce((sum, { succeeded }) => sum + succeeded, 0);
  expect(apart + others!.succeeded).toBe(302);
});

it('C4: gives each window what ended in it, the running minute included', async () => {
  world = await startWorld();
  const ago = [0, 4 * MINUTE, 5 * MINUTE, 59 * MINUTE, HOUR, 20 * HOUR];
  await world.recorder.record(ago.map((before) => ended(`${before}`, { at: START - before })));
  const lengths = [5 * MINUTE, HOUR, DAY, 7 * DAY, 28 * DAY];
  const counted = async () => (await read([], lengths)).windows.map(({ endToEnd }) => endToEnd.succeeded);
  expect(await counted()).toEqual([2, 4, 6, 6, 6]);
  world.clock.advance(MINUTE);
  expect(await counted()).toEqual([1, 3, 6, 6, 6]);
  world.clock.advance(2 * DAY);
  expect(await counted()).toEqual([0, 0, 0, 6, 6]);
  world.clock.advance(10 * DAY);
  expect(await counted()).toEqual([0, 0, 0, 0, 6]);
  world.clock.advance(20 * DAY);
  expect(await counted()).toEqual([0, 0, 0, 0, 0]);
});

it('says which share of the executions could be read while a part of the store is away, and rejects when it is not known to be', async () => {
  world = await startWorld({ partitions: 4 });
  world.wrapped.takeAway([1]);
  expect((await read()).readShare).toBe(0.75);
  world.wrapped.takeAway([]);
  world.wrapped.takeDown('readStatistics');
  await expect(read()).rejects.toThrow('taken down');
});

it('G2: lets others have a turn while very much is added up', async () => {
  world = await startWorld();
  const many = Array.from({ length: 20_000 }, (_, index) =>
    ended(`e${index}`, { durationMs: index ** 2, step: `step-${index % 40}` }),
  );
  for (let from = 0; from < many.length; from += 5000)
    await world.recorder.record(many.slice(from, from + 5000));
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const { windows } = await read(
    [],
    Array.from({ length: 60 }, () => HOUR),
  );
  clearInterval(timer);
  expect(windows).toHaveLength(60);
  expect(turns).toBeGreaterThan(2);
});

it('takes windows from a minute to 28 days, and says so of others', async () => {
  world = await startWorld();
  expect(parseWindows(null)).toEqual([5 * MINUTE, HOUR, DAY, 7 * DAY, 28 * DAY]);
  expect(parseWindows('1m')).toEqual([MINUTE]);
  expect(parseWindows('1h30m')).toEqual([90 * MINUTE]);
  expect(parseWindows('28d')).toEqual([28 * DAY]);
  for (const text of ['59s', '29d', '', 'hour', '-1h', '5']) {
    const refused = parseWindows(text);
    expect(isRefused(refused) && refused.problems).toEqual(['window must be from 1m to 28d, such as 1h.']);
  }
});
