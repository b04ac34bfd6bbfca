import { isUtf8 } from 'node:buffer';
import { Redis } from 'ioredis';
import { open } from 'lmdb';
import type { RootDatabase } from 'lmdb';
import type { Collection } from '../../src/core/ports/store/records.ts';

/** The data of a store as the store itself never reads it: rows of LMDB tables, or Redis keys with their contents. */

/** Text as it is, other bytes in base64. */
type Raw = string | { readonly base64: string };

export interface LmdbTable {
  readonly table: string;
  readonly rows: readonly (readonly [key: unknown, value: unknown])[];
}

export interface RedisKey {
  readonly key: string;
  readonly type: 'string' | 'hash' | 'set' | 'zset';
  /** One string, members of a set, or pairs of field and value or of member and score. */
  readonly content: Raw | readonly Raw[] | readonly (readonly [Raw, Raw])[];
}

/** The one table whose values are bytes. */
const BYTES = 'blocks';

function openRoot(folder: string): RootDatabase {
  return open({ path: folder, noSubdir: false, maxDbs: 32, mapSize: 2 ** 40, overlappingSync: false });
}

function openTable(root: RootDatabase, name: string) {
  return root.openDB<unknown, string>({ name, encoding: name === BYTES ? 'binary' : 'json' });
}

/** Everything in a folder of the embedded store. */
export async function dumpLmdb(folder: string): Promise<LmdbTable[]> {
  const root = openRoot(folder);
  const names = [...root.getKeys()].map(String);
  const tables = names.map((table) => ({
    table,
    rows: Array.from(openTable(root, table).getRange(), ({ key, value }): [unknown, unknown] => [
      key,
      table === BYTES ? { base64: (value as Buffer).toString('base64') } : value,
    ]),
  }));
  await root.close();
  return tables;
}

/** Writes rows into a folder as they are. */
export async function restoreLmdb(folder: string, tables: readonly LmdbTable[]): Promise<void> {
  const root = openRoot(folder);
  root.transactionSync(() => {
    for (const { table, rows } of tables) {
      const db = openTable(root, table);
      for (const [key, value] of rows) {
        const stored = table === BYTES ? Buffer.from((value as { base64: string }).base64, 'base64') : value;
        db.putSync(key as string, stored);
      }
    }
  });
  await root.close();
}

/** Everything in a Redis server, without what expires when. */
export async function dumpRedis(url: string): Promise<RedisKey[]> {
  const client = new Redis(url);
  try {
    const keys = (await client.keys('*')).toSorted();
    return await Promise.all(keys.map((key) => dumpKey(client, key)));
  } finally {
    client.disconnect();
  }
}

async function dumpKey(client: Redis, key: string): Promise<RedisKey> {
  const type = (await client.type(key)) as RedisKey['type'];
  switch (type) {
    case 'string':
      return { key, type, content: raw((await client.getBuffer(key))!) };
    case 'hash':
      // Statistics are bytes.
      return { key, type, content: Object.entries(await client.hgetallBuffer(key)).map(fieldOf) };
    case 'set':
      return { key, type, content: (await client.smembers(key)).toSorted() };
    case 'zset': {
      const flat = await client.zrange(key, '0', '-1', 'WITHSCORES');
      const pairs = flat.flatMap((member, i): [string, string][] => (i % 2 ? [] : [[member, flat[i + 1]!]]));
      return { key, type, content: pairs };
    }
    default:
      return type satisfies never;
  }
}

/** Writes keys into a Redis server as they are, without an expiry. */
export async function restoreRedis(url: string, keys: readonly RedisKey[]): Promise<void> {
  const client = new Redis(url);
  try {
    const commands = keys.map(({ key, type, content }): (string | Buffer)[] => {
      const flat = (Array.isArray(content) ? content.flat() : [content]) as Raw[];
      const parts = flat.map((part) =>
        typeof part === 'string' ? part : Buffer.from(part.base64, 'base64'),
      );
      if (type === 'string') return ['SET', key, ...parts];
      if (type === 'hash') return ['HSET', key, ...parts];
      if (type === 'set') return ['SADD', key, ...parts];
      return ['ZADD', key, ...flat.flatMap((_, i) => (i % 2 ? [] : [parts[i + 1]!, parts[i]!]))];
    });
    for (const [name, ...args] of commands) await client.call(String(name), args);
  } finally {
    client.disconnect();
  }
}

function fieldOf([name, value]: [string, Buffer]): [string, Raw] {
  return [name, isUtf8(value) ? value.toString('utf8') : { base64: value.toString('base64') }];
}

function raw(bytes: Buffer): Raw {
  const text = bytes.toString('utf8');
  // Bytes of counters may happen to be text; what is printed is.
  return isUtf8(bytes) && !/\p{Cc}/u.test(text) ? text : { base64: bytes.toString('base64') };
}

/** What a stored value is of: an alert state, a row of the outbox, or a record of a collection. */
export type ValueOf = 'state' | 'row' | Collection;

/** Gives what is to be stored instead of a value, or the value itself. */
export type Edit = (of: ValueOf, id: string, value: object) => object;

/** The tables with each value that has a version of its own replaced. */
export function editLmdb(tables: readonly LmdbTable[], edit: Edit): LmdbTable[] {
  return tables.map(({ table, rows }) => ({
    table,
    rows: rows.map(([key, value]): [unknown, unknown] => {
      const part = value as { readonly state: object; readonly value: object };
      if (table === 'states') return [key, { ...part, state: edit('state', String(key), part.state) }];
      if (table === 'rows') return [key, edit('row', String(key), value as object)];
      if (table !== 'records') return [key, value];
      const [collection, id] = key as [Collection, string];
      return [key, { ...part, value: edit(collection, id, part.value) }];
    }),
  }));
}

/** The keys with each value that has a version of its own replaced. */
export function editRedis(keys: readonly RedisKey[], edit: Edit): RedisKey[] {
  return keys.map((entry) => {
    const of = valueOf(entry.key);
    if (!of) return entry;
    const fields = entry.content as readonly (readonly [string, string])[];
    return {
      ...entry,
      content: fields.map(([id, text]): [string, string] => {
        // A revision stands before all but rows.
        const start = of === 'row' ? 0 : text.indexOf(' ') + 1;
        const value = JSON.parse(text.slice(start)) as object;
        return [id, text.slice(0, start) + JSON.stringify(edit(of, id, value))];
      }),
    };
  });
}

function valueOf(key: string): ValueOf | null {
  if (key === 'bw:{bw}:states') return 'state';
  if (key === 'bw:{bw}:outbox:rows') return 'row';
  return (/^bw:\{bw\}:records:(.*)$/.exec(key)?.[1] as Collection | undefined) ?? null;
}
