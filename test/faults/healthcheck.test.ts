import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readStages } from '../support/dockerfile.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { ONE_WORKFLOW, startProducer } from './producer.ts';

afterEach(killServices);

it('the health check of the image is done in time while producers load the service as much as it takes', async () => {
  const dockerfile = await readFile(join(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const { rest } = readStages(dockerfile)
    .at(-1)!
    .find(({ name }) => name === 'HEALTHCHECK')!;
  const timeout = Number(/--timeout=(\d+)s /.exec(rest)![1]) * 1000;
  const retries = Number(/--retries=(\d+) /.exec(rest)![1]);
  const [command, ...args] = JSON.parse(/CMD (\[.*\])$/.exec(rest)![1]!) as [string, ...string[]];
  const service = await startService({
    BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
    BURNWATCH_SLOS: await sloFolder(ONE_WORKFLOW),
  });
  const producer = startProducer(service, { batch: 1000, parallel: 16 });
  await until('the load', () => producer.acknowledged() > 20_000);
  const before = producer.acknowledged();
  const took: number[] = [];
  for (let check = 0; check < 20; check++) {
    const began = performance.now();
    const child = spawn(command, args, {
      env: { ...process.env, BURNWATCH_PORT: new URL(service.url).port },
    });
    const [code] = await once(child, 'exit');
    took.push(code === 0 ? performance.now() - began : Infinity);
  }
  expect(producer.acknowledged(), 'the load goes on').toBeGreaterThan(before);
  // So is a container found unhealthy: when so many in a row fail, or come late.
  const late = took.map((ms) => ms >= timeout);
  const inARow = late.map((_, end) => late.slice(Math.max(0, end + 1 - retries), end + 1));
  const bad = inARow.filter((checks) => checks.length === retries && checks.every(Boolean));
  expect(bad, `milliseconds: ${took.map(Math.round).join(' ')}`).toEqual([]);
  await producer.finish();
  expect(await service.stop()).toBe(0);
}, 90_000);
