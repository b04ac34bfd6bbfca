import { afterAll } from 'vitest';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { startRedis, startRedisCluster, flush } from '../support/redis.ts';
import { modelContract } from './store-model.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
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
  modelContract(name, async () => {
    await flush(nodes);
    return openRedisStore({ url, partitions: 1, log: quiet, waitReplicas: 0 });
  });
}
