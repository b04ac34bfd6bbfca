import { afterEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { callsOf } from '../../../src/core/slo/dependency.ts';
import { fingerprint } from '../../../src/core/sli/fingerprint.ts';
import type { BlockId } from '../../../src/core/ports/store/counting.ts';
import { defineDependency, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const ORDERS = defineSlo();
const REFUNDS = defineSlo({ workflow: 'refunds' });
const BANK = defineDependency('bank', '99.5%');
let executions = 0;

interface Run {
  readonly workflow?: string;
  readonly calls?: string | null;
  readonly fails?: boolean;
}

/** So many executions with a step that calls a dependency; where that fails, the execution does, and says so. */
async function run(
  count: number,
  { workflow = 'orders', calls = 'bank', fails = false }: Run,
): Promise<void> {
  const records = Array.from({ length: count }, () => {
    const status = fails ? 'failed' : 'succeeded';
    const common = { workflow, execution: `run-${++executions}`, status };
    const dependency = calls === null ? {} : { dependency: calls };
    return [
      { ...common, step: 'charge', ...dependency },
      { ...common, ...(fails && { failedStep: 'charge', ...dependency, error: 'timeout' }) },
    ];
  }).flat();
  const { rejected } = await world.recorder.record(records);
  expect(rejected).toEqual([]);
}

/** Some days of health, in which every execution calls the bank. */
async function start(): Promise<void> {
  world = await startWorld({ slos: [ORDERS, REFUNDS], dependencies: [BANK], counted: 28 * DAY });
  await run(1000, {});
  await run(1000, { workflow: 'refunds' });
  world.clock.advance(2 * DAY);
}

async function notified(): Promise<NotificationFacts> {
  await world.tick();
  const found = (await world.told()).map(({ facts }) => facts).filter(({ slo }) => slo === ORDERS.id);
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe('D4: the likely cause of an incident', () => {
  it('is the dependency below its promise that the failures call, with each call counted once', async () => {
    await start();
    await run(60, {});
    await run(40, { fails: true });
    await run(10, { workflow: 'refunds', fails: true });
    const { likelyCause } = await notified();
    expect(likelyCause).toEqual({
      dependency: 'bank',
      failures: 1,
      usual: 1,
      sla: 0.995,
      broken: true,
      lastHour: { good: 60, bad: 50 },
      today: { good: 60, bad: 50 },
    });
  });

  it('is not the dependency that other workflows call with success', async () => {
    await start();
    await run(60, {});
    await run(40, { fails: true });
    await run(500, { workflow: 'refunds' });
    expect((await notified()).likelyCause).toBeNull();
  });

  it('is not a dependency that keeps its promise, though every execution calls it', async () => {
    await start();
    await run(60, {});
    // What fails is the execution, after its call of the bank went well.
    const records = Array.from({ length: 40 }, (_, index) => [
      {
        workflow: 'orders',
        execution: `late-${index}`,
        step: 'charge',
        dependency: 'bank',
        status: 'succeeded',
      },
      {
        workflow: 'orders',
        execution: `late-${index}`,
        failedStep: 'charge',
        dependency: 'bank',
        status: 'failed',
      },
    ]);
    await world.recorder.record(records.flat());
    expect((await notified()).likelyCause).toBeNull();
  });

  it('is none while only failures name it', async () => {
    world = await startWorld({ slos: [ORDERS], dependencies: [BANK], counted: 28 * DAY });
    const records = Array.from({ length: 100 }, (_, index) => {
      const common = { workflow: 'orders', execution: `one-${index}` };
      return index < 60
        ? { ...common, status: 'succeeded' }
        : { ...common, status: 'failed', dependency: 'bank' };
    });
    await world.recorder.record(records);
    expect((await notified()).likelyCause).toBeNull();
  });

  it('is none that was not declared, and none once it is over', async () => {
    await start();
    await run(60, {});
    await run(40, { calls: 'carrier', fails: true });
    expect((await notified()).likelyCause).toBeNull();
    for (let step = 0; step < 40 && (await world.state(ORDERS))!.incident; step++) {
      world.clock.advance(HOUR);
      await run(100, {});
      await world.tick();
    }
    const resolved = (await world.told()).map(({ facts }) => facts).find(({ kind }) => kind === 'resolved')!;
    expect(resolved.likelyCause).toBeNull();
  });

  it('counts today from midnight on', async () => {
    world = await startWorld({ slos: [ORDERS, REFUNDS], dependencies: [BANK], counted: 28 * DAY });
    await run(1000, {});
    world.clock.advance(DAY - (world.clock.now() % DAY) + 20 * MINUTE);
    await run(60, {});
    await run(40, { fails: true });
    const { likelyCause } = await notified();
    expect(likelyCause?.lastHour).toEqual({ good: 60, bad: 40 });
    expect(likelyCause?.today).toEqual({ good: 60, bad: 40 });
  });
});

describe('G2: a page', () => {
  it('goes out without a likely cause when calls cannot be read', async () => {
    await start();
    await run(60, {});
    await run(40, { fails: true });
    const calls = fingerprint(callsOf('bank'));
    let refused = 0;
    world.wrapped.before('readBlocks', (blocks) => {
      if (!(blocks as BlockId[]).some(({ fingerprint }) => fingerprint === calls)) return;
      refused++;
      throw new Error('a broken block');
    });
    const { likelyCause, failures } = await notified();
    expect(refused).toBeGreaterThan(0);
    expect(likelyCause).toBeNull();
    expect(failures[0]).toMatchObject({ dependency: 'bank', count: 40 });
  });
});
