import { lookup } from 'node:dns';
import { Cluster, Redis } from 'ioredis';
import type { DNSLookupFunction, RedisOptions } from 'ioredis';
import type { Log } from '../../core/ports/log.ts';
import type { TlsCredentials } from '../../core/ports/outbound.ts';
import { PartUnavailable, StoreUnavailable } from '../../core/ports/store/store.ts';
import { limitAnswers } from './answer-limit.ts';
import { describeAddress, parseAddress } from './address.ts';
import type { Address } from './address.ts';
import { SERVICE_TAG } from './keys.ts';
import { createPatience } from './patience.ts';
import type { Script } from './scripts.ts';
import { slotOf } from './slots.ts';

export type Client = Redis | Cluster;
export type Argument = string | number | Buffer;

/** A connection that is restored by itself, and whose every call ends in time. */
export interface Connection {
  readonly cluster: boolean;
  /** How often a server went away and came back: it may have lost its last writes meanwhile. */
  readonly returns: () => number;
  /**
   * Does one command. Rejects with `StoreUnavailable` when the server is silent for the time limit, see `Patience`; with `PartUnavailable`
   * in a cluster, when `tag` says which shard it goes to, and at once while that one is known to be away.
   */
  call<T>(command: (client: Client) => Promise<T>, tag?: string): Promise<T>;
  /** Runs a script. All keys must be in one hash slot. */
  run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /**
   * Runs a script whose writes must not be lost: waits until as many replicas have them as was asked for, and rejects
   * with `StoreUnavailable` when fewer do.
   */
  write(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /** As `write`, even to a shard that is known to be away. */
  probe(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown>;
  /** From now on calls to these shards, by their masters' addresses, fail at once. */
  noteAway(masters: readonly string[]): void;
  /** Whether any shard is known to be away. */
  readonly isAnyAway: () => boolean;
  /** The shard that a tag leads to, when that is known to be away; else null. */
  awayPart(tag: string): string | null;
  /** The address of the master of a slot; null when it is not known. Of clusters only. */
  masterOf(slot: number): string | null;
  /** What is wrong with the configuration when a call failed like this; null when it may pass. */
  refusal(error: unknown): Error | null;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly commandTimeoutMs: number;
  /** How many replicas must have what must not be lost; 0 does not wait for any. */
  readonly waitReplicas: number;
  /** For `rediss://`; null for what Node.js trusts, and no certificate of its own. */
  readonly tls?: TlsCredentials | null;
  readonly log: Log;
  /** Where its address was set, for what is wrong with it. */
  readonly setting?: string;
}

/** Replies of a server that is there but cannot serve now. */
const TEMPORARY =
  /^(CLUSTERDOWN|READONLY|LOADING|TRYAGAIN|MASTERDOWN|NOREPLICAS|OOM|MISCONF|BUSY|UNBLOCKED|ASK|MOVED|NOAUTH|WRONGPASS|NOPERM)\b/;

/** What waiting does not mend: who it is that asks, and what kind of server was asked. */
const REFUSALS: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/^(NOAUTH|WRONGPASS)\b/, 'check the user and password of {setting}'],
  [/^NOPERM\b/, "its user lacks a permission, see 'Permissions in Redis' in docs/stores.md"],
  [/cluster support disabled/, 'it is not a cluster: {setting} should begin with redis://'],
];
const OF_A_CLUSTER: (typeof REFUSALS)[number] = [
  /^MOVED\b/,
  'it belongs to a cluster: {setting} should begin with redis+cluster://',
];

/**
 * Connects; rejects with `StoreUnavailable` when that does not work within the time limit, and with another error when
 * it is refused in a way that waiting does not mend.
 */
