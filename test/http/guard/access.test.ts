import { describe, expect, it } from 'vitest';
import type { Token } from '../../../src/core/ports/token.ts';
import { createInbox } from '../../../src/demo/inbox.ts';
import type { HttpRoute } from '../../../src/http/api/route-table.ts';
import { allowedMethods, isIngest, routesByPath } from '../../../src/http/api/route-table.ts';
import { ROUTES } from '../../../src/http/api/routes.ts';
import { shuffled } from '../../support/random.ts';
import { fixedStatus } from '../fakes.ts';
import { outcome, startServer } from '../running-server.ts';

const TOKENS: Token[] = [
  { name: 'reader', secret: 'read-secret', scopes: new Set(['read']) },
  { name: 'writer', secret: 'write-secret', scopes: new Set(['write']) },
  { name: 'both', secret: 'both-secret', scopes: new Set(['read', 'write']) },
  { name: 'boss', secret: 'admin-secret', scopes: new Set(['admin']) },
];
/** Who may not, by the scope that it takes. */
const LACKING = {
  public: [],
  read: ['write-secret'],
  write: ['read-secret'],
  admin: ['read-secret', 'write-secret', 'both-secret'],
} as const;
const ENOUGH = {
  public: ['read-secret', 'write-secret'],
  read: ['read-secret', 'both-secret', 'admin-secret'],
  write: ['write-secret', 'both-secret', 'admin-secret'],
  admin: ['admin-secret'],
} as const;

/** With what the demo adds, but for the mails it has not caught yet. */
const EVERY_ROUTE = [...ROUTES, ...createInbox().routes.filter(({ path }) => !path.includes('{'))];

function example(path: string): string {
  return path.replace('{workflow}/{slo}', 'order-fulfillment/fulfilled-in-10m').replace('{id}', 'mk2x1-a7f3');
}

/** A server with these routes, that notes each one whose handler ran. */
async function startWatched(routes: readonly HttpRoute[] = EVERY_ROUTE) {
  const ran: string[] = [];
  const running = await startServer({
    tokens: TOKENS,
    status: () => fixedStatus({ sloProblems: ['file problem'] }),
    routes: routes.map((route) =>
      isIngest(route)
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

function ask(url: string, path: string, method: string, authorization?: string): Promise<Response> {
  return fetch(`${url}${example(path)}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) },
    ...(method !== 'GET' && method !== 'HEAD' && { body: JSON.stringify(outcome('a')) }),
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
        expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
      }
      for (const secret of LACKING[scope]) {
        const wrong = await ask(url, path, method, `Bearer ${secret}`);
        expect([wrong.status, await wrong.json()]).toMatchObject([403, { code: 'forbidden' }]);
      }
      expect(ran()).toBe(0);
      for (const secret of ENOUGH[scope]) {
        const response = await ask(url, path, method, `Bearer ${secret}`);
        expect(answer.kind === 'ingest' ? [200] : answer.statuses).toContain(response.status);
      }
      expect(ran()).toBe(ENOUGH[scope].length);
    },
  );

  it('G1: only two paths say anything to everyone', () => {
    expect(EVERY_ROUTE.filter(({ scope }) => scope === 'public').map(({ path }) => path)).toEqual([
      '/healthz',
      '/readyz',
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
      new Set(['200', '201', '401', '403', '405']),
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

  it('takes a token as the password of Basic, and offers that on pages only', async () => {
    const { url } = await startWatched();
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect((await ask(url, '/', 'GET', basic('anybody:read-secret'))).status).toBe(200);
    expect((await ask(url, '/', 'GET', basic('read-secret'))).status).toBe(401);
    expect((await ask(url, '/', 'GET', basic('read-secret:'))).status).toBe(401);
    for (const { method, path } of EVERY_ROUTE.filter(({ scope }) => scope !== 'public')) {
      const challenge = (await ask(url, path, method)).headers.get('www-authenticate');
      const api = path.startsWith('/v1/') || path === '/metrics';
      expect([path, challenge?.split(' ')[0]]).toEqual([path, api ? 'Bearer' : 'Basic']);
    }
  });
});

describe('without tokens', () => {
  it('lets everybody do everything', async () => {
    const { url, post } = await startServer();
    expect((await post('{}')).status).toBe(200);
    expect((await fetch(`${url}/v1/slos`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ checks: { store: { ok: true } } });
  });

  it.each(routesByPath(EVERY_ROUTE))(
    'answers 405 at $path for every method it does not have',
    async (place) => {
      const { url } = await startServer({ routes: EVERY_ROUTE });
      const allow = allowedMethods(place.routes);
      expect(allow).toMatch(/^(GET, HEAD|POST|GET, HEAD, POST)$/);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await ask(url, place.path, method);
        if (allow.split(', ').includes(method)) {
          expect([method, response.ok]).toEqual([method, true]);
          continue;
        }
        expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, allow]);
        if (method !== 'HEAD') expect(await response.json()).toMatchObject({ code: 'method-not-allowed' });
      }
      if (!allow.includes('HEAD')) return;
      const [got, head] = [await ask(url, place.path, 'GET'), await ask(url, place.path, 'HEAD')];
      expect(await head.text()).toBe('');
      for (const name of ['content-type', 'cache-control'])
        expect([name, head.headers.get(name)]).toEqual([name, got.headers.get(name)]);
      expect(head.headers.has('content-length')).toBe(true);
    },
  );
});
