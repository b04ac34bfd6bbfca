import { afterEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/core/report.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { createHistory } from '../../src/engine/history.ts';
import { createReport } from '../../src/engine/report.ts';
import { START } from '../support/clock.ts';
import { define, defineSlo } from '../support/definitions.ts';
import type { World } from '../support/world.ts';
import { startWorld } from '../support/world.ts';

const slo = defineSlo({ objective: '95%' });

let world: World;
let report: Report;
afterEach(() => world.close());

async function open(slos = [slo]): Promise<void> {
  world = await startWorld({ slos });
  const { store, clock } = world;
  report = createReport({ store, history: createHistory(store), definitions: () => define(slos), clock });
}

const only = async () => (await report.slos())[0]!;

describe('an SLO', () => {
  it('reads as in design §2.5', async () => {
    await open();
    await report.slos();
    world.clock.advance(DAY);
    await world.report(9710, 290);
    const now = new Date(world.clock.now()).toISOString();
    expect(await only()).toEqual({
      id: 'orders/done',
      workflow: 'orders',
      name: 'done',
      owner: 'payments',
      description: null,
      runbook: null,
      objective: 0.95,
      window: '28d',
      state: 'healthy',
      sli: { good: 9710, bad: 290, total: 10_000, ratio: 0.971 },
      budget: { allowed: 500, spent: 290, remaining: 210, remainingRatio: 0.42, exhaustsAt: null },
      burnRates: { '5m': 0.58, '30m': 0.58, '1h': 0.58, '2h': 0.58, '6h': 0.58, '1d': 0.58, '3d': 0.58 },
      incident: null,
      historySince: new Date(START).toISOString(),
      evaluatedAt: now,
      dataThrough: now,
    });
  });

  it('J2: without outcomes has no ratios, which is neither health nor failure', async () => {
    await open();
    const read = await only();
    expect(read.state).toBe('no-data');
    expect(read.sli).toEqual({ good: 0, bad: 0, total: 0, ratio: null });
    expect(read.budget).toEqual({
      allowed: 0,
      spent: 0,
      remaining: 0,
      remainingRatio: null,
      exhaustsAt: null,
    });
    expect(new Set(Object.values(read.burnRates))).toEqual(new Set([null]));
  });

  it('J5: is warming up until its counters are as old as its first window', async () => {
    await open();
    await report.slos();
    await world.report(100, 0);
    world.clock.advance(HOUR - 1);
    expect((await only()).state).toBe('warming-up');
    world.clock.advance(1);
    expect((await only()).state).toBe('healthy');
  });

  it('is burning while an incident is open, and exhausted without budget', async () => {
    await open();
    await world.report(100_000, 0);
    world.clock.advance(7 * HOUR);
    await world.report(60, 40);
    await world.tick();
    const burning = await only();
    expect(burning).toMatchObject({ state: 'burning', incident: { severity: 'page', tier: 'slow' } });
    expect(burning.incident!.openedAt).toBe(new Date(world.clock.now()).toISOString());
    await world.report(0, 50_000);
    expect((await only()).state).toBe('exhausted');
    expect((await only()).budget.remainingRatio).toBeLessThan(0);
  });

  it('foresees when its budget runs out, at the pace of the last day', async () => {
    await open();
    await world.report(100_000, 0);
    world.clock.advance(10 * DAY);
    await world.report(900, 100);
    const { budget } = await only();
    // 4,950 bad outcomes are left; a day earns 50 and spends 100.
    expect(budget).toMatchObject({ allowed: 5050, remaining: 4950, exhaustsAt: null });
    await world.report(0, 900);
    const left = 5095 - 1000;
    const overspend = 1000 - 1900 * 0.05;
    expect(Date.parse((await only()).budget.exhaustsAt!)).toBeCloseTo(
      world.clock.now() + (left / overspend) * DAY,
      -1,
    );
  });
});

describe('one SLO in detail', () => {
  it('tells its tiers, what failed, and which executions', async () => {
    await open();
    await world.report(60, 40, { error: 'timeout', failedStep: 'ship' });
    await world.tick();
    const detail = (await report.slo(slo.id))!;
    expect(
      detail.tiers.map(({ name, long, short, factor, firing }) => [name, long, short, factor, firing]),
    ).toEqual([
      ['fast', '1h', '5m', 10, false],
      ['slow', '6h', '30m', 5.6, true],
      ['drift', '1d', '2h', 2.8, true],
      ['creep', '3d', '6h', 1, true],
    ]);
    expect(detail.failures).toEqual([{ step: 'ship', dependency: null, error: 'timeout', count: 40 }]);
    expect(detail.lastFailed).toMatchObject([{ execution: 'bad-1', step: 'ship' }]);
  });

  it('is nothing when no file defines it', async () => {
    await open();
    expect(await report.slo('orders/none')).toBeNull();
  });
});

it('counts what is under way and what is overdue, by workflow', async () => {
  await open([defineSlo({ sli: { withinMs: MINUTE } }), defineSlo({ workflow: 'shipping' })]);
  await world.recorder.record([
    { workflow: 'orders', execution: 'a', status: 'started' },
    { workflow: 'orders', execution: 'b', status: 'started', at: START - 2 * MINUTE },
  ]);
  await world.tick();
  expect(await report.inFlight()).toEqual([
    { workflow: 'orders', running: 2, overdue: 1 },
    { workflow: 'shipping', running: 0, overdue: 0 },
  ]);
});

it('gives every reader the same states for a second, and then fresh ones', async () => {
  await open();
  await world.report(60, 40);
  await Promise.all([report.slos(), report.slos(), report.slo(slo.id)]);
  expect(world.wrapped.calls('loadStates')).toHaveLength(1);
  await world.tick();
  world.clock.advance(1000);
  expect((await only()).incident).not.toBeNull();
});
