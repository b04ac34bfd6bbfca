import { describe, expect, it } from 'vitest';
import { placeText } from '../../../src/core/ports/list-page.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { sloDetailJson } from '../../../src/http/answers/report-json.ts';
import { PROBLEMS, REJECTIONS } from '../../../src/http/answers/problems.ts';
import {
  dependencyReport,
  executionReport,
  burningSlo,
  exhaustedSlo,
  fixedStatus,
  silentSlo,
  sloDetail,
  workflowReport,
  workflowStatistics,
} from '../fakes.ts';
import { iso } from '../../../src/core/time/timestamp.ts';
import { startServer } from '../running-server.ts';

async function read(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('SLOs', () => {
  it('lists them, and shows one with what explains it', async () => {
    const { url } = await startServer();
    const detail = sloDetailJson(sloDetail());
    const { tiers, members, adjustments, failures, lastFailed, example, ...others } = detail as Record<
      string,
      unknown
    >;
    const { changes, missedRun, stuck, route, detections, source, definition, values, breakdown, ...slo } =
      others;
    expect((await read(`${url}/v1/slos`)).body).toEqual({ items: [slo], next: null });
    expect((await read(`${url}/v1/slos/order-fulfillment/fulfilled-in-10m`)).body).toEqual({
      ...slo,
      tiers,
      members,
      adjustments,
      failures,
      lastFailed,
      example,
      changes,
      missedRun,
      stuck,
      route,
      detections,
      source,
      values,
      breakdown,
      definition,
    });
  });

  it('lists only those that are asked for, and says what can be asked', async () => {
    const { url, queries } = await startServer();
    queries.list = [
      sloDetail({ name: 'well' }),
      burningSlo({ name: 'paged' }),
      burningSlo({ name: 'both', budget: exhaustedSlo().budget }),
      exhaustedSlo({ name: 'spent' }),
      silentSlo({ name: 'silent' }),
    ];
    const names = async (query: string) => {
      const listed = (await (await fetch(`${url}/v1/slos?${query}`)).json()) as {
        items: { name: string }[];
      };
      return listed.items.map(({ name }) => name);
    };
    expect(await names('alert=page')).toEqual(['both', 'paged']);
    expect(await names('alert=page&budget=exhausted')).toEqual(['both']);
    expect(await names('budget=exhausted')).toEqual(['both', 'spent']);
    expect(await names('alert=none&budget=ok&data=ok')).toEqual(['well']);
    expect(await names('data=none')).toEqual(['silent']);
    expect(await names('q=PAGE&workflow=order-fulfillment&owner=payments')).toEqual(['paged']);
    queries.list = [
      sloDetail({ name: 'gold', labels: { tier: 'gold', region: 'eu-1' } }),
      sloDetail({ name: 'silver', labels: { tier: 'silver' } }),
      sloDetail({ name: 'plain' }),
    ];
    expect(await names('label=tier=gold')).toEqual(['gold']);
    expect(await names(`label=${encodeURIComponent('tier=*')}`)).toEqual(['gold', 'silver']);
    expect(await names('label=tier')).toEqual(['gold', 'silver']);
    expect(await names('label=tier=*,region=eu-*')).toEqual(['gold']);
    expect((await read(`${url}/v1/slos?label==gold`)).body['detail']).toContain('such as tier=gold');
    for (const nothing of ['workflow=orders', 'owner=search']) expect(await names(nothing)).toEqual([]);
    for (const query of ['state=burning', 'alert=', 'alert=page&alert=ticket'])
      expect((await read(`${url}/v1/slos?${query}`)).body).toMatchObject({ code: 'invalid-query' });
    expect((await read(`${url}/v1/slos?budget=gone`)).body['detail']).toBe(
      'budget must be exhausted, low or ok.',
    );
  });

  it('finds an SLO whose workflow has slashes, whether they are encoded or not', async () => {
    const { url, queries } = await startServer();
    queries.list = [sloDetail({ workflow: 'billing/eu//invoices', name: 'sent' })];
    for (const path of [
      'billing/eu//invoices/sent',
      'billing%2Feu%2F%2Finvoices/sent',
      'billing%2Feu//invoices%2Fsent',
    ]) {
      expect((await read(`${url}/v1/slos/${path}`)).body['id']).toBe('billing/eu//invoices/sent');
      expect((await fetch(`${url}/slos/${path}`)).status).toBe(200);
    }
  });

  it('shows the history of one, and hands on what is asked for', async () => {
    const { url, queries } = await startServer();
    const path = `${url}/v1/slos/order-fulfillment/fulfilled-in-10m/history`;
    const { status, body } = await read(`${path}?from=2026-03-01T00:00:00%2B01:00&to=1772452800000&step=1h`);
    expect([status, body['points']]).toMatchObject([
      200,
      [{ good: 97, adjusted: true, excluded: { bad: 7 } }],
    ]);
    await read(path);
    expect(queries.queries).toEqual([
      { from: '2026-03-01T00:00:00+01:00', to: '1772452800000', step: '1h' },
      { from: null, to: null, step: null },
    ]);
    expect((await read(`${path}?step=1h&step=2h`)).body).toMatchObject({ code: 'invalid-query' });
    expect((await read(`${path}?frm=2026-03-01T00:00:00Z`)).body).toMatchObject({
      code: 'invalid-query',
      detail: 'There is no parameter "frm"; there are from, to, step, fields.',
    });
    queries.past = { refused: 'invalid', problems: ['step must be whole hours.', 'from must be earlier.'] };
    expect(await read(path)).toMatchObject({
      status: 400,
      body: { code: 'invalid-query', detail: 'step must be whole hours. from must be earlier.' },
    });
    expect((await read(`${url}/v1/slos/a/b/history`)).body).toMatchObject({ code: 'unknown-slo' });
  });

  it('takes an SLO that is called history for itself', async () => {
    const { url, queries } = await startServer();
    queries.list = [sloDetail({ workflow: 'a', name: 'history' })];
    expect((await read(`${url}/v1/slos/a/history`)).body['id']).toBe('a/history');
    expect((await read(`${url}/v1/slos/a/history/history`)).body).toHaveProperty('points');
  });

  it('answers 404 with a code for an SLO that is not loaded', async () => {
    const { url } = await startServer();
    for (const path of [
      'a',
      'a/b',
      'order-fulfillment',
      '__proto__/constructor',
      '%00',
      `${'x'.repeat(5000)}/y`,
    ]) {
      const { status, body } = await read(`${url}/v1/slos/${path}`);
      expect([status, body['code']]).toEqual([404, 'unknown-slo']);
    }
  });

  it('shows a workflow with what is in flight in it, its times as RFC 3339', async () => {
    const { url } = await startServer();
    const report = workflowReport('order-fulfillment');
    const [flight] = report.slowest;
    const times = (names: readonly ('stepSince' | 'startedAt' | 'deadline')[]) =>
      Object.fromEntries(names.map((name) => [name, iso(flight![name]!)]));
    const { windows } = workflowStatistics(null);
    expect((await read(`${url}/v1/workflows/order-fulfillment`)).body).toEqual({
      ...report,
      readShare: 1,
      statistics: windows.map((window) => ({ ...window, window: '1h', from: iso(window.from) })),
      at: iso(report.at),
      places: report.places.map((place) => ({
        ...place,
        oldest: place.oldest === null ? null : iso(place.oldest),
      })),
      queues: report.queues.map((queue) => ({
        ...queue,
        at: iso(queue.at!),
        history: queue.history.map((hour) => ({ ...hour, from: iso(hour.from) })),
      })),
      slowest: [{ ...flight, ...times(['stepSince', 'startedAt', 'deadline']) }],
    });
    const asked = (await read(`${url}/v1/workflows/order-fulfillment?window=7d`)).body;
    expect(asked['statistics']).toMatchObject([{ window: '7d' }]);
    for (const query of ['window=soon', 'windows=7d', 'window=1h&window=1d']) {
      expect(await read(`${url}/v1/workflows/order-fulfillment?${query}`)).toMatchObject({
        status: 400,
        body: { code: 'invalid-query' },
      });
    }
    expect(await read(`${url}/v1/workflows/unknown?window=1h`)).toMatchObject({ status: 404 });
    expect(await read(`${url}/v1/workflows/unknown`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-workflow' },
    });
  });

  it('shows dependencies against what was promised, their times as RFC 3339', async () => {
    const { url, queries } = await startServer();
    const report = dependencyReport('bank/eu', ['order-fulfillment']);
    queries.calls = [report];
    const { failures, lastFailed, ...listed } = report;
    const month = { ...report.month, from: iso(report.month.from), to: iso(report.month.to) };
    const one = { ...listed, at: iso(report.at), month, countedSince: iso(report.countedSince) };
    expect((await read(`${url}/v1/dependencies`)).body).toEqual({ items: [one], next: null });
    expect((await read(`${url}/v1/dependencies/bank%2Feu`)).body).toEqual({
      ...one,
      failures,
      lastFailed: [{ ...lastFailed[0], at: iso(lastFailed[0]!.at) }],
    });
    expect(await read(`${url}/v1/dependencies/carrier`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-dependency' },
    });
  });

  it('shows an execution with what it counts for, its times as RFC 3339', async () => {
    const { url, queries } = await startServer();
    const { subjects, ...report } = executionReport('order-fulfillment', 'order/1');
    const [whole] = subjects;
    const timed = <T extends { readonly at: number }>(values: readonly T[]) =>
      values.map((value) => ({ ...value, at: iso(value.at) }));
    const path = `${url}/v1/executions/order-fulfillment/order%2F1`;
    expect((await read(path)).body).toEqual({
      ...report,
      at: iso(report.at),
      subjects: [
        {
          ...whole,
          startedAt: iso(whole!.startedAt!),
          ends: timed(whole!.ends),
          counts: timed(whole!.counts),
          deadlines: timed(whole!.deadlines),
        },
      ],
    });
    expect(await read(`${url}/v1/executions/unknown/a`)).toMatchObject({
      status: 404,
      body: { code: 'unknown-workflow' },
    });
    queries.execution = async () => ({ ...report, subjects: [] });
    expect(await read(path)).toMatchObject({ status: 404, body: { code: 'unknown-execution' } });
  });

  it('answers 503 while the store is away, and tells it in words on the dashboard', async () => {
    const { url, queries } = await startServer();
    queries.fail = new StoreUnavailable('redis://user:secret@host');
    for (const path of [
      '/v1/slos',
      '/v1/slos/a/b',
      '/v1/slos/a/b/history',
      '/v1/workflows/a',
      '/v1/dependencies',
      '/v1/dependencies/bank',
    ]) {
      const response = await fetch(`${url}${path}`);
      expect(response.headers.get('retry-after')).toBe('1');
      expect([response.status, await response.json()]).toMatchObject([503, { code: 'store-unavailable' }]);
    }
    for (const path of ['/', '/slos/a/b', '/workflows/a', '/dependencies/bank']) {
      const response = await fetch(`${url}${path}`);
      const text = await response.text();
      expect(response.status).toBe(503);
      expect(text).toContain('The store does not answer');
      expect(text).not.toContain('secret');
    }
  });
});

describe('the service itself', () => {
  it('is not ready when it says so, with the checks that failed, and lives all the same', async () => {
    const checks = { store: { ok: false, message: 'does not answer' } };
    const { url } = await startServer({
      status: () => fixedStatus({ ready: false, checks, sloProblems: ['x'] }),
    });
    expect(await read(`${url}/readyz`)).toEqual({
      status: 503,
      body: { status: 'not-ready', checks, sloProblems: ['x'] },
    });
    expect(await read(`${url}/healthz`)).toEqual({ status: 200, body: { status: 'ok' } });
  });

  it('is ready, and says so, while something of it is degraded', async () => {
    const { url } = await startServer({ status: () => fixedStatus({ degraded: ['stream:outcomes'] }) });
    expect(await read(`${url}/readyz`)).toMatchObject({ status: 200, body: { status: 'degraded' } });
  });

  it('shows the outbox, as many rows of it as asked for', async () => {
    const { url, operator } = await startServer();
    expect((await read(`${url}/v1/outbox`)).body).toMatchObject({
      items: [{ id: 'mk2x1-a7f3/1/pager', createdAt: '2026-03-10T11:00:00.000Z' }],
      next: null,
      undeliverableCount: 1,
    });
    expect((await read(`${url}/v1/outbox?state=pending&after=${placeText([17, 'a'])}`)).status).toBe(200);
    expect((await read(`${url}/v1/outbox?state=gone`)).body['code']).toBe('invalid-query');
    expect((await read(`${url}/v1/outbox?limit=1000`)).status).toBe(200);
    expect(operator.asked).toEqual([
      ['notifications', 'undeliverable', { after: null, limit: 100 }],
      ['notifications', 'pending', { after: [17, 'a'], limit: 100 }],
      ['notifications', 'undeliverable', { after: null, limit: 1000 }],
    ]);
    for (const limit of ['0', '1001', '-1', '1e2', 'x', '', '1&limit=2', '99999999999999999999']) {
      expect((await read(`${url}/v1/outbox?limit=${limit}`)).body['code']).toBe('invalid-query');
    }
  });
});

describe('everything else', () => {
  it('answers 404 for paths that do not exist, however strange', async () => {
    const { url } = await startServer();
    const paths = [
      '/nothing',
      '/v1',
      '/V1/slos',
      '/v1/slos/',
      '/healthz/',
      '/.env',
      '/..%2f..%2fetc/passwd',
      '//',
      '/%ff',
    ];
    for (const path of paths) {
      const { status, body } = await read(url + path);
      expect([path, status, body['code']]).toEqual([path, 404, 'not-found']);
    }
  });

  it('answers 400 for a path that cannot be decoded', async () => {
    const { url } = await startServer();
    expect(await read(`${url}/v1/slos/%E0%A4%A/x`)).toMatchObject({
      status: 400,
      body: { code: 'invalid-path' },
    });
  });

  it('answers 405 with Allow for methods that are not for reading', async () => {
    const { url } = await startServer();
    for (const path of [
      '/',
      '/v1/slos',
      '/v1/slos/a/b',
      '/metrics',
      '/healthz',
      '/readyz',
      '/v1/outbox',
      '/slos/a/b',
    ]) {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await fetch(`${url}${path}`, { method });
        expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
        expect(await response.json()).toMatchObject({ code: 'method-not-allowed' });
      }
      expect((await fetch(`${url}${path}`, { method: 'HEAD' })).headers.has('content-type')).toBe(true);
    }
  });

  it('sends headers that keep browsers from harm, and none that tell what it is made of', async () => {
    const { url, post } = await startServer();
    for (const path of ['/', '/v1/slos', '/nothing', '/dashboard.js']) {
      const { headers } = await fetch(`${url}${path}`);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.has('x-powered-by')).toBe(false);
      expect(headers.has('access-control-allow-origin')).toBe(false);
    }
    const { headers } = await post('{}');
    expect([headers.get('x-content-type-options'), headers.get('cache-control')]).toEqual([
      'nosniff',
      'no-store',
    ]);
  });

  it('answers 500 without a word of what went wrong', async () => {
    const { url, queries } = await startServer();
    queries.fail = new Error('inner secret');
    const response = await fetch(`${url}/v1/slos`);
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toMatchObject([500, { code: 'internal-error' }]);
    expect(text).not.toMatch(/secret|node_modules|\.ts/);
  });
});

describe('codes', () => {
  it('are words of lower case with hyphens, each with a meaning that is a sentence', () => {
    const meanings = {
      ...REJECTIONS,
      ...Object.fromEntries(Object.entries(PROBLEMS).map(([code, { meaning }]) => [code, meaning])),
    };
    expect(Object.keys(meanings).length).toBeGreaterThan(20);
    for (const [code, meaning] of Object.entries(meanings)) {
      expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
    }
  });
});
