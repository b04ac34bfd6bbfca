import { afterEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/core/ports/store/store.ts';
import type { Store, StoreLoss } from '../../src/core/ports/store/store.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { scripts } from '../../src/store/redis/scripts.ts';
import { CLUSTER_TAGS, slotOf } from '../../src/store/redis/slots.ts';
import { memoryLog } from '../support/memory-log.ts';
import { connectClient, flush, startRedis, startRedisCluster } from '../support/redis.ts';
import type { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(url: string): Promise<Store> {
  const options = { url, partitions: null, log: memoryLog(), waitReplicas: 0, commandTimeoutMs: 500 };
  const store = await openRedisStore(options);
  cleanups.push(() => store.close());
  return store;
}

/** What the next examination that succeeds finds. */
const lossesOf = async (store: Store): Promise<readonly StoreLoss[]> =>
  (await until('the store to answer', () => store.examine())).losses;

const NOTHING: readonly StoreLoss[] = [];
const partOf = ({ port }: RedisServer): string => `127.0.0.1:${port}`;

describe('a Redis that lost data', () => {
  it('J2: was wiped: every process that had seen it says so once', async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const [one, other] = [await open(redis.url), await open(redis.url)];
    for (const store of [one, other, one, other]) expect(await lossesOf(store)).toEqual(NOTHING);
    await flush([redis]);
    for (const store of [one, other]) expect(await lossesOf(store)).toEqual([{ kind: 'wiped', part: null }]);
    for (const store of [one, other, await open(redis.url)]) expect(await lossesOf(store)).toEqual(NOTHING);
  });

  it('J2: came back without what was written last: rolled back', async () => {
    const redis = await startRedis(['--appendonly', 'no']);
    cleanups.push(() => redis.stop());
    const store = await open(redis.url);
    await lossesOf(store);
    const client = connectClient(redis);
    cleanups.push(async () => client.disconnect());
    await client.save();
    await lossesOf(store);
    await redis.restart();
    expect(await lossesOf(store)).toEqual([{ kind: 'rolled-back', part: null }]);
    expect(await lossesOf(store)).toEqual(NOTHING);
    await client.save();
    await redis.restart();
    expect(await lossesOf(store), 'what was saved in time is no loss').toEqual(NOTHING);
  });

  it('J2: but not one to which a call that was given up came late, after others', async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const client = connectClient(redis);
    cleanups.push(async () => client.disconnect());
    const pulse = async (number: number): Promise<unknown> =>
      client.eval(scripts.mark.source, 2, 'mark', 'pulse', 'identity', 'name', number, 60_000);
    await pulse(4);
    await pulse(6);
    await pulse(5);
    expect(await pulse(7)).toEqual(['identity', 'name', 6]);
    expect(await pulse(8)).toEqual(['identity', 'name', 7]);
  });

  it('refuses writes: the examination fails', async () => {
    const redis = await startRedis();
    cleanups.push(() => redis.stop());
    const store = await open(redis.url);
    await store.examine();
    const client = connectClient(redis);
    cleanups.push(async () => client.disconnect());
    const settings = [
      ['maxmemory', '1', '0', 'OOM'],
      ['min-replicas-to-write', '1', '0', 'NOREPLICAS'],
    ] as const;
    for (const [name, bad, good, word] of settings) {
      await client.config('SET', name, bad);
      const error = await store.examine().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect((error as Error).message).toContain(word);
      await client.config('SET', name, good);
      await store.examine();
    }
  });
});

describe('a cluster that lost a shard', () => {
  it('has a mark in each 64th of the slots', () => {
    // From the specification of Redis Cluster.
    expect(slotOf('123456789')).toBe(0x31c3 % 16_384);
    expect(CLUSTER_TAGS.map((tag) => Math.floor(slotOf(tag) / 256)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 64 }, (_, range) => range),
    );
  });

  it('J2: names the shard that was wiped, to processes that run and to those that start later; and the one that is away', async () => {
    const cluster = await startRedisCluster();
    cleanups.push(() => cluster.stop());
    const home = slotOf('bw');
    const client = connectClient(cluster.nodes[0]!);
    cleanups.push(async () => client.disconnect());
    const ranges = await client.cluster('SLOTS');
    const homePort = ranges.find(([from, to]) => from <= home && home <= to)![2]![1];
    const [away, other] = cluster.nodes.filter(({ port }) => port !== homePort);
    const at = cluster.nodes.find(({ port }) => port === homePort)!;
    const store = await open(cluster.url);
    expect(await lossesOf(store)).toEqual(NOTHING);
    expect(await lossesOf(await open(cluster.url)), 'a process that starts later').toEqual(NOTHING);

    await flush([other!]);
    expect(await lossesOf(store)).toEqual([{ kind: 'wiped', part: partOf(other!) }]);
    expect(await lossesOf(store)).toEqual(NOTHING);

    await flush([other!]);
    const later = await open(cluster.url);
    expect(await lossesOf(later)).toEqual([{ kind: 'wiped', part: partOf(other!) }]);
    expect(await lossesOf(store), 'though there are marks again').toEqual([
      { kind: 'wiped', part: partOf(other!) },
    ]);

    await flush([at]);
    expect(await lossesOf(await open(cluster.url)), 'the shard that knew of the marks').toEqual([
      { kind: 'wiped', part: partOf(at) },
    ]);
    expect(await lossesOf(store)).toEqual([{ kind: 'wiped', part: partOf(at) }]);
    expect(await lossesOf(store)).toEqual(NOTHING);

    await flush([at]);
    expect(await lossesOf(store)).toEqual([{ kind: 'wiped', part: partOf(at) }]);
    await flush([other!]);
    expect(await lossesOf(await open(cluster.url)), 'noted again by the one that was there').toEqual([
      { kind: 'wiped', part: partOf(other!) },
    ]);
    await lossesOf(store);

    for (const node of cluster.nodes) {
      const settings = connectClient(node);
      await settings.config('SET', 'cluster-require-full-coverage', 'no');
      settings.disconnect();
    }
    await away!.kill();
    const found = await until('the shard to be missed', async () => {
      const examined = await store.examine();
      return examined.away.length > 0 ? examined : null;
    });
    expect(found.away.map(({ part }) => part)).toEqual([partOf(away!)]);
    const workflow = Array.from({ length: 100 }, (_, index) => `orders-${index}`).find((name) => {
      const slot = slotOf(`${name}.0`);
      return ranges.some(([from, to, master]) => from <= slot && slot <= to && master![1] === away!.port);
    });
    await expect(
      store.sweep({ workflow: workflow!, partition: 0 }, 0, 1),
      'while that is known, without trying',
    ).rejects.toThrow(`The shard ${partOf(away!)} is unavailable`);
    await away!.restart();
    await until('all shards', async () => (await store.examine()).away.length === 0);
  }, 60_000);
});
