import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HttpReceiver } from '../support/http-receiver.ts';
import { startHttpReceiver } from '../support/http-receiver.ts';
import { startRedis } from '../support/redis.ts';
import type { Service } from '../support/service.ts';
import { startService } from '../support/service.ts';
import type { SlackReceiver } from '../support/slack-receiver.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

/** An SLO counts as taken out once the files have been without it for two minutes, on real clocks. */
const GONE = 150_000;

/** Replicas on one store and its SLO files, all of whose pages go to one channel and to one PagerDuty service. */
interface Scene {
  readonly slack: SlackReceiver;
  readonly pager: HttpReceiver;
  start(): Promise<Service>;
  write(slos: Slos): Promise<void>;
}

/** The SLO of each step that has one, by its name, and whether those of the bank and of what calls it are there. */
interface Slos {
  readonly steps?: Readonly<Record<string, string>>;
  readonly bank?: boolean;
  readonly orders?: boolean;
}

const ALL = { reserve: 'reserve', charge: 'charge', ship: 'ship' };

const sloFile = ({ steps = {}, bank = false, orders = false }: Slos, slack: string, pager: string) => `
workflow: shop
owner: shop
slos:
  unused: { objective: 99%, window: 28d, sli: { step: unused } }
${Object.entries(steps)
  .map(([name, step]) => `  ${name}: { objective: 99.9%, window: 28d, sli: { step: ${step} } }`)
  .join('\n')}
${orders ? '  orders: { objective: 99.9%, window: 28d, sli: succeeded }' : ''}
${bank ? '  bank: { objective: 99.9%, window: 28d, sli: { dependency: bank } }' : ''}
---
dependencies: { bank: { sla: 99.5% } }
---
policies: { default: { group: 1h } }
teams: { shop: { page: [chat, pager] } }
targets:
  chat: { slack: { webhook: "${slack}" } }
  pager: { pagerduty: { routingKey: 0123456789abcdef0123456789abcdef, url: "${pager}" } }
`;

async function setScene(
  finished: (undo: () => Promise<void>) => void,
  slos: Slos,
  store: 'embedded' | 'redis' = 'embedded',
): Promise<Scene> {
  const slack = await startSlackReceiver();
  finished(() => slack.close());
  const pager = await startHttpReceiver(() => ({ status: 202, body: '{"status":"success"}' }));
  finished(() => pager.close());
  let address = await mkdtemp(join(tmpdir(), 'burnwatch-store-'));
  if (store === 'redis') {
    const redis = await startRedis();
    finished(() => redis.stop());
    address = redis.url;
  }
  const text = (these: Slos) => sloFile(these, slack.url, pager.url);
  const folder = await sloFolder(text(slos));
  return {
    slack,
    pager,
    async start() {
      const service = await startService({
        BURNWATCH_STORE: address,
        BURNWATCH_SLOS: folder,
        BURNWATCH_EVALUATE: '* * * * * *',
      });
      finished(async () => void (await service.stop('SIGKILL')));
      return service;
    },
    write: (these) => writeFile(join(folder, 'slos.yaml'), text(these)),
  };
}

async function fail(service: Service, ...steps: readonly string[]): Promise<void> {
  const outcomes = steps.flatMap((step) =>
    Array.from({ length: 20 }, (_, index) => ({
      workflow: 'shop',
      execution: `order-${index}`,
      step,
      status: 'failed',
    })),
  );
  expect((await post(service, outcomes)).status).toBe(200);
}

/** Orders that fail because the bank did not answer, after some that went well. */
async function failAtBank(service: Service): Promise<void> {
  const outcomes = Array.from({ length: 60 }, (_, index) => {
    const status = index < 20 ? 'succeeded' : 'failed';
    const call = { workflow: 'shop', execution: `order-${index}`, status, dependency: 'bank' };
    return [
      { ...call, step: 'charge' },
      index < 20 ? { ...call, dependency: undefined } : { ...call, failedStep: 'charge' },
    ];
  });
  expect((await post(service, outcomes.flat())).status).toBe(200);
}

interface PagerEvent {
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve';
  readonly payload?: { readonly summary: string };
  readonly dedup_key: string;
}

const eventsOf = ({ pager }: Scene) => pager.requests.map(({ raw }) => JSON.parse(raw) as PagerEvent);

/** Of which SLOs somebody holding the pager sees an open incident. */
function onPager(scene: Scene): readonly string[] {
  const open = new Map<string, string>();
  for (const { event_action: action, dedup_key: key, payload } of eventsOf(scene)) {
    if (action === 'trigger') open.set(key, /shop\/([a-z]+)/.exec(payload!.summary)![1]!);
    if (action === 'resolve') open.delete(key);
  }
  return [...open.values()].toSorted();
}

const headlines = ({ slack }: Scene, word: string) =>
  slack.requests.map(({ payload }) => payload.text.split('\n')[0]!).filter((text) => text.includes(word));

async function openIncidents(service: Service): Promise<readonly string[]> {
  const { items } = (await (await fetch(`${service.url}/v1/incidents`)).json()) as {
    items: { slo: string }[];
  };
  return items.map(({ slo }) => slo).toSorted();
}

