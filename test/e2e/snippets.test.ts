import { spawnSync } from 'node:child_process';
import type { KafkaBroker } from '../support/kafka.ts';
import { startKafka } from '../support/kafka.ts';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { connectClient, startRedis } from '../support/redis.ts';
import type { RedisServer } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PRODUCERS = fileURLToPath(new URL('../../docs/producers.md', import.meta.url));
const INGEST = 'ingest-4f1c9a7e52d38b60';
const READ = 'read-77e52d38b604f1c9a';

const SLOS = `
workflow: checkout
owner: shop
steps: [charge-card]
slos:
  in-time: { objective: 99%, window: 28d, sli: { within: 30s } }
  charge-card: { objective: 99%, window: 28d, sli: { step: charge-card } }
  bank: { objective: 99%, window: 28d, sli: { dependency: bank } }
  in-europe: { objective: 99%, window: 28d, sli: { where: { region: { glob: 'eu-*' }, tenant: "o'neil" } } }
  depth: { objective: 99%, window: 28d, sli: { measurement: queue-depth, atMost: 100 } }
---
workflow: etl/daily
owner: shop
slos: { succeeds: { objective: 99%, window: 28d, sli: succeeded } }
---
workflow: nightly-report
owner: shop
slos: { succeeds: { objective: 99%, window: 28d, sli: succeeded } }
---
workflow: etl
owner: shop
slos: { loads: { objective: 99%, window: 28d, sli: { step: load } } }
---
teams: { shop: { page: [terminal], ticket: [terminal] } }
targets: { terminal: { log: {} } }
`;

/** How many of the ways to report can say what each of them counts. */
const EXPECTED: readonly (readonly [slo: string, ways: number])[] = [
  ['checkout/in-time', 7],
  ['checkout/charge-card', 7],
  ['checkout/bank', 4],
  ['checkout/in-europe', 4],
  ['checkout/depth', 2],
  ['etl/daily/succeeds', 7],
];

afterEach(killServices);

async function start(tokens: boolean, env: Readonly<Record<string, string>> = {}): Promise<Service> {
  return startService({
    BURNWATCH_STORE: mkdtempSync(join(tmpdir(), 'burnwatch-store-')),
    BURNWATCH_SLOS: await sloFolder(SLOS),
    ...(tokens && { BURNWATCH_TOKENS: `producer:ingest:${INGEST},reader:read:${READ}` }),
    ...env,
  });
}

/** What the lines of a text are about, on the addresses they have here. */
interface Peers {
  readonly redis: RedisServer;
  readonly kafka: KafkaBroker;
}

/** Runs lines of shell as a producer would, with `burnwatch` and what it runs on the PATH; gives what they print. */
function shell(lines: string, env: Readonly<Record<string, string>> = {}, peers?: Peers): string {
  const folder = mkdtempSync(join(tmpdir(), 'burnwatch-snippets-'));
  const command = (name: string, text: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  command('burnwatch', `exec '${process.execPath}' '${PROGRAM}' "$@"`);
  for (const name of ['make-report', 'load.sh']) command(name, 'exit 0');
  if (peers) {
    const real = `PATH='${process.env['PATH']}' exec`;
    command('redis-cli', `${real} redis-cli -p ${peers.redis.port} "$@"`);
    // The broker that the text names is the one there is here.
    const named = `[ "$word" = kafka-1:9092 ] && word='${peers.kafka.address}'`;
    command('kcat', `for word; do shift; ${named}; set -- "$@" "$word"; done\n${real} kcat "$@"`);
  }
  // The clients, as they are when they are installed.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/burnwatch'));
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', lines], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: `${folder}:${process.env['PATH']}`,
      HOME: folder,
      PYTHONPATH: join(ROOT, 'dist/client/python'),
      PYTHONDONTWRITEBYTECODE: '1',
      ...env,
    },
  });
  expect([lines, status, stdout + stderr]).toEqual([lines, 0, expect.any(String)]);
  return stdout;
}

