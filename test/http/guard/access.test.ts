import { describe, expect, it } from 'vitest';
import { token } from '../../support/tokens.ts';
import { createInbox } from '../../../src/demo/inbox.ts';
import type { HttpRoute } from '../../../src/http/api/route-table.ts';
import { allowedMethods, isIngest, routesByPath } from '../../../src/http/api/route-table.ts';
import { ROUTES } from '../../../src/http/api/routes.ts';
import { shuffled } from '../../support/random.ts';
import type { Token } from '../../../src/core/ports/token.ts';
import { burningSlo, dependencyReport, fixedStatus, sloDetail } from '../fakes.ts';
import { anEvent } from '../../support/cloud-events.ts';
import { jsonMetrics, jsonSpan, jsonTraces } from '../../support/otlp.ts';
import { incidentEvents } from '../incident-fakes.ts';
import { outcome, startServer } from '../running-server.ts';

const TOKENS = [
  token('reader', 'read', 'read-secret'),
  token('producer', 'ingest', 'ingest-secret'),
  token('responder', 'respond', 'respond-secret'),
  token('writer', 'write', 'write-secret'),
  token('both', 'read+write', 'both-secret'),
  token('boss', 'admin', 'admin-secret'),
  token('frame', 'embed', 'embed-secret'),
  token('narrow', 'read@order-*', 'narrow-secret'),
];
/** Who may not, by the scope that it takes. */
const LACKING = {
  public: [],
  ingest: ['read-secret', 'respond-secret'],
  embed: ['write-secret', 'ingest-secret', 'respond-secret'],
  read: ['write-secret', 'ingest-secret', 'respond-secret', 'embed-secret'],
  respond: ['read-secret', 'ingest-secret', 'embed-secret'],
  write: ['read-secret', 'ingest-secret', 'respond-secret'],
  admin: ['read-secret', 'write-secret', 'both-secret'],
} as const;
const ENOUGH = {
  public: ['read-secret', 'write-secret'],
  ingest: ['ingest-secret', 'write-secret', 'both-secret', 'admin-secret'],
  embed: ['embed-secret', 'read-secret', 'both-secret', 'admin-secret'],
  read: ['read-secret', 'both-secret', 'admin-secret'],
  respond: ['respond-secret', 'write-secret', 'both-secret', 'admin-secret'],
  write: ['write-secret', 'both-secret', 'admin-secret'],
  admin: ['admin-secret'],
} as const;

/** With what the demo adds, but for the mails it has not caught yet. */
const EVERY_ROUTE = [...ROUTES, ...createInbox().routes.filter(({ path }) => !path.includes('{'))];

function example(path: string): string {
  return path
    .replace('{workflow}/{slo}', 'order-fulfillment/fulfilled-in-10m')
    .replace('{workflow}', 'order-fulfillment')
    .replace('{execution}', 'order-17')
    .replace('{dependency}', 'bank')
    .replace('{verb}', 'ok')
    .replace('{target}', 'pager')
    .replace('{id}', 'mk2x1-a7f3');
}

/** A server with these routes, that notes each one whose handler ran. */
async function startWatched(routes: readonly HttpRoute[] = EVERY_ROUTE) {
  const ran: string[] = [];
  const running = await startServer({
    tokens: TOKENS,
    status: () => fixedStatus({ sloProblems: ['file problem'] }),
    routes: routes.map((route) =>
      // Of these the recorder says that they ran.
      isIngest(route) || !('handler' in route) || route.path.startsWith('/v1/ping/')
        ? route
        : ({
            ...route,
            handler(...given) {
              ran.push(`${route.method} ${route.path}`);
              return route.handler(...given);
            },
          } as HttpRoute),
    ),
  });
  return { ...running, ran: () => ran.length + running.recorder.calls.length };
}

/** Whether what is sent there is a form of a page, which leads on to a page. */
function isForm(path: string): boolean {
  return ROUTES.some((route) => route.path === path && 'form' in route && route.form !== undefined);
}

function contentType(path: string): string {
  if (path === '/v1/events') return 'application/cloudevents+json';
  return isForm(path) ? 'application/x-www-form-urlencoded' : 'application/json';
}

