import { afterEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../src/core/ports/store/store.ts';
import { awaitStore } from '../../src/store/awaited-store.ts';
import { memoryLog } from '../support/memory-log.ts';
import { connectClient, reserveRedis, startRedis, startRedisCluster } from '../support/redis.ts';
import type { RedisServer } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { ONE_WORKFLOW, post, readCounts } from './producer.ts';

const servers: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  killServices();
  for (const server of servers.splice(0)) await server.stop();
});

function kept<Server extends { stop(): Promise<void> }>(server: Server): Server {
  servers.push(server);
  return server;
}

const start = async (url: string): Promise<Service> =>
  startService({ BURNWATCH_STORE: url, BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW) });

const status = async (service: Service, path: string): Promise<number> =>
  (await fetch(`${service.url}${path}`)).status;

interface Readiness {
  readonly checks: { readonly store: { readonly message: string } };
}

/** Runs commands on a server by a client of the test's own. */
async function command(server: RedisServer, ...lines: readonly string[]): Promise<void> {
  const client = connectClient(server);
  for (const line of lines) {
    const [name, ...args] = line.split(' ');
    await client.call(name!, ...args);
  }
  client.disconnect();
}

/** The service waits for its store, says why, and serves nothing that it does not have. */
async function expectWaiting(service: Service, why: RegExp): Promise<void> {
  await until('the reason', async () => {
    const answer = await fetch(`${service.url}/readyz`);
    expect(answer.status).toBe(503);
    return why.test(((await answer.json()) as Readiness).checks.store.message);
  });
  expect(await status(service, '/healthz')).toBe(200);
  for (const path of ['/v1/slos', '/v1/incidents', '/v1/outbox', '/v1/slos/orders/works', '/metrics'])
    expect([path, await status(service, path)]).toEqual([path, path === '/metrics' ? 200 : 503]);
  const refused = await post(service, [outcome('early')]);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
}

const outcome = (execution: string): object => ({ workflow: 'orders', execution, status: 'succeeded' });

async function expectWorking(service: Service): Promise<void> {
  await until('readiness', async () => (await status(service, '/readyz')) === 200);
  expect((await post(service, [outcome('a')])).status).toBe(200);
  await until('the outcome to be read', async () => (await readCounts(service)).total === 1);
  expect(await service.stop()).toBe(0);
}

/** A server that takes 3 ms for each key it loads, and answers meanwhile. */
const SLOW_LOADING = ['--key-load-delay', '3000', '--loading-process-events-interval-bytes', '1024'];

describe('Redis that cannot serve when the service starts', () => {
  it('C2: is away: waited for with 503 and a reason, and used without a restart once it is there', async () => {
    const redis = kept(await reserveRedis());
    const service = await start(redis.url);
    expect(service.output()).toContain('Waiting for Redis');
    await expectWaiting(service, /ECONNREFUSED/);
    await redis.restart();
    await expectWorking(service);
  }, 60_000);

  it('is away: SIGTERM ends the service in time', async () => {
    const redis = kept(await reserveRedis());
    const service = await start(redis.url);
    const begun = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('is read-only: waited for until the failover is over', async () => {
    const [master, replica] = [kept(await startRedis()), kept(await startRedis())];
    await command(replica, `REPLICAOF 127.0.0.1 ${master.port}`);
    const service = await start(replica.url);
    await expectWaiting(service, /READONLY|LOADING|MASTERDOWN/);
    await command(replica, 'REPLICAOF NO ONE');
    await expectWorking(service);
  }, 60_000);

  it('is loading its data: waited for', async () => {
    const redis = kept(await startRedis([...SLOW_LOADING, '--enable-debug-command', 'yes']));
    await command(redis, 'DEBUG POPULATE 2000', 'BGREWRITEAOF');
    await until('the data to be on disk', async () => {
      const client = connectClient(redis);
      const info = await client.info('persistence');
      client.disconnect();
      return info.includes('aof_rewrite_in_progress:0') && /aof_current_size:\d{5}/.test(info);
    });
    await redis.kill();
    const restarted = redis.restart();
    const service = await start(redis.url);
    await expectWaiting(service, /LOADING/);
    await restarted;
    await expectWorking(service);
  }, 60_000);

  it('wants another password: the service ends, at once or when it finds out, and says what to change', async () => {
    const away = kept(await reserveRedis());
    const waiting = await start(`redis://stranger:s3cret-of-mine@127.0.0.1:${away.port}`);
    await away.restart();
    expect(await waiting.ended).toBe(1);
    expect(waiting.output()).toMatch(/WRONGPASS.*check the user and password of BURNWATCH_STORE/);
    expect(waiting.output()).not.toContain('s3cret-of-mine');

    const redis = kept(await startRedis());
    await command(redis, 'ACL SETUSER bw on >the-password ~* -@all +hello +get');
    await expect(start(`redis://bw:s3cret-of-mine@127.0.0.1:${redis.port}`)).rejects.toThrow(
      /ended with 1[^]*WRONGPASS/,
    );
    await expect(start(`redis://bw:the-password@127.0.0.1:${redis.port}`)).rejects.toThrow(
      /ended with 1[^]*NOPERM[^]*Permissions in Redis/,
    );
  }, 60_000);

  it('is of another kind: the service ends and says which', async () => {
    const cluster = kept(await startRedisCluster());
    await expect(start(cluster.nodes[0]!.url)).rejects.toThrow(/ended with 1[^]*begin with redis\+cluster:/);
    const redis = kept(await startRedis());
    await expect(start(`redis+cluster://127.0.0.1:${redis.port}`)).rejects.toThrow(
      /ended with 1[^]*begin with redis:/,
    );
  }, 60_000);

  it('makes libraries and Node.js print: the log stays one JSON object a line', async () => {
    const chatter = `setInterval(()=>{console.warn('%s','said by one');process.emitWarning('a warning')},50).unref()`;
    const service = await startService({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(chatter)}`,
      BURNWATCH_STORE: kept(await startRedis()).url,
      BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW),
    });
    const running = () => service.output().split('listens on')[1]!.split('\n');
    for (const words of ['said by one', 'a warning']) {
      await until(words, () => running().some((line) => line.includes(words)));
      for (const line of running()
        .filter((text) => text.includes(words))
        .slice(0, -1))
        expect(JSON.parse(line)).toMatchObject({ msg: words });
    }
    expect(await service.stop()).toBe(0);
  });
});

it('a store that is waited for has no number of partitions, which would decide where outcomes belong', async () => {
  const away = () => Promise.reject(new StoreUnavailable('away'));
  const { store } = await awaitStore(away, memoryLog(), 60_000);
  expect(() => store.partitions).toThrow(StoreUnavailable);
  await store.close();
});
