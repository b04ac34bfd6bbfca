import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultTiers } from '../../../src/core/slo/alert-policy.ts';
import { parseObjective } from '../../../src/core/budget/objective.ts';
import { fingerprint } from '../../../src/core/sli/fingerprint.ts';
import { allSlos, type Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { openSloJsonSchema } from '../../../src/slo-files/schema.ts';
import { definitionsOf, loadFiles, told } from '../slo-folder.ts';

const CHECKOUT = readFileSync(join(import.meta.dirname, 'examples/checkout.yaml'), 'utf8');
const NATIVE = `teams: { payments: { page: [log], ticket: [log] } }
targets: { log: { log: {} } }
`;

/** An SLO document with the SLI and other parts of its spec given, everything else being right. */
function slo(indicator: string, rest = '', metadata = ''): string {
  return `apiVersion: openslo/v1
kind: SLO
metadata: { name: promise, labels: { owner: payments }${metadata} }
spec:
  service: shop
  indicator: { spec: ${indicator} }
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
${rest}`;
}
const RAW =
  '{ ratioMetric: { rawType: success, raw: { metricSource: { type: burnwatch, spec: { workflow: shop } } } } }';
const native = (sli: string) =>
  `{ ratioMetric: { rawType: success, raw: { metricSource: { type: burnwatch, spec: { workflow: shop, sli: ${sli} } } } } }`;
const policy = (spec: string, condition = 'severity: page') => `  alertPolicies:
    - kind: AlertPolicy
      metadata: { name: p }
      spec:
        alertWhenResolved: true
        ${spec}
        conditions:
          - kind: AlertCondition
            metadata: { name: burns }
            spec: { ${condition}, condition: { op: gte, threshold: 10, lookbackWindow: 1h } }
`;

async function load(...documents: string[]) {
  return loadFiles({ 'a.yaml': documents.join('\n---\n'), 'native.yaml': NATIVE });
}

async function only(...documents: string[]): Promise<Slo> {
  const loaded = await load(...documents);
  expect(told(loaded)).toEqual([]);
  const [first, ...others] = allSlos(definitionsOf(loaded));
  expect(others).toEqual([]);
  return first!;
}

describe('a file with every kind of document', () => {
  it('loads without a problem, as SLOs of the workflows that its SLIs name', async () => {
    const loaded = await loadFiles({ 'checkout.yaml': CHECKOUT });
    expect(told(loaded)).toEqual([]);
    const definitions = definitionsOf(loaded);
    const slos = new Map(allSlos(definitions).map((item) => [item.id, item]));
    expect([...slos.keys()]).toEqual([
      'checkout/card-charged',
      'checkout/good-minutes',
      'checkout/queue-short',
      'checkout/queue-bearable',
      'checkout/fast',
      'checkout/journey-pay',
      'checkout/journey',
      'delivery/journey-deliver',
    ]);
    expect([...definitions.workflows.values()].map(({ owner }) => owner)).toEqual([
      'shop-payments',
      'shop-payments',
    ]);

    const charge = { kind: 'outcomes', step: 'charge-card', dependency: null, where: {}, good: 'succeeded' };
    expect(slos.get('checkout/card-charged')).toMatchObject({
      description: 'Cards are charged: 99.5% of attempts to charge a card succeed within five seconds',
      objective: { ratio: 0.995, errorBudget: 0.005 },
      window: { kind: 'rolling', duration: 28 * DAY, text: '28d' },
      sli: { ...charge, withinMs: 5 * SECOND },
      alerts: {
        tiers: [
          {
            kind: 'burnRate',
            name: 'burns-fast',
            severity: 'page',
            long: HOUR,
            short: 5 * MINUTE,
            factor: 13.44,
            loweredFrom: null,
          },
          { kind: 'noData', name: 'silence', severity: 'ticket', after: HOUR },
        ],
        route: { page: ['shop-oncall'], ticket: ['shop-mail'] },
      },
      source: expect.stringMatching(/checkout\.yaml:37$/),
    });
    const goodMinutes = slos.get('checkout/good-minutes')!;
    expect(goodMinutes).toMatchObject({
      objective: { ratio: 0.99 },
      window: { kind: 'calendar', unit: 'month', timeZone: 'Europe/Berlin' },
      sli: {
        kind: 'slices',
        sliceMs: 5 * MINUTE,
        of: { step: null, where: { region: { op: 'in', values: ['eu', 'us'] } }, withinMs: null },
        rule: { kind: 'ratio', atLeast: { numerator: 19, denominator: 20 } },
      },
    });
    expect(goodMinutes.alerts.tiers).toEqual(defaultTiers(parseObjective('99%')!, 30 * DAY));
    expect(slos.get('checkout/queue-short')!.sli).toEqual({
      kind: 'measurement',
      name: 'queue-depth',
      where: {},
      op: '<=',
      limit: 100,
      sums: false,
    });
    expect(slos.get('checkout/queue-bearable')).toMatchObject({
      description: 'Bearable',
      sli: { op: '<', limit: 1000 },
      window: { duration: 7 * DAY },
    });
    expect(slos.get('checkout/fast')!.sli).toMatchObject({
      kind: 'slices',
      sliceMs: 15 * MINUTE,
      of: { kind: 'outcomes', withinMs: 2500 },
      rule: { kind: 'mean-ratio' },
    });
  });

  it('makes a composite of objectives with SLIs of their own, that burns as the weighted mean of theirs', async () => {
    const slos = allSlos(definitionsOf(await loadFiles({ 'checkout.yaml': CHECKOUT })));
    const journey = slos.find(({ id }) => id === 'checkout/journey')!;
    // At 99% and weight 0.8, and at 95% and weight 1: 1.8 / (0.8 / 0.01 + 1 / 0.05) = 1.8%.
    expect(journey.objective).toMatchObject({ ratio: 0.982, errorBudget: 0.018 });
    expect(journey.sli).toMatchObject({
      kind: 'composite',
      method: 'weighted',
      members: [
        { slo: 'checkout/journey-pay', workflow: 'checkout', weight: 0.8, budgetScale: 1.8 },
        { slo: 'delivery/journey-deliver', workflow: 'delivery', weight: 1, budgetScale: 0.36 },
      ],
    });
    // One conversation about the whole, none about its parts.
    expect(journey.alerts.tiers).not.toEqual([]);
    expect(slos.find(({ id }) => id === 'checkout/journey-pay')!.alerts.tiers).toEqual([]);
  });

  it('J5: selects the same as the native file that says the same', async () => {
    const loaded = await loadFiles({
      'checkout.yaml': CHECKOUT,
      'native.yaml': `workflow: other
owner: shop-payments
slos:
  charged: { objective: 99.5%, window: 28d, sli: { step: charge-card, within: 5s } }
  minutes: { objective: 99%, window: 28d, sli: { slices: 5m, ratio: 95%, where: { region: [us, eu] } } }
  queue: { objective: 99%, window: 7d, sli: { measurement: queue-depth, atMost: 100 } }
`,
    });
    const fingerprints = new Map(allSlos(definitionsOf(loaded)).map((item) => [item.name, item.fingerprint]));
    expect(fingerprints.get('card-charged')).toBe(fingerprints.get('charged'));
    expect(fingerprints.get('good-minutes')).toBe(fingerprints.get('minutes'));
    expect(fingerprints.get('queue-short')).toBe(fingerprints.get('queue'));
  });
});

describe('an SLI', () => {
  it.each([
    ['raw success', RAW],
    [
      'good and total, whatever the case of the type',
      '{ ratioMetric: { good: { metricSource: { type: Burnwatch, spec: { workflow: shop, status: succeeded } } }, total: { metricSource: { type: BurnWatch, spec: { workflow: shop } } } } }',
    ],
    ['the native word', native('succeeded')],
  ])('of whole executions: %s', async (_what, indicator) => {
    const { sli } = await only(slo(indicator));
    expect(fingerprint(sli)).toBe(
      fingerprint({
        kind: 'outcomes',
        step: null,
        dependency: null,
        where: {},
        withinMs: null,
        from: 'started',
        per: 'execution',
        good: 'succeeded',
      }),
    );
  });

  it('has every test of attributes', async () => {
    const where = 'where: { plan: { not: free }, region: { glob: "eu-*" } }';
    const { sli } = await only(slo(RAW.replace('workflow: shop', `workflow: shop, ${where}`)));
    expect(sli).toMatchObject({
      where: { plan: { op: 'not-in', values: ['free'] }, region: { op: 'glob', values: ['eu-*'] } },
    });
  });

  it.each([
    ['lte', '600', 600_000],
    ['lt', '600', 599_999],
    ['lte', '2.5', 2500],
    ['lt', '"0.5"', 499],
  ])('of durations %s %s s is good within %d ms', async (op, value, withinMs) => {
    const spec = '{ workflow: shop, step: pay, duration: true }';
    const document = slo(`{ thresholdMetric: { metricSource: { type: burnwatch, spec: ${spec} } } }`);
    const { sli } = await only(
      document.replace('{ target: 0.99 }', `{ target: 0.99, op: ${op}, value: ${value} }`),
    );
    expect(sli).toMatchObject({ kind: 'outcomes', step: 'pay', withinMs });
  });

  it.each([
    ['{ succeededEvery: 26h }', { kind: 'freshness', everyMs: 26 * HOUR }],
    ['{ schedule: "0 2 * * *", finishWithin: 2h }', { kind: 'schedule', finishWithinMs: 2 * HOUR }],
    ['{ step: pay, good: first-try }', { kind: 'outcomes', good: 'first-try' }],
    ['{ slices: 5m, measurement: lag, mean: { below: 3 } }', { kind: 'slices', rule: { kind: 'mean' } }],
  ])('may be said in native words: %s', async (words, sli) => {
    const document = slo(native(words)).replace('target: 0.99', 'target: 0.95');
    expect((await only(document)).sli).toMatchObject(sli);
  });

  it('may be made of SLOs of either dialect', async () => {
    const loaded = await load(
      slo(RAW).replace('promise', 'part'),
      slo(native('{ allOf: [part, other/whole] }')).replace('0.99', '0.95'),
      'workflow: other\nowner: payments\nslos: { whole: { objective: 99%, window: 28d, sli: succeeded } }',
      'workflow: third\nowner: payments\nslos: { both: { objective: 95%, window: 28d, sli: { allOf: [shop/part, other/whole] } } }',
    );
    expect(told(loaded)).toEqual([]);
    const slos = allSlos(definitionsOf(loaded));
    for (const id of ['shop/promise', 'third/both']) {
      expect(slos.find((item) => item.id === id)!.sli).toMatchObject({
        kind: 'composite',
        members: [{ slo: 'shop/part' }, { slo: 'other/whole' }],
      });
    }
  });
});

describe('a time window', () => {
  it.each([
    ['{ duration: 4w, isRolling: true }', { kind: 'rolling', duration: 28 * DAY }],
    ['{ duration: 36h, isRolling: true }', { kind: 'rolling', duration: 36 * HOUR }],
    [
      '{ duration: 1w, isRolling: false, calendar: { startTime: 2022-01-03 00:00:00, timeZone: America/New_York } }',
      { kind: 'calendar', unit: 'week', timeZone: 'America/New_York', duration: 7 * DAY },
    ],
    [
      '{ duration: 1M, calendar: { startTime: "2024-02-01", timeZone: UTC } }',
      { kind: 'calendar', unit: 'month', text: 'month (UTC)' },
    ],
    [
      '{ duration: 1Q, calendar: { startTime: 2025-10-01T00:00, timeZone: Europe/Berlin } }',
      { kind: 'calendar', unit: 'quarter', duration: 90 * DAY },
    ],
  ])('%s', async (written, window) => {
    const document = slo(RAW).replace('{ duration: 28d, isRolling: true }', written);
    expect((await only(document)).window).toMatchObject(window);
  });
});

describe('alert policies', () => {
  it('alert on what they say, with targets of the owner when they name none', async () => {
    const { alerts } = await only(
      slo(RAW, policy('alertWhenBreaching: true\n        alertWhenNoData: true')),
    );
    expect(alerts.tiers).toEqual([
      {
        kind: 'burnRate',
        name: 'burns',
        severity: 'page',
        long: HOUR,
        short: 5 * MINUTE,
        factor: 10,
        loweredFrom: null,
      },
      { kind: 'noData', name: 'burns-no-data', severity: 'page', after: HOUR },
    ]);
    expect(alerts.route).toEqual({ page: null, ticket: null });
  });

  it.each(['page', 'critical', 'High', 'ticket', 'warning', 'low', 'info'])(
    'know severity %s',
    async (word) => {
      const { alerts } = await only(
        slo(
          RAW,
          policy('alertWhenBreaching: true', `severity: ${word}`),
          ', annotations: { burnwatch.dev/default-tiers: "true" }',
        ),
      );
      const expected = ['page', 'critical', 'High'].includes(word) ? 'page' : 'ticket';
      expect(alerts.tiers.find(({ name }) => name === 'burns')).toMatchObject({ severity: expected });
      // Pages come first, and the default tiers are there as well.
      expect(alerts.tiers.map(({ severity }) => severity)).toEqual(
        alerts.tiers.map(({ severity }) => severity).toSorted(),
      );
      expect(alerts.tiers).toHaveLength(6);
    },
  );

  it('J3: are lowered when no outage could reach them', async () => {
    const document = slo(RAW, policy('alertWhenBreaching: true')).replace('0.99', '0.8');
    const loaded = await load(document);
    expect(told(loaded)).toEqual([
      expect.stringContaining(
        'a total outage burns only 5x, so tier burns (1h) fires from 2.5x instead of 10x',
      ),
    ]);
    expect(allSlos(definitionsOf(loaded))[0]!.alerts.tiers).toMatchObject([{ factor: 2.5, loweredFrom: 10 }]);
  });
});

describe('the owner', () => {
  const bare = slo(RAW).replace(', labels: { owner: payments }', '');

  it.each([
    ['an annotation of the SLO', '', 'annotations: { burnwatch.dev/owner: payments }'],
    ['a label of the Service', 'labels: { owner: [payments] }', ''],
    ['an annotation of the Service', 'annotations: { burnwatch.dev/owner: payments }', ''],
  ])('is named by %s', async (_what, service, own) => {
    const document = bare.replace('name: promise', own === '' ? 'name: promise' : `name: promise, ${own}`);
    const documents = [
      document,
      `apiVersion: openslo/v1\nkind: Service\nmetadata: { name: shop, ${service} }`,
    ];
    const { owner, runbook } = await only(...documents);
    expect({ owner, runbook }).toEqual({ owner: 'payments', runbook: null });
  });

  it('is that of the native workflow, which the SLO joins', async () => {
    const workflow = `workflow: shop
owner: payments
runbook: https://wiki.example.com/shop
steps: [pay]
slos: { whole: { objective: 95%, window: 28d, sli: succeeded } }`;
    const loaded = await load(bare, workflow);
    expect(told(loaded)).toEqual([]);
    expect(definitionsOf(loaded).workflows.get('shop')).toMatchObject({
      owner: 'payments',
      steps: ['pay'],
      slos: [
        { id: 'shop/whole' },
        { id: 'shop/promise', owner: 'payments', runbook: 'https://wiki.example.com/shop' },
      ],
    });
  });

  it('may be a team that no native file knows, when every alert has targets', async () => {
    const targets = 'notificationTargets: [{ targetRef: log }]';
    const document = slo(RAW, policy(`alertWhenBreaching: true\n        ${targets}`)).replace(
      'payments',
      'shop-team',
    );
    const loaded = await load(document);
    expect(told(loaded)).toEqual([]);
    expect(definitionsOf(loaded).teams.get('shop-team')).toEqual({
      name: 'shop-team',
      page: ['log'],
      ticket: [],
      fallback: [],
      timeZone: null,
    });
  });
});

it('references are refused: nothing of OpenSLO is a secret', async () => {
  const document = slo(RAW).replace('0.99', '"${SLACK_TARGET}"');
  const loaded = await loadFiles({ 'a.yaml': document, 'native.yaml': NATIVE }, { SLACK_TARGET: '0.9990' });
  expect(told(loaded)).toEqual([
    expect.stringContaining('references are filled in only where a secret stands'),
  ]);
});

it('a list of documents is as good as several', async () => {
  const document = slo(RAW).replaceAll(/^/gm, '  ').replace('  ', '- ');
  expect((await only(document)).id).toBe('shop/promise');
});

it('the JSON Schema tells the kinds apart and explains their keys', () => {
  const schema = openSloJsonSchema() as { oneOf: { properties: Record<string, Record<string, unknown>> }[] };
  expect(schema.oneOf.map(({ properties }) => properties['kind']!['const'])).toEqual([
    'SLO',
    'SLI',
    'Service',
    'DataSource',
    'AlertPolicy',
    'AlertCondition',
    'AlertNotificationTarget',
  ]);
  const text = JSON.stringify(schema);
  expect(text).toContain('How much it weighs in a composite SLO');
  expect(text).toContain('"additionalProperties":false');
});
