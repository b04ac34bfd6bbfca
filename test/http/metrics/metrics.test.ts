import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { METRICS } from '../../../src/http/metrics/metrics.ts';
import { DEPENDENCY_METRICS } from '../../../src/http/metrics/dependency-metrics.ts';
import { WORKFLOW_METRICS } from '../../../src/http/metrics/workflow-metrics.ts';
import { OUTCOME_METRICS } from '../../../src/http/metrics/outcome-metrics.ts';
import { SLO_METRICS } from '../../../src/http/metrics/slo-metrics.ts';
import { DAY } from '../../../src/core/time/duration.ts';
import { promtool, startPrometheus } from '../../support/prometheus.ts';
import {
  burningSlo,
  dependencyReport,
  exhaustedSlo,
  fixedStatus,
  silentSlo,
  sloDetail,
  windowOf,
} from '../fakes.ts';
import type { SourceStatus } from '../../../src/core/ports/sources.ts';
import type { RunningServer } from '../running-server.ts';
import { outcome, startServer } from '../running-server.ts';

const SLOTH_RULES = new URL('../../../docs/prometheus/sloth.rules.yml', import.meta.url).pathname;
const HOSTILE = 'a"} 1\nburnwatch_store_up 5 \\';

async function scrape({ url }: RunningServer): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return response.text();
}

/** The value of one series, written as Prometheus writes it; null when it is absent. */
function value(text: string, series: string): number | null {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length));
}

const FULL = { code: 'saturated', since: 0, message: 'a counter is full' } as const;

const STREAM: SourceStatus = {
  name: 'stream:outcomes',
  ok: false,
  message: 'stands still',
  still: 10_000,
  entries: { read: 9, claimed: 1, lost: 2 },
  records: { accepted: 7, duplicates: 1, rejected: 3 },
  pending: 5,
  lag: 6,
};

/** A server with one SLO of every kind, that has counted one of everything. */
async function busyServer(): Promise<RunningServer> {
  const running = await startServer({
    status: () =>
      fixedStatus({
        partsAway: ['10.0.0.1:6379'],
        dataLosses: 1,
        sources: [STREAM],
        deadLetters: 4,
        failingTargets: [{ target: 'pager', since: 0, reason: 'no' }],
      }),
  });
  const { metrics } = running.server;
  running.queries.list = [
    sloDetail(),
    exhaustedSlo({
      name: 'over',
      budgetPolicy: { name: 'strict', deploys: 'allowed', reasons: [], postmortemAbove: null },
      windows: [windowOf('28d', 28 * DAY, 9350, 650), windowOf('month (UTC)', 30 * DAY, 99, 1)],
    }),
    silentSlo({ name: 'silent' }),
    burningSlo({ name: 'paged', warnings: [FULL], readShare: 0.625 }),
    sloDetail({
      name: 'hostile',
      owner: HOSTILE,
      budgetPolicy: { name: 'strict', deploys: 'frozen', reasons: ['x'], postmortemAbove: null },
      windows: [windowOf('28d', 28 * DAY, 9710, 290), windowOf('7d "', 7 * DAY, 10, 0)],
    }),
  ];
  running.queries.calls = [{ ...dependencyReport('bank', ['order-fulfillment']), owner: HOSTILE }];
  metrics.outcomes('order-fulfillment', { accepted: 3, duplicates: 2, conflicts: 1 });
  metrics.notification('payments-mail', 'retry');
  metrics.evaluation(30, { failed: 2, overdue: 5, suppressed: 4, unjudged: 1 });
  metrics.evaluationFailed();
  metrics.failedAuthentication('bearer');
  metrics.dropped('connection', 'over-share');
  metrics.largeCount('order-fulfillment');
  metrics.telemetry('spans', 'no-workflow', 2);
  metrics.breakdownFull('order-fulfillment', 'tenant', true);
  metrics.sloFiles(true);
  await running.post(JSON.stringify([outcome('a'), 1, 2]));
  await running.post('x');
  return running;
}

