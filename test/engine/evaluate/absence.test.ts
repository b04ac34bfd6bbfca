import { afterEach, describe, expect, it } from 'vitest';
import type { NoDataTier } from '../../../src/core/slo/alert-policy.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { Replica, Replicas } from '../../support/replicas.ts';
import { replicasOf } from '../../support/replicas.ts';
import { HALF, every, freshnessSli, measurementSli, scheduleSli, sliceSli } from '../../support/slis.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const QUICK = defineSlo({ name: 'quick', sli: { withinMs: 20 * SECOND } });

let world: World;
let replicas: Replicas;
let replica: Replica;

afterEach(() => world.close());

async function open(slo: Slo = QUICK): Promise<void> {
  world = await startWorld({ slos: [slo] });
  replicas = replicasOf(world, define([slo]));
  replica = replicas.start();
  await replicas.pass(10 * SECOND);
}

async function send(records: readonly object[], to: Replica = replica): Promise<void> {
  const { accepted } = await to.recorder.record(records.map((record) => ({ workflow: 'orders', ...record })));
  expect(accepted).toBe(records.length);
}

const executions = (name: string, count: number, fields: object) =>
  Array.from({ length: count }, (_, index) => ({ execution: `${name}-${index}`, ...fields }));

/** 2,000 executions of a healthy past, and 200 that begin at this moment. */
async function healthyLoad(): Promise<number> {
  await send(executions('past', 2000, { status: 'succeeded', durationMs: 5_000 }));
  const begunAt = world.clock.now();
  await send(executions('flight', 200, { status: 'started', at: begunAt }));
  return begunAt;
}

const endAll = (at: number, status = 'succeeded') => send(executions('flight', 200, { status, at }));
const told = async () => (await world.told()).map(({ facts }) => facts.kind);
const counted = (slo: Slo = QUICK) => world.counted(slo);

/** The process dies, and another one starts after a while. */
async function restart(after: number): Promise<void> {
  replicas.kill(replica);
  await replicas.pass(after);
  replica = replicas.start();
}

describe('deadlines that passed while outcomes could not be reported', () => {
  it('are none of the producers: a restart under load pages nobody (case 04)', async () => {
    await open();
    const begunAt = await healthyLoad();
    await replicas.pass(2 * SECOND);
    await restart(30 * SECOND);
    await replicas.pass(3 * SECOND);
    await endAll(begunAt + 8 * SECOND);
    await replicas.pass(3 * MINUTE);
    expect(await told()).toEqual([]);
    expect(await counted()).toEqual({ good: 2200, bad: 0 });
  });

  it.each([1, 4, 15, 300])('however short or long the break: %i s', async (length) => {
    await open();
    const begunAt = await healthyLoad();
    await replicas.pass(17 * SECOND);
    await restart(length * SECOND);
    await replicas.pass(Math.max(59, length - 1) * SECOND);
    expect((await counted()).bad).toBe(0);
    await endAll(begunAt + 18 * SECOND);
    await replicas.pass(10 * MINUTE);
    expect(await told()).toEqual([]);
    expect(await counted()).toEqual({ good: 2200, bad: 0 });
  });

  it('C3: of a real outage that began before it are judged once the grace is over', async () => {
    await open();
    await healthyLoad();
    await replicas.pass(5 * SECOND);
    await restart(30 * SECOND);
    await replicas.pass(59 * SECOND);
    expect(await told()).toEqual([]);
    await replicas.pass(10 * SECOND);
    expect(await told()).toEqual(['opened']);
    expect(await counted()).toEqual({ good: 2000, bad: 200 });
  });

  it('still hold up no failure that is reported', async () => {
    await open();
    const begunAt = await healthyLoad();
    await restart(30 * SECOND);
    await endAll(begunAt + 8 * SECOND, 'failed');
    await replicas.pass(5 * SECOND);
    expect(await told()).toEqual(['opened']);
  });

  it.each([
    ['as a whole', []],
    ['only where outcomes are recorded', ['record']],
  ] as const)('since the store was unreachable, %s, wait as well', async (_, methods) => {
    await open();
    const begunAt = await healthyLoad();
    await replicas.pass(12 * SECOND);
    world.wrapped.takeDown(...methods);
    for (let second = 0; second < 10; second++) {
      await expect(endAll(begunAt + 13 * SECOND)).rejects.toThrow();
      await replicas.pass(SECOND);
    }
    world.wrapped.bringUp();
    await replicas.pass(50 * SECOND);
    expect((await counted()).bad).toBe(0);
    await endAll(begunAt + 13 * SECOND);
    await replicas.pass(3 * MINUTE);
    expect(await told()).toEqual([]);
    expect(await counted()).toEqual({ good: 2200, bad: 0 });
  });

  it('since the process stood still wait as well', async () => {
    await open();
    const begunAt = await healthyLoad();
    await replicas.pass(15 * SECOND);
    replicas.standStill(20 * SECOND);
    await world.tick(replica.evaluator);
    expect((await counted()).bad, 'what waits in sockets comes first').toBe(0);
    await replicas.pass(10 * SECOND);
    await endAll(begunAt + 18 * SECOND);
    await replicas.pass(3 * MINUTE);
    expect(await counted()).toEqual({ good: 2200, bad: 0 });
  });

  it('are judged in time while another replica is up', async () => {
    await open();
    const other = replicas.start();
    await replicas.pass(10 * SECOND);
    await healthyLoad();
    await replicas.pass(5 * SECOND);
    replicas.kill(replica);
    await replicas.pass(21 * SECOND);
    expect(await counted()).toEqual({ good: 2000, bad: 200 });
    expect(await told()).toEqual(['opened']);
    replicas.cut(other, true);
    replica = replicas.start();
    await replicas.pass(5 * SECOND);
    replicas.cut(other, false);
    await send(executions('later', 200, { status: 'started' }));
    await replicas.pass(26 * SECOND);
    expect((await counted()).bad, 'nor is what another replica could not reach a break').toBe(400);
  });

  it('wait no longer than their own break, when breaks go on and on', async () => {
    await open();
    await healthyLoad();
    for (let round = 0; round < 4; round++) {
      await replicas.pass(25 * SECOND);
      await restart(5 * SECOND);
    }
    expect(await told()).toEqual(['opened']);
  });

  it('wait for a restart during the grace of another break', async () => {
    await open();
    const begunAt = await healthyLoad();
    await replicas.pass(5 * SECOND);
    await restart(30 * SECOND);
    await replicas.pass(20 * SECOND);
    await restart(2 * SECOND);
    await replicas.pass(30 * SECOND);
    expect((await counted()).bad).toBe(0);
    await endAll(begunAt + 8 * SECOND);
    await replicas.pass(3 * MINUTE);
    expect(await counted()).toEqual({ good: 2200, bad: 0 });
  });

  it('J4: leave no trace in the store once they matter no more', async () => {
    await open();
    for (let round = 0; round < 5; round++) {
      await replicas.pass(10 * SECOND);
      await restart(2 * SECOND);
    }
    await replicas.pass(SECOND);
    expect(await world.store.records('evaluation')).toHaveLength(7);
    await replicas.pass(65 * MINUTE);
    expect(await world.store.records('evaluation')).toHaveLength(2);
  });
});

