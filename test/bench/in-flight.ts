import { Redis } from 'ioredis';
import { DAY, HOUR, SECOND } from '../../src/core/time/duration.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { define, defineSlo } from '../support/definitions.ts';
import { startRedis } from '../support/redis.ts';
import type { Result } from './result.ts';
import { perSecond } from './result.ts';

const EXECUTIONS = 1_000_000;
const BATCH = 10_000;
const SWEPT_AT_ONCE = 500;

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

/** A million executions of one workflow in flight at once, none of which ever ends: their memory, finding them, and their sweep. */
export async function benchInFlight(): Promise<Result[]> {
  const redis = await startRedis(['--appendonly', 'no', '--save', '']);
  try {
    const client = new Redis(redis.url);
    const store = await openRedisStore({
      url: redis.url,
      partitions: 1,
      log: quiet,
      waitReplicas: 0,
      commandTimeoutMs: 60_000,
    });
    const now = Date.now();
    const definitions = define([defineSlo({ sli: { withinMs: HOUR } })]);
    const recorder = createRecorder({
      store,
      definitions: () => definitions,
      clock: { now: () => now },
      queueLimit: EXECUTIONS,
    });
    const before = await memory(client);
    const began = performance.now();
    for (let made = 0; made < EXECUTIONS; made += BATCH) {
      const { accepted } = await recorder.record(
        Array.from({ length: BATCH }, (_, index) => ({
          workflow: 'orders',
          execution: `order-${made + index}`,
          status: 'started',
        })),
      );
      if (accepted !== BATCH) throw new Error(`${accepted} of ${BATCH} starts were accepted`);
    }
    const starting = performance.now() - began;
    const each = ((await memory(client)) - before) / EXECUTIONS;
    const finding = await timed(async () => {
      const [{ running }, places, slowest] = await Promise.all([
        store.inFlight('orders'),
        store.places('orders'),
        store.slowest('orders', now, 50),
      ]);
      if (running !== EXECUTIONS || places[0]?.running !== EXECUTIONS || slowest.length !== 50)
        throw new Error('not all of them are in flight');
    });
    let [overdue, longest] = [0, 0];
    const sweepSome = async (): Promise<boolean> => {
      const began = performance.now();
      const result = await store.sweep({ workflow: 'orders', partition: 0 }, now + DAY, SWEPT_AT_ONCE);
      longest = Math.max(longest, performance.now() - began);
      overdue += result.overdue;
      return result.swept === SWEPT_AT_ONCE;
    };
    const sweeping = await timed(async () => {
      while (await sweepSome());
    });
    if (overdue !== EXECUTIONS) throw new Error(`${overdue} of ${EXECUTIONS} were swept`);
    client.disconnect();
    await store.close();
    return [
      {
        what: 'starts a second, until a million executions are in flight',
        value: perSecond(EXECUTIONS, starting),
      },
      { what: 'Redis memory of each, with what tells repeats apart', value: `${Math.round(each)} bytes` },
      { what: 'counting them by place and listing the slowest', value: `${Math.round(finding)} ms` },
      { what: 'sweeping all of them once they are overdue', value: `${(sweeping / SECOND).toFixed(1)} s` },
      {
        what: `the longest of the calls of ${SWEPT_AT_ONCE} that this takes`,
        value: `${Math.round(longest)} ms`,
      },
    ];
  } finally {
    await redis.stop();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function memory(client: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]);
}
