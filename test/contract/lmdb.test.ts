import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbStore } from '../../src/store/lmdb/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import { modelContract } from './store-model.ts';

modelContract('LMDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-lmdb-'));
  return openLmdbStore({ folder, partitions: 1, clock: { now: () => Date.now() }, log: memoryLog() });
});