/** What each path that takes in records is sent, so that there is something to record. */
const BODIES: Readonly<Record<string, object>> = {
  '/v1/annotations': { text: 'x' },
  '/v1/gate/overrides': { workflow: 'order-fulfillment', reason: 'x', by: 'sam' },
  '/v1/measurements': { workflow: 'order-fulfillment', name: 'depth', value: 1 },
  '/v1/events': anEvent({ type: 'order-fulfillment.completed', time: undefined }),
  '/v1/traces': jsonTraces('order-fulfillment', jsonSpan()),
  '/v1/metrics': jsonMetrics('order-fulfillment', 'burnwatch.outcomes', { 'burnwatch.status': 'failed' }),
};

/** What a form is sent that would not do without. */
const FORMS: Readonly<Record<string, string>> = {
  '/targets/{target}/test': 'slo=order-fulfillment/fulfilled-in-10m',
};

/** The code of an error; OTLP has a number of its own for it, and the code in its message. */
function codeOf(body: unknown): unknown {
  const { code, message } = body as { readonly code: unknown; readonly message?: string };
  return typeof code === 'number' ? message?.split(':')[0] : code;
}

function ask(url: string, path: string, method: string, authorization?: string): Promise<Response> {
  return fetch(`${url}${example(path)}`, {
    method,
    redirect: 'manual',
    headers: { 'Content-Type': contentType(path), ...(authorization && { Authorization: authorization }) },
    ...(method !== 'GET' &&
      method !== 'HEAD' && {
        body: FORMS[path] ?? JSON.stringify(BODIES[path] ?? outcome('a')),
      }),
  });
}