describe('D1, D2: an SLO that is taken out of the files while its incident is open', () => {
  it.concurrent('the first of a conversation: it alone is over, and the others go on', async ({
    onTestFinished,
  }) => {
    const scene = await setScene(onTestFinished, { steps: ALL });
    const service = await scene.start();
    await fail(service, 'reserve');
    await until('the first page', () => onPager(scene).length === 1);
    await fail(service, 'charge', 'ship');
    await until('the others', () => onPager(scene).length === 3);
    const { reserve: _, ...others } = ALL;
    await scene.write({ steps: others });
    await until('its end', () => onPager(scene).length < 3, GONE);
    expect(onPager(scene)).toEqual(['charge', 'ship']);
    await until('its end in the channel', () => headlines(scene, 'CLOSED').length > 0);
    expect(headlines(scene, 'CLOSED')).toEqual([
      expect.stringContaining('CLOSED shop/reserve: SLO removed from the files') as string,
    ]);
    expect(await openIncidents(service)).toEqual(['shop/charge', 'shop/ship']);
    const pages = eventsOf(scene).filter(({ event_action: action }) => action === 'trigger');
    expect(pages, 'paged once each').toHaveLength(3);
    expect(await service.stop()).toBe(0);
  }, 400_000);

  it.concurrent('while the replica that leads is killed: the other one ends it, once', async ({
    onTestFinished,
  }) => {
    const scene = await setScene(onTestFinished, { steps: ALL }, 'redis');
    const first = await scene.start();
    const second = await scene.start();
    await fail(first, 'reserve', 'charge', 'ship');
    await until('the pages', () => onPager(scene).length === 3);
    const { charge: _, ...others } = ALL;
    await scene.write({ steps: others });
    await first.stop('SIGKILL');
    await until('its end', () => onPager(scene).length < 3, GONE + 60_000);
    expect(onPager(scene)).toEqual(['reserve', 'ship']);
    await until('its end in the channel', () => headlines(scene, 'CLOSED').length > 0);
    expect(headlines(scene, 'CLOSED')).toEqual([
      expect.stringContaining('CLOSED shop/charge: SLO removed from the files') as string,
    ]);
    const ends = eventsOf(scene).filter(({ event_action: action }) => action === 'resolve');
    expect(ends).toHaveLength(1);
    expect(await second.stop()).toBe(0);
  }, 400_000);

  it.concurrent('and comes back by another name at once: its incident goes on by that, and nobody is paged again; nothing is left when all are taken out', async ({
    onTestFinished,
  }) => {
    const scene = await setScene(onTestFinished, { steps: ALL });
    const service = await scene.start();
    await fail(service, 'reserve', 'charge', 'ship');
    await until('the pages', () => onPager(scene).length === 3);
    const { ship: _, ...others } = ALL;
    await scene.write({ steps: { ...others, shipped: 'ship' } });
    await until('the new name', async () => (await openIncidents(service)).includes('shop/shipped'));
    expect(await openIncidents(service)).toEqual(['shop/charge', 'shop/reserve', 'shop/shipped']);
    // What was opened by the former name, too.
    await scene.write({});
    await until('the end of all', () => onPager(scene).length === 0, GONE);
    await until('nothing open', async () => (await openIncidents(service)).length === 0);
    const pages = eventsOf(scene).filter(({ event_action: action }) => action === 'trigger');
    expect(pages).toHaveLength(3);
    expect(await service.stop()).toBe(0);
  }, 400_000);

  it.concurrent('and what was folded into it: that pages on its own', async ({ onTestFinished }) => {
    const scene = await setScene(onTestFinished, { orders: true, bank: true });
    const service = await scene.start();
    await failAtBank(service);
    await until('both incidents', async () => (await openIncidents(service)).length === 2);
    await until('the page', () => onPager(scene).length > 0);
    expect(onPager(scene), 'orders are folded').toEqual(['bank']);
    await scene.write({ orders: true });
    await until('the page of what was folded', () => onPager(scene).includes('orders'), GONE);
    await until('the end of the bank', () => !onPager(scene).includes('bank'), GONE);
    expect(onPager(scene)).toEqual(['orders']);
    expect(await openIncidents(service)).toEqual(['shop/orders']);
    expect(await service.stop()).toBe(0);
  }, 400_000);

  it.concurrent('while it is folded into that of the dependency: it is over, and paged nobody', async ({
    onTestFinished,
  }) => {
    const scene = await setScene(onTestFinished, { orders: true, bank: true });
    const service = await scene.start();
    await failAtBank(service);
    await until('both incidents', async () => (await openIncidents(service)).length === 2);
    await until('the page', () => onPager(scene).length > 0);
    await scene.write({ bank: true });
    await until('its end', () => service.output().includes('that no file defines any more is closed'), GONE);
    expect(await openIncidents(service)).toEqual(['shop/bank']);
    expect(onPager(scene)).toEqual(['bank']);
    expect(eventsOf(scene).map(({ event_action: action }) => action)).toEqual(['trigger']);
    expect(await service.stop()).toBe(0);
  }, 400_000);
});
