import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY_SETTINGS, defaultTiers } from '../../../src/core/slo/alert-policy.ts';
import { maximumBurnRate } from '../../../src/core/budget/burn-rate.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { objective } from '../../support/definitions.ts';
import { definitionsOf, loadFiles, loadText, TEAMS, told } from '../slo-folder.ts';

interface Sketch {
  readonly objective?: string;
  readonly window?: string;
  readonly sli?: string;
  readonly more?: string;
}

const text = (alerts: string, sketch: Sketch = {}) => {
  const { objective: goal = '99%', window = '28d', sli = 'succeeded', more = '' } = sketch;
  return `workflow: w\nowner: payments\nslos:\n  s:\n    objective: ${goal}\n    window: ${window}\n    sli: ${sli}\n    alerts: ${alerts}\n${more}`;
};
const load = (alerts: string, sketch?: Sketch) => loadText(text(alerts, sketch));
const policyOf = async (alerts: string, sketch?: Sketch) =>
  allSlos(definitionsOf(await load(alerts, sketch)))[0]!.alerts;
const PAGE = '{ severity: page, outage: {} }';
const tiersOf = async (tiers: string, sketch?: Sketch) =>
  (await policyOf(`{ tiers: [${PAGE}, ${tiers}] }`, sketch)).tiers.slice(1);

