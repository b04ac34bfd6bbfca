import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY_SETTINGS } from '../../../src/core/slo/alert-policy.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { loadDefinitions } from '../../../src/slo-files/load.ts';
import { definitionsOf, loadFiles, loadText, references, TEAMS, told, withFolder } from '../slo-folder.ts';

const EXAMPLES = join(import.meta.dirname, '../../../slos');

const DESIGN = `# yaml-language-server: $schema=./burnwatch.schema.json
workflow: order-fulfillment
owner: payments                      # a team; required: every workflow has a named owner
runbook: https://wiki.example.com/runbooks/fulfillment
steps: [reserve-stock, charge-card, ship]     # the map of the workflow; optional
slos:
  fulfilled-in-10m:
    description: 95% of orders are fulfilled within 10 minutes
    objective: 95%
    window: 28d
    sli: { within: 10m }             # good = succeeded within 10 minutes
  charge-card-succeeds:
    objective: 99.5%
    window: 7d
    sli: { step: charge-card, where: { region: [eu, us] } }
    alerts: { policy: default, minFailures: 5, noData: { after: 1h, severity: ticket } }
---
teams:
  payments: { page: [payments-oncall, payments-mail], ticket: [payments-mail] }
targets:
  payments-oncall: { slack: { webhook: "\${SLACK_PAYMENTS_WEBHOOK}" } }
  payments-mail:   { email: { to: [payments@example.com] } }
`;

describe('labels', () => {
  it('are those of the workflow, which an SLO may change', async () => {
    const loaded = await loadText(`workflow: orders
owner: payments
labels: { tier: gold, region: eu }
slos:
  all: { objective: 95%, window: 28d, sli: succeeded }
  own: { objective: 97%, window: 28d, sli: succeeded, labels: { tier: silver } }
`);
    expect(told(loaded)).toEqual([]);
    expect(allSlos(definitionsOf(loaded)).map(({ labels }) => labels)).toEqual([
      { tier: 'gold', region: 'eu' },
      { tier: 'silver', region: 'eu' },
    ]);
  });
});

describe('the example files', () => {
  it('load together without any problem and without any environment', async () => {
    const loaded = await loadDefinitions([EXAMPLES], references());
    expect(told(loaded)).toEqual([]);
    expect([...definitionsOf(loaded).workflows.keys()]).toEqual([
      'burnwatch-notifications',
      'clickstream-pipeline',
      'customer-journey',
      'nightly-invoices',
      'order-fulfillment',
    ]);
  });

  it('show every kind of SLI, window and tier, and every way to be told', async () => {
    const slos = allSlos(definitionsOf(await loadDefinitions([EXAMPLES], references())));
    const kinds = new Set<string>(slos.map(({ sli }) => sli.kind));
    expect([...kinds].toSorted()).toEqual([
      'composite',
      'freshness',
      'measurement',
      'outcomes',
      'schedule',
      'slices',
      'transition',
    ]);
    const windows = slos.flatMap(({ window, otherWindows }) => [window, ...otherWindows]);
    expect(windows.some(({ kind }) => kind === 'calendar')).toBe(true);
    expect(slos.some(({ sli }) => sli.kind === 'outcomes' && sli.good === 'first-try')).toBe(true);
    expect(slos.some(({ budgetPolicy }) => budgetPolicy !== null)).toBe(true);
    expect(slos.some(({ alerts }) => alerts.escalation.length > 0 && alerts.repeat !== null)).toBe(true);
    const tiers = new Set(slos.flatMap(({ alerts }) => alerts.tiers.map(({ kind }) => kind)));
    expect(tiers.size).toBe(6);
  });
});