describe('GET /metrics', () => {
  it('has every metric of the tables, in a form that promtool finds nothing wrong with', async () => {
    const text = await scrape(await busyServer());
    const tables = [METRICS, OUTCOME_METRICS, SLO_METRICS, WORKFLOW_METRICS, DEPENDENCY_METRICS].flatMap(
      (table) => Object.values(table),
    );
    for (const { name, help } of tables) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} `);
      expect(text).toMatch(new RegExp(`^${name}(_count)?[ {]`, 'm'));
    }
    const names = [...text.matchAll(/^# TYPE (burnwatch_\S+)/gm)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(tables.map(({ name }) => name)));
    expect(await promtool('metrics', { text })).toEqual({ said: '', code: 0 });
  });

  it('has what a source counts by itself, however often it is asked', async () => {
    const running = await busyServer();
    await scrape(running);
    const text = await scrape(running);
    const of = (name: string, more = '') => `burnwatch_${name}{source="stream:outcomes"${more}}`;
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        `${of('source_up')} 0`,
        `${of('source_entries_total', ',what="lost"')} 2`,
        `${of('source_records_total', ',result="accepted"')} 7`,
        `${of('source_records_total', ',result="rejected"')} 3`,
        `${of('source_pending')} 5`,
        `${of('source_lag')} 6`,
        'burnwatch_dead_letters 4',
      ]),
    );
  });

  it('counts what happened', async () => {
    const text = await scrape(await busyServer());
    const expected: [string, number][] = [
      ['burnwatch_outcomes_total{workflow="order-fulfillment",result="accepted"}', 3],
      ['burnwatch_outcomes_total{workflow="order-fulfillment",result="duplicate"}', 2],
      ['burnwatch_outcomes_rejected_total{code="not-an-object"}', 2],
      ['burnwatch_requests_failed_total{code="invalid-json"}', 1],
      ['burnwatch_overdue_total', 5],
      ['burnwatch_notifications_suppressed_total', 4],
      ['burnwatch_unjudged_total', 1],
      ['burnwatch_notifications_total{target="payments-mail",result="retry"}', 1],
      ['burnwatch_evaluation_duration_seconds_sum', 0.03],
      ['burnwatch_evaluation_failures_total', 3],
      ['burnwatch_slo_files_ok', 1],
      ['burnwatch_last_evaluation_age_seconds', 3.25],
      ['burnwatch_leader', 1],
      ['burnwatch_outcomes_queued', 7],
      ['burnwatch_outbox_pending', 1],
      ['burnwatch_outbox_undeliverable', 0],
      ['burnwatch_target_failing{target="pager"}', 1],
      ['burnwatch_store_up', 1],
      ['burnwatch_build_info{version="0.0.0-test"}', 1],
    ];
    for (const [series, number] of expected) expect([series, value(text, series)]).toEqual([series, number]);
  });

  it('J2: has what every SLO has, and leaves out what has no outcomes under it', async () => {
    const text = await scrape(await busyServer());
    const labels = (name: string) => `slo="order-fulfillment/${name}",workflow="order-fulfillment"`;
    const series = (name: string, slo: string, more = '') =>
      value(text, `burnwatch_${name}{${labels(slo)}${more}}`);
    /** Every member there is, with its value. */
    const stateSet = (name: string, slo: string) => {
      const members = text.matchAll(
        new RegExp(`^burnwatch_slo_${name}\\{${labels(slo)},${name}="(.*)"\\} (.*)$`, 'gm'),
      );
      return Object.fromEntries([...members].map(([, member, number]) => [member!, Number(number)]));
    };
    expect(series('slo_objective_ratio', 'fulfilled-in-10m')).toBe(0.95);
    expect(series('error_budget_ratio', 'fulfilled-in-10m')).toBe(0.05);
    expect(series('slo_period_seconds', 'over')).toBe(28 * 24 * 3600);
    expect(series('slo_info', 'over', ',name="over",owner="payments",window="28d"')).toBe(1);
    expect(series('sli_events_total', 'over', ',result="bad"')).toBe(650);
    expect(series('burn_rate', 'fulfilled-in-10m', ',window="period"')).toBe(0.58);
    expect(series('burn_rate', 'silent', ',window="period"')).toBeNull();
    expect(series('slo_good', 'fulfilled-in-10m')).toBe(9710);
    expect(series('slo_bad', 'fulfilled-in-10m')).toBe(290);
    expect(series('error_budget_remaining_ratio', 'fulfilled-in-10m')).toBe(0.42);
    expect(series('error_budget_remaining_ratio', 'over')).toBe(-0.3);
    expect(series('burn_rate', 'fulfilled-in-10m', ',window="1h"')).toBe(0.6);
    expect(series('burn_rate', 'fulfilled-in-10m', ',window="3d"')).toBeNull();
    expect(series('window_budget_remaining_ratio', 'over', ',window="28d"')).toBeCloseTo(-0.3, 10);
    expect(series('window_budget_remaining_ratio', 'over', ',window="month (UTC)"')).toBe(0.8);
    expect(text.match(/^burnwatch_window_budget_remaining_ratio/gm)).toHaveLength(6);
    expect(series('deploys_frozen', 'over')).toBe(0);
    expect(text).toMatch(/^burnwatch_deploys_frozen\{slo="order-fulfillment\/hostile".* 1$/m);
    expect(series('deploys_frozen', 'fulfilled-in-10m')).toBeNull();
    expect(stateSet('alert', 'over')).toEqual({ page: 0, ticket: 0, none: 1 });
    expect(stateSet('budget', 'over')).toEqual({ exhausted: 1, low: 0, ok: 0 });
    expect(stateSet('data', 'over')).toEqual({ none: 0, 'warming-up': 0, ok: 1 });
    expect(stateSet('data', 'silent')).toEqual({ none: 1, 'warming-up': 0, ok: 0 });
    expect(stateSet('alert', 'paged')).toEqual({ page: 1, ticket: 0, none: 0 });
    expect(stateSet('budget', 'paged')).toEqual({ exhausted: 0, low: 1, ok: 0 });
    expect(series('slo_objective_ratio', 'silent')).toBe(0.95);
    for (const name of ['slo_good', 'slo_bad', 'error_budget_remaining_ratio'])
      expect(series(name, 'silent')).toBeNull();
    expect(value(text, 'burnwatch_store_up')).toBe(1);
  });

  it('has only what an owner or a workflow is asked for, beside what is of the service itself', async () => {
    const { url } = await busyServer();
    const of = async (query: string) => {
      const text = await (await fetch(`${url}/metrics?${query}`)).text();
      const slos = [...text.matchAll(/^burnwatch_slo_info\{slo="([^"]*)"/gm)].map(([, slo]) => slo);
      return { slos: slos.length, workflows: text.match(/^burnwatch_in_flight\{/gm)?.length ?? 0, text };
    };
    expect(await of('owner=payments')).toMatchObject({ slos: 4, workflows: 1 });
    expect(await of('workflow=order-fulfillment')).toMatchObject({ slos: 5, workflows: 1 });
    const none = await of('workflow=other');
    expect(none).toMatchObject({ slos: 0, workflows: 0 });
    expect(none.text).toContain('burnwatch_store_up 1');
    expect((await fetch(`${url}/metrics?team=payments`)).status).toBe(400);
  });

  it('tells that the store is down when it is', async () => {
    const checks = { store: { ok: false, message: 'does not answer' } };
    const running = await startServer({ status: () => fixedStatus({ checks }) });
    running.queries.fail = new StoreUnavailable('down');
    const text = await scrape(running);
    expect(value(text, 'burnwatch_store_up')).toBe(0);
    expect(text).not.toContain('slo="');
  });

  it('G2: reads one thing after the other, and nothing more once one could not be read', async () => {
    const running = await startServer();
    const usual = { ...running.queries };
    const asked: string[] = [];
    const noting = <Answer>(name: string, ask: () => Promise<Answer>) => {
      asked.push(`${name} asked`);
      return ask().finally(() => asked.push(`${name} answered`));
    };
    Object.assign(running.queries, {
      slos: () => noting('SLOs', () => usual.slos()),
      dependencies: (workflows: readonly string[] | null) =>
        noting('dependencies', () => usual.dependencies(workflows)),
      scrape: () => noting('counts', () => usual.scrape()),
    });
    await scrape(running);
    expect(asked).toEqual(
      ['SLOs', 'dependencies', 'counts'].flatMap((name) => [`${name} asked`, `${name} answered`]),
    );
    asked.length = 0;
    running.queries.fail = new StoreUnavailable('down');
    await scrape(running);
    expect(asked).toEqual(['SLOs asked', 'SLOs answered']);
  });
});

describe('Prometheus', () => {
  it('scrapes it, finds every SLO, and gives each the names that boards made for Sloth ask for', async () => {
    const running = await busyServer();
    // A second replica says the same of every SLO.
    const other = await startServer();
    other.queries.list = running.queries.list;
    expect(await promtool('rules', { file: SLOTH_RULES })).toMatchObject({ code: 0 });
    const { query, found } = await startPrometheus([running.port, other.port], [SLOTH_RULES]);
    await found('sloth_slo_info');
    await found('slo:period_error_budget_remaining:ratio');
    await found('count(up == 1) == 2');
    const named = (name: string) => ({
      sloth_service: 'order-fulfillment',
      sloth_slo: name,
      sloth_id: `order-fulfillment-${name}`,
    });
    const read = async (expression: string) =>
      Object.fromEntries(
        (await query(expression)).map(({ metric: labels, value }) => {
          const { sloth_window: window, ...identity } = labels;
          expect(identity).toMatchObject(named(labels['sloth_slo']!));
          return [[labels['sloth_slo'], ...(window === undefined ? [] : [window])].join(' '), value];
        }),
      );
    const names = ['fulfilled-in-10m', 'hostile', 'over', 'paged', 'silent'];
    const each = (number: number) => Object.fromEntries(names.map((name) => [name, number]));
    expect(await read('slo:objective:ratio')).toEqual(each(0.95));
    expect(await read('slo:error_budget:ratio')).toEqual(each(0.05));
    expect(await read('slo:time_period:days')).toEqual(each(28));
    // J2: what has no outcomes has no ratio.
    expect(await read('slo:period_error_budget_remaining:ratio')).toEqual({
      'fulfilled-in-10m': 0.42,
      hostile: 0.42,
      over: -0.3,
      paged: 0.12,
    });
    expect((await read('slo:current_burn_rate:ratio'))['paged']).toBe(17.2);
    expect((await read('slo:sli_error:ratio_rate5m'))['paged 5m']).toBeCloseTo(0.86, 10);
    expect((await read('slo:sli_error:ratio_rate1h'))['paged 1h']).toBeCloseTo(0.745, 10);
    expect((await read('slo:sli_error:ratio_rate28d'))['over 28d']).toBeCloseTo(0.065, 10);
    expect(await read('slo:sli_error:ratio_rate30d')).toEqual({});
    expect((await read('slo:period_burn_rate:ratio'))['over']).toBeCloseTo(1.3, 10);
    const infos = await query('sloth_slo_info');
    expect(new Set(infos.map(({ metric }) => metric['sloth_slo']))).toEqual(new Set(names));
    expect(infos.find(({ metric }) => metric['sloth_slo'] === 'hostile')!.metric).toMatchObject({
      ...named('hostile'),
      owner: HOSTILE,
      sloth_spec: 'burnwatch/v1',
    });
    // As Sloth's own boards and rules ask.
    for (const board of [
      'sum(slo:current_burn_rate:ratio{sloth_service="order-fulfillment"}) by (sloth_service, sloth_slo)',
      '1 - slo:sli_error:ratio_rate5m{sloth_service="order-fulfillment",sloth_slo="paged"}',
      'slo:sli_error:ratio_rate1h / on(sloth_id, sloth_slo, sloth_service) group_left slo:error_budget:ratio',
      'slo:sli_error:ratio_rate5m > (14.4 * 0.05) and ignoring (sloth_window) slo:sli_error:ratio_rate1h > (14.4 * 0.05)',
      'count(sloth_slo_info) by (sloth_service)',
    ])
      expect([board, (await query(board)).length > 0]).toEqual([board, true]);
    expect(await query('sum(max by (slo, alert) (burnwatch_slo_alert))')).toMatchObject([{ value: 5 }]);
  });
});
