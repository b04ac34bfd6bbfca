import { readFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { openLmdbStore } from '../../src/store/lmdb/open.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { memoryLog } from '../support/memory-log.ts';
import type { RedisServer } from '../support/redis.ts';
import { flush } from '../support/redis.ts';
import type { Edit, LmdbTable, RedisKey, ValueOf } from './raw-data.ts';
import { dumpLmdb, dumpRedis, editLmdb, editRedis, restoreLmdb, restoreRedis } from './raw-data.ts';

/** Data that an earlier version wrote, in a real store. */
export interface StoredPlace {
  open(clock: Clock): Promise<Store>;
  /** What is stored of a value; to be asked while no store is open. */
  value(of: ValueOf, id: string): Promise<object | undefined>;
  /** The format that is noted; likewise. */
  format(): Promise<unknown>;
  destroy(): Promise<void>;
}

/** Restores what a commit's code wrote, with values and the format changed. */
export type Restore = (commit: string, edit?: Edit, format?: number) => Promise<StoredPlace>;

const unchanged: Edit = (_of, _id, value) => value;

async function fixture<Entry>(commit: string, name: string): Promise<Entry[]> {
  const text = await readFile(join(import.meta.dirname, 'fixtures', commit, name), 'utf8');
  return JSON.parse(text) as Entry[];
}

/** A search for one value: as an edit that changes nothing. */
function finder(of: ValueOf, id: string): { readonly edit: Edit; readonly found: () => object | undefined } {
  let found: object | undefined;
  const edit: Edit = (kind, name, value) => {
    if (kind === of && name === id) found = value;
    return value;
  };
  return { edit, found: () => found };
}

export const restoreInLmdb: Restore = async (commit, edit = unchanged, format) => {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-stored-'));
  const tables = editLmdb(await fixture<LmdbTable>(commit, 'lmdb.json'), edit);
  const noted = tables.map((entry) => {
    if (entry.table !== 'about' || format === undefined) return entry;
    return {
      ...entry,
      rows: entry.rows.map(([key, about]) => [key, { ...(about as object), format }] as const),
    };
  });
  await restoreLmdb(folder, noted);
  return {
    open: (clock) => openLmdbStore({ folder, partitions: null, clock, log: memoryLog() }),
    async value(of, id) {
      const { edit, found } = finder(of, id);
      editLmdb(await dumpLmdb(folder), edit);
      return found();
    },
    async format() {
      const about = (await dumpLmdb(folder)).find(({ table }) => table === 'about')!.rows[0]![1];
      return (about as { readonly format: number }).format;
    },
    destroy: () => rm(folder, { recursive: true }),
  };
};

export function restoreInRedis(server: RedisServer): Restore {
  const { url } = server;
  return async (commit, edit = unchanged, format) => {
    await flush([server]);
    const keys = editRedis(await fixture<RedisKey>(commit, 'redis.json'), edit);
    const key = 'bw:{bw}:format';
    const noted: RedisKey[] = format === undefined ? [] : [{ key, type: 'string', content: String(format) }];
    await restoreRedis(url, [...keys, ...noted]);
    return {
      open: () => openRedisStore({ url, partitions: null, log: memoryLog(), waitReplicas: 0 }),
      async value(of, id) {
        const { edit, found } = finder(of, id);
        editRedis(await dumpRedis(url), edit);
        return found();
      },
      async format() {
        return Number((await dumpRedis(url)).find((entry) => entry.key === key)!.content);
      },
      destroy: () => flush([server]),
    };
  };
}
