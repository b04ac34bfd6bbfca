import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { knownFormat, stepsFrom } from '../../src/store/format.ts';
import type { About } from '../../src/store/lmdb/databases.ts';
import { MAX_TABLES, openTables } from '../../src/store/lmdb/databases.ts';
import { upgradeFormat as upgradeLmdb } from '../../src/store/lmdb/format.ts';
import { createWriter } from '../../src/store/lmdb/writer.ts';
import { connect } from '../../src/store/redis/connection.ts';
import type { RedisStep } from '../../src/store/redis/format.ts';
import { REDIS_STEPS, upgradeFormat as upgradeRedis } from '../../src/store/redis/format.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import { flush, startRedis } from '../support/redis.ts';

describe('the steps to a format', () => {
  it('are those that the store has not had', () => {
    expect(knownFormat(['a', 'b'])).toBe(3);
    expect([1, 2, 3].map((found) => stepsFrom(found, ['a', 'b'], 'x'))).toEqual([['a', 'b'], ['b'], []]);
  });

  it.each([4, 0, -1, NaN])('are unknown for format %d, which is refused', (found) => {
    expect(() => stepsFrom(found, ['a', 'b'], '/data')).toThrow(
      `The store in /data has format ${found}, and this version of Burnwatch knows formats up to 3: run the version`,
    );
  });
});

describe('in LMDB', () => {
  it('steps run once, in the transaction that notes the format', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'burnwatch-format-'));
    const root = open({ path: folder, noSubdir: false, maxDbs: MAX_TABLES, overlappingSync: false });
    const db = openTables(root);
    const writer = createWriter(root, folder, { check: () => undefined, checkRoom: () => undefined });
    const first: About = { format: 1, identity: 'x', partitions: 1 };
    await writer.write(() => db.about.putSync('about', first));
    const steps = [2, 3].map(
      (to) => () => db.leader.putSync('leader', { owner: `${to}`, until: 0, lease: 0 }),
    );
    const broken = [
      ...steps,
      () => {
        throw new Error('no room');
      },
    ];
    await expect(upgradeLmdb(db, writer, first, folder, broken)).rejects.toThrow('no room');
    expect([db.about.get('about'), db.leader.get('leader')]).toEqual([first, undefined]);
    // Two processes that saw the same format.
    await Promise.all([first, first].map((about) => upgradeLmdb(db, writer, about, folder, steps)));
    expect(db.about.get('about')).toEqual({ ...first, format: 3 });
    expect(db.leader.get('leader')).toMatchObject({ owner: '3' });
    await root.close();
    await rm(folder, { recursive: true });
  });
});

describe('in Redis', async () => {
  const server = await startRedis();
  const log = memoryLog();
  const connection = await connect({ url: server.url, commandTimeoutMs: 2000, waitReplicas: 0, log });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });
  beforeEach(() => flush([server]));
  const format = () => connection.call((client) => client.get('bw:{bw}:format'));
  const openStore = () => openRedisStore({ url: server.url, partitions: 2, log, waitReplicas: 0 });
  let ran: number[] = [];
  const steps = [2, 3, 4].map(
    (to): RedisStep =>
      async () =>
        void ran.push(to),
  );
  beforeEach(() => void (ran = []));

  it('several replicas start at once on an empty store, and note its format', async () => {
    const stores = await Promise.all([1, 2, 3, 4].map(openStore));
    expect(await format()).toBe(String(knownFormat(REDIS_STEPS)));
    await Promise.all(stores.map((store) => store.close()));
  });

  it('an empty store needs no steps', async () => {
    await upgradeRedis(connection, steps);
    expect([ran, await format()]).toEqual([[], '4']);
  });

  it('data without a number has the first format, as version 0.1 left it', async () => {
    const store = await openStore();
    await connection.call((client) => client.del('bw:{bw}:format'));
    await upgradeRedis(connection, steps);
    expect([ran, await format()]).toEqual([[2, 3, 4], '4']);
    await upgradeRedis(connection, steps);
    expect(ran).toEqual([2, 3, 4]);
    await expect(openStore()).rejects.toThrow(
      'has format 4, and this version of Burnwatch knows formats up to 3',
    );
    await store.close();
  });

  it('a newer replica that starts at the same moment is not undone', async () => {
    await connection.call((client) => client.set('bw:{bw}:format', '2'));
    const overtaken: RedisStep = () =>
      connection.call(async (client) => void (await client.set('bw:{bw}:format', '9')));
    await expect(upgradeRedis(connection, [steps[0]!, overtaken])).rejects.toThrow('has format 9');
    expect(await format()).toBe('9');
  });

  it('J2: after a wipe the format is noted with the identity', async () => {
    const store = await openStore();
    await flush([server]);
    await store.identity();
    expect(await format()).toBe(String(knownFormat(REDIS_STEPS)));
    await store.close();
  });
});