describe('G1: with tokens', () => {
  it.each(EVERY_ROUTE.filter(({ scope }) => scope !== 'public'))(
    'G1: $method $path does nothing without a token of the scope $scope, and answers with one',
    async ({ method, path, scope, answer }) => {
      const { url, ran } = await startWatched();
      for (const authorization of [
        undefined,
        'Bearer wrong',
        'Bearer',
        'Bearer read-secre',
        'Digest read-secret',
        '',
      ]) {
        const response = await ask(url, path, method, authorization);
        expect(response.status).toBe(401);
        expect(codeOf(await response.json())).toBe('unauthenticated');
      }
      for (const secret of LACKING[scope]) {
        const wrong = await ask(url, path, method, `Bearer ${secret}`);
        expect([wrong.status, codeOf(await wrong.json())]).toEqual([403, 'forbidden']);
      }
      expect(ran()).toBe(0);
      for (const [index, secret] of ENOUGH[scope].entries()) {
        const response = await ask(url, path, method, `Bearer ${secret}`);
        // What one has removed may not be there for the next.
        const usual = answer.kind === 'ingest' ? [200] : answer.statuses;
        expect(method === 'DELETE' && index > 0 ? [...usual, 404] : usual).toContain(response.status);
      }
      expect(ran()).toBe(answer.kind === 'stream' ? 0 : ENOUGH[scope].length);
    },
  );

  it('G1: only health, exec.sh, what signing in needs and what is signed say anything to everyone', () => {
    expect(
      EVERY_ROUTE.filter(({ scope }) => scope === 'public').map(({ method, path }) => `${method} ${path}`),
    ).toEqual([
      'GET /exec.sh',
      'GET /links/{link}',
      'POST /links/{link}',
      'POST /v1/slack/interactivity',
      'GET /healthz',
      'GET /readyz',
      'GET /dashboard.css',
      'GET /dashboard.svg',
      'GET /charts.css',
      'GET /login',
      'POST /login',
      'POST /logout',
    ]);
  });

  it('G1: the order of the routes decides nothing', async () => {
    const asked = routesByPath(EVERY_ROUTE).flatMap(({ path }) =>
      ['GET', 'HEAD', 'POST', 'PUT'].flatMap((method) =>
        ['', 'read-secret', 'write-secret', 'admin-secret'].map((secret) => ({ path, method, secret })),
      ),
    );
    const statuses = async (routes: readonly HttpRoute[]) => {
      const { url } = await startWatched(routes);
      const lines: string[] = [];
      for (const { path, method, secret } of asked) {
        const { status, headers } = await ask(url, path, method, `Bearer ${secret}`);
        const type = headers.get('content-type');
        lines.push(`${method} ${path} ${secret}: ${status} ${type} ${headers.get('allow')}`);
      }
      return lines;
    };
    const expected = await statuses(EVERY_ROUTE);
    expect(new Set(expected.map((line) => /: (\d+)/.exec(line)![1]))).toEqual(
      // 303: signing out leads to the page where people sign in.
      new Set(['200', '201', '303', '401', '403', '405']),
    );
    expect(await statuses(EVERY_ROUTE.toReversed())).toEqual(expected);
    for (const seed of [1, 2]) expect(await statuses(shuffled(EVERY_ROUTE, seed))).toEqual(expected);
  });

  it('G1: asks for the scope before it looks at the body, the query or what is in the path', async () => {
    const { url, ran } = await startWatched();
    const post = (path: string, secret?: string) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: 'no JSON',
        headers: secret ? { Authorization: `Bearer ${secret}` } : {},
      });
    for (const path of ['/v1/outcomes', '/v1/adjustments', '/v1/adjustments/%E0%A4%A/end']) {
      expect((await post(path)).status).toBe(401);
      expect((await post(path, 'read-secret')).status).toBe(403);
    }
    for (const path of [
      '/v1/slos/%E0%A4%A/x',
      '/v1/outbox?limit=x',
      '/v1/outbox?strange',
      '/slos/%E0%A4%A/x',
    ])
      expect((await fetch(`${url}${path}`)).status).toBe(401);
    expect(ran()).toBe(0);
  });

  it('G1: says nothing about paths and methods that do not exist', async () => {
    const { url } = await startWatched();
    const paths = [
      '/nothing',
      '/v1/slos/a/b',
      '//v1/outcomes',
      '/v1/outcomes/',
      '/V1/OUTCOMES',
      '/v1/../v1/slos',
      '/%2e%2e',
    ];
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD']) {
        expect((await fetch(`${url}${path}`, { method })).status).toBe(401);
      }
    }
    expect((await fetch(`${url}/v1/outcomes`)).status).toBe(401);
  });

  it('tells anybody whether it lives and is ready, and only readers why not', async () => {
    const { url } = await startWatched();
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ready' });
    const writer = await fetch(`${url}/readyz`, { headers: { Authorization: 'Bearer write-secret' } });
    expect(await writer.json()).toEqual({ status: 'ready' });
    const reader = await fetch(`${url}/readyz`, { headers: { Authorization: 'Bearer read-secret' } });
    expect(await reader.json()).toMatchObject({
      sloProblems: ['file problem'],
      checks: { store: { ok: true } },
    });
  });

  it('takes a token as the password of Basic, and asks programs for Bearer', async () => {
    const { url } = await startWatched();
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect((await ask(url, '/', 'GET', basic('anybody:read-secret'))).status).toBe(200);
    expect((await ask(url, '/', 'GET', basic('read-secret'))).status).toBe(401);
    expect((await ask(url, '/', 'GET', basic('read-secret:'))).status).toBe(401);
    for (const { method, path } of EVERY_ROUTE.filter(({ scope }) => scope !== 'public')) {
      const challenge = (await ask(url, path, method)).headers.get('www-authenticate');
      expect([path, challenge?.split(' ')[0]]).toEqual([path, 'Bearer']);
    }
  });
});

