import { afterEach, describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { ONE_WORKFLOW, readCounts, startProducer } from './producer.ts';

describe('Redis going away under load', () => {
  afterEach(killServices);

  async function goAway(how: 'killed' | 'frozen'): Promise<void> {
    const redis = await startRedis();
    try {
      const service = await startService({
        BURNWATCH_STORE: redis.url,
        BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW),
      });
      const producer = startProducer(service);
      for (let round = 1; round <= 2; round++) {
        const before = producer.acknowledged();
        await until('outcomes to be acknowledged', () => producer.acknowledged() > before + 500);
        const refused = producer.refusals().get(503) ?? 0;
        if (how === 'killed') await redis.kill();
        else redis.signal('SIGSTOP');
        await until('503 for producers', () => (producer.refusals().get(503) ?? 0) > refused + 2);
        expect(Number(producer.retryAfter()), 'Retry-After in seconds').toBeGreaterThan(0);
        await until('readiness to go', async () => (await fetch(`${service.url}/readyz`)).status === 503);
        expect((await fetch(`${service.url}/healthz`)).status, 'the process itself is well').toBe(200);
        if (how === 'killed') await redis.restart();
        else redis.signal('SIGCONT');
        await until(
          'readiness to come back',
          async () => (await fetch(`${service.url}/readyz`)).status === 200,
        );
      }
      const made = await producer.finish();
      await until('every outcome, each once', async () => (await readCounts(service)).total === made);
      expect([...producer.refusals().keys()], 'nothing but 503 while it was away').toEqual([503]);
      expect(await service.stop()).toBe(0);
    } finally {
      await redis.stop();
    }
  }

  it('C1, C2: killed and started again: 503 with Retry-After, recovery without a restart, exact counts', async () => {
    await goAway('killed');
  }, 120_000);

  it('C1, C2: frozen and thawed, so that replies come late: the same', async () => {
    await goAway('frozen');
  }, 120_000);
});
