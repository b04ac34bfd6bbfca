import { describe, expect, it } from 'vitest';
import type { Token } from '../../../src/core/ports/token.ts';
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
  read: ['write-secret'],
  write: ['read-secret'],
  admin: ['read-secret', 'write-secret', 'both-secret'],
} as const;
const OPEN = ['/healthz', '/readyz'];

interface Route {
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly scope: 'read' | 'write' | 'admin';
}

/** Every route express has, asked of express itself, and the one it does not have. */
async function startWithRoutes() {
  const paths: { readonly path: string; readonly posted: boolean; readonly read: boolean }[] = [];
  const running = await startServer({
    tokens: TOKENS,
    status: () => fixedStatus({ sloProblems: ['file problem'] }),
    extra(app) {
      app.get('/inbox', (_request, response) => void response.send('an inbox'));
      for (const { route } of app.router.stack) {
        if (!route) continue;
        const methods = new Set(route.stack.map(({ method }) => method as string | undefined));
        paths.push({ path: route.path, posted: methods.has('post'), read: methods.has('get') });
      }
    },
  });
  const example = (path: string) =>
    path.replace('*id', 'order-fulfillment/fulfilled-in-10m').replace(':id', 'mk2x1-a7f3');
  const routes: Route[] = [
    { path: '/v1/outcomes', method: 'POST', scope: 'write' },
    ...paths
      .filter(({ read }) => read)
      .map(({ path }) => ({ path: example(path), method: 'GET', scope: 'read' }) as const),
    ...paths
      .filter(({ posted }) => posted)
      .map(({ path }) => {
        const scope = path.startsWith('/v1/adjustments') ? 'admin' : 'write';
        return { path: example(path), method: 'POST', scope } as const;
      }),
  ];
  return { ...running, routes };
}

function ask(url: string, { path, method }: Route, authorization?: string): Promise<Response> {
  return fetch(`${url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) },
    ...(method === 'POST' && { body: JSON.stringify(outcome('a')) }),
  });
}

describe('G1: with tokens', () => {
  it('G1: no route answers without a token of its scope, and all of them do with one', async () => {
    const { url, routes, recorder, operator } = await startWithRoutes();
    const guarded = routes.filter(({ path }) => !OPEN.includes(path));
    expect(routes.length - guarded.length).toBe(OPEN.length);
    expect(guarded.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        '/v1/outcomes',
        '/v1/slos',
        '/v1/adjustments',
        '/v1/adjustments/mk2x1-a7f3/end',
        '/v1/adjustments/mk2x1-a7f3/withdraw',
        '/v1/incidents',
        '/v1/incidents/mk2x1-a7f3/ack',
        '/v1/outbox',
        '/metrics',
        '/',
        '/dashboard.js',
        '/inbox',
      ]),
    );
    for (const route of guarded) {
      const what = `${route.method} ${route.path}`;
      for (const authorization of [
        undefined,
        'Bearer wrong',
        'Bearer',
        'Bearer read-secre',
        'Digest read-secret',
        '',
      ]) {
        const response = await ask(url, route, authorization);
        expect([what, response.status]).toEqual([what, 401]);
        expect(await response.json()).toMatchObject({ code: 'unauthenticated' });
      }
      for (const secret of LACKING[route.scope]) {
        const wrong = await ask(url, route, `Bearer ${secret}`);
        expect([what, wrong.status, await wrong.json()]).toMatchObject([what, 403, { code: 'forbidden' }]);
      }
    }
    expect([recorder.calls, operator.asked]).toEqual([[], []]);
    for (const route of guarded) {
      const enough = route.scope === 'admin' ? [] : [`${route.scope}-secret`, 'both-secret'];
      for (const secret of [...enough, 'admin-secret']) {
        const response = await ask(url, route, `Bearer ${secret}`);
        expect([route.path, response.ok]).toEqual([route.path, true]);
      }
    }
    expect(recorder.calls.length).toBe(3);
  });

  it('G1: says nothing about paths and methods that do not exist', async () => {
    const { url } = await startWithRoutes();
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
    const { url } = await startWithRoutes();
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
    const { url, routes } = await startWithRoutes();
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    const page: Route = { path: '/', method: 'GET', scope: 'read' };
    expect((await ask(url, page, basic('anybody:read-secret'))).status).toBe(200);
    expect((await ask(url, page, basic('read-secret'))).status).toBe(401);
    expect((await ask(url, page, basic('read-secret:'))).status).toBe(401);
    for (const route of routes.filter(({ path }) => !OPEN.includes(path))) {
      const challenge = (await ask(url, route)).headers.get('www-authenticate');
      const api = route.path.startsWith('/v1/') || route.path === '/metrics';
      expect([route.path, challenge?.split(' ')[0]]).toEqual([route.path, api ? 'Bearer' : 'Basic']);
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
});