describe('the same holds for', () => {
  const job = (at: number, fields: object = {}) => ({
    execution: `job-${at}`,
    status: 'succeeded',
    at,
    ...fields,
  });

  it('ticks of a schedule: a run that could not be reported is not missed', async () => {
    const slo = defineSlo({ sli: scheduleSli(every(5 * MINUTE), null, MINUTE), objective: '90%' });
    await open(slo);
    await replicas.pass(5 * MINUTE - 20 * SECOND);
    const tick = Math.ceil(world.clock.now() / (5 * MINUTE)) * 5 * MINUTE;
    await restart(2 * MINUTE);
    await replicas.pass(110 * SECOND);
    expect((await counted(slo)).bad).toBe(0);
    await send([job(tick + 30 * SECOND)]);
    await replicas.pass(MINUTE);
    expect(await counted(slo)).toEqual({ good: 1, bad: 0 });
    await replicas.pass(5 * MINUTE);
    expect(await counted(slo), 'the next one is missed').toEqual({ good: 1, bad: 1 });
  });

  it('freshness', async () => {
    const slo = defineSlo({ sli: freshnessSli(3 * MINUTE) });
    await open(slo);
    await send([job(world.clock.now())]);
    await replicas.pass(150 * SECOND);
    await restart(2 * MINUTE);
    await replicas.pass(100 * SECOND);
    expect((await counted(slo)).bad).toBe(0);
    await send([job(world.clock.now() - 3 * MINUTE)]);
    await replicas.pass(30 * SECOND);
    expect((await counted(slo)).bad).toBe(0);
    await replicas.pass(4 * MINUTE);
    expect((await counted(slo)).bad, 'now it is stale').toBeGreaterThan(0);
  });

  it('slices: half of one is not judged', async () => {
    const slo = defineSlo({ sli: sliceSli(MINUTE, HALF) });
    await open(slo);
    const slice = world.clock.now();
    await send(executions('failed', 2, { status: 'failed' }));
    await replicas.pass(20 * SECOND);
    await restart(40 * SECOND);
    await replicas.pass(50 * SECOND);
    expect(await counted(slo)).toEqual({ good: 0, bad: 0 });
    await send(executions('good', 8, { status: 'succeeded', at: slice + 30 * SECOND }));
    await replicas.pass(30 * SECOND);
    expect(await counted(slo)).toEqual({ good: 1, bad: 0 });
  });

  it('silence: it counts from the end of the break until the grace is over', async () => {
    const SILENCE: NoDataTier = { kind: 'noData', name: 'silence', severity: 'ticket', after: 5 * MINUTE };
    const slo = defineSlo({ alerts: { tiers: [SILENCE] } });
    await open(slo);
    await send([job(world.clock.now())]);
    await replicas.pass(5 * MINUTE - 20 * SECOND);
    await restart(30 * SECOND);
    await replicas.pass(55 * SECOND);
    expect(await told()).toEqual([]);
    await replicas.pass(15 * SECOND);
    expect(await told()).toEqual(['opened']);
  });

  it('thresholds: what was measured meanwhile lands in its own minutes', async () => {
    const slo = defineSlo({ sli: measurementSli() });
    await open(slo);
    const measure = async (value: number, at: number) => {
      const record = { workflow: 'orders', name: 'depth', value, at };
      expect(await replica.recorder.recordMeasurements([record])).toMatchObject({ accepted: 1 });
    };
    for (let minute = 0; minute < 20; minute++) {
      await measure(1, world.clock.now());
      await replicas.pass(MINUTE);
    }
    const down = world.clock.now();
    await restart(3 * MINUTE);
    await replicas.pass(30 * SECOND);
    for (let minute = 0; minute < 4; minute++) await measure(1, down + minute * MINUTE);
    await replicas.pass(5 * MINUTE);
    expect(await counted(slo)).toEqual({ good: 24, bad: 0 });
    expect(await told()).toEqual([]);
  });
});