describe('without tokens', () => {
  it('lets everybody do everything', async () => {
    const { url, post } = await startServer();
    expect((await post(JSON.stringify(outcome('a')))).status).toBe(200);
    expect((await fetch(`${url}/v1/slos`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ checks: { store: { ok: true } } });
  });

  it.each(routesByPath(EVERY_ROUTE))(
    'answers 405 at $path for every method it does not have',
    async (place) => {
      const { url } = await startServer({ routes: EVERY_ROUTE });
      const allow = allowedMethods(place.routes);
      expect(allow).toMatch(/^(GET, HEAD|POST|DELETE|GET, HEAD, (POST|DELETE))$/);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await ask(url, place.path, method);
        if (allow.split(', ').includes(method)) {
          // Signing in, where nobody has to, leads on to the dashboard; who followed a link sees what became of it.
          const answersItself = place.path in FORMS;
          const isLink = place.path.startsWith('/links/');
          const leadsOn =
            isForm(place.path) && !answersItself && !isLink && (method === 'POST' || place.path === '/login');
          // What must be signed is refused without.
          const signed = place.routes.some((route) => 'signed' in route);
          const wanted = leadsOn ? 303 : signed ? 401 : response.ok && response.status;
          expect([method, response.status]).toEqual([method, wanted]);
          continue;
        }
        expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, allow]);
        if (method !== 'HEAD') expect(codeOf(await response.json())).toBe('method-not-allowed');
      }
      if (!allow.includes('HEAD')) return;
      const [got, head] = [await ask(url, place.path, 'GET'), await ask(url, place.path, 'HEAD')];
      expect(await head.text()).toBe('');
      for (const name of ['content-type', 'cache-control'])
        expect([name, head.headers.get(name)]).toEqual([name, got.headers.get(name)]);
      // How long a stream will be, nothing can say.
      const isStream = place.routes.some(({ answer }) => answer.kind === 'stream');
      expect(head.headers.has('content-length')).toBe(!isStream);
    },
  );
});

describe('G1: a token for some workflows', () => {
  const LISTED = [
    sloDetail({ workflow: 'order-fulfillment' }),
    sloDetail({ workflow: 'billing', owner: 'finance' }),
  ];

  async function startListed(tokens: readonly Token[]) {
    const running = await startServer({
      tokens,
      status: () => fixedStatus({ sloProblems: ['billing: wrong'] }),
    });
    running.queries.list = LISTED;
    running.queries.calls = [
      dependencyReport('bank', ['order-fulfillment', 'billing']),
      ...LISTED.map(({ workflow }) => dependencyReport(`only-of-${workflow}`, [workflow])),
    ];
    running.operator.open = LISTED.map(({ id, workflow, owner }) => ({
      ...burningSlo().incident!,
      id: `open-${workflow}`,
      slo: id,
      workflow,
      owner,
    }));
    for (const incident of running.operator.open)
      running.operator.histories.set(incident.id, incidentEvents(incident));
    const get = (path: string, secret: string) =>
      fetch(`${running.url}${path}`, { headers: { Authorization: `Bearer ${secret}` } });
    return { ...running, get };
  }

  it.each([
    ['read@order-*', 'order-fulfillment'],
    ['read@owner=fin*', 'billing'],
    ['ingest+read@bil?ing', 'billing'],
  ])('%s reads only these, wherever workflows are listed', async (scopes, workflow) => {
    const { get } = await startListed([token('narrow', scopes, 'narrow')]);
    const hidden = workflow === 'billing' ? 'order-fulfillment' : 'billing';
    const own = await (await get(`/v1/slos/${workflow}/fulfilled-in-10m`, 'narrow')).json();
    expect(own).toMatchObject({ workflow });
    expect((await get(`/v1/slos/${hidden}/fulfilled-in-10m`, 'narrow')).status).toBe(404);
    expect((await get(`/v1/slos/${hidden}/fulfilled-in-10m/history`, 'narrow')).status).toBe(404);
    expect((await get(`/v1/workflows/${hidden}`, 'narrow')).status).toBe(404);
    expect((await get(`/workflows/${hidden}`, 'narrow')).status).toBe(404);
    expect((await get(`/v1/executions/${hidden}/a`, 'narrow')).status).toBe(404);
    expect((await get(`/v1/dependencies/only-of-${hidden}`, 'narrow')).status).toBe(404);
    expect((await get(`/v1/incidents/open-${hidden}`, 'narrow')).status).toBe(404);
    expect((await get(`/v1/incidents/open-${hidden}/postmortem.md`, 'narrow')).status).toBe(404);
    for (const path of [
      '/v1/slos',
      '/v1/dependencies',
      '/v1/dependencies/bank',
      '/dependencies/bank',
      '/v1/incidents',
      '/v1/incidents?state=all',
      `/v1/incidents/open-${workflow}`,
      `/v1/incidents/open-${workflow}/postmortem.md`,
      '/v1/adjustments',
      '/',
      `/slos/${workflow}/fulfilled-in-10m`,
      `/workflows/${workflow}`,
      `/v1/workflows/${workflow}`,
      `/v1/executions/${workflow}/a`,
      '/readyz',
    ]) {
      const response = await get(path, 'narrow');
      expect([path, response.status]).toEqual([path, 200]);
      expect([path, await response.text()]).toEqual([
        path,
        expect.not.stringMatching(
          `(workflow|slo)":"${hidden}|/(slos|workflows)/${hidden}|only-of-${hidden}|billing: wrong`,
        ),
      ]);
    }
    for (const path of ['/metrics', '/v1/outbox']) expect((await get(path, 'narrow')).status).toBe(403);
  });
});

