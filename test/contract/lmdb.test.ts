import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../src/core/ports/store/store.ts';
import { openLmdbStore } from '../../src/store/lmdb/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import { storeContract } from './store-contract.ts';
import type { StoreData } from './store-contract.ts';
import { modelContract } from './store-model.ts';

const clock = { now: () => Date.now() };

async function freshFolder(): Promise<StoreData> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-lmdb-'));
  return {
    open: (partitions) => openLmdbStore({ folder, partitions, clock, log: memoryLog() }),
    destroy: () => rm(folder, { recursive: true, force: true }),
  };
}

storeContract('LMDB', freshFolder);

modelContract('LMDB', async (): Promise<Store> => {
  const data = await freshFolder();
  const store = await data.open(1);
  return { ...store, close: () => store.close().then(() => data.destroy()) };
});
