import { afterEach, expect, it } from 'vitest';
import { slotOf } from '../../src/store/redis/slots.ts';
import { connectClient, startRedisCluster } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { partitionOf } from '../../src/core/hash.ts';
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

/** The SLOs whose page was delivered; in a storm, pages come in lists, which do not name all of them. */
async function pagedOf({ url }: { readonly url: string }): Promise<string[]> {
  const read = async <T>(path: string) => (await (await fetch(`${url}/v1/incidents${path}`)).json()) as T;
  const { items } = await read<{ items: { id: string; slo: string }[] }>('?severity=page&limit=100');
  const details = await Promise.all(
    items.map(async ({ id, slo }) => {
      const { events } = await read<{ events: { kind: string }[] }>(`/${id}`);
      return events.some(({ kind }) => kind === 'delivered') ? [slo] : [];
    }),
  );
  return details.flat();
}

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
    const slosOf = (names: readonly string[]) => names.map((name) => `${name}/works`).toSorted();
    await until('the pages of the rest', async () => (await pagedOf(service)).length === rest.length);
    expect((await pagedOf(service)).toSorted()).toEqual(slosOf(rest));
    expect(service.output()).toContain('SLOs are inconclusive');

    await victim.restart();
    for (const name of lost)
      await until(`outcomes of ${name}`, async () => (await post(service, failures(name))).status === 200);
    await until('all pages', async () => (await pagedOf(service)).length === WORKFLOWS.length);
    expect((await pagedOf(service)).toSorted()).toEqual(slosOf(WORKFLOWS));
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

/** The sign of an SLO in `GET /v1/slos/…`. */
interface Read {
  readonly readShare: number;
  readonly alert: string;
  readonly warnings: readonly { readonly code: string }[];
}

it('of a workflow that lies on all shards, what one that is away leaves is judged, paged and kept open', async () => {
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
    const partitions = Array.from({ length: 8 }, (_, partition) => partition);
    const isAway = (name: string, partition: number) => portOf(`${name}.${partition}`) === victim.port;
    const name = WORKFLOWS.find((candidate) => {
      const away = partitions.filter((partition) => isAway(candidate, partition)).length;
      return away > 0 && away < 8;
    })!;
    const away = partitions.filter((partition) => isAway(name, partition)).length;
    const service = await startService({
      BURNWATCH_STORE: cluster.url,
      BURNWATCH_SLOS: await sloFolder(FILE),
      BURNWATCH_EVALUATE: '* * * * * *',
    });
    await until('readiness', async () => (await fetch(`${service.url}/readyz`)).status === 200);
    expect((await post(service, successes(name, 0, 40))).status).toBe(200);
    await victim.kill();
    const metrics = async () => (await fetch(`${service.url}/metrics`)).text();
    await until('the shard to be missed', async () =>
      (await metrics()).includes('burnwatch_store_shard_away{'),
    );
    const bad = failures(name) as { execution: string }[];
    const there = bad.filter(({ execution }) => !isAway(name, partitionOf(execution, 8)));
    expect((await post(service, there)).status).toBe(200);
    await until('the page', () => service.output().includes(`PAGE ${name}/works`));
    const read = async () => (await (await fetch(`${service.url}/v1/slos/${name}/works`)).json()) as Read;
    expect(await read()).toMatchObject({
      readShare: (8 - away) / 8,
      alert: 'page',
      warnings: [{ code: 'partly-read' }],
    });
    expect(await metrics()).toContain(`burnwatch_slo_read_ratio{slo="${name}/works"`);
    // All others are listed as well, whatever of them can be read.
    const list = (await (await fetch(`${service.url}/v1/slos`)).json()) as { items: readonly Read[] };
    expect(list.items).toHaveLength(WORKFLOWS.length);
    expect((await fetch(`${service.url}/`)).status).toBe(200);

    await victim.restart();
    await until('all of it to be read again', async () => (await read()).readShare === 1);
    expect((await read()).alert).toBe('page');
    expect(await service.stop()).toBe(0);
  } finally {
    await cluster.stop();
  }
}, 120_000);

function successes(workflow: string, from: number, count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    workflow,
    execution: `ok-${from + i}`,
    status: 'succeeded',
  }));
}
