import { afterEach, expect, it } from 'vitest';
import { slotOf } from '../../src/store/redis/slots.ts';
import { connectClient, startRedisCluster } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

afterEach(killServices);

const WORKFLOWS = Array.from({ length: 24 }, (_, index) => `orders-${index}`);
const FILE = [
  ...WORKFLOWS.map(
    (name) =>
      `workflow: ${name}\nowner: shop\nslos:\n  works: { objective: 99%, window: 1d, sli: succeeded }`,
  ),
  'teams: { shop: { page: [terminal] } }',
  'targets: { terminal: { log: {} } }',
].join('\n---\n');

const failures = (workflow: string): object[] =>
  Array.from({ length: 100 }, (_, i) => ({ workflow, execution: `${i}`, status: 'failed' }));

it('one shard that is away stops only what is on it: the rest is counted, judged and paged, and its name is told', async () => {
  const cluster = await startRedisCluster(['--cluster-require-full-coverage', 'no']);
  try {
    const client = connectClient(cluster.nodes[0]!);
    const ranges = await client.cluster('SLOTS');
    client.disconnect();
    const portOf = (tag: string): number => {
      const slot = slotOf(tag);
      return ranges.find(([from, to]) => from <= slot && slot <= to)![2]![1];
    };
    const victim = cluster.nodes.find(({ port }) => port !== portOf('bw'))!;
    const lost = WORKFLOWS.filter((name) => portOf(`${name}.0`) === victim.port);
    const rest = WORKFLOWS.filter((name) => portOf(`${name}.0`) !== victim.port);
    expect([lost.length > 0, rest.length > 0]).toEqual([true, true]);
    const service = await startService({
      BURNWATCH_STORE: cluster.url,
      BURNWATCH_SLOS: await sloFolder(FILE),
      BURNWATCH_PARTITIONS: '1',
      BURNWATCH_EVALUATE: '* * * * * *',
    });
    await until('readiness', async () => (await fetch(`${service.url}/readyz`)).status === 200);
    await victim.kill();
    await until('the shard to be missed', async () =>
      (await (await fetch(`${service.url}/metrics`)).text()).includes(
        `burnwatch_store_shard_away{shard="127.0.0.1:${victim.port}"} 1`,
      ),
    );
    const readiness = await fetch(`${service.url}/readyz`);
    expect(readiness.status).toBe(200);
    expect(await readiness.json()).toMatchObject({
      checks: { [`shard 127.0.0.1:${victim.port}`]: { ok: false } },
    });
    for (const name of rest)
      expect([name, (await post(service, failures(name))).status]).toEqual([name, 200]);
    for (const name of lost)
      expect([name, (await post(service, failures(name))).status]).toEqual([name, 503]);
    for (const name of rest)
      await until(`the page of ${name}`, () => service.output().includes(`PAGE ${name}/works`));
    expect(service.output()).toContain('SLOs are inconclusive');
    for (const name of lost) expect(service.output()).not.toContain(`PAGE ${name}/works`);

    await victim.restart();
    for (const name of lost)
      await until(`outcomes of ${name}`, async () => (await post(service, failures(name))).status === 200);
    for (const name of lost)
      await until(`the page of ${name}`, () => service.output().includes(`PAGE ${name}/works`));
    await until(
      'all shards',
      async () =>
        !(await (await fetch(`${service.url}/metrics`)).text()).includes('burnwatch_store_shard_away{'),
    );
    expect(await service.stop()).toBe(0);
  } finally {
    await cluster.stop();
  }
}, 120_000);
