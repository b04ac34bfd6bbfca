import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import type { SlackReceiver } from '../support/slack-receiver.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

/** What a fault happens to: replicas on one store, their SLO files, and the channel that all of it is told in. */
interface Scene {
  readonly slack: SlackReceiver;
  /** Between the first replica and a store on the network; null where the store is embedded. */
  readonly network: TcpProxy | null;
  start(): Promise<Service>;
  /** Another replica, which no fault of the network meets. */
  startOther(): Promise<Service>;
  /** Has every execution fail at these steps, each of which has an SLO. */
  fail(service: Service, ...steps: readonly string[]): Promise<void>;
  /** Has the target refuse its first request for now. */
  refuse(): void;
  /** How many requests it refused. */
  readonly refused: () => number;
  /** Puts another text into the SLO files. */
  write(text: string): Promise<void>;
  /** Brings the network to the store back, which a test took away. */
  reconnect(): void;
}

interface Fault {
  readonly name: string;
  readonly on: readonly ('embedded' | 'redis')[];
  /** Does it while all of `STEPS` fail, and gives a replica that runs afterwards. */
  run(scene: Scene): Promise<Service>;
}

const STEPS = ['reserve', 'charge', 'ship'] as const;
const BOTH = ['embedded', 'redis'] as const;

const slosOf = (group: string, url: string, steps: readonly string[]) => `
workflow: shop
owner: shop
slos:
${steps.map((step) => `  ${step}: { objective: 99.9%, window: 28d, sli: { step: ${step} } }`).join('\n')}
---
policies: { default: { group: ${group} } }
teams: { shop: { page: [chat] } }
targets: { chat: { slack: { webhook: "${url}" } } }
`;

async function metric(service: Service, line: RegExp): Promise<boolean> {
  return line.test(await (await fetch(`${service.url}/metrics`)).text());
}

const leads = (service: Service) => metric(service, /^burnwatch_leader 1/m);

/** Fails everything, and ends the process with a signal as soon as the channel was asked so often. */
async function endedAfter(scene: Scene, requests: number, signal: NodeJS.Signals): Promise<Service> {
  const service = await scene.start();
  await scene.fail(service, ...STEPS);
  await until('the first try', () => scene.slack.requests.length >= requests);
  await service.stop(signal);
  return scene.start();
}

const FAULTS: readonly Fault[] = [
  {
    name: 'killed before what fails is judged',
    on: BOTH,
    run: (scene) => endedAfter(scene, 0, 'SIGKILL'),
  },
  {
    name: 'killed after the commit, while the target is away',
    on: BOTH,
    run(scene) {
      scene.refuse();
      return endedAfter(scene, 1, 'SIGKILL');
    },
  },
  {
    name: 'killed after the target took it, before its answer came',
    on: BOTH,
    run(scene) {
      scene.slack.answer('hang');
      return endedAfter(scene, 1, 'SIGKILL');
    },
  },
  {
    name: 'killed right after the answer of the target',
    on: BOTH,
    run: (scene) => endedAfter(scene, 1, 'SIGKILL'),
  },
  {
    name: 'stopped while it sends',
    on: BOTH,
    run(scene) {
      scene.slack.answer('hang');
      return endedAfter(scene, 1, 'SIGTERM');
    },
  },
  {
    name: 'SLO files that do not load while it burns',
    on: ['embedded'],
    async run(scene) {
      const service = await scene.start();
      await scene.fail(service, 'reserve');
      await until('the first page', () => scene.slack.requests.length === 1);
      await scene.write('workflow: [');
      await until('the files to be refused', () =>
        /could not be loaded|do(es)? not load/.test(service.output()),
      );
      await scene.fail(service, 'charge', 'ship');
      return service;
    },
  },
  {
    name: 'the leader paused past its lease',
    on: ['redis'],
    async run(scene) {
      const first = await scene.start();
      await until('the first to lead', () => leads(first));
      const second = await scene.startOther();
      await scene.fail(first, 'reserve');
      await until('the first page', () => scene.slack.requests.length === 1);
      first.signal('SIGSTOP');
      await scene.fail(second, 'charge', 'ship');
      await until('the second to lead', () => leads(second));
      await until('a page of it', () => scene.slack.requests.length > 1);
      first.signal('SIGCONT');
      await until('the first to notice', async () => !(await leads(first)));
      return second;
    },
  },
  {
    name: 'the leader cut off from the store',
    on: ['redis'],
    async run(scene) {
      const first = await scene.start();
      await until('the first to lead', () => leads(first));
      const second = await scene.startOther();
      scene.slack.answer('hang');
      await scene.fail(first, 'reserve');
      await until('the first page', () => scene.slack.requests.length === 1);
      // What became of it cannot be written down any more.
      scene.network!.lead(null);
      scene.network!.cut();
      await scene.fail(second, 'charge', 'ship');
      await until('the second to lead', () => leads(second));
      await until('a page of it', () => scene.slack.requests.length > 1);
      scene.reconnect();
      return second;
    },
  },
];

