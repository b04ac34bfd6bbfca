import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { promtool, startPrometheus } from '../support/prometheus.ts';
import { killServices, startService } from '../support/service.ts';
import { until } from '../support/until.ts';

const DOCS = new URL('../../docs/prometheus/', import.meta.url);
const RULES = new URL('sloth.rules.yml', DOCS).pathname;
const FILES = `workflow: orders
owner: payments
steps: [reserve, charge]
queues: { dlq-depth: { after: charge } }
slos:
  done: { objective: 95%, window: 28d, sli: succeeded }
  charged: { objective: 99%, window: 7d, sli: { step: charge } }
  monthly: { objective: 90%, window: { calendar: month, timeZone: UTC }, sli: succeeded }
---
workflow: quiet
owner: search
slos:
  done: { objective: 95%, window: 30d, sli: succeeded }
---
teams: { payments: {}, search: {} }
`;

afterEach(killServices);

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}
interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
}

describe('Prometheus, with the rules and the dashboard of docs/', () => {
  it('has every SLO, answers every query of the dashboard, and counts on after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'burnwatch-scraped-'));
    await writeFile(join(folder, 'slos.yaml'), FILES);
    const start = (port: string) =>
      startService({
        BURNWATCH_SLOS: folder,
        BURNWATCH_STORE: join(folder, 'data'),
        BURNWATCH_PORT: port,
      });
    let service = await start('0');
    const { port } = new URL(service.url);
    const report = async (round: number) => {
      const of = (index: number) => ({ workflow: 'orders', execution: `e${round}-${index}` });
      const records = Array.from({ length: 20 }, (_, index) => [
        {
          ...of(index),
          step: 'charge',
          attempt: 2,
          status: index % 4 === 0 ? 'failed' : 'succeeded',
          durationMs: 900,
        },
        { ...of(index), status: index % 4 === 0 ? 'failed' : 'succeeded', durationMs: 2000 },
      ]).flat();
      const post = (path: string, body: object) =>
        fetch(`${service.url}${path}`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(body),
        });
      expect(await (await post('/v1/outcomes', records)).json()).toMatchObject({ accepted: 40 });
      await post('/v1/measurements', { workflow: 'orders', name: 'dlq-depth', value: 3 });
    };
    await report(0);
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(await promtool('metrics', { text })).toEqual({ said: '', code: 0 });
    const { query, found } = await startPrometheus([Number(port)], [RULES]);
    const counted = async (result: string) =>
      (await query(`burnwatch_sli_events_total{slo="orders/done",result="${result}"}`))[0]?.value;
    await until('the first scrape', async () => (await counted('bad')) === 5);
    await report(1);
    await until('the second scrape', async () => (await counted('bad')) === 10);

    const ids = async (expression: string, label: string) =>
      (await query(expression))
        .map(({ metric }) => metric[label]!)
        .toSorted((one, other) => one.localeCompare(other));
    const all = ['orders/charged', 'orders/done', 'orders/monthly', 'quiet/done'];
    expect(await ids('burnwatch_slo_info', 'slo')).toEqual(all);
    await found('slo:current_burn_rate:ratio');
    for (const name of ['sloth_slo_info', 'slo:objective:ratio', 'slo:time_period:days'])
      expect([name, (await query(name)).length]).toEqual([name, 4]);
    // Whatever its tiers look at, each that has outcomes has the same windows.
    for (const window of ['5m', '30m', '1h', '2h', '6h', '1d', '3d'])
      expect((await query(`slo:sli_error:ratio_rate${window}`)).map(({ value }) => value)).toEqual([
        expect.closeTo(0.25, 6),
        expect.closeTo(0.25, 6),
        expect.closeTo(0.25, 6),
      ]);
    expect(await ids('burnwatch_burn_rate{window="period"}', 'slo')).toEqual(all.slice(0, 3));

    const dashboard = JSON.parse(await readFile(new URL('grafana-dashboard.json', DOCS), 'utf8')) as {
      readonly panels: readonly Panel[];
      readonly templating: { readonly list: readonly Variable[] };
    };
    const filled = (expression: string) =>
      expression.replaceAll('$__rate_interval', '1m').replaceAll(/"\$(owner|workflow|slo)"/g, '".*"');
    for (const { title, targets } of dashboard.panels) {
      for (const { expr } of targets) {
        const samples = await found(filled(expr));
        expect([title, samples.some(({ value }) => Number.isFinite(value))]).toEqual([title, true]);
      }
    }
    for (const { name, type, definition } of dashboard.templating.list) {
      if (type !== 'query') continue;
      const [, series, label] = /^label_values\((.+), (\w+)\)$/.exec(definition!)!;
      const values = await query(`count by (${label}) (${filled(series!)})`);
      expect([name, values.length > 1]).toEqual([name, true]);
    }

    await service.stop();
    service = await start(port);
    await report(2);
    await until('a scrape after the restart', async () => (await counted('bad')) === 15);
    expect(await query('resets(burnwatch_sli_events_total[5m]) > 0')).toEqual([]);
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);
});
