import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import { inspect } from 'node:util';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { QUIET } from '../../src/core/alerting/incident.ts';
import { StoreUnavailable } from '../../src/core/ports/store/store.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import type { EndGroup } from '../../src/core/ports/store/counting.ts';
import { bucketOf } from '../../src/store/dedup-buckets.ts';
import { revisionKey, seenKeys } from '../../src/store/redis/keys.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import { connectClient, promote, startRedis, startRedisCluster, startSentinel } from '../support/redis.ts';
import type { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { outboxRow } from './outbox-rows.ts';
import { endSli, landingAt, recordIn } from './outcomes.ts';

const NOW = 1_800_000_000_000;
const PARTITION = { workflow: 'orders', partition: 0 };
const TIMEOUT = 500;
const CLAIM = { token: 't', conversation: 'i', target: 'chat', mayRepeat: false, rows: [], newerRows: [] };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function server(args: readonly string[] = []): Promise<RedisServer> {
  const started = await startRedis(args);
  cleanups.push(() => started.stop());
  return started;
}

async function open(url: string, waitReplicas = 0): Promise<Store> {
  const store = await openRedisStore({
    url,
    partitions: null,
    log: memoryLog(),
    waitReplicas,
    commandTimeoutMs: waitReplicas > 0 ? 4 * TIMEOUT : TIMEOUT,
  });
  cleanups.push(() => store.close());
  return store;
}

function failed(executions: readonly string[]): EndGroup {
  return {
    kind: 'end',
    step: null,
    attempt: 1,
    status: 'failed',
    willRetry: false,
    count: 1,
    slis: [endSli('f')],
    landings: [landingAt('f', NOW, { good: false })],
    own: [],
    failure: { step: null, dependency: null, error: 'timeout' },
    statistics: 'named',
    subjects: executions.map((execution) => ({
      subject: execution,
      at: NOW,
      startedAt: null,
      execution,
      traceId: null,
    })),
  };
}

const record = (store: Store, ...executions: string[]): Promise<readonly number[]> =>
  recordIn(store, { ...PARTITION, now: NOW, groups: [failed(executions)] });

/** How a call failed, and how long that took. */
async function failure(call: Promise<unknown>): Promise<{ readonly error: Error; readonly ms: number }> {
  const begun = performance.now();
  const error = await call.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason as Error,
  );
  return { error, ms: performance.now() - begun };
}

