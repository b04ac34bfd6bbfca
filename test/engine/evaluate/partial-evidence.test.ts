import { afterEach, expect, it } from 'vitest';
import { partitionOf } from '../../../src/core/hash.ts';
import type { Queries } from '../../../src/core/ports/queries.ts';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import { defaultTiers } from '../../../src/core/slo/alert-policy.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { PartUnavailable } from '../../../src/core/ports/store/store.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { define, defineSlo, objective } from '../../support/definitions.ts';
import { freshnessSli, measurementSli } from '../../support/slis.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const PARTITIONS = 8;
const AWAY = [1, 4, 7];
const SHARE = (PARTITIONS - AWAY.length) / PARTITIONS;
const SILENCE: Tier = { kind: 'noData', name: 'silence', severity: 'ticket', after: 30 * MINUTE };
const LOW: Tier = { kind: 'budgetRemaining', name: 'low', severity: 'ticket', below: 0.9 };
const FAST = defaultTiers(objective('99%'), 28 * DAY).filter(({ name }) => name === 'fast');
const slo = defineSlo({ alerts: { tiers: [...FAST, SILENCE, LOW], resolveAfter: 5 * MINUTE } });

let world: World;
afterEach(() => world.close());

const open = (slos = [slo]) => startWorld({ slos, partitions: PARTITIONS, counted: 28 * DAY });

let named = 0;
/** Reports so many executions; `only` those of some partitions. */
async function report(
  status: 'succeeded' | 'failed',
  count: number,
  only = (_partition: number) => true,
): Promise<void> {
  const records: object[] = [];
  while (records.length < count) {
    const execution = `e-${named++}`;
    if (only(partitionOf(execution, PARTITIONS))) records.push({ workflow: 'orders', execution, status });
  }
  const { accepted } = await world.recorder.record(records);
  expect(accepted).toBe(count);
}

const isThere = (partition: number) => !AWAY.includes(partition);
const firing = async () => Object.keys((await world.state(slo))?.firing ?? {});

