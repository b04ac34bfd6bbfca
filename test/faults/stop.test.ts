import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { ONE_WORKFLOW, readCounts, startProducer } from './producer.ts';

describe('stopping', () => {
  afterEach(killServices);

  it('C2: SIGTERM under load finishes accepted requests, exits 0 within 10 s and loses nothing', async () => {
    const env = {
      BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
      BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW),
    };
    let service = await startService(env);
    const producer = startProducer(service);
    for (let round = 0; round < 3; round++) {
      const before = producer.acknowledged();
      await until('outcomes to be acknowledged', () => producer.acknowledged() > before + 200);
      const asked = performance.now();
      expect(await service.stop('SIGTERM')).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);
      service = await startService(env);
      expect((await readCounts(service)).total).toBeGreaterThanOrEqual(producer.acknowledged());
      producer.use(service);
    }
    const made = await producer.finish();
    await until('every outcome, each once', async () => (await readCounts(service)).total === made);
    expect(await service.stop('SIGINT')).toBe(0);
  }, 90_000);

  it('an idle keep-alive connection does not hold up the end', async () => {
    const service = await startService({
      BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
      BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW),
    });
    await (await fetch(`${service.url}/healthz`, { headers: { connection: 'keep-alive' } })).text();
    const asked = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
  });
});