export async function connect({
  url,
  commandTimeoutMs,
  waitReplicas: replicas,
  tls = null,
  log,
  setting = 'BURNWATCH_STORE',
}: ConnectionOptions): Promise<Connection> {
  const address = parseAddress(url);
  const where = describeAddress(address);
  const client = clientFor(address, commandTimeoutMs, log, tls);
  const answered = limitAnswers(client);
  const patience = createPatience(commandTimeoutMs);
  let lastError: Error | null = null;
  let downSince: number | null = null;
  let everReady = false;
  let returns = 0;
  let closed = false;
  let away: ReadonlySet<string> = new Set();

  const down = (): void => {
    if (downSince !== null || closed) return;
    downSince = performance.now();
    if (everReady) log.warn({ store: where, error: lastError?.message }, 'Lost the connection to Redis.');
  };
  client.on('error', (error: Error) => {
    lastError = error;
  });
  client.on('node error', (error: Error) => {
    lastError = error;
  });
  client.on('close', down);
  client.on('ready', () => {
    if (downSince !== null && everReady) log.info({ store: where }, 'Connected to Redis again.');
    if (everReady) returns += 1;
    everReady = true;
    downSince = null;
    lastError = null;
  });
  // A node of a cluster can go and come back without the cluster as a whole ever having been away.
  const nodesSeen = new Set<string>();
  client.on('+node', ({ options }: Redis) => {
    const node = `${options.host}:${options.port}`;
    if (nodesSeen.has(node)) returns += 1;
    nodesSeen.add(node);
  });

  // Only the text of an error: ioredis attaches the command's arguments to it, a password among them.
  const plain = (error: unknown): Error => {
    // A cluster of which no node answers as it should has the answer of the last one beside its own words.
    const { lastNodeError = error } = Object(error) as { readonly lastNodeError?: unknown };
    const text = lastNodeError instanceof Error ? lastNodeError.message : String(lastNodeError);
    return new Error(address.password ? text.replaceAll(address.password, '***') : text);
  };
  const unavailable = (error: unknown): StoreUnavailable => {
    const cause = plain(error);
    return new StoreUnavailable(`Redis at ${where} is unavailable: ${cause.message}`, { cause });
  };

  const masterOf = (slot: number): string | null =>
    client instanceof Cluster ? (client.slots[slot]?.[0] ?? null) : null;

  function awayPart(tag: string): string | null {
    if (away.size === 0) return null;
    const part = masterOf(slotOf(tag));
    return part !== null && away.has(part) ? part : null;
  }

  async function call<T>(command: (client: Client) => Promise<T>, tag?: string): Promise<T> {
    const part = tag === undefined || tag === SERVICE_TAG ? null : masterOf(slotOf(tag));
    if (part === null) return callAny(command);
    if (away.has(part)) throw new PartUnavailable(part, `The shard ${part} is unavailable`, {});
    return onPart(part, callAny(command, part));
  }

  async function onPart<T>(part: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      throw new PartUnavailable(part, error.message, { cause: error.cause });
    }
  }

  async function callAny<T>(command: (client: Client) => Promise<T>, part: string | null = null): Promise<T> {
    // A short interruption is waited out; during a longer one every call fails at once instead of queueing.
    if (closed) throw unavailable(new Error('the connection was closed'));
    if (downSince !== null && performance.now() - downSince > commandTimeoutMs) {
      throw unavailable(lastError ?? new Error('not connected'));
    }
    let endWait = (): void => {};
    const deadline = new Promise<never>((_, reject) => {
      endWait = patience.wait(part, () => {
        reject(unavailable(lastError ?? new Error(`no answer within ${commandTimeoutMs} ms`)));
      });
    });
    try {
      const answer = await Promise.race([command(client), deadline]);
      answered();
      patience.heard(part);
      return answer;
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      // The client looks up the shards again by itself only after single commands and pipelines that but read.
      if (client instanceof Cluster && isMoved(error)) client.refreshSlotsCache();
      if (isTemporary(error)) throw unavailable(lastError && isClosed(error) ? lastError : error);
      throw plain(error);
    } finally {
      endWait();
    }
  }

  async function run(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return call((client) => evaluate(client, script, keys, args), tagOf(keys));
  }

  async function write(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return replicas === 0 ? run(script, keys, args) : replicated(script, keys, args, tagOf(keys));
  }

  async function probe(script: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    if (replicas > 0) return replicated(script, keys, args);
    return callAny((client) => evaluate(client, script, keys, args));
  }

  async function replicated(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    tag?: string,
  ): Promise<unknown> {
    // In one pipeline, because WAIT speaks of the writes of its own connection. It may come twice, if the
    // script is unknown the first time.
    const syncTimeout = Math.ceil(commandTimeoutMs * 0.4);
    const [result, acknowledged] = await call(async (client) => {
      const replies = await client
        .pipeline()
        .evalsha(script.sha, keys.length, ...keys, ...args)
        .wait(replicas, syncTimeout)
        .exec();
      if (!isUnknownScript(replies?.[0]?.[0])) return unwrapped(replies);
      return unwrapped(
        await client
          .pipeline()
          .eval(script.source, keys.length, ...keys, ...args)
          .wait(replicas, syncTimeout)
          .exec(),
      );
    }, tag);
    if (Number(acknowledged) < replicas) {
      throw unavailable(new Error(`only ${String(acknowledged)} of ${replicas} replicas have the write`));
    }
    return result;
  }

  function refusal(error: unknown): Error | null {
    const cause = error instanceof StoreUnavailable ? error.cause : error;
    // Where a user is refused the connection is cut, and what fails is the next command.
    const texts = [cause, lastError].flatMap((one) => (one instanceof Error ? [plain(one).message] : []));
    const known = address.kind === 'standalone' ? [...REFUSALS, OF_A_CLUSTER] : REFUSALS;
    for (const text of texts) {
      const advice = known.find(([pattern]) => pattern.test(text))?.[1];
      if (advice)
        return new Error(`Redis at ${where} says "${text}"; ${advice.replace('{setting}', setting)}.`);
    }
    return null;
  }

  const connection: Connection = {
    refusal,
    masterOf,
    isAnyAway: () => away.size > 0,
    awayPart,
    probe,
    noteAway: (masters) => void (away = new Set(masters)),
    cluster: address.kind === 'cluster',
    returns: () => returns,
    call,
    run,
    write,
    close: async () => {
      if (closed) return;
      closed = true;
      // Not quit(): it would wait for a server that does not answer.
      client.disconnect();
    },
  };
  try {
    await call((client) => client.connect());
  } catch (error) {
    await connection.close();
    throw refusal(error) ?? error;
  }
  return connection;
}