describe('Redis that goes away', () => {
  it('C2: a server that crashes fails calls in time, is found again by itself, and counts nothing twice', async () => {
    const redis = await server();
    const store = await open(redis.url);
    expect(await record(store, 'a', 'b')).toEqual([2]);
    await redis.kill();
    for (const call of [record(store, 'c'), store.ping(), store.loadStates()]) {
      const { error, ms } = await failure(call);
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(ms).toBeLessThan(TIMEOUT * 4);
    }
    await redis.restart();
    await until('the store to answer again', () => store.ping().then(() => true));
    expect(await record(store, 'a', 'b')).toEqual([0]);
    await record(store, 'c', 'd');
    expect(await store.readFailures({ workflow: 'orders', fingerprint: 'f' }, NOW, NOW)).toEqual([
      { step: null, dependency: null, error: 'timeout', count: 4 },
    ]);
  });

  it('a server that hangs fails calls in time, and at once when it goes on hanging', async () => {
    const redis = await server();
    const store = await open(redis.url);
    redis.signal('SIGSTOP');
    const { error, ms } = await failure(record(store, 'a'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(ms).toBeLessThan(TIMEOUT * 2);
    await until('calls to fail at once', async () => (await failure(record(store, 'b'))).ms < TIMEOUT / 10);
    redis.signal('SIGCONT');
    await until('the store to answer again', () => store.ping().then(() => true));
  });

  it('J2: after a server came back every cell is to be read again, because it may have lost writes', async () => {
    const redis = await server();
    const store = await open(redis.url);
    await record(store, 'a');
    const [first] = await store.changes([{ partition: PARTITION, revision: 0 }]);
    const again = { partition: PARTITION, revision: first!.revision };
    expect(await store.changes([again])).toMatchObject([{ complete: true, hours: [] }]);
    await redis.restart();
    await until('the store to answer again', () => store.ping().then(() => true));
    expect(await store.changes([again])).toMatchObject([{ complete: false }]);
    expect(await store.changes([again])).toMatchObject([{ complete: true, hours: [] }]);
  });

  it('J2: what was not told, because one of the partitions failed, is still to be read again', async () => {
    const redis = await server();
    const store = await openRedisStore({ url: redis.url, partitions: 2, log: memoryLog(), waitReplicas: 0 });
    cleanups.push(() => store.close());
    await record(store, 'a');
    const [first] = await store.changes([{ partition: PARTITION, revision: 0 }]);
    const asked = [
      { partition: PARTITION, revision: first!.revision },
      { partition: { ...PARTITION, partition: 1 }, revision: 1 },
    ];
    await redis.restart();
    await until('the store to answer again', () => store.ping().then(() => true));
    const client = connectClient(redis);
    cleanups.push(async () => client.disconnect());
    // No number can be read from a list, so the script of this partition fails.
    await client.rpush(revisionKey(asked[1]!.partition), 'x');
    await expect(store.changes(asked)).rejects.toThrow(/WRONGTYPE/);
    await client.del(revisionKey(asked[1]!.partition));
    expect(await store.changes(asked)).toMatchObject([{ complete: false }, { complete: false }]);
  });

  it('a script cache that was emptied is filled again', async () => {
    const redis = await server();
    const store = await open(redis.url);
    await record(store, 'a');
    const client = connectClient(redis);
    await client.script('FLUSH');
    client.disconnect();
    expect(await record(store, 'a', 'b')).toEqual([1]);
  });

  it('nobody listening: opening fails in time and says where, not with what password', async () => {
    const redis = await server();
    await redis.stop();
    const { error, ms } = await failure(open(`redis://user:s3cret@127.0.0.1:${redis.port}`));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(ms).toBeLessThan(TIMEOUT * 4);
    expect(error.message).toContain(`127.0.0.1:${redis.port}`);
    expect(inspect(error, { depth: 10 })).not.toContain('s3cret');
  });

  it('a listener that never answers: opening fails in time', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanups.push(async () => {
      sockets.forEach((socket) => socket.destroy());
      silent.close();
      await once(silent, 'close');
    });
    const { port } = silent.address() as { port: number };
    const { error, ms } = await failure(open(`redis://127.0.0.1:${port}`));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(ms).toBeLessThan(TIMEOUT * 4);
  });

  it('a wrong password is reported without it, in the whole chain of causes', async () => {
    const redis = await server();
    const client = connectClient(redis);
    await client.config('SET', 'requirepass', 'right');
    client.disconnect();
    const { error } = await failure(open(`redis://:wr0ng-one@127.0.0.1:${redis.port}`));
    expect(error.message).toMatch(/WRONGPASS|NOAUTH|invalid/);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('wr0ng-one');
  });

  it('a full server rejects outcomes as unavailable', async () => {
    const redis = await server();
    const store = await open(redis.url);
    const client = connectClient(redis);
    await client.config('SET', 'maxmemory', '1');
    client.disconnect();
    const { error } = await failure(record(store, 'a'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error.message).toContain('OOM');
  });
});

/** The link being up says it of the replica only: the master must have heard of it too. */
async function followed(master: RedisServer): Promise<void> {
  const client = connectClient(master);
  cleanups.push(async () => client.disconnect());
  await until('the replica to follow', async () => {
    const told = /slave0:.*state=online,offset=(\d+)/.exec(await client.info('replication'));
    return told !== null && Number(told[1]) > 0 && (await client.wait(1, 500)) === 1;
  });
}

describe('Redis with replicas', () => {
  it('C2: waits for as many replicas as asked, and says so when they are missing', async () => {
    const redis = await server(['--repl-diskless-sync-delay', '0']);
    const store = await open(redis.url, 1);
    const { error } = await failure(record(store, 'a'));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error.message).toContain('0 of 1 replicas');
    await store.lead('owner', 60_000);
    const calls: readonly (readonly [name: string, call: () => Promise<unknown>])[] = [
      ['commit', () => store.commit('owner', [{ slo: 's', revision: 0, state: QUIET, rows: [] }])],
      ['enqueue', () => store.enqueue([outboxRow('i', 1)], NOW)],
      ['claim', () => store.claim('owner', NOW + 1, 1000, 1)],
      ['settle', () => store.settle(CLAIM, { result: 'delivered' }, NOW)],
      ['putRecord', () => store.putRecord('acknowledgements', 'i', 0, {})],
    ];
    for (const [name, call] of calls) {
      const missing = (await failure(call())).error;
      expect([name, missing.name, missing.message]).toEqual([
        name,
        'StoreUnavailable',
        expect.stringContaining('0 of 1 replicas'),
      ]);
    }
    const replica = await server(['--replicaof', '127.0.0.1', String(redis.port)]);
    const client = connectClient(replica);
    cleanups.push(async () => client.disconnect());
    await followed(redis);
    expect(await record(store, 'a', 'b')).toEqual([1]);
    expect(await client.hlen(`${seenKeys(PARTITION)[1]}${bucketOf(NOW)}`)).toBe(2);
  });

  it('C2: follows the sentinels to the new master, which has every outcome that was acknowledged', async () => {
    const master = await server(['--repl-diskless-sync-delay', '0']);
    const replica = await server(['--replicaof', '127.0.0.1', String(master.port)]);
    const client = connectClient(replica);
    cleanups.push(async () => client.disconnect());
    await followed(master);
    const sentinel = await startSentinel(master);
    cleanups.push(() => sentinel.stop());
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/main`;
    const store = await open(url, 1);
    expect(await record(store, 'a', 'b')).toEqual([2]);
    const watcher = connectClient(sentinel);
    cleanups.push(async () => watcher.disconnect());
    await until('the sentinel to know the replica', async () =>
      JSON.stringify(await watcher.call('SENTINEL', 'replicas', 'main')).includes(String(replica.port)),
    );
    await master.kill();
    expect((await failure(record(store, 'c'))).error).toBeInstanceOf(StoreUnavailable);
    const alone = await until('the sentinels to name a master that answers', () => open(url));
    await until('the new master to take outcomes', () => record(alone, 'a', 'b', 'c').then(() => true));
    expect(await alone.readFailures({ workflow: 'orders', fingerprint: 'f' }, NOW, NOW)).toMatchObject([
      { count: 3 },
    ]);
    await until('the first handle to follow', () => store.ping().then(() => true));
  });

  it('a replica that cannot be written to is unavailable', async () => {
    const redis = await server();
    const store = await open(redis.url);
    const other = await server();
    const client = connectClient(redis);
    cleanups.push(async () => client.disconnect());
    await client.replicaof('127.0.0.1', other.port);
    const { error } = await failure(record(store, 'a'));
    expect(error).toBeInstanceOf(StoreUnavailable);
  });
});

describe('opening Redis', () => {
  it('fixes the number of partitions at the first start', async () => {
    const redis = await server();
    const options = { url: redis.url, log: memoryLog(), waitReplicas: 0 };
    const first = await openRedisStore({ ...options, partitions: 3 });
    cleanups.push(() => first.close());
    const adopting = await openRedisStore({ ...options, partitions: null });
    cleanups.push(() => adopting.close());
    expect([first.partitions, adopting.partitions]).toEqual([3, 3]);
    await expect(openRedisStore({ ...options, partitions: 5 })).rejects.toThrow(/3 partitions .* with 5/);
  });

  it('warns of a server that may evict counters', async () => {
    const redis = await server(['--maxmemory-policy', 'allkeys-lru']);
    const log = memoryLog();
    const store = await openRedisStore({ url: redis.url, partitions: null, log, waitReplicas: 0 });
    cleanups.push(() => store.close());
    expect(log.entries).toMatchObject([{ level: 'warn', fields: { policy: 'allkeys-lru' } }]);
  });

  it('J2: a wiped server has another identity', async () => {
    const redis = await server();
    const store = await open(redis.url);
    const before = await store.identity();
    expect(await store.identity()).toBe(before);
    const client = connectClient(redis);
    await client.flushall();
    client.disconnect();
    expect(await store.identity()).not.toBe(before);
  });
});

describe('Redis Cluster that loses a node', async () => {
  const cluster = await startRedisCluster();
  afterAll(() => cluster.stop());

  it('C2: fails in time while a node is away, and counts on when it is back', async () => {
    const store = await open(cluster.url);
    const workflows = Array.from({ length: 12 }, (_, i) => `orders-${i}`);
    const recordAll = (...executions: string[]): Promise<unknown>[] =>
      workflows.map((workflow) =>
        recordIn(store, { workflow, partition: 0, now: NOW, groups: [failed(executions)] }),
      );
    await Promise.all(recordAll('a'));
    await cluster.nodes[1]!.kill();
    const begun = performance.now();
    const during = await Promise.allSettled(recordAll('b'));
    expect(performance.now() - begun).toBeLessThan(TIMEOUT * 4);
    const reasons = during.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason).toBeInstanceOf(StoreUnavailable);
    await cluster.nodes[1]!.restart();
    await until('all nodes to answer again', () => Promise.all(recordAll('a', 'b')).then(() => true));
    for (const workflow of workflows) {
      const failures = await store.readFailures({ workflow, fingerprint: 'f' }, NOW, NOW);
      expect(failures).toEqual([{ step: null, dependency: null, error: 'timeout', count: 2 }]);
    }
  });

  it('C2: any node of the list is enough to begin with, and to come back after all were away', async () => {
    const log = memoryLog();
    const [dead, , alive] = cluster.nodes;
    await dead!.kill();
    const url = `redis+cluster://not-there.invalid:6379,127.0.0.1:${dead!.port},127.0.0.1:${alive!.port}`;
    const options = { url, partitions: null, log, waitReplicas: 0, commandTimeoutMs: TIMEOUT };
    const opening = until('the store to open', () => openRedisStore(options));
    await dead!.restart();
    const store = await opening;
    cleanups.push(() => store.close());
    expect(log.entries).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        fields: expect.objectContaining({ host: 'not-there.invalid' }) as unknown,
      }),
    );
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    expect((await failure(store.ping())).error).toBeInstanceOf(StoreUnavailable);
    await Promise.all(cluster.nodes.map((node) => node.restart()));
    await until('the store to answer again', () => store.ping().then(() => true));
  });
});

