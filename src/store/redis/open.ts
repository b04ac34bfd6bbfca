import { randomUUID } from 'node:crypto';
import type { Log } from '../../core/ports/log.ts';
import type { TlsCredentials } from '../../core/ports/outbound.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { SECOND } from '../../core/time/duration.ts';
import { connect } from './connection.ts';
import type { Client, Connection } from './connection.ts';
import { countingStore } from './counting.ts';
import { deadLetterStore } from './dead-letters.ts';
import { noteFormat, upgradeFormat } from './format.ts';
import { serviceKeys } from './keys.ts';
import { storeExaminer } from './marks.ts';
import { outboxStore } from './outbox.ts';
import { incidentStore } from './incidents.ts';
import { recordStore } from './records.ts';
import { stateStore } from './states.ts';

export interface RedisStoreOptions {
  /** `redis://…`, `rediss://…`, `redis+cluster://host:port,…` or `redis+sentinel://host:port,…/master-name`. */
  readonly url: string;
  /** For `rediss://`; nothing of its own if absent. */
  readonly tls?: TlsCredentials;
  /** How many partitions a workflow has; null adopts what the store was started with. */
  readonly partitions: number | null;
  readonly log: Log;
  /** How many replicas must have an outcome, an alert state or a notification before it counts as stored; 0: none. */
  readonly waitReplicas: number;
  /** No command takes longer: after this it has failed with `StoreUnavailable`. 2 seconds by default. */
  readonly commandTimeoutMs?: number;
}

const COMMAND_TIMEOUT = 2 * SECOND;

/** The oldest server that has the commands used here (SMISMEMBER). */
const OLDEST = [6, 2] as const;

const FIRST_PARTITIONS = { single: 1, cluster: 8 } as const;

/**
 * Opens the store in Redis. Rejects with `StoreUnavailable` when Redis cannot be reached or cannot serve now, and with an
 * error that says what to change when the URL, its user, the server's version, the store's format or the number of
 * partitions will not do.
 * Once open it reconnects by itself; while Redis is away every call rejects with `StoreUnavailable` in time.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const connection = await connect({ commandTimeoutMs: COMMAND_TIMEOUT, ...options });
  try {
    await checkServer(connection, options.log);
    await upgradeFormat(connection);
    const partitions = await fixPartitions(connection, options.partitions);
    return {
      ...countingStore(connection, partitions),
      ...stateStore(connection),
      ...outboxStore(connection),
      ...recordStore(connection),
      ...deadLetterStore(connection),
      ...incidentStore(connection),
      partitions,
      identity: () => identity(connection, partitions),
      examine: storeExaminer(connection, () => identity(connection, partitions)),
      ping: async () => {
        await connection.call((client) => client.get(serviceKeys.identity));
      },
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw connection.refusal(error) ?? error;
  }
}

async function checkServer(connection: Connection, log: Log): Promise<void> {
  // HELLO and not INFO, which is among the dangerous commands that its user may be denied.
  const version = await connection.call(async (client) => serverVersion(await client.call('HELLO')));
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new Error(`Burnwatch needs Redis ${OLDEST.join('.')} or newer; this server is ${version}.`);
  }
  const policy = await connection.call(evictionPolicy);
  if (policy !== null && policy !== 'noeviction') {
    log.warn(
      { policy },
      'Redis may evict counters when its memory is full: set maxmemory-policy to noeviction.',
    );
  }
}

/** The version in a reply to HELLO: fields that alternate with their values, or a map of them. */
function serverVersion(reply: unknown): string {
  const fields = Array.isArray(reply) ? reply : Object.entries(Object(reply)).flat();
  return String(fields[fields.indexOf('version') + 1]);
}

/** Null when the user may not ask for it. */
async function evictionPolicy(client: Client): Promise<string | null> {
  try {
    return /^maxmemory_policy:(.*?)\r?$/m.exec(await client.info('memory'))?.[1] ?? null;
  } catch (error) {
    if ((error as Error).message.startsWith('NOPERM')) return null;
    throw error;
  }
}

async function fixPartitions(connection: Connection, wanted: number | null): Promise<number> {
  const first = wanted ?? (connection.cluster ? FIRST_PARTITIONS.cluster : FIRST_PARTITIONS.single);
  await connection.call((client) => client.setnx(serviceKeys.partitions, first));
  const stored = Number(await connection.call((client) => client.get(serviceKeys.partitions)));
  if (wanted !== null && stored !== wanted) {
    throw new Error(
      `The store in Redis was started with ${stored} partitions and cannot be opened with ${wanted}: its counters would be looked for in the wrong places.`,
    );
  }
  return stored;
}

/** Made whenever it is missing: after a wipe there is a new one, and the format and partitions in use are noted again. */
async function identity(connection: Connection, partitions: number): Promise<string> {
  await noteFormat(connection);
  await connection.call((client) => client.setnx(serviceKeys.partitions, partitions));
  await connection.call((client) => client.setnx(serviceKeys.identity, randomUUID()));
  return (await connection.call((client) => client.get(serviceKeys.identity)))!;
}
