import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { sumCells } from '../../src/core/counters/cells.ts';
import { MAX_FAILURE_KEYS, MAX_LAST_FAILED } from '../../src/core/ports/store/counting.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import type { EndGroup, EndedSubject, StartGroup } from '../../src/core/ports/store/counting.ts';
import { cellsAt, statisticExpiry } from '../../src/core/statistics/statistic-cells.ts';
import { HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { bucketOf, DEDUP_BUCKET } from '../../src/store/dedup-buckets.ts';
import { seenKeys } from '../../src/store/redis/keys.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import { endSli, landingAt, timedSli, recordIn } from './outcomes.ts';
import { connectClient, flush, startRedis, startRedisCluster } from '../support/redis.ts';

const standalone = await startRedis();
const cluster = await startRedisCluster();
afterAll(async () => {
  await standalone.stop();
  await cluster.stop();
});

// Half an hour before a dedup bucket ends, so that tests can cross its edge.
const NOW = Math.ceil(1_800_000_000_000 / DEDUP_BUCKET) * DEDUP_BUCKET - 30 * MINUTE;
const ID = { workflow: 'orders', partition: 0 };
const SLI = { workflow: 'orders', fingerprint: 'f' };
const NO_NAMES = { step: null, dependency: null, error: null };

function subject(name: string, at = NOW): EndedSubject {
  return { subject: name, at, startedAt: null, execution: name, traceId: null };
}

function end(subjects: readonly EndedSubject[], options: Partial<EndGroup> = {}): EndGroup {
  const good = (options.status ?? 'succeeded') === 'succeeded';
  return {
    kind: 'end',
    step: null,
    attempt: 1,
    status: 'succeeded',
    willRetry: false,
    count: 1,
    slis: [endSli('f')],
    landings: [landingAt('f', NOW, { good })],
    own: [],
    failure: NO_NAMES,
    statistics: 'named',
    subjects,
    ...options,
  };
}

function start(name: string, at: number, step: string | null = null): StartGroup {
  const key = step === null ? name : `${name}\u0000${step}\u00001`;
  return {
    kind: 'start',
    step,
    phase: 'started',
    attempt: 1,
    count: 1,
    watches: step === null ? [timedSli('f', 10 * MINUTE)] : [],
    landings: [],
    statistics: 'named',
    subjects: [{ subject: key, at, execution: name, traceId: null, parent: step === null ? null : name }],
  };
}

const names = (count: number, prefix = 'e'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

describe.each([
  { name: 'Redis', url: standalone.url, nodes: [standalone] },
  { name: 'Redis Cluster', url: cluster.url, nodes: cluster.nodes },
])('counting in $name', ({ url, nodes }) => {
  const stores: Store[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await flush(nodes);
  });

  async function open(partitions = 1): Promise<Store> {
    const store = await openRedisStore({ url, partitions, log: memoryLog(), waitReplicas: 0 });
    stores.push(store);
    return store;
  }

  async function total(store: Store): Promise<{ good: number; bad: number }> {
    const hour = Math.floor(NOW / HOUR);
    const blocks = await store.readBlocks([
      { ...ID, fingerprint: 'f', resolution: 'minute', block: hour },
      { ...ID, fingerprint: 'f', resolution: 'hour', block: Math.floor(hour / 192) },
    ]);
    const sums = [sumCells(blocks[0]!, 0, 59), sumCells(blocks[1]!, 0, 191)];
    expect(sums[0]).toEqual(sums[1]);
    return sums[0]!;
  }

  it('C1: two replicas that get the same outcomes at once count them once', async () => {
    const [one, two] = [await open(), await open()];
    const batch = { ...ID, now: NOW, groups: [end(names(100).map((name) => subject(name)))] };
    const counts = await Promise.all([
      recordIn(one, batch),
      recordIn(two, batch),
      recordIn(one, batch),
      recordIn(two, batch),
    ]);
    expect(counts.flat().reduce((sum, count) => sum + count, 0)).toBe(100);
    expect(await total(one)).toEqual({ good: 100, bad: 0 });
  });

  it('C1: remembers an identity for a day, over the edges of its buckets and from clocks that differ', async () => {
    const store = await open();
    const at = (now: number) => recordIn(store, { ...ID, now, groups: [end([subject('a')])] });
    expect(await at(NOW)).toEqual([1]);
    expect(await at(NOW + 31 * MINUTE)).toEqual([0]);
    expect(await at(NOW + 24 * HOUR - 1)).toEqual([0]);
    expect(await at(NOW + 36 * HOUR)).toEqual([1]);
    expect(await recordIn(store, { ...ID, now: NOW + 30 * MINUTE, groups: [end([subject('b')])] })).toEqual([
      1,
    ]);
    expect(
      await recordIn(store, { ...ID, now: NOW + 30 * MINUTE - 1, groups: [end([subject('b')])] }),
    ).toEqual([0]);
  });

  it('C1: counts a batch of more subjects than one call carries, and every one of them once', async () => {
    const store = await open();
    const subjects = names(9001).map((name) => subject(name));
    const groups = [
      end(subjects.slice(0, 4500)),
      end(subjects.slice(4500), {
        status: 'failed',
        landings: [landingAt('f', NOW, { good: false })],
      }),
    ];
    expect(await recordIn(store, { ...ID, now: NOW, groups })).toEqual([4500, 4501]);
    expect(await recordIn(store, { ...ID, now: NOW, groups })).toEqual([0, 0]);
    expect(await total(store)).toEqual({ good: 4500, bad: 4501 });
  });

  it('C1: tells subjects apart that are long, odd or almost alike', async () => {
    const store = await open();
    const long = 'é'.repeat(127);
    const odd = [
      ...names(300, `${long}-`),
      long,
      `${long}a`,
      `${long}b`,
      '__proto__',
      'constructor',
      '{x}',
      '"',
      '\\',
      '漢字',
      '🧾',
      'a\u0000b\u00001',
      'a\u0000b\u00002',
    ];
    expect(
      await recordIn(store, { ...ID, now: NOW, groups: [end(odd.map((name) => subject(name)))] }),
    ).toEqual([odd.length]);
    expect(
      await recordIn(store, { ...ID, now: NOW, groups: [end(odd.map((name) => subject(name)))] }),
    ).toEqual([0]);
  });

  it('C3: is not overdue at its deadline, only after it, and is filed under the step that was begun last', async () => {
    const store = await open();
    const began = NOW - 10 * MINUTE;
    await recordIn(store, { ...ID, now: NOW, groups: [start('a', began)] });
    await recordIn(store, { ...ID, now: NOW, groups: [start('a', began + 5000, 'ship')] });
    await recordIn(store, { ...ID, now: NOW, groups: [start('a', began + 1000, 'charge')] });
    expect(await store.sweep(ID, NOW, 10)).toEqual({ swept: 0, overdue: 0, unjudged: 0 });
    expect(await store.sweep(ID, NOW + 1, 10)).toEqual({ swept: 1, overdue: 1, unjudged: 0 });
    expect(await store.sweep(ID, NOW + 2, 10)).toEqual({ swept: 0, overdue: 0, unjudged: 0 });
    expect(await store.readFailures(SLI, NOW, NOW)).toEqual([
      { step: 'ship', dependency: null, error: 'overdue', count: 1 },
    ]);
    expect(await total(store)).toEqual({ good: 0, bad: 1 });
  });

  it('C3: with several deadlines each is overdue in its own time', async () => {
    const store = await open();
    const watches = [timedSli('f', 10 * MINUTE), timedSli('g', 20 * MINUTE)];
    await recordIn(store, { ...ID, now: NOW, groups: [{ ...start('a', NOW), watches }] });
    expect(await store.sweep(ID, NOW + 20 * MINUTE, 10)).toEqual({ swept: 1, overdue: 1, unjudged: 0 });
    expect(await store.sweep(ID, NOW + 20 * MINUTE + 1, 10)).toEqual({ swept: 1, overdue: 1, unjudged: 0 });
    const inTime = end([{ ...subject('a', NOW + 15 * MINUTE), startedAt: NOW }], {
      landings: null,
      slis: watches,
    });
    await recordIn(store, { ...ID, now: NOW + HOUR, groups: [inTime] });
    expect(await store.readLastFailed({ ...SLI, fingerprint: 'g' }, 10)).toEqual([]);
    expect(await store.readLastFailed(SLI, 10)).toMatchObject([{ execution: 'a', error: 'overdue' }]);
    expect(await store.inFlight('orders')).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('C3: sweeps more than one call does, up to the limit', async () => {
    const store = await open();
    const one = start('a', NOW - HOUR);
    const subjects = names(1300).map((name) => ({ ...one.subjects[0]!, subject: name, execution: name }));
    await recordIn(store, { ...ID, now: NOW, groups: [{ ...one, subjects }] });
    expect(await store.inFlight('orders')).toEqual({ running: 1300, overdue: 0, waiting: 0 });
    expect(await store.sweep(ID, NOW, 1200)).toEqual({ swept: 1200, overdue: 1200, unjudged: 0 });
    expect(await store.sweep(ID, NOW, 1200)).toEqual({ swept: 100, overdue: 100, unjudged: 0 });
    expect(await store.inFlight('orders')).toEqual({ running: 1300, overdue: 1300, waiting: 0 });
  });

  it('forgets what never ended after its time, and a success whose start never came', async () => {
    const store = await open();
    const alone = end([subject('b')], {
      landings: null,
      slis: [timedSli('f', MINUTE)],
    });
    await recordIn(store, { ...ID, now: NOW, groups: [start('a', NOW), alone] });
    await store.sweep(ID, NOW + HOUR, 10);
    expect(await store.sweep(ID, NOW + 24 * HOUR + 1, 10)).toEqual({ swept: 1, overdue: 0, unjudged: 1 });
    expect(await store.inFlight('orders')).toEqual({ running: 1, overdue: 1, waiting: 0 });
    await store.sweep(ID, NOW + 100 * 24 * HOUR + 1, 10);
    expect(await store.inFlight('orders')).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('keeps failure breakdowns and last failed executions within bounds, losing no count', async () => {
    const store = await open();
    const groups = names(MAX_FAILURE_KEYS + 20).map((error, i) =>
      end([subject(`x${error}`, NOW + i)], {
        status: 'failed',
        landings: [landingAt('f', NOW, { good: false })],
        failure: { ...NO_NAMES, error },
      }),
    );
    await recordIn(store, { ...ID, now: NOW, groups });
    const failures = await store.readFailures(SLI, NOW, NOW);
    expect(failures.length).toBeLessThanOrEqual(MAX_FAILURE_KEYS + 1);
    expect(failures.reduce((sum, { count }) => sum + count, 0)).toBe(MAX_FAILURE_KEYS + 20);
    expect(failures).toContainEqual({ ...NO_NAMES, count: 20 });
    const last = await store.readLastFailed(SLI, 100);
    expect(last.map(({ at }) => at)).toEqual(
      Array.from({ length: MAX_LAST_FAILED }, (_, i) => NOW + MAX_FAILURE_KEYS + 19 - i),
    );
  });

  it('says which hours changed since a revision, and when it cannot tell', async () => {
    const store = await open();
    const ask = async (revision: number) => (await store.changes([{ partition: ID, revision }]))[0]!;
    await recordIn(store, { ...ID, now: NOW, groups: [end([subject('a')])] });
    const first = await ask(0);
    expect(first).toEqual({ revision: NOW, complete: false, hours: [] });
    await recordIn(store, { ...ID, now: NOW, groups: [end([subject('b')])] });
    expect(await ask(first.revision)).toEqual({
      revision: NOW + 1,
      complete: true,
      hours: [{ fingerprint: 'f', hour: Math.floor(NOW / HOUR) }],
    });
    expect(await ask(NOW + 1)).toEqual({ revision: NOW + 1, complete: true, hours: [] });
    expect(await ask(NOW + 2)).toMatchObject({ complete: false });
    await recordIn(store, { ...ID, now: NOW + 3 * HOUR, groups: [end([subject('c')])] });
    expect(await ask(NOW + 1)).toMatchObject({ complete: false });
  });

  it('adds partitions up, and reads blocks of many partitions in the order asked for', async () => {
    const store = await open(4);
    const partitions = [0, 1, 2, 3].map((partition) => ({ workflow: 'orders', partition }));
    for (const id of partitions) {
      const subjects = names(id.partition + 1, `p${id.partition}-`).map((name) => subject(name));
      const landings = [landingAt('f', NOW, { good: false })];
      await recordIn(store, { ...id, now: NOW, groups: [end(subjects, { status: 'failed', landings })] });
    }
    const hour = Math.floor(NOW / HOUR);
    const ids = [...partitions, ...partitions]
      .toReversed()
      .map((id) => ({ ...id, fingerprint: 'f', resolution: 'minute' as const, block: hour }));
    const sums = (await store.readBlocks(ids)).map((block) => sumCells(block, 0, 59).bad);
    expect(sums).toEqual([4, 3, 2, 1, 4, 3, 2, 1]);
    expect(await store.readFailures(SLI, NOW, NOW)).toEqual([{ ...NO_NAMES, count: 10 }]);
    expect(await store.readLastFailed(SLI, 100)).toHaveLength(10);
  });

  it('G2: a sweep removes the identities that no replica looks at any more, and no sooner', async () => {
    const store = await open();
    await recordIn(store, { ...ID, now: NOW, groups: [end([subject('a')])] });
    const key = `${seenKeys(ID)[1]}${bucketOf(NOW)}`;
    const lives = await Promise.all(
      nodes.map(async (node) => {
        const client = connectClient(node);
        const mine = (await client.keys('bw:{orders.0}:ends:*')).includes(key);
        const life = mine ? await client.pttl(key) : null;
        client.disconnect();
        return life;
      }),
    );
    const unused = (bucketOf(NOW) + 3) * DEDUP_BUCKET;
    // Left to itself it would be there for hours more, in case nobody sweeps.
    expect(Math.max(...lives.map(Number))).toBeGreaterThan(unused - NOW + HOUR);
    await store.sweep(ID, unused, 10);
    expect(await recordIn(store, { ...ID, now: unused - 1, groups: [end([subject('a')])] })).toEqual([0]);
    await store.sweep(ID, unused + 5 * MINUTE, 10);
    expect(await recordIn(store, { ...ID, now: unused - 1, groups: [end([subject('a')])] })).toEqual([1]);
  });

  it('keeps statistics of minutes, hours and days for as long as a window needs them', async () => {
    const store = await open();
    await recordIn(store, { ...ID, now: NOW, groups: [end([subject('a')])] });
    const lives = new Map<string, number>();
    for (const node of nodes) {
      const client = connectClient(node);
      for (const key of await client.keys('bw:{orders.0}:statistics:*'))
        lives.set(key.split(':').slice(3).join(':'), await client.pttl(key));
      client.disconnect();
    }
    expect(lives.size).toBe(3);
    for (const cell of cellsAt(NOW)) {
      const life = lives.get(`${cell.span}:${cell.index}`)!;
      expect(life).toBeLessThanOrEqual(statisticExpiry(cell) - NOW);
      expect(life).toBeGreaterThan(statisticExpiry(cell) - NOW - MINUTE);
    }
  });

  it('leaves no key without an expiry but those of the service itself', async () => {
    const store = await open();
    const early = end([subject('b')], {
      landings: null,
      slis: [timedSli('f', MINUTE)],
    });
    const bad = end([subject('c')], { status: 'failed' });
    await recordIn(store, { ...ID, now: NOW, groups: [start('a', NOW - HOUR), early, bad] });
    const measured = end([subject('d')], { landings: [landingAt('g', NOW, { value: 1 })] });
    await recordIn(store, { ...ID, now: NOW, groups: [measured] });
    const hours = [{ hour: Math.floor(NOW / HOUR), cells: new Uint32Array(120).fill(1) }];
    await store.writeHours({ ...SLI, fingerprint: 'derived' }, hours, NOW);
    await store.sweep(ID, NOW, 10);
    let keys = 0;
    for (const node of nodes) {
      const client = connectClient(node);
      for (const key of await client.keys('*')) {
        keys += 1;
        const life = await client.pttl(key);
        if (!key.startsWith('bw:{bw}:')) expect({ key, expires: life > 0 }).toEqual({ key, expires: true });
      }
      client.disconnect();
    }
    expect(keys).toBeGreaterThan(15);
  });
});