const reader = { headers: { Authorization: `Bearer ${READ}` } };

async function total(service: Service, slo: string): Promise<{ good: number; total: number }> {
  const answer = await fetch(`${service.url}/v1/slos/${slo}`, reader);
  const { sli } = (await answer.json()) as { sli: { good: number; total: number } };
  return { good: sli.good, total: sli.total };
}

const UNESCAPED: Readonly<Record<string, string>> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&amp;': '&',
};

/** The snippets on the page of an SLO, as people copy them. */
async function snippets(service: Service, slo: string): Promise<readonly string[]> {
  const at = slo.lastIndexOf('/');
  const path = `/slos/${encodeURIComponent(slo.slice(0, at))}/${slo.slice(at + 1)}`;
  const page = await (await fetch(service.url + path, reader)).text();
  const [, card = ''] = /aria-label="How to report">([^]*?)<\/section>/.exec(page) ?? [];
  return [...card.matchAll(/<pre[^>]*>([^]*?)<\/pre>/g)].map(([, text]) =>
    text!.replaceAll(/&(lt|gt|quot|#39|amp);/g, (entity) => UNESCAPED[entity]!),
  );
}

describe.each([
  ['with tokens', true],
  ['without tokens', false],
])('the page of an SLO without data, %s', (_, tokens) => {
  it('C1: shows ways to report with its names filled in, each of which works and counts once', async () => {
    const service = await start(tokens);
    // All before any: what counts for one may count for another.
    const pages: (readonly string[])[] = [];
    for (const [slo] of EXPECTED) pages.push(await snippets(service, slo));
    for (const [index, [slo, ways]] of EXPECTED.entries()) {
      const texts = pages[index]!;
      expect([slo, texts.length]).toEqual([slo, ways]);
      const before = await total(service, slo);
      for (const text of texts) shell(text, tokens ? { BURNWATCH_TOKEN: INGEST } : {});
      expect([slo, await total(service, slo)]).toEqual([
        slo,
        { good: before.good + ways, total: before.total + ways },
      ]);
      expect(await snippets(service, slo)).toEqual([]);
    }
  });
});

const GROUP = 'snippets';

it('the shell of docs/producers.md works as it is written', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const kafka = await startKafka();
  onTestFinished(() => kafka.stop());
  const service = await start(true, {
    BURNWATCH_STREAM: 'outcomes',
    BURNWATCH_STREAM_REDIS: redis.url,
    BURNWATCH_KAFKA: 'outcomes',
    BURNWATCH_KAFKA_BROKERS: kafka.address,
    BURNWATCH_KAFKA_GROUP: GROUP,
  });
  const blocks = [...readFileSync(PRODUCERS, 'utf8').matchAll(/```sh\n([^]*?)```/g)].map(([, text]) => text!);
  expect(blocks.length).toBeGreaterThanOrEqual(4);
  for (const block of blocks)
    shell(block, { BURNWATCH_URL: service.url, BURNWATCH_TOKEN: INGEST }, { redis, kafka });
  const client = connectClient(redis);
  await until('both entries of the stream to be acknowledged', async () => {
    const [group] = (await client.xinfo('GROUPS', 'outcomes')) as [unknown[]];
    return group[group.indexOf('pending') + 1] === 0 && group[group.indexOf('entries-read') + 1] === 2;
  });
  client.disconnect();
  await until(
    'the message of the topic to be counted',
    async () => (await kafka.lag(`${GROUP}.outcomes`, 'outcomes')) === 0,
  );
  // They say of an order what was said of it by `curl`.
  expect(await total(service, 'checkout/in-time')).toEqual({ good: 0, total: 1 });
  expect(await total(service, 'nightly-report/succeeds')).toEqual({ good: 3, total: 3 });
  expect(await total(service, 'etl/loads')).toEqual({ good: 1, total: 1 });
});
