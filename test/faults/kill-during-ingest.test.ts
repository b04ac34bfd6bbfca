import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { ONE_WORKFLOW, readCounts, startProducer } from './producer.ts';

const KILLS = 10;

describe('kill -9 during ingest, ten times at random moments', () => {
  afterEach(killServices);

  async function killAgainAndAgain(env: Readonly<Record<string, string>>): Promise<void> {
    let service = await startService(env);
    const producer = startProducer(service);
    for (let kill = 0; kill < KILLS; kill++) {
      const before = producer.acknowledged();
      await until('outcomes to be acknowledged', () => producer.acknowledged() > before);
      await wait(Math.random() * 250);
      await service.stop('SIGKILL');
      const acknowledged = producer.acknowledged();
      service = await startService(env);
      const { total } = await readCounts(service);
      expect(total, 'an acknowledged outcome was lost').toBeGreaterThanOrEqual(acknowledged);
      expect(total, 'an outcome was counted that was never made').toBeLessThanOrEqual(producer.sent());
      producer.use(service);
    }
    const made = await producer.finish();
    await until('every outcome, each once', async () => (await readCounts(service)).total === made);
    expect(await readCounts(service)).toMatchObject({ bad: made / 10, good: made - made / 10, total: made });
    expect(await service.stop()).toBe(0);
  }

  it('C1, C2: the embedded store has every acknowledged outcome, each once', async () => {
    await killAgainAndAgain({
      BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
      BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW),
    });
  }, 120_000);

  it('C1, C2: Redis has every acknowledged outcome, each once', async () => {
    const redis = await startRedis();
    try {
      await killAgainAndAgain({ BURNWATCH_STORE: redis.url, BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW) });
    } finally {
      await redis.stop();
    }
  }, 120_000);
});
