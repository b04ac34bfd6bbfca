import type { Config } from './config.ts';
import type { Clock } from './core/ports/clock.ts';
import type { Log } from './core/ports/log.ts';
import { awaitStore, openedStore } from './store/awaited-store.ts';
import type { AwaitedStore } from './store/awaited-store.ts';
import { openLmdbStore } from './store/lmdb/open.ts';
import { openRedisStore } from './store/redis/open.ts';

/** Opens the store as it is configured: Redis may be away for now and is waited for; a folder that cannot be used stays that way. */
export async function openStore(
  config: Pick<Config, 'store' | 'partitions' | 'waitReplicas'>,
  clock: Clock,
  log: Log,
): Promise<AwaitedStore> {
  const { store, partitions, waitReplicas } = config;
  if (store.kind === 'redis')
    return awaitStore(
      () => openRedisStore({ url: store.url, tls: store.tls, partitions, log, waitReplicas }),
      log,
    );
  return openedStore(await openLmdbStore({ folder: store.folder, partitions, clock, log }));
}
