import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import type { Store } from '../../src/core/ports/store/store.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import { addUser, flush, startRedis, startRedisCluster } from '../support/redis.ts';
import { storeContract } from './store-contract.ts';
import type { StoreData } from './store-contract.ts';
import { modelContract } from './store-model.ts';

const standalone = await startRedis();
const cluster = await startRedisCluster();
afterAll(async () => {
  await standalone.stop();
  await cluster.stop();
});

/** The user that docs/stores.md describes; everything below runs with its permissions. */
const [, , user, ...rules] = /ACL SETUSER [^`]*/
  .exec(readFileSync(new URL('../../docs/stores.md', import.meta.url), 'utf8'))![0]
  .trim()
  .split(/\s+/);
const password = rules.find((rule) => rule.startsWith('>'))!.slice(1);
for (const node of [standalone, ...cluster.nodes]) await addUser(node, user!, rules);
const as = (url: string): string => url.replace('://', `://${user!}:${password}@`);

const places = [
  { name: 'Redis', url: as(standalone.url), nodes: [standalone] },
  { name: 'Redis Cluster', url: as(cluster.url), nodes: cluster.nodes },
];

it('opens and writes without any dangerous command', async () => {
  await addUser(standalone, 'careful', ['on', '>careful-password', '~bw:*', '+@all', '-@dangerous']);
  const url = standalone.url.replace('://', '://careful:careful-password@');
  const store = await openRedisStore({ url, partitions: 1, log: memoryLog(), waitReplicas: 0 });
  expect(await store.putRecord('adjustments', 'a', 0, {})).toBe(true);
  await store.close();
  await flush([standalone]);
});

for (const { name, url, nodes } of places) {
  const open = (partitions: number | null): Promise<Store> =>
    openRedisStore({ url, partitions, log: memoryLog(), waitReplicas: 0 });

  storeContract(name, async (): Promise<StoreData> => {
    await flush(nodes);
    return { open, destroy: () => flush(nodes) };
  });

  modelContract(name, async () => {
    await flush(nodes);
    return open(1);
  });
}