describe('J4: a clock in doubt counts no deadline as passed', () => {
  const TEN_MINUTES = defineSlo({ name: 'done', sli: { withinMs: 10 * MINUTE } });

  /** Executions that take five minutes each, 60 a minute. */
  async function healthyFor(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await send(executions(`run-${minute}`, 60, { status: 'started' }));
      if (minute >= 5) await send(executions(`run-${minute - 5}`, 60, { status: 'succeeded' }));
      await replicas.pass(MINUTE);
    }
  }

  it('set forward by an hour: 300 healthy executions in flight are not overdue', async () => {
    await open(TEN_MINUTES);
    await healthyFor(15);
    replicas.setClock(HOUR);
    await replicas.pass(5 * MINUTE);
    expect(await counted(TEN_MINUTES)).toEqual({ good: 600, bad: 0 });
    expect(await told()).toEqual([]);
  });

  it.each([5 * SECOND, 30 * SECOND, 5 * MINUTE, HOUR])(
    'set forward by %i ms: what began before it and hangs is overdue at its own time',
    async (by) => {
      await open(TEN_MINUTES);
      await send(executions('past', 2000, { status: 'succeeded', durationMs: 5_000 }));
      await send(executions('hangs', 100, { status: 'started' }));
      await replicas.pass(5 * MINUTE);
      replicas.setClock(by);
      await replicas.pass(5 * MINUTE - 5 * SECOND);
      expect((await counted(TEN_MINUTES)).bad).toBe(0);
      await replicas.pass(10 * SECOND);
      expect((await counted(TEN_MINUTES)).bad).toBe(100);
    },
  );

  it.each([HOUR, -HOUR])('set by %i ms: a real outage from then on is paged in time', async (by) => {
    await open(QUICK);
    await send(executions('past', 2000, { status: 'succeeded', durationMs: 5_000 }));
    replicas.setClock(by);
    await send(executions('hangs', 200, { status: 'started' }));
    await replicas.pass(2 * MINUTE + 10 * SECOND);
    expect(await told()).toEqual(['opened']);
  });

  it('set again and again hides a real outage for no longer than two minutes', async () => {
    await open(defineSlo());
    await send(executions('past', 2000, { status: 'succeeded' }));
    for (let second = 0; second < 150; second += 5) {
      replicas.setClock(second % 15 === 0 ? 2 * MINUTE : -MINUTE - SECOND);
      await send(executions(`failed-${second}`, 200, { status: 'failed' }));
      await replicas.pass(5 * SECOND);
      if ((await told()).length > 0) break;
    }
    expect(await told()).toEqual(['opened']);
  });

  it('set forward and back again is believed at once', async () => {
    await open(QUICK);
    await send(executions('past', 2000, { status: 'succeeded', durationMs: 5_000 }));
    replicas.setClock(HOUR);
    await replicas.pass(10 * SECOND);
    replicas.setClock(-HOUR);
    await send(executions('hangs', 200, { status: 'started' }));
    await replicas.pass(30 * SECOND);
    expect((await counted(QUICK)).bad).toBe(200);
  });
});
