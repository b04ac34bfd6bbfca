import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { startRedis } from '../support/redis.ts';
import { startService } from '../support/service.ts';
import { numberFrom, startChild } from './child.ts';
import type { Result } from './result.ts';
import { perSecond, ratio } from './result.ts';
import { TYPICAL, sloFolder } from '../support/slo-folder.ts';

const BATCH = 2_000;
const BATCHES = 400;
/** Of executions with steps, each record of which takes several times as long. */
const STEP_BATCHES = 120;
const IN_FLIGHT = 6;

/** NDJSON over HTTP into Redis, against the bare dedup and count that it cannot do without. */
export async function benchIngest(): Promise<Result[]> {
  const redis = await startRedis(['--appendfsync', 'everysec']);
  try {
    const reference = await bareScript(redis.url);
    const service = await startService({
      BURNWATCH_STORE: redis.url,
      BURNWATCH_SLOS: await sloFolder(TYPICAL),
      LOG_LEVEL: 'error',
    });
    const rate = await loadFrom(service.url, 'ends', BATCHES);
    const ofSteps = await loadFrom(service.url, 'steps', STEP_BATCHES);
    await service.stop();
    return [
      {
        what: `outcomes a second, NDJSON batches of ${BATCH} over HTTP`,
        value: perSecond(rate, 1000),
        goal: '150,000/s',
      },
      { what: 'the bare dedup + count script, fed from ioredis', value: perSecond(reference, 1000) },
      { what: 'share of the bare script', value: ratio(rate, reference), goal: '0.25' },
      {
        what: 'starts and ends a second of executions with ten steps, likewise',
        value: perSecond(ofSteps, 1000),
      },
      { what: 'share of the bare script', value: ratio(ofSteps, reference) },
    ];
  } finally {
    await redis.stop();
  }
}

/** OTLP spans over HTTP into Redis, against outcomes in NDJSON. */
export async function benchOtlp(): Promise<Result[]> {
  const redis = await startRedis(['--appendfsync', 'everysec']);
  try {
    const service = await startService({
      BURNWATCH_STORE: redis.url,
      BURNWATCH_SLOS: await sloFolder(TYPICAL),
      LOG_LEVEL: 'error',
    });
    const reference = await loadFrom(service.url, 'ends', BATCHES);
    const rate = await loadFrom(service.url, 'spans', BATCHES);
    await service.stop();
    return [
      {
        what: `OTLP spans a second, protobuf, requests of ${BATCH}, each an execution`,
        value: perSecond(rate, 1000),
      },
      { what: 'the same outcomes as NDJSON', value: perSecond(reference, 1000) },
      { what: 'share of NDJSON', value: ratio(rate, reference) },
    ];
  } finally {
    await redis.stop();
  }
}

/** Identities a second through one script that adds them to a set and counts the new ones. */
async function bareScript(url: string): Promise<number> {
  const client = new Redis(url);
  const script = `
    local new = redis.call('SADD', KEYS[1], unpack(ARGV))
    redis.call('HINCRBY', KEYS[2], 'good', new)
    return new`;
  const batches = Array.from({ length: BATCHES }, () => Array.from({ length: BATCH }, () => randomUUID()));
  const started = performance.now();
  await inParallel(batches, (batch) => client.eval(script, 2, 'bare:seen', 'bare:count', ...batch));
  const elapsed = performance.now() - started;
  client.disconnect();
  return (BATCH * BATCHES * 1000) / elapsed;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

/** Lets a process of its own produce the load, so that it shares no event loop with anything measured. */
function loadFrom(url: string, shape: 'ends' | 'steps' | 'spans', batches: number): Promise<number> {
  return numberFrom(startChild('producer', url, batches, BATCH, IN_FLIGHT, shape));
}
