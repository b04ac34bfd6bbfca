import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbStore } from '../../src/store/lmdb/open.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { manualClock } from '../support/clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { startRedis } from '../support/redis.ts';
import { dumpLmdb, dumpRedis } from './raw-data.ts';
import { playStory } from './stored-story.ts';

/**
 * Writes what this version stores as fixtures, to be run before a change of stored data:
 * `npx tsx test/contract/write-fixtures.ts <commit>`.
 */
const [, , commit] = process.argv;
if (!commit) throw new Error('Name the commit whose code this is.');
const place = join(import.meta.dirname, 'fixtures', commit);
const PARTITIONS = 2;

/** One line an entry, so that a difference can be read. */
function lines(entries: readonly unknown[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`;
}

async function writeLmdb(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-fixtures-'));
  const clock = manualClock();
  const store = await openLmdbStore({ folder, partitions: PARTITIONS, clock, log: memoryLog() });
  await playStory(store, clock);
  await store.close();
  await writeFile(join(place, 'lmdb.json'), lines(await dumpLmdb(folder)));
  await rm(folder, { recursive: true });
}

async function writeRedis(): Promise<void> {
  const server = await startRedis();
  const { url } = server;
  const store = await openRedisStore({ url, partitions: PARTITIONS, log: memoryLog(), waitReplicas: 0 });
  await playStory(store, manualClock());
  await writeFile(join(place, 'redis.json'), lines(await dumpRedis(url)));
  await store.close();
  await server.stop();
}

await mkdir(place, { recursive: true });
await writeLmdb();
await writeRedis();