async function setScene(
  finished: (undo: () => Promise<void>) => void,
  store: 'embedded' | 'redis',
  group: string,
  steps: readonly string[] = STEPS,
): Promise<Scene> {
  const slack = await startSlackReceiver();
  finished(() => slack.close());
  let network: TcpProxy | null = null;
  let storePort: number | null = null;
  let refused = 0;
  let address = await mkdtemp(join(tmpdir(), 'burnwatch-store-'));
  if (store === 'redis') {
    const redis = await startRedis();
    finished(() => redis.stop());
    address = redis.url;
    storePort = redis.port;
    network = await startTcpProxy(redis.port);
    const between = network;
    finished(() => between.close());
  }
  const folder = await sloFolder(slosOf(group, slack.url, steps));
  const start = async (at: string) => {
    const service = await startService({
      BURNWATCH_STORE: at,
      BURNWATCH_SLOS: folder,
      BURNWATCH_EVALUATE: '* * * * * *',
    });
    finished(async () => void (await service.stop('SIGKILL')));
    return service;
  };
  return {
    slack,
    network,
    reconnect: () => network?.lead(storePort),
    refuse() {
      slack.answer({ status: 503 });
      refused++;
    },
    refused: () => refused,
    start: () => start(network ? `redis://127.0.0.1:${network.port}` : address),
    startOther: () => start(address),
    async fail(service, ...failing) {
      const outcomes = failing.flatMap((step) =>
        Array.from({ length: 20 }, (_, index) => ({
          workflow: 'shop',
          execution: `order-${index}`,
          step,
          status: 'failed',
          error: `${step}-broke`,
        })),
      );
      expect((await post(service, outcomes)).status).toBe(200);
    },
    write: (text) => writeFile(join(folder, 'slos.yaml'), text),
  };
}

/** The messages that were taken, in order: which SLOs each says that they page, whether it says that it may be a repeat, and its text. */
const messagesOf = ({ slack, refused }: Scene) =>
  slack.requests.slice(refused()).map(({ payload }) => {
    const text = JSON.stringify(payload);
    const [, first = '?'] = /PAGE shop\/([a-z0-9]+):/.exec(payload.text) ?? [];
    const [list = ''] = /Also paging[^"]*/.exec(text) ?? [];
    const others = [...list.matchAll(/shop\/([a-z0-9]+)/g)].map(([, step]) => step!);
    return { steps: [first, ...others], isMarked: text.includes('This may be a repeat'), text };
  });

async function pending(service: Service): Promise<number> {
  const answer = await fetch(`${service.url}/v1/outbox`);
  return ((await answer.json()) as { pendingCount: number }).pendingCount;
}

/** Each outage is told, and again only with the word that it may be a repeat. */
async function expectToldOnce(scene: Scene, service: Service): Promise<void> {
  await until(
    'every outage to be told',
    async () => {
      const told = new Set(messagesOf(scene).flatMap(({ steps }) => steps));
      return STEPS.every((step) => told.has(step)) && (await pending(service)) === 0;
    },
    60_000,
  );
  const seen = new Set<string>();
  for (const { steps, isMarked, text } of messagesOf(scene)) {
    for (const step of steps) {
      expect(STEPS, text).toContain(step);
      expect(!seen.has(step) || isMarked, `${step} again, unmarked: ${text}`).toBe(true);
      seen.add(step);
    }
  }
}

describe.each([
  ['together', '5m'],
  ['each by itself', 'never'],
] as const)('D1, D2: outages that are told %s', (_how, group) => {
  // Most of a test is waiting for leases and claims to run out.
  it.concurrent.for(FAULTS.flatMap((fault) => fault.on.map((store) => [fault.name, store, fault] as const)))(
    'are told once, none is lost: %s, store %s',
    { timeout: 120_000 },
    async ([, store, fault], { onTestFinished }) => {
      const scene = await setScene(onTestFinished, store, group);
      const service = await fault.run(scene);
      await expectToldOnce(scene, service);
      // A change of the leader does not tear a conversation apart.
      const messages = messagesOf(scene);
      const together = messages.filter(({ text }) => text.includes('Together with'));
      for (const { text } of together)
        expect(text).toMatch(/of a conversation, which began with `shop\/[a-z]+`/);
      expect(together.length > 0 || messages.some(({ steps }) => steps.length > 1)).toBe(group !== 'never');
      expect(await service.stop()).toBe(0);
    },
  );

  it.concurrent('are told once, none is lost: a storm of forty, and the process killed in it', async ({
    onTestFinished,
  }) => {
    const steps = Array.from({ length: 40 }, (_, index) => `step${index}`);
    const scene = await setScene(onTestFinished, 'embedded', group, steps);
    const service = await scene.start();
    await scene.fail(service, ...steps);
    await until('the storm', () => scene.slack.requests.length >= 1);
    await service.stop('SIGKILL');
    const successor = await scene.start();
    const delivered = async (): Promise<readonly (readonly string[])[]> => {
      const list = (await (await fetch(`${successor.url}/v1/incidents?limit=100`)).json()) as {
        items: { id: string }[];
      };
      return Promise.all(
        list.items.map(async ({ id }) => {
          const incident = (await (await fetch(`${successor.url}/v1/incidents/${id}`)).json()) as {
            slo: string;
            events: { kind: string; of?: readonly string[] }[];
          };
          const times = incident.events.filter(
            ({ kind, of }) => kind === 'delivered' && of?.includes('opened'),
          );
          return [incident.slo, ...times.map(({ kind }) => kind)];
        }),
      );
    };
    await until(
      'every outage to be delivered',
      async () => {
        const all = await delivered();
        return (
          all.length === steps.length &&
          all.every((one) => one.length > 1) &&
          (await pending(successor)) === 0
        );
      },
      90_000,
    );
    expect((await delivered()).filter((one) => one.length !== 2)).toEqual([]);
    // A conversation of forty is few messages; each by itself, a storm is a list.
    const unmarked = messagesOf(scene).filter(({ isMarked }) => !isMarked);
    expect(unmarked.length).toBeLessThanOrEqual(10);
  }, 150_000);
});
