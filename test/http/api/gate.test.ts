import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { SloDetail } from '../../../src/core/ports/queries.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { gate } from '../../../src/cli/gate.ts';
import { token } from '../../support/tokens.ts';
import { NOW, burningSlo, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const fresh = (fields: Partial<SloDetail> = {}) => sloDetail({ evaluatedAt: NOW - MINUTE, ...fields });
const FROZEN = {
  budgetPolicy: {
    name: 'strict',
    deploys: 'frozen',
    reasons: ['The budget is spent.'],
    postmortemAbove: null,
  },
} as const;

async function ask(list: SloDetail[], query = 'workflow=order-fulfillment') {
  const running = await startServer();
  running.queries.list = list;
  const response = await fetch(`${running.url}/v1/gate?${query}`);
  return { ...running, status: response.status, body: (await response.json()) as object };
}

describe('the gate', () => {
  it('is open while no policy freezes deploys and no page is open', async () => {
    expect(await ask([fresh()])).toMatchObject({
      status: 200,
      body: { decision: 'allowed', slos: 1, reasons: [] },
    });
  });

  it('is opened by an override that holds, for who may be deployed by it, and says why and until when', async () => {
    const running = await startServer();
    running.queries.list = [
      fresh({ name: 'frozen', ...FROZEN }),
      fresh({ workflow: 'orders', name: 'frozen', ...FROZEN }),
    ];
    const read = async (query: string) =>
      (await (await fetch(`${running.url}/v1/gate?${query}`)).json()) as object;
    const one = 'workflow=order-fulfillment';
    expect(await read(one)).toMatchObject({ decision: 'denied', overriddenBy: null });
    const request = { workflow: 'order-fulfillment', reason: 'the fix', by: 'sam', for: '2h' };
    const answer = await running.post(JSON.stringify(request), {}, '/v1/gate/overrides');
    const { id } = (await answer.json()) as { id: string };
    expect(answer.status).toBe(201);
    expect(running.audit.noted).toMatchObject([{ what: 'gate.overridden', about: id }]);
    const until = new Date(NOW + 2 * HOUR).toISOString();
    expect(await read(one)).toMatchObject({
      decision: 'allowed',
      reasons: [{ kind: 'frozen' }],
      overriddenBy: { id, by: 'sam', reason: 'the fix', until },
    });
    // Of the others it says nothing.
    expect(await read('workflow=orders')).toMatchObject({ decision: 'denied', overriddenBy: null });
    expect(await read('')).toMatchObject({ decision: 'denied', overriddenBy: null });
    expect((await fetch(`${running.url}/v1/gate/overrides/${id}`, { method: 'DELETE' })).status).toBe(200);
    expect(await read(one)).toMatchObject({ decision: 'denied', overriddenBy: null });
    expect(running.audit.noted.at(-1)).toMatchObject({ what: 'gate.override-ended', about: id });
    const list = (await (await fetch(`${running.url}/v1/gate/overrides?state=over`)).json()) as {
      items: object[];
    };
    expect(list.items).toContainEqual(expect.objectContaining({ id, active: false }));
  });

  it('is overridden and closed again from the command line', async () => {
    const { url, queries } = await startServer();
    queries.list = [fresh({ name: 'frozen', ...FROZEN })];
    const env = { BURNWATCH_URL: url, USER: 'sam' };
    const workflow = 'order-fulfillment';
    expect((await gate({ workflow }, 'text', env)).code).toBe(1);
    const open = await gate({ workflow, override: 'the fix', for: '30m' }, 'text', env);
    expect([open.code, open.text]).toEqual([
      0,
      expect.stringMatching(/^Allowed: overridden by sam until 2026-03-10T12:30/),
    ]);
    const id = /\((\S+)\)/.exec(open.text)![1]!;
    expect((await gate({ workflow, endOverride: id }, 'text', env)).code).toBe(1);
    // What could not be overridden is not let out, whatever becomes of what cannot be told.
    const refused = await gate({ workflow, override: 'x', for: '99h', onUnknown: 'allow' }, 'text', env);
    expect([refused.code, refused.text]).toEqual([2, expect.stringContaining('from 1m to 1d')]);
  });

  it('is closed by a policy, until the period ends at the latest, and by a page', async () => {
    const calendar = { window: 'month', kind: 'calendar' as const, from: NOW - DAY, to: NOW + DAY };
    const [window] = fresh().windows;
    const { body } = await ask([
      fresh({ name: 'frozen', ...FROZEN, windows: [{ ...window!, ...calendar }] }),
      fresh({ name: 'rolling', ...FROZEN }),
      { ...burningSlo({ name: 'burning' }), evaluatedAt: NOW },
    ]);
    expect(body).toMatchObject({
      decision: 'denied',
      reasons: [
        {
          slo: 'order-fulfillment/frozen',
          kind: 'frozen',
          message: 'The budget is spent.',
          freedAt: new Date(NOW + DAY).toISOString(),
        },
        { slo: 'order-fulfillment/rolling', kind: 'frozen', freedAt: null },
        { slo: 'order-fulfillment/burning', kind: 'page', freedAt: null },
      ],
    });
  });

  it.each([
    ['stale', { evaluatedAt: NOW - HOUR }],
    ['stale', { evaluatedAt: NOW + HOUR }],
    ['stale', { evaluatedAt: null }],
    ['partly-read', { readShare: 0.6 }],
    ['no-data', { data: 'none' as const }],
  ])('says that it cannot be told: %s (%o)', async (kind, fields) => {
    expect((await ask([fresh(), fresh({ name: 'other', ...fields })])).body).toMatchObject({
      decision: 'unknown',
      reasons: [{ slo: 'order-fulfillment/other', kind }],
    });
    expect((await ask([fresh(FROZEN), fresh({ name: 'other', ...fields })])).body).toMatchObject({
      decision: 'denied',
    });
  });

  it('lets nothing through by a name that no SLO has, or by none', async () => {
    for (const query of ['workflow=order-fulfilment', 'owner=nobody'])
      expect(await ask([fresh()], query)).toMatchObject({ status: 404, body: { code: 'unknown-workflow' } });
    expect(await ask([], '')).toMatchObject({ status: 404 });
    expect(await ask([fresh()], '')).toMatchObject({ status: 200, body: { slos: 1 } });
    for (const query of ['workflow=a&owner=b', 'workflow=order-fulfillment&strict=1'])
      expect(await ask([fresh()], query)).toMatchObject({ status: 400, body: { code: 'invalid-query' } });
  });

  it('G1: is of what the token may read', async () => {
    const { url, queries } = await startServer({ tokens: [token('narrow', 'read@billing', 'narrow')] });
    queries.list = [fresh()];
    const response = await fetch(`${url}/v1/gate?workflow=order-fulfillment`, {
      headers: { Authorization: 'Bearer narrow' },
    });
    expect(response.status).toBe(404);
  });
});

describe('burnwatch gate', () => {
  it('exits 0, 1 and 2, and decides what cannot be told as it is asked to', async () => {
    const { url, queries } = await startServer();
    const run = (options: Parameters<typeof gate>[0] = {}, at = url) =>
      gate({ workflow: 'order-fulfillment', ...options }, 'text', { BURNWATCH_URL: at });
    queries.list = [fresh()];
    expect(await run()).toEqual({ code: 0, text: 'Allowed: nothing speaks against it (1 SLO).' });
    queries.list = [fresh(FROZEN)];
    expect(await run({ onUnknown: 'allow' })).toMatchObject({
      code: 1,
      text: expect.stringMatching(
        /^Denied\.\n {2}order-fulfillment\/\S+: The budget is spent\. Free when: /,
      ) as string,
    });
    queries.list = [fresh({ data: 'none' })];
    expect((await run()).code).toBe(2);
    expect((await run({ onUnknown: 'allow' })).code).toBe(0);
    expect((await run({ onUnknown: 'deny' })).code).toBe(1);
    expect((await run({ workflow: 'misspelt' })).code).toBe(2);
    const nowhere = 'http://127.0.0.1:9';
    expect((await run({}, nowhere)).code).toBe(2);
    expect((await run({ onUnknown: 'deny' }, nowhere)).code).toBe(1);
  });
});

describe('docs/gate.md', () => {
  const blocks = [
    ...readFileSync(new URL('../../../docs/gate.md', import.meta.url), 'utf8').matchAll(
      /```yml\n([^]*?)```/g,
    ),
  ].map(([, text]) => parseAllDocuments(text!)[0]!.toJS() as unknown);
  const action = (blocks[0] as { run: string }[])[0]!.run;
  const job = (blocks[1] as { 'error-budget': { script: string[] } })['error-budget'].script[0]!;

  it.each([
    ['the step of GitHub Actions', action, [0, 1, 0]],
    ['the job of GitLab', job, [0, 1, 1]],
  ])('%s ends as it says: allowed, denied, and when nothing answers', async (_name, script, codes) => {
    const { url, queries } = await startServer();
    const run = async (at: string): Promise<number> => {
      const env = { ...process.env, BURNWATCH_URL: at, BURNWATCH_TOKEN: 'x' };
      try {
        await promisify(execFile)('sh', ['-ec', script], { env });
        return 0;
      } catch (error) {
        return (error as { readonly code: number }).code;
      }
    };
    queries.list = [fresh({ owner: 'payments' })];
    const found = [await run(url)];
    queries.list = [fresh({ owner: 'payments', ...FROZEN })];
    found.push(await run(url), await run('http://127.0.0.1:9'));
    expect(found).toEqual(codes);
  });
});