describe('a file', () => {
  it('of the native dialect says exactly what it means', async () => {
    const webhook = 'https://hooks.slack.com/services/T1/B2/s3cret';
    const loaded = await loadFiles({ 'a.yaml': DESIGN }, { SLACK_PAYMENTS_WEBHOOK: webhook });
    expect(told(loaded)).toEqual([]);
    const { workflows, teams, targets } = definitionsOf(loaded);
    expect([...teams.values()]).toEqual([
      {
        name: 'payments',
        page: ['payments-oncall', 'payments-mail'],
        ticket: ['payments-mail'],
        fallback: [],
        timeZone: null,
      },
    ]);
    expect([...targets.values()]).toEqual([
      { kind: 'slack', name: 'payments-oncall', webhook },
      { kind: 'email', name: 'payments-mail', to: ['payments@example.com'] },
    ]);
    const workflow = workflows.get('order-fulfillment')!;
    expect(workflow).toMatchObject({
      owner: 'payments',
      runbook: 'https://wiki.example.com/runbooks/fulfillment',
      steps: ['reserve-stock', 'charge-card', 'ship'],
    });
    const [fulfilled, charged] = workflow.slos;
    expect(fulfilled).toMatchObject({
      id: 'order-fulfillment/fulfilled-in-10m',
      description: '95% of orders are fulfilled within 10 minutes',
      objective: { ratio: 0.95, budgetParts: 5, parts: 100 },
      window: { kind: 'rolling', duration: 28 * DAY, text: '28d' },
      sli: {
        kind: 'outcomes',
        step: null,
        dependency: null,
        where: {},
        withinMs: 10 * MINUTE,
        good: 'succeeded',
      },
      otherWindows: [],
      alerts: DEFAULT_POLICY_SETTINGS,
      budgetPolicy: null,
      source: expect.stringMatching(/a\.yaml:7$/),
    });
    expect(charged).toMatchObject({
      objective: { budgetParts: 5, parts: 1000 },
      window: { duration: 7 * DAY },
      sli: { step: 'charge-card', where: { region: { op: 'in', values: ['eu', 'us'] } }, withinMs: null },
      alerts: { minFailures: 5 },
    });
    expect(charged!.alerts.tiers.map(({ name }) => name)).toEqual([
      'outage',
      'fast',
      'slow',
      'drift',
      'creep',
      'no-data',
    ]);
    expect(charged!.alerts.tiers.at(-1)).toEqual({
      kind: 'noData',
      name: 'no-data',
      severity: 'ticket',
      after: HOUR,
    });
  });

  it.each([
    ['99.9%', 1, 1000],
    ['"99.9 %"', 1, 1000],
    ['0.999', 1, 1000],
    ['0.9990', 10, 10_000],
    ['0.999999999', 1, 1_000_000_000],
  ])('keeps the decimals of the objective %s', async (objective, budgetParts, parts) => {
    const loaded = await loadText(
      `workflow: w\nowner: payments\nslos: { s: { objective: ${objective}, window: 28d, sli: succeeded } }\n`,
    );
    expect(allSlos(definitionsOf(loaded))[0]!.objective).toMatchObject({ budgetParts, parts });
  });

  it('may use aliases, the words of YAML 1.1 as texts, and several documents', async () => {
    const loaded = await loadText(`%YAML 1.1
---
workflow: w
owner: payments
slos:
  yes: { objective: 99%, window: &w 28d, sli: { where: &eu { region: no } } }
  no: { objective: 99.5%, window: *w, sli: { where: *eu, within: 1m } }
---
---
workflow: v
owner: payments
slos: { s: { objective: 99%, window: 28d, sli: succeeded } }
`);
    const slos = allSlos(definitionsOf(loaded));
    expect(slos.map(({ id }) => id)).toEqual(['w/yes', 'w/no', 'v/s']);
    expect(slos[1]!.sli).toMatchObject({ where: { region: { op: 'in', values: ['no'] } } });
  });

  it('may name SLOs and attributes like members of every object', async () => {
    const loaded = await loadText(
      'workflow: constructor\nowner: payments\nslos: { toString: { objective: 99%, window: 28d, sli: { where: { valueOf: x } } } }\n',
    );
    const [slo] = allSlos(definitionsOf(loaded));
    expect(slo!.id).toBe('constructor/toString');
    expect(slo!.sli).toHaveProperty('where.valueOf', { op: 'in', values: ['x'] });
  });

  it('takes the minimum of failures from the SLO, else its policy, else the one called default', async () => {
    const slo = (within: string, alerts: string) =>
      `{ objective: 99%, window: 28d, sli: { within: ${within} }, alerts: ${alerts} }`;
    const loaded = await loadFiles({
      'policies.yml': 'policies: { default: { minFailures: 3 }, quiet: { minFailures: 50 } }',
      'w.yaml': `workflow: w
owner: payments
slos:
  a: ${slo('1m', '{}')}
  b: ${slo('2m', '{ policy: quiet }')}
  c: ${slo('3m', '{ policy: quiet, minFailures: 7 }')}
`,
      'teams.yaml': TEAMS,
    });
    expect(allSlos(definitionsOf(loaded)).map(({ alerts }) => alerts.minFailures)).toEqual([3, 50, 7]);
  });
});

describe('a folder', () => {
  it('is read to its depths, once, without hidden files and other kinds', async () => {
    const workflow = (name: string) =>
      `workflow: ${name}\nowner: payments\nslos: { s: { objective: 99%, window: 28d, sli: succeeded } }\n`;
    const loaded = await loadFiles({
      'teams.yaml': TEAMS,
      'deep/er/a.yml': workflow('a'),
      'B.YAML': workflow('b'),
      '.hidden.yaml': workflow('hidden'),
      '..2026_01_01/teams.yaml': TEAMS,
      'notes.txt': 'not: [yaml',
    });
    expect([...definitionsOf(loaded).workflows.keys()].toSorted()).toEqual(['a', 'b']);
    expect(loaded.files).toHaveLength(3);
  });

  it('is read once however many links lead into it', () =>
    withFolder({ 'teams.yaml': TEAMS, 'deep/more.yaml': 'targets: { lag: { log: {} } }' }, async (folder) => {
      await symlink(folder, join(folder, 'deep/loop'));
      await symlink(join(folder, 'teams.yaml'), join(folder, 'zz.yaml'));
      await symlink('nowhere.yaml', join(folder, 'broken.yaml'));
      const loaded = await loadDefinitions([folder, join(folder, 'teams.yaml')], references());
      expect(loaded.files).toHaveLength(3);
      expect(told(loaded)).toEqual([expect.stringMatching(/broken\.yaml:1:1: does not exist$/)]);
    }));

  it('that is empty or not there is told', async () => {
    const empty = await loadFiles({});
    // A folder that is empty for a moment, while it is mounted or checked out, must not take all SLOs away.
    expect(empty.definitions).toBeNull();
    expect(told(empty)).toEqual([expect.stringMatching(/:1:1: no \*\.yaml or \*\.yml file/)]);
    const loaded = await loadDefinitions([join(EXAMPLES, 'nowhere')], references());
    expect(loaded.definitions).toBeNull();
    expect(told(loaded)[0]).toMatch(/nowhere:1:1: does not exist$/);
  });
});
