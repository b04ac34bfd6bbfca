import type { Config } from './config.ts';
import type { Clock } from './core/ports/clock.ts';
import type { Log } from './core/ports/log.ts';
import { awaitStore, openedStore } from './store/awaited-store.ts';
import type { AwaitedStore } from './store/awaited-store.ts';

/**
 * Opens the store as it is configured: Redis may be away for now and is waited for; a folder that cannot be used stays that
 * way. Only what that store needs is loaded, which is much of the time that a start takes.
 */
export async function openStore(
  config: Pick<Config, 'store' | 'partitions' | 'waitReplicas'>,
  clock: Clock,
  log: Log,
): Promise<AwaitedStore> {
  const { store, partitions, waitReplicas } = config;
  if (store.kind === 'redis') {
    const { openRedisStore } = await import('./store/redis/open.ts');
    return awaitStore(
      () => openRedisStore({ url: store.url, tls: store.tls, partitions, log, waitReplicas }),
      log,
    );
  }
  const { openLmdbStore } = await import('./store/lmdb/open.ts');
  return openedStore(await openLmdbStore({ folder: store.folder, partitions, clock, log }));
}
