import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { openLmdbStore } from '../../src/store/lmdb/open.ts';
import { manualClock } from './clock.ts';
import { memoryLog } from './memory-log.ts';

/** Opens a new embedded store in a temporary folder, which goes when the store is closed. Its leases run by `clock`. */
export async function openEmbeddedStore(partitions = 1, clock: Clock = manualClock()): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-store-'));
  const store = await openLmdbStore({ folder, partitions, clock, log: memoryLog() });
  return {
    ...store,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