it('C2: writes that wait for replicas find the new masters after a failover, and shards that were away', async () => {
  const cluster = await startRedisCluster(['--repl-diskless-sync-delay', '0'], { replicas: 1 });
  cleanups.push(() => cluster.stop());
  const store = await open(cluster.url, 1);
  const workflows = Array.from({ length: 12 }, (_, i) => `orders-${i}`);
  const recordAll = (...executions: string[]): Promise<true> =>
    Promise.all(
      workflows.map((workflow) =>
        recordIn(store, { workflow, partition: 0, now: NOW, groups: [failed(executions)] }),
      ),
    ).then(() => true);
  await until('all shards to take writes', () => recordAll('a'));
  const replicas: RedisServer[] = [];
  for (const node of cluster.nodes) {
    const client = connectClient(node);
    if (String(await client.call('ROLE')).startsWith('slave')) replicas.push(node);
    client.disconnect();
  }
  expect(replicas).toHaveLength(3);
  for (const replica of replicas) await promote(replica);
  await until('all shards to take writes again', () => recordAll('b'));
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  expect((await failure(recordAll('c'))).error).toBeInstanceOf(StoreUnavailable);
  await Promise.all(cluster.nodes.map((node) => node.restart()));
  await until('all shards to take writes once more', () => recordAll('c'));
  for (const workflow of workflows) {
    const failures = await store.readFailures({ workflow, fingerprint: 'f' }, NOW, NOW);
    expect(failures).toEqual([{ step: null, dependency: null, error: 'timeout', count: 3 }]);
  }
}, 120_000);
