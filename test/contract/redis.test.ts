import { afterAll } from 'vitest';
import type { Store } from '../../src/core/ports/store/store.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import { flush, startRedis, startRedisCluster } from '../support/redis.ts';
import { storeContract } from './store-contract.ts';
import type { StoreData } from './store-contract.ts';
import { modelContract } from './store-model.ts';

const standalone = await startRedis();
const cluster = await startRedisCluster();
afterAll(async () => {
  await standalone.stop();
  await cluster.stop();
});

const places = [
  { name: 'Redis', url: standalone.url, nodes: [standalone] },
  { name: 'Redis Cluster', url: cluster.url, nodes: cluster.nodes },
];
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
