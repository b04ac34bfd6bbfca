import { describe, expect, it } from 'vitest';
import { definitionsOf, loadText, told } from '../slo-folder.ts';

const base = (more: string, workflow = 'orders') =>
  `workflow: ${workflow}\nowner: payments\nsteps: [charge-card, ship]\nslos:\n  done: { objective: 99%, window: 28d, sli: succeeded }\n  depth: { objective: 99%, window: 28d, sli: { measurement: dlq-depth, atMost: 100 } }\n${more}`;
const mappingOf = async (more: string) =>
  definitionsOf(await loadText(base(more))).workflows.get('orders')!.mapping;
const problems = async (more: string) => told(await loadText(base(more)));

describe('spans', () => {
  it('are mapped by default where nothing is said', async () => {
    expect(await mappingOf('')).toBeUndefined();
  });

  it('may be mapped in every way', async () => {
    const mapping = await mappingOf(`
spans:
  services: [shop, 'pay-*']
  where: { deployment.environment.name: production }
  executions: POST /checkout
  steps: { 'POST /v?/charges': charge-card, 'ship *': ship }
  execution: [order.id, cart.id]
  attempt: try
  dependency: server.address
  error: reason
  attributes: { region: cloud.region }
`);
    expect(mapping!.spans).toEqual({
      services: ['shop', 'pay-*'],
      where: { 'deployment.environment.name': { op: 'in', values: ['production'] } },
      executions: ['POST /checkout'],
      steps: [
        ['POST /v?/charges', 'charge-card'],
        ['ship *', 'ship'],
      ],
      execution: ['order.id', 'cart.id'],
      attempt: ['try'],
      dependency: ['server.address'],
      error: ['reason'],
      attributes: { region: 'cloud.region' },
    });
  });

  it.each([
    ['spans: yes', /`spans` is `yes`; expected a map of how spans become executions and steps/],
    ['spans: { service: shop }', /`service`.*did you mean services\?/s],
    [
      'spans: { steps: { pay: chargecard } }',
      /there is no step `chargecard` in `steps`.*did you mean charge-card\?/s,
    ],
    ['spans: { execution: [] }', /expected a list of names of attributes/],
    ['metrics: { counts: { done: well } }', /expected succeeded, failed, cancelled or skipped, or a map/],
    ['metrics: { counts: { done: { step: ship } } }', /expected exactly one of status and statusFrom/],
    ['metrics: { counts: { done: { status: failed, step: shop } } }', /there is no step `shop` in `steps`/],
  ])('%s is a mistake', async (more, message) => {
    expect((await problems(more)).join('\n')).toMatch(message);
  });

  it('are warned of where they take more than their author wants', async () => {
    expect(await problems('spans: { services: [shop, pay] }')).toEqual([
      expect.stringMatching(
        /warning: every request that one of these services serves counts as a whole execution/,
      ),
    ]);
    expect(await problems('spans: { services: [shop, pay], executions: POST /orders }')).toEqual([]);
    const both = `${base('spans: { services: shop }')}\n---\n${base('', 'shop')}`;
    expect(told(await loadText(both))).toEqual([
      expect.stringMatching(/warning: spans of `shop` are taken by `orders` as well; tell them apart/),
    ]);
  });

  it('need a workflow', async () => {
    expect(told(await loadText('spans: { services: shop }\npolicies: {}\n')).join('\n')).toMatch(
      /`spans` without a workflow/,
    );
  });
});

describe('events', () => {
  it('may be mapped in every way, by the rules that spans have and two of their own', async () => {
    const mapping = await mappingOf(`
events:
  sources: /shop*
  statuses: { com.shop.order.placed: started, 'com.shop.*.undone': cancelled }
  where: { tenant: { not: test } }
  executions: com.shop.order.*
  steps: { com.shop.payment.*: charge-card }
  execution: [data.order.id, subject]
  attempt: data.try
  dependency: data.bank
  error: data.reason
  attributes: { region: data.shop.region }
`);
    expect(mapping!.events).toEqual({
      sources: ['/shop*'],
      statuses: [
        ['com.shop.order.placed', 'started'],
        ['com.shop.*.undone', 'cancelled'],
      ],
      where: { tenant: { op: 'not-in', values: ['test'] } },
      executions: ['com.shop.order.*'],
      steps: [['com.shop.payment.*', 'charge-card']],
      execution: ['data.order.id', 'subject'],
      attempt: ['data.try'],
      dependency: ['data.bank'],
      error: ['data.reason'],
      attributes: { region: 'data.shop.region' },
    });
    expect(mapping!.spans.services).toBeNull();
  });

  it('are checked', async () => {
    expect(await problems('events: { steps: { a: chargecard } }')).toEqual([
      expect.stringMatching(/there is no step `chargecard` in `steps` \(did you mean charge-card\?\)/),
    ]);
    expect(await problems('events: { statuses: { a: done } }')).toEqual([
      expect.stringMatching(/queued, started, succeeded, failed, cancelled or skipped/),
    ]);
    expect(await problems('events: { sources: /shop }')).toEqual([
      expect.stringMatching(
        /warning: every event of these sources.*name the types that are with `executions`/s,
      ),
    ]);
    expect(await problems('events: { sources: /shop, executions: a }')).toEqual([]);
  });
});

describe('metrics', () => {
  it('may be mapped in every way', async () => {
    const mapping = await mappingOf(`
metrics:
  services: shop
  counts:
    orders.done: succeeded
    charges: { statusFrom: result, step: charge-card, dependency: peer, error: [why, reason] }
  measurements: { queue.dead: dlq-depth }
  attributes: { region: cloud.region }
`);
    expect(mapping!.metrics).toEqual({
      services: ['shop'],
      counts: {
        'orders.done': { status: 'succeeded', statusFrom: null, step: null, dependency: [], error: [] },
        charges: {
          status: null,
          statusFrom: 'result',
          step: 'charge-card',
          dependency: ['peer'],
          error: ['why', 'reason'],
        },
      },
      measurements: { 'queue.dead': 'dlq-depth' },
      attributes: { region: 'cloud.region' },
    });
  });

  it('are warned of where no SLO counts the measurement', async () => {
    expect(await problems('metrics: { measurements: { queue.dead: dlq-dept } }')).toEqual([
      expect.stringMatching(
        /warning: no SLO of `orders` counts the measurement `dlq-dept`.*did you mean dlq-depth\?/s,
      ),
    ]);
  });
});