describe('unknown tokens', () => {
  it('are counted, logged once a minute with their address, and asked to wait; known ones are not', async () => {
    let now = 0;
    const lines: object[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void lines.push(fields) };
    const { url } = await startServer({ tokens: TOKENS, log, elapsed: () => now });
    const status = async (secret: string) => {
      const response = await fetch(`${url}/v1/slos`, { headers: { Authorization: `Bearer ${secret}` } });
      return [response.status, response.headers.get('retry-after')];
    };
    for (let index = 0; index < 20; index++) expect(await status(`wrong-${index}`)).toEqual([401, null]);
    expect(await status('wrong')).toEqual([429, '60']);
    expect(await status('read-secret')).toEqual([200, null]);
    expect(lines).toEqual([{ address: '127.0.0.1', by: 'bearer', omitted: 0 }]);
    now += 60_000;
    expect(await status('wrong')).toEqual([401, null]);
    expect(lines.at(-1)).toEqual({ address: '127.0.0.1', by: 'bearer', omitted: 20 });
    const metrics = await (
      await fetch(`${url}/metrics`, { headers: { Authorization: 'Bearer read-secret' } })
    ).text();
    expect(metrics).toContain('burnwatch_authentication_failures_total{by="bearer"} 22');
    for (let index = 0; index < 20; index++) await status('wrong');
    expect((await status('wrong'))[0]).toBe(429);
    // What needs no token is answered all the same: probes must not take the service for dead.
    const probe = (path: string) => fetch(url + path, { headers: { Authorization: 'Bearer wrong' } });
    expect([(await probe('/healthz')).status, (await probe('/readyz')).status]).toEqual([200, 200]);
  });
});

describe('what was done', () => {
  it('is noted with who, what, to what and from where, for every route that changes something', async () => {
    const changing = ROUTES.filter(
      ({ method, path, answer }) =>
        // A preview makes nothing.
        method !== 'GET' && answer.kind === 'json' && !path.endsWith('/preview'),
    );
    expect(changing.filter((route) => !('audit' in route))).toEqual([]);
    const { url, audit } = await startServer({ tokens: TOKENS });
    for (const { path, method } of changing)
      expect((await ask(url, path, method, 'Bearer writer')).status).toBe(401);
    for (const { path, method } of changing) await ask(url, path, method, 'Bearer write-secret');
    expect(audit.noted.map(({ what }) => what)).toEqual(
      changing.map((route) => 'audit' in route && route.audit?.what),
    );
    expect(audit.noted).toContainEqual(
      expect.objectContaining({ what: 'adjustment.ended', about: 'mk2x1-1a2b3c4d' }),
    );
    expect(audit.noted.every(({ who, address }) => who === 'writer' && address === '127.0.0.1')).toBe(true);
    const answer = await fetch(`${url}/v1/audit?limit=1`, {
      headers: { Authorization: 'Bearer admin-secret' },
    });
    expect(await answer.json()).toMatchObject({
      items: [
        {
          at: expect.stringMatching(/^2026-03-10T12:00:00/) as string,
          who: 'writer',
          what: 'outbox.dropped',
          about: 'mk2x1-a7f3/1/pager',
          address: '127.0.0.1',
        },
      ],
      next: expect.any(String) as string,
    });
  });
});
