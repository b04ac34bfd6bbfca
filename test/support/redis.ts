import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { startTcpProxy } from './tcp-proxy.ts';
import type { TcpProxy } from './tcp-proxy.ts';

/** A real redis-server on the loopback interface, with its data in a temporary folder. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Sends a signal to the server: `SIGSTOP` freezes it, `SIGCONT` thaws it. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the process at once, as a crash would; its data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Ends the process and removes its data. May be called twice. */
  stop(): Promise<void>;
}

export interface RedisCluster {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** Where clients and other nodes reach each of them, when it was asked for. */
  readonly proxies: readonly TcpProxy[];
  stop(): Promise<void>;
}

export interface ClusterShape {
  /** Replicas of each of the three masters; none by default. */
  readonly replicas?: number;
  /** Whether each node is reached through a proxy only, other than by the bus of the cluster. */
  readonly proxied?: boolean;
}

/** How long a server or cluster may take to answer. */
const PATIENCE = 20_000;

/**
 * Starts a server that keeps everything it acknowledged across a kill (append-only, fsync always).
 * `args` are further options as on its command line.
 */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  return start(async () => [...durable, ...args]);
}

/** A port at which nothing listens, and a server that starts there when it is told to. */
export async function reserveRedis(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis(args);
  await server.kill();
  return server;
}

/**
 * Starts one sentinel that watches a master as `main` and fails it over within a few seconds. `args` are further options
 * of it.
 */
export async function startSentinel(
  master: Pick<RedisServer, 'port'>,
  args: readonly string[] = [],
): Promise<RedisServer> {
  return start(async (folder) => {
    const file = join(folder, 'sentinel.conf');
    const settings = [
      `sentinel monitor main 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 5000',
    ];
    await writeFile(file, settings.join('\n'));
    return [file, '--sentinel', ...args];
  });
}

async function start(argumentsFor: (folder: string) => Promise<readonly string[]>): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-redis-'));
  const args = await argumentsFor(folder);
  let process = await launch(port, folder, args);
  let stopped = false;

  const kill = async (): Promise<void> => {
    if (process.exitCode !== null || process.signalCode !== null) return;
    const exited = once(process, 'exit');
    process.kill('SIGKILL');
    await exited;
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    signal: (signal) => void process.kill(signal),
    kill,
    restart: async () => {
      await kill();
      process = await launch(port, folder, args);
    },
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a cluster of three masters, and replicas if asked for, that has agreed on all slots. `args` are further options of each. */
export async function startRedisCluster(
  args: readonly string[] = [],
  { replicas = 0, proxied = false }: ClusterShape = {},
): Promise<RedisCluster> {
  const size = 3 * (1 + replicas);
  const proxies = await Promise.all(Array.from({ length: proxied ? size : 0 }, () => startTcpProxy()));
  const nodes = await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const bus = String(await freePort());
      const proxy = proxies[index];
      const announced = proxy
        ? ['--cluster-announce-port', String(proxy.port), '--cluster-announce-bus-port', bus]
        : [];
      const cluster = ['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', '2000'];
      const node = await startRedis([...cluster, ...announced, ...args]);
      proxy?.lead(node.port);
      return node;
    }),
  );
  const stop = async (): Promise<void> => {
    await Promise.all([...nodes.map((node) => node.stop()), ...proxies.map((proxy) => proxy.close())]);
  };
  try {
    const addresses = (proxied ? proxies : nodes).map(({ port }) => `127.0.0.1:${port}`);
    const shape = ['--cluster-replicas', String(replicas), '--cluster-yes'];
    await promisify(execFile)('redis-cli', ['--cluster', 'create', ...addresses, ...shape], {
      timeout: PATIENCE,
    });
    for (const node of nodes) {
      await ask(node.port, async (client) => (await client.cluster('INFO')).includes('cluster_state:ok'));
    }
    return { url: `redis+cluster://${addresses.join(',')}`, nodes, proxies, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * A client of a test's own, with its defaults. It may outlive its server, and says so by commands that fail, not on
 * standard error: after `commandTimeout` milliseconds if that is given.
 */
export function connectClient({ port }: RedisServer, commandTimeout?: number): Redis {
  const limit = commandTimeout === undefined ? {} : { commandTimeout, maxRetriesPerRequest: 0 };
  return quiet(new Redis({ host: '127.0.0.1', port, ...limit }));
}

function quiet(client: Redis): Redis {
  return client.on('error', () => undefined);
}

/** Adds a user with the rules of `ACL SETUSER`. */
export async function addUser({ port }: RedisServer, name: string, rules: readonly string[]): Promise<void> {
  await ask(port, async (client) => (await client.call('ACL', 'SETUSER', name, ...rules)) === 'OK');
}

/** Makes the replica of a shard its master, as before maintenance. */
export async function promote({ port }: RedisServer): Promise<void> {
  await ask(port, async (client) => {
    const isMaster = async () => String(await client.call('ROLE')).startsWith('master');
    await client.cluster('FAILOVER').catch(() => undefined);
    // A try that finds no majority is given up after five seconds.
    for (let waited = 0; waited < 6000; waited += 100) {
      if (await isMaster()) return true;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return false;
  });
}

/** Empties a server, or every node of a cluster. */
export async function flush(nodes: readonly RedisServer[]): Promise<void> {
  await Promise.all(nodes.map(({ port }) => ask(port, async (client) => (await client.flushall()) === 'OK')));
}

/** Asks a server until it gives the answer that is waited for. */
async function ask(port: number, question: (client: Redis) => Promise<boolean>): Promise<void> {
  // Refused connections are part of starting.
  const client = quiet(
    new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20, maxRetriesPerRequest: null }),
  );
  const deadline = Date.now() + PATIENCE;
  try {
    while (!(await within(question(client), deadline - Date.now()))) {
      if (Date.now() > deadline) throw new Error(`redis-server on port ${port} did not get ready.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    client.disconnect();
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`redis-server did not answer within ${PATIENCE} ms.`)),
      Math.max(0, ms),
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function launch(port: number, folder: string, args: readonly string[]): Promise<ChildProcess> {
  // A configuration file, if there is one, must come first.
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const server = spawn('redis-server', [...args, ...place], { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => {
    server.once('error', reject);
    server.once('exit', (code) =>
      reject(new Error(`redis-server ended with ${code} while it was starting.`)),
    );
  });
  failed.catch(() => undefined);
  try {
    await Promise.race([failed, ask(port, async (client) => (await client.ping()) === 'PONG')]);
  } catch (error) {
    server.kill('SIGKILL');
    throw error;
  }
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