describe('alerts', () => {
  it('are the default ones when nothing is said', async () => {
    expect(await policyOf('{}')).toEqual({
      ...DEFAULT_POLICY_SETTINGS,
      tiers: defaultTiers(objective('99%'), 28 * DAY),
    });
  });

  it('may say everything themselves', async () => {
    const policy = await policyOf(
      '{ minFailures: 7, route: { page: [log], ticket: [log] }, repeat: 4h, escalation: [{ after: 15m, to: [log] }, { after: 1h, to: [log] }], resolve: { below: 75%, after: 10m }, group: 10m }',
    );
    expect(policy).toEqual({
      tiers: defaultTiers(objective('99%'), 28 * DAY),
      minFailures: 7,
      route: { page: ['log'], ticket: ['log'] },
      repeat: 4 * HOUR,
      escalation: [
        { after: 15 * MINUTE, to: ['log'] },
        { after: HOUR, to: ['log'] },
      ],
      resolveShare: 0.75,
      resolveAfter: 10 * MINUTE,
      groupWithin: 10 * MINUTE,
    });
  });

  it.each<[tier: string, meant: object]>([
    [
      '{ severity: ticket, burnRate: { long: 1h, short: 5m, factor: 14.4 } }',
      {
        kind: 'burnRate',
        name: 'burn-rate-14.4x-over-1h',
        long: HOUR,
        short: 5 * MINUTE,
        factor: 14.4,
        loweredFrom: null,
      },
    ],
    [
      '{ severity: ticket, burnRate: { long: 1h, budgetShare: 2% } }',
      { name: 'burn-rate-13.44x-over-1h', long: HOUR, short: 5 * MINUTE, factor: 13.44, loweredFrom: null },
    ],
    ['{ severity: ticket, burnRate: { long: 3d, budgetShare: 5% } }', { factor: 1, short: 6 * HOUR }],
    ['{ severity: ticket, burnRate: { long: 5m, budgetShare: 0.001% } }', { factor: 1, short: MINUTE }],
    ['{ severity: ticket, burnRate: { long: 1h, factor: 0.5 } }', { factor: 0.5 }],
    [
      '{ severity: ticket, successRate: { below: 98%, over: 15m } }',
      { kind: 'successRate', name: 'success-rate-below-98%-over-15m', below: 0.98, over: 15 * MINUTE },
    ],
    [
      '{ severity: ticket, budgetRemaining: { below: 25% } }',
      { kind: 'budgetRemaining', name: 'budget-below-25%', below: 0.25 },
    ],
    ['{ severity: ticket, budgetRemaining: { below: 0% } }', { name: 'budget-below-0%', below: 0 }],
    [
      '{ severity: ticket, forecast: { within: 24h } }',
      { kind: 'forecast', name: 'forecast-within-1d', within: DAY },
    ],
    ['{ severity: ticket, name: dead, outage: {} }', { kind: 'outage', name: 'dead' }],
    [
      '{ severity: ticket, noData: { after: 90m } }',
      { kind: 'noData', name: 'no-data-for-1h30m', after: 90 * MINUTE },
    ],
  ])('may have a tier %s', async (tier, meant) => {
    expect(await tiersOf(tier)).toEqual([
      expect.objectContaining({ severity: 'ticket', ...meant }) as object,
    ]);
  });

  it('put pages before tickets and keep the order of each', async () => {
    const tier = (severity: string, name: string) => `{ severity: ${severity}, name: ${name}, outage: {} }`;
    const list = [tier('ticket', 'a'), tier('page', 'b'), tier('ticket', 'c'), tier('page', 'd')];
    const { tiers } = await policyOf(
      `{ tiers: [${list.join(', ')}], noData: { after: 1h, severity: page } }`,
    );
    expect(tiers.map(({ name }) => name)).toEqual(['b', 'd', 'no-data', 'a', 'c']);
  });

  it('J3: a tier that no outage could reach is lowered to half of the highest burn rate, and told', async () => {
    const explicit = await load(
      `{ tiers: [${PAGE}, { severity: page, burnRate: { long: 1h, factor: 14.4 } }] }`,
      {
        objective: '95%',
        window: '30d',
      },
    );
    expect(told(explicit)).toEqual([]);
    expect(allSlos(definitionsOf(explicit))[0]!.alerts.tiers[1]).toMatchObject({
      factor: 14.4,
      loweredFrom: null,
    });
    const unreachable = await load(
      `{ tiers: [${PAGE}, { severity: page, burnRate: { long: 1h, factor: 21 } }] }`,
      { objective: '95%' },
    );
    expect(told(unreachable)).toEqual([
      'a.yaml:5:16: warning: at 95% a total outage burns only 20x, so tier burn-rate-10x-over-1h (1h) fires from 10x instead of 21x: at 50% failures',
    ]);
    expect(allSlos(definitionsOf(unreachable))[0]!.alerts.tiers[1]).toMatchObject({
      factor: 10,
      loweredFrom: 21,
    });
    const [derived] = await tiersOf('{ severity: page, burnRate: { long: 1h, budgetShare: 2% } }', {
      objective: '95%',
    });
    // As the default tier of this budget share.
    expect(derived).toMatchObject({ factor: maximumBurnRate(objective('95%')) / 2, loweredFrom: 13.44 });
  });

  it('J3: no silence can be told of what is judged whether something is reported or not', async () => {
    for (const sli of ['{ succeededEvery: 1h }', '{ schedule: "0 2 * * *", finishWithin: 2h }']) {
      const loaded = await load('{ noData: { after: 1h, severity: ticket } }', { sli, objective: '90%' });
      expect(told(loaded)).toContainEqual(
        expect.stringContaining('8:15: warning: tier no-data could never fire and is left out'),
      );
      const { tiers } = allSlos(definitionsOf(loaded))[0]!.alerts;
      expect(tiers.some(({ kind }) => kind === 'noData')).toBe(false);
    }
  });

  it.each<[what: string, alerts: string, problem: string]>([
    [
      'no kind',
      '{ tiers: [{ severity: page }] }',
      '8:23: item 1 of `tiers` is a map of `severity`; expected exactly one of burnRate',
    ],
    [
      'two kinds',
      '{ tiers: [{ severity: page, outage: {}, noData: { after: 1h } }] }',
      'expected exactly one of burnRate, successRate, budgetRemaining, forecast, outage and noData',
    ],
    ['no severity', '{ tiers: [{ outage: {} }] }', '8:23: `severity` is missing; expected page or ticket'],
    [
      'a misspelt kind',
      '{ tiers: [{ severity: page, burnrate: {} }] }',
      '8:41: unknown key `burnrate` (did you mean burnRate?)',
    ],
    [
      'neither factor nor budget share',
      '{ tiers: [{ severity: page, burnRate: { long: 1h } }] }',
      '8:51: `burnRate` is a map of `long`; expected exactly one of factor and budgetShare',
    ],
    [
      'a window longer than that of the SLO',
      '{ tiers: [{ severity: page, burnRate: { long: 29d, factor: 2 } }] }',
      '8:59: `long` is 29d, longer than the window; expected at most 28d',
    ],
    [
      'a short window that is longer',
      '{ tiers: [{ severity: page, burnRate: { long: 1h, short: 2h, factor: 2 } }] }',
      '8:70: `short` is 2h, longer than the long window; expected at most 1h',
    ],
    [
      'a time of seconds',
      '{ tiers: [{ severity: page, successRate: { below: 98%, over: 90s } }] }',
      '`over` is `90s`; expected a duration of whole minutes from 1m to 90d',
    ],
    [
      'a rate that is always met',
      '{ tiers: [{ severity: page, successRate: { below: 0%, over: 5m } }] }',
      '`below` is `0%`; expected a share such as 25% or 0.25, above 0',
    ],
    [
      'two of one name',
      '{ tiers: [{ severity: page, outage: {} }, { severity: ticket, outage: {} }] }',
      '8:55: two tiers are called `outage`; expected a `name` that distinguishes them',
    ],
    ['no tiers', '{ tiers: [] }', '`tiers` is empty; expected at least one tier'],
    [
      'an unknown target of a route',
      '{ route: { page: [log, lag] } }',
      '8:36: there is no target `lag` (did you mean log?)',
    ],
    [
      'an unknown target to escalate to',
      '{ escalation: [{ after: 15m, to: [lgo] }] }',
      '8:47: there is no target `lgo` (did you mean log?)',
    ],
    [
      'escalation that goes back in time',
      '{ escalation: [{ after: 1h, to: [log] }, { after: 15m, to: [log] }] }',
      '8:27: `escalation` is a list; expected steps in order, each `after` longer than the one before',
    ],
    [
      'repeating all the time',
      '{ repeat: 1m }',
      '8:23: `repeat` is `1m`; expected a duration of whole minutes from 5m',
    ],
    [
      'an end at no level',
      '{ resolve: { below: 0% } }',
      '8:33: `below` is `0%`; expected a share such as 25% or 0.25, above 0',
    ],
  ])('with %s are one located problem', async (_what, alerts, problem) => {
    const loaded = await load(alerts);
    expect(told(loaded)).toEqual([expect.stringContaining(problem)]);
    expect(loaded.definitions).toBeNull();
  });
});