function clientFor(
  address: Address,
  commandTimeoutMs: number,
  log: Log,
  credentials: TlsCredentials | null,
): Client {
  const tls = tlsOptions(credentials);
  const common = {
    ...(address.username === null ? {} : { username: address.username }),
    ...(address.password === null ? {} : { password: address.password }),
    ...(address.tls ? { tls } : {}),
    connectTimeout: commandTimeoutMs,
    // A link that is silent for so long is broken, whatever TCP thinks of it.
    socketTimeout: commandTimeoutMs * 2,
    maxRetriesPerRequest: 1,
    // It asks INFO, which a user without dangerous commands may not; a server that still loads says so to any command.
    enableReadyCheck: false,
    connectionName: 'burnwatch',
  } satisfies RedisOptions;
  if (address.kind === 'cluster') {
    return new Cluster([...address.hosts], {
      redisOptions: common,
      lazyConnect: true,
      slotsRefreshTimeout: commandTimeoutMs,
      clusterRetryStrategy: backoff,
      dnsLookup: tolerantLookup(log),
    });
  }
  const single = {
    ...common,
    lazyConnect: true,
    retryStrategy: backoff,
    // A master that was demoted keeps its old connections; the next one leads to the new master.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
  if (address.kind === 'sentinel') {
    return new Redis({
      ...single,
      sentinels: [...address.hosts],
      name: address.masterName!,
      sentinelRetryStrategy: backoff,
      ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: tls } : {}),
    });
  }
  return new Redis({ ...single, ...address.hosts[0]!, db: address.database });
}

/**
 * Looks up the nodes that a cluster is entered by. One name that does not resolve must not keep the others from being
 * tried, so that it is passed on as it is, and fails when its turn comes.
 */
function tolerantLookup(log: Log): DNSLookupFunction {
  const unresolved = new Set<string>();
  return (host, answer) => {
    lookup(host, (error, address) => {
      if (!error) unresolved.delete(host);
      else if (!unresolved.has(host)) {
        unresolved.add(host);
        log.warn(
          { host, error: error.code },
          'a node of the Redis cluster cannot be resolved; others are tried',
        );
      }
      answer(null, error ? host : address);
    });
  };
}

/** Node would take a null for a certificate. */
function tlsOptions(credentials: TlsCredentials | null): { ca?: string; cert?: string; key?: string } {
  const set = Object.entries(credentials ?? {}).filter(([, pem]) => pem !== null);
  return Object.fromEntries(set) as { ca?: string; cert?: string; key?: string };
}

function backoff(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 10), 1000);
}

/** The hash tag of keys, which are all of one slot. */
function tagOf([key = '']: readonly string[]): string | undefined {
  return /^[^{]*\{([^}]*)\}/.exec(key)?.[1];
}

/** Runs a script, which the server need not know yet. */
async function evaluate(
  client: Client,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isUnknownScript(error)) throw error;
    return client.eval(script.source, keys.length, ...keys, ...args);
  }
}

function unwrapped(replies: [error: Error | null, result: unknown][] | null): unknown[] {
  return (replies ?? []).map(([error, result]) => {
    if (error) throw error;
    return result;
  });
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

function isMoved(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('MOVED');
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && /Connection is closed|max retries|startup nodes/i.test(error.message);
}

/** Everything that is not a reply of the server is about reaching it. */
function isTemporary(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name !== 'ReplyError' || TEMPORARY.test(error.message);
}
