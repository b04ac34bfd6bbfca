import { afterEach, describe, expect, it } from 'vitest';
import type { Queries } from '../../../src/core/ports/queries.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { define, defineDependency, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const SLOS = [defineSlo(), defineSlo({ workflow: 'refunds' })];
const DEPENDENCIES = [
  defineDependency('bank', '99%', { owner: 'acme', status: 'https://status.acme.example' }),
  defineDependency('carrier', '90%'),
];

let world: World;
let queries: Queries;
afterEach(() => world.close());

async function open(partitions = 1): Promise<void> {
  world = await startWorld({ slos: SLOS, dependencies: DEPENDENCIES, partitions });
  const { store, clock } = world;
  // In the middle of a month and of a day.
  const start = new Date(clock.now());
  clock.set(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 15, 12, 30));
  queries = createQueries({
    store,
    reader: world.newReader(),
    adjustments: createAdjustments(store, world.log),
    definitions: () => define(SLOS, undefined, DEPENDENCIES),
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
}

let serial = 0;
const call = (fields: object) => ({
  workflow: 'orders',
  execution: `e-${++serial}`,
  step: 'charge',
  dependency: 'bank',
  status: 'succeeded',
  ...fields,
});

async function report(records: readonly object[]): Promise<void> {
  expect(await world.recorder.record(records)).toMatchObject({ rejected: [] });
}

describe('dependencies', () => {
  it('C1: count each attempt of what calls them once, over all workflows and partitions', async () => {
    await open(4);
    const records = [
      ...Array.from({ length: 30 }, () => call({})),
      ...Array.from({ length: 10 }, () => call({ workflow: 'refunds', status: 'failed', error: 'timeout' })),
      // A retry is a call of its own, and what it follows stays a failed one.
      call({ execution: 'again', status: 'failed', willRetry: true }),
      call({ execution: 'again', attempt: 2 }),
      // A whole execution that calls it itself, and one that tells of a step that reports nothing itself.
      call({ step: undefined }),
      call({ step: undefined, status: 'failed', failedStep: 'charge' }),
      call({ status: 'cancelled' }),
      call({ status: 'skipped' }),
      call({ status: 'started' }),
      call({ dependency: 'carrier', count: 7 }),
      call({ dependency: 'undeclared', status: 'failed' }),
    ];
    await report(records);
    await report(records);
    const [bank, carrier] = await queries.dependencies(null);
    expect(bank).toMatchObject({
      name: 'bank',
      owner: 'acme',
      status: 'https://status.acme.example',
      sla: 0.99,
      month: { good: 32, bad: 12, total: 44 },
      today: { good: 32, bad: 12 },
      lastHour: { good: 32, bad: 12 },
      promise: 'broken',
      burning: true,
      complete: true,
      budget: { allowed: 0.44, spent: 12 },
      workflows: [
        { workflow: 'orders', month: { good: 32, bad: 2 } },
        { workflow: 'refunds', month: { good: 0, bad: 10 } },
      ],
    });
    expect(carrier).toMatchObject({ name: 'carrier', promise: 'kept', burning: false, month: { good: 7 } });
  });

  it('are observed over the calendar month, today and the last hour, a calm one with a broken promise included', async () => {
    await open();
    const now = world.clock.now();
    const begin = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth(), 1);
    const ages = [now - begin + MINUTE, 3 * DAY, 5 * HOUR, 0];
    for (const age of ages) {
      world.clock.set(now - age);
      await report(Array.from({ length: 10 }, () => call({ status: age === 0 ? 'succeeded' : 'failed' })));
    }
    const [bank] = await queries.dependencies(null);
    expect(bank).toMatchObject({
      month: { from: begin, good: 10, bad: 20 },
      today: { good: 10, bad: 10 },
      lastHour: { good: 10, bad: 0 },
      promise: 'broken',
      burning: false,
    });
  });

  it('without calls say nothing of their promise', async () => {
    await open();
    const [bank] = await queries.dependencies(null);
    expect(bank).toMatchObject({
      month: { total: 0, ratio: null },
      promise: null,
      burning: false,
      workflows: [],
      budget: { remainingRatio: null },
    });
  });

  it('of some workflows are those that these call, with which calls failed', async () => {
    await open();
    await report([
      call({ status: 'failed', error: 'timeout' }),
      call({ workflow: 'refunds', status: 'failed', error: 'refused' }),
    ]);
    expect(await queries.dependency('bank', ['orders', 'unknown'])).toMatchObject({
      month: { bad: 1 },
      workflows: [{ workflow: 'orders' }],
      failures: [{ workflow: 'orders', step: 'charge', error: 'timeout', count: 1 }],
      lastFailed: [{ workflow: 'orders', error: 'timeout' }],
    });
    const all = await queries.dependency('bank', null);
    expect(all?.failures.map(({ error }) => error).toSorted()).toEqual(['refused', 'timeout']);
    expect(await queries.dependency('undeclared', null)).toBeNull();
  });

  it('J5: keep what was counted when the promise changes, and say since when they are counted', async () => {
    await open();
    await report([call({ status: 'failed' })]);
    const { countedSince } = (await queries.dependencies(null))[0]!;
    world.clock.advance(HOUR);
    await report([call({})]);
    const [bank] = await queries.dependencies(null);
    expect(bank).toMatchObject({ countedSince, month: { good: 1, bad: 1 } });
  });

  it('say so when the calls of a workflow cannot be read', async () => {
    await open(2);
    await report(Array.from({ length: 20 }, () => call({})));
    world.wrapped.takeAway([0, 1]);
    const [bank] = await queries.dependencies(null);
    expect(bank).toMatchObject({ complete: false, month: { total: 0 } });
  });
});

it('G2: of many workflows are added up once for all who ask in five seconds, and then anew', async () => {
  const slos = Array.from({ length: 250 }, (_, index) => defineSlo({ workflow: `workflow-${index}` }));
  const definitions = define(slos, undefined, DEPENDENCIES);
  world = await startWorld({ slos, dependencies: DEPENDENCIES });
  const { store, clock } = world;
  queries = createQueries({
    store,
    reader: world.newReader(),
    adjustments: createAdjustments(store, world.log),
    definitions: () => definitions,
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
  const [first, second] = await Promise.all([queries.dependencies(null), queries.dependencies(null)]);
  expect(second).toBe(first);
  // What only some may see is theirs alone.
  expect(await queries.dependencies(['workflow-1'])).not.toBe(first);
  clock.advance(5000);
  await report([call({ workflow: 'workflow-7' })]);
  const [bank] = await queries.dependencies(null);
  expect(bank).toMatchObject({ name: 'bank', month: { good: 1, bad: 0 } });
});