describe('a policy', () => {
  const policies = (policy: string) => ({
    'policies.yml': `policies:\n  p: ${policy}\n`,
    'teams.yaml': TEAMS,
  });

  it('gives what the SLO does not say itself, whole keys at a time', async () => {
    const loaded = await loadFiles({
      ...policies(
        '{ minFailures: 9, repeat: 1h, route: { page: [log] }, tiers: [{ severity: page, outage: {} }], noData: { after: 2h, severity: page } }',
      ),
      'a.yaml': text('{ policy: p, repeat: 2h, route: { ticket: [log] } }'),
    });
    expect(allSlos(definitionsOf(loaded))[0]!.alerts).toEqual({
      ...DEFAULT_POLICY_SETTINGS,
      minFailures: 9,
      repeat: 2 * HOUR,
      route: { page: null, ticket: ['log'] },
      tiers: [
        { kind: 'outage', name: 'outage', severity: 'page' },
        { kind: 'noData', name: 'no-data', severity: 'page', after: 2 * HOUR },
      ],
    });
  });

  it('that does not fit is told at the SLO, what is wrong in itself at the policy', async () => {
    const loaded = await loadFiles({
      ...policies(
        '{ tiers: [{ severity: page, burnRate: { long: 10d, factor: 2 } }], escalation: [{ after: 1h, to: [lgo] }] }',
      ),
      'a.yaml': text('{ policy: p }', { window: '7d' }),
    });
    expect(told(loaded)).toEqual([
      'a.yaml:8:23: `long` of tier 1 of the policy is 10d, longer than the window; expected at most 7d',
      'policies.yml:2:104: there is no target `lgo` (did you mean log?)',
    ]);
  });

  it('that is called default is for all that name none', async () => {
    const loaded = await loadFiles({
      'policies.yml': 'policies: { default: { repeat: 6h } }',
      'teams.yaml': TEAMS,
      'a.yaml': text('{}'),
    });
    expect(allSlos(definitionsOf(loaded))[0]!.alerts.repeat).toBe(6 * HOUR);
  });
});

describe('a budget policy', () => {
  const loadWith = (policy: string, name = 'p') =>
    loadText(
      text(`{ minFailures: 3 }\n    budgetPolicy: ${name}`, { more: `budgetPolicies:\n  p: ${policy}\n` }),
    );

  it('is data, and its notifications are tiers', async () => {
    const loaded = await loadWith(
      '{ notify: [{ remainingBelow: 50%, severity: ticket }, { remainingBelow: 12.5%, severity: page }], freeze: { remainingBelow: 0% }, postmortem: { incidentSpent: 20% } }',
    );
    const [slo] = allSlos(definitionsOf(loaded));
    expect(slo!.budgetPolicy).toEqual({ name: 'p', freezeBelow: 0, postmortemAbove: 0.2 });
    expect(slo!.alerts.tiers.filter(({ kind }) => kind === 'budgetRemaining')).toEqual([
      { kind: 'budgetRemaining', name: 'budget-below-12.5%', severity: 'page', below: 0.125 },
      { kind: 'budgetRemaining', name: 'budget-below-50%', severity: 'ticket', below: 0.5 },
    ]);
    expect(slo!.alerts.tiers.map(({ severity }) => severity).join(' ')).toBe(
      'page page page page ticket ticket ticket',
    );
  });

  it('may say one thing only', async () => {
    const [slo] = allSlos(definitionsOf(await loadWith('{ freeze: { remainingBelow: 10% } }')));
    expect(slo!.budgetPolicy).toEqual({ name: 'p', freezeBelow: 0.1, postmortemAbove: null });
  });

  it.each<[what: string, policy: string, name: string, problem: string]>([
    [
      'is not there',
      '{ freeze: { remainingBelow: 0% } }',
      'q',
      '9:19: there is no budget policy `q` (did you mean p?)',
    ],
    ['says nothing', '{}', 'p', '11:6: `p` is empty; expected at least one of notify, freeze, postmortem'],
    [
      'is misspelt',
      '{ frezee: { remainingBelow: 0% } }',
      'p',
      '11:8: unknown key `frezee` (did you mean freeze?)',
    ],
    [
      'has too large a share',
      '{ freeze: { remainingBelow: 110% } }',
      'p',
      '`remainingBelow` is `110%`; expected a share such as 25% or 0.25, at most 100%',
    ],
  ])('that %s is one located problem', async (_what, policy, name, problem) => {
    expect(told(await loadWith(policy, name))).toEqual([expect.stringContaining(problem)]);
  });
});
