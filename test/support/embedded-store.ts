import type { Store } from '../../src/core/store.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { memoryLog } from './memory-log.ts';
import { startRedis } from './redis.ts';

/** DEV ONLY */
export async function openEmbeddedStore(partitions = 1): Promise<Store> {
  const server = await startRedis(['--appendfsync', 'no']);
  const store = await openRedisStore({ url: server.url, partitions, log: memoryLog(), waitReplicas: 0 });
  return {
    ...store,
    close: async () => {
      await store.close();
      await server.stop();
    },
  };
}