function newQueries(slos = [slo]): Queries {
  const { store, clock, log } = world;
  const adjustments = createAdjustments(store, log);
  return createQueries({
    store,
    reader: world.newReader({ excluded: adjustments.excluded }),
    adjustments,
    definitions: () => define(slos),
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
}

it('J2: what can be read is judged and paged, with its share in the notification, the report and the log', async () => {
  world = await open();
  await report('succeeded', 400);
  world.wrapped.takeAway(AWAY);
  await report('failed', 100, isThere);
  expect(await world.tick()).toMatchObject({ failed: 0, transitions: 1 });
  // The budget is below what its tier asks for, and is not judged by a part of its counts.
  expect(await firing()).toEqual(['fast']);
  const [page] = await world.told();
  expect(page!.facts).toMatchObject({ kind: 'opened', severity: 'page', readShare: SHARE });
  const [report_] = await newQueries().slos();
  expect(report_).toMatchObject({
    readShare: SHARE,
    warnings: [{ code: 'partly-read', since: null }],
    alert: 'page',
  });
  expect(report_!.sli.bad).toBe(100);
  expect(report_!.sli.good).toBeLessThan(400);
  await world.tick();
  const lines = world.log.entries.filter(({ message }) => message.includes('lies on shards that are away'));
  expect(lines.map(({ fields }) => fields)).toEqual([{ judged: 1, inconclusive: 0 }]);
  expect(world.log.entries.filter(({ level }) => level === 'error')).toEqual([]);
});

it('J2: an incident stays open while what fails may be what cannot be read', async () => {
  world = await open();
  await report('succeeded', 100);
  await report('failed', 100, (partition) => AWAY.includes(partition));
  await world.tick();
  expect(await firing()).toContain('fast');
  world.wrapped.takeAway(AWAY);
  for (let minute = 0; minute < 90; minute++) {
    world.clock.advance(MINUTE);
    await report('succeeded', 20, isThere);
    await world.tick();
    expect([minute, await firing()]).toEqual([minute, expect.arrayContaining(['fast'])]);
  }
  world.wrapped.takeAway([]);
  await world.tick();
  expect(await firing()).toContain('fast');
  for (let minute = 0; minute < 6; minute++) {
    world.clock.advance(MINUTE);
    await report('succeeded', 20);
    await world.tick();
  }
  expect(await firing()).not.toContain('fast');
});

it('J2: silence of what can be read is not that of all', async () => {
  world = await open();
  await report('succeeded', 50);
  await world.tick();
  world.wrapped.takeAway(AWAY);
  for (let minute = 0; minute < 45; minute++) {
    world.clock.advance(MINUTE);
    await world.tick();
  }
  expect(await firing()).toEqual([]);
  world.wrapped.takeAway([]);
  await world.tick();
  expect(await firing()).toEqual(['silence']);
});

it('J2: of what nothing can be read, and of what no sample holds for, nothing fires; each says so, and the others are read', async () => {
  const fresh = defineSlo({ name: 'fresh', sli: freshnessSli(5 * MINUTE) });
  const depth = defineSlo({ name: 'depth', sli: measurementSli() });
  const slos = [slo, fresh, depth];
  world = await open(slos);
  await report('succeeded', 50);
  await world.tick();
  const before = (await world.told()).length;
  world.clock.advance(HOUR);
  world.wrapped.takeAway(AWAY);
  await world.tick();
  const byName = async () => new Map((await newQueries(slos).slos()).map((one) => [one.name, one]));
  for (const name of ['done', 'fresh', 'depth'])
    expect([name, (await byName()).get(name)!.readShare]).toEqual([name, SHARE]);
  world.wrapped.takeAway(Array.from({ length: PARTITIONS }, (_, partition) => partition));
  world.clock.advance(10 * MINUTE);
  await world.tick();
  expect((await byName()).get('done')).toMatchObject({
    readShare: 0,
    data: 'none',
    warnings: [{ code: 'partly-read' }],
  });
  expect(await world.told()).toHaveLength(before);
  const lines = world.log.entries.filter(({ message }) => message.includes('lies on shards that are away'));
  expect(lines.map(({ fields }) => fields)).toEqual([
    { judged: 1, inconclusive: 2 },
    { judged: 0, inconclusive: 3 },
  ]);
  expect(world.log.entries.filter(({ level }) => level === 'error')).toEqual([]);
});

it('a shard that is away before the store says so stops no tick, and lets nothing resolve', async () => {
  world = await open();
  await report('failed', 100);
  await world.tick();
  world.wrapped.takeAway(AWAY, false);
  for (let minute = 0; minute < 10; minute++) {
    world.clock.advance(MINUTE);
    await report('succeeded', 2000, isThere);
    expect((await world.tick()).failed).toBe(0);
  }
  expect(await firing()).toContain('fast');
});

it.each(['inFlight', 'places'] as const)(
  'D1: a page goes out although %s cannot be read of a shard that went away just now',
  async (method) => {
    world = await open([defineSlo({ sli: { withinMs: HOUR }, alerts: { tiers: FAST } })]);
    const records = Array.from({ length: 100 }, (_, index) => ({
      workflow: 'orders',
      execution: `late-${index}`,
      status: 'failed',
      durationMs: 1000,
    }));
    await world.recorder.record(records);
    world.wrapped.before(method, () => {
      throw new PartUnavailable('10.0.0.1:6379', 'its part is away', {});
    });
    expect(await world.tick()).toMatchObject({ failed: 0, transitions: 1 });
    expect(world.wrapped.calls(method).length).toBeGreaterThan(0);
  },
);

it('C5: what was read in part is never taken for the whole, and the whole is read again once it is there', async () => {
  world = await open();
  await report('succeeded', 80);
  const cache = createCounterCache(world.store);
  const now = world.clock.now();
  const read = async (windows: readonly number[]) => {
    await cache.refresh([{ ...slo, windows }], now);
    return [cache.readShare(slo), cache.sums(slo, now)(windows[0]!).good] as const;
  };
  const there = (await read([HOUR]))[1];
  expect(there).toBe(80);
  world.wrapped.takeAway(AWAY);
  const [share, part] = await read([HOUR, 7 * DAY]);
  expect(share).toBe(SHARE);
  expect(part).toBeLessThan(80);
  world.wrapped.takeAway([]);
  // Whatever is asked next, all that was of a part is completed: a look at 30 days must not make judging partial.
  await cache.refresh([{ ...slo, windows: [] }], now);
  expect(cache.readShare(slo)).toBe(1);
  expect(cache.sums(slo, now)(7 * DAY).good).toBe(80);
  expect(await read([HOUR, 7 * DAY])).toEqual([1, 80]);
});
