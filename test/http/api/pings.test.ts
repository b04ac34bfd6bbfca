import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../support/memory-log.ts';
import { token } from '../../support/tokens.ts';
import { openConnection, startServer } from '../running-server.ts';

const SECRET = 'ping-secret-1/2+3';
const TOKENS = [
  token('old', 'ingest@order-*', SECRET),
  token('new', 'ingest', 'ping-secret-4'),
  token('narrow', 'ingest@billing', 'narrow-secret'),
  token('more', 'ingest+read', 'more-secret'),
  token('writer', 'write', 'write-secret'),
  token('boss', 'admin', 'admin-secret'),
];
const inPath = encodeURIComponent(SECRET);

describe('ping URLs', () => {
  it('take GET, HEAD and POST, and answer with a word that no cache keeps', async () => {
    const { url, recorder } = await startServer();
    for (const method of ['GET', 'HEAD', 'POST']) {
      const answer = await fetch(`${url}/v1/ping/order-fulfillment/${method}/ok`, { method });
      expect([answer.status, await answer.text()]).toEqual([200, method === 'HEAD' ? '' : 'ok\n']);
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('etag')).toBeNull();
    }
    expect(recorder.calls.flat()).toMatchObject(
      ['GET', 'HEAD', 'POST'].map((execution) => ({
        workflow: 'order-fulfillment',
        execution,
        status: 'succeeded',
      })),
    );
  });

  it('take names with slashes, a step and an attempt', async () => {
    const { url, recorder } = await startServer();
    const path = '/v1/ping/etl%2Fdaily/2026%2F03%2F10/3?step=load%2Fall&attempt=2';
    expect((await fetch(url + path)).status).toBe(200);
    expect(recorder.calls.flat()).toEqual([
      {
        workflow: 'etl/daily',
        execution: '2026/03/10',
        status: 'failed',
        error: 'exit-3',
        step: 'load/all',
        attempt: 2,
        attributes: null,
      },
    ]);
  });

  it('keep the beginning of a body, whatever it is and however long', async () => {
    const { url, recorder } = await startServer();
    const post = (body: string | Buffer, headers = {}) =>
      fetch(`${url}/v1/ping/order-fulfillment/e-${recorder.calls.length}/fail`, {
        method: 'POST',
        body,
        headers,
      });
    expect((await post('disk\u0000full\r\nreally\u001b[0m')).status).toBe(200);
    expect((await post(Buffer.alloc(3_000_000, 'x'), { 'Content-Type': 'image/png' })).status).toBe(200);
    expect((await post(Buffer.from([0xff, 0xfe]))).status).toBe(200);
    expect(recorder.calls.flat().map((record) => (record as { attributes: unknown }).attributes)).toEqual([
      { message: 'disk full really [0m' },
      { message: 'x'.repeat(256) },
      null,
    ]);
  });

  it('ask for a body that is announced, and record nothing when it never ends', async () => {
    const { port, recorder } = await startServer();
    const head = 'POST /v1/ping/order-fulfillment/e/ok HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
    const asking = await openConnection(port);
    asking.send(`${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    await expect.poll(() => asking.received()).toContain('100 Continue');
    asking.send('hi');
    expect(await asking.ended).toContain('200 OK');
    const gone = await openConnection(port);
    gone.send(`${head}Content-Length: 9\r\n\r\nhalf`);
    gone.socket.destroy();
    await gone.ended;
    expect(recorder.calls).toHaveLength(1);
  });

  it.each([
    ['/v1/ping/order-fulfillment/e/done', 404, 'not-found'],
    ['/v1/ping/order-fulfillment/e/256', 404, 'not-found'],
    ['/v1/ping/order-fulfillment', 404, 'not-found'],
    ['/v1/ping/a/b/c/d/ok', 404, 'not-found'],
    ['/v1/ping/order-fulfillment/%E0%A4%A/ok', 400, 'invalid-path'],
    ['/v1/ping/order-fulfillment/e/ok?stepp=load', 400, 'invalid-query'],
    ['/v1/ping/order-fulfillment/e/ok?attempt=0', 400, 'invalid-query'],
    ['/v1/ping/order-fulfillment/e/ok?step=a%20b', 422, 'nothing-accepted'],
    ['/v1/ping/order%20fulfillment/e/ok', 422, 'nothing-accepted'],
  ])('%s is answered with %d %s and counts nothing', async (path, status, code) => {
    const { url, server } = await startServer();
    const answer = await fetch(url + path);
    expect([answer.status, await answer.json()]).toMatchObject([status, { code }]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics.includes('burnwatch_outcomes_rejected_total{code="invalid-field"} 1')).toBe(
      status === 422,
    );
    await server.close();
  });

  it.each([
    ['cross-site', 403],
    ['same-site', 403],
    ['same-origin', 200],
    ['none', 200],
  ])('G1: are not for what a page (%s) makes a browser fetch without a token', async (site, status) => {
    const { url, recorder } = await startServer();
    for (const method of ['GET', 'POST']) {
      // Of fetch this header cannot be set by pages.
      const answer = await fetch(`${url}/v1/ping/order-fulfillment/${method}/ok`, {
        method,
        headers: { 'Sec-Fetch-Site': site },
      });
      expect(answer.status).toBe(status);
    }
    expect(recorder.calls).toHaveLength(status === 200 ? 2 : 0);
  });
});

describe('G1: a token in a ping URL', () => {
  it('reports with and without an execution, several of them at the same time, and none other', async () => {
    let tokens = TOKENS;
    const { url, recorder } = await startServer({ access: { tokens: () => tokens, open: null } });
    const ping = async (path: string, init = {}) => (await fetch(`${url}/v1/ping/${path}`, init)).status;
    const paths = (secret: string) => [
      `${secret}/order-fulfillment/e-1/ok`,
      `${secret}/order-fulfillment/ok`,
    ];
    for (const secret of [inPath, 'ping-secret-4'])
      for (const path of paths(secret)) expect([path, await ping(path)]).toEqual([path, 200]);
    expect(recorder.calls).toHaveLength(4);
    for (const path of [...paths('wrong-secret'), 'order-fulfillment/e-1/ok', 'order-fulfillment/ok'])
      expect([path, await ping(path)]).toEqual([path, 401]);
    // The one in the path counts, where there are two.
    const bearer = { headers: { Authorization: 'Bearer ping-secret-4' } };
    expect(await ping('wrong-secret/order-fulfillment/e-1/ok', bearer)).toBe(401);
    expect(await ping('order-fulfillment/e-1/ok', bearer)).toBe(200);
    tokens = TOKENS.slice(1);
    for (const path of paths(inPath)) expect([path, await ping(path)]).toEqual([path, 401]);
    expect(recorder.calls).toHaveLength(5);
  });

  it.each(['more-secret', 'write-secret', 'admin-secret'])(
    'is refused with more than the scope ingest: %s',
    async (secret) => {
      const { url, recorder } = await startServer({ tokens: TOKENS });
      for (const path of ['order-fulfillment/e/ok', 'order-fulfillment/ok']) {
        const answer = await fetch(`${url}/v1/ping/${secret}/${path}`);
        expect([answer.status, await answer.json()]).toMatchObject([
          403,
          { code: 'forbidden', detail: expect.stringContaining('scope ingest and no other') as string },
        ]);
      }
      expect(recorder.calls).toEqual([]);
    },
  );

  it('is none for other paths', async () => {
    const { url } = await startServer({ tokens: TOKENS });
    for (const path of [`/v1/${inPath}/outcomes`, `/v1/ping/${inPath}/../../slos`, `/v1/slos/${inPath}/x`])
      expect((await fetch(url + path)).status).toBe(401);
  });

  it('is in no log, no answer, no metric, no audit entry and no rejection, right or wrong', async () => {
    const log = memoryLog();
    const { url, audit } = await startServer({ tokens: TOKENS, log });
    const wrong = 'wrong-secret-99';
    const answers: string[] = [];
    for (const secret of [inPath, 'narrow-secret', 'more-secret', wrong]) {
      for (const rest of [
        'order-fulfillment/e/ok',
        'order-fulfillment/log',
        'bad%20name/e/ok',
        'a/b/nonsense',
        'a/b/ok?x=y',
      ]) {
        const answer = await fetch(`${url}/v1/ping/${secret}/${rest}`, { method: 'POST', body: 'text' });
        answers.push(await answer.text(), JSON.stringify([...answer.headers]));
      }
    }
    const boss = { headers: { Authorization: 'Bearer admin-secret' } };
    for (const path of ['/metrics', '/', '/v1/audit'])
      answers.push(await (await fetch(url + path, boss)).text());
    const told = JSON.stringify([log.entries, audit.noted, answers]);
    expect(log.entries.length).toBeGreaterThan(0);
    expect(told).toContain('"by":"path"');
    expect(told).toContain('burnwatch_authentication_failures_total{by=\\"path\\"} 5');
    for (const secret of [SECRET, inPath, 'narrow-secret', 'more-secret', wrong])
      expect(told).not.toContain(secret);
  });

  it('cannot be guessed at will', async () => {
    const { url } = await startServer({ tokens: TOKENS });
    const status = async (path: string) => (await fetch(`${url}/v1/ping/${path}`)).status;
    for (let index = 0; index < 20; index++)
      expect(await status(`guess-${index}/order-fulfillment/${index % 2 ? 'ok' : 'e/ok'}`)).toBe(401);
    expect(await status('guess/order-fulfillment/ok')).toBe(429);
    expect(await status(`${inPath}/order-fulfillment/ok`)).toBe(200);
  });

  it('is read over where no tokens are asked for', async () => {
    const { url, recorder } = await startServer();
    expect((await fetch(`${url}/v1/ping/whatever/order-fulfillment/e/ok`)).status).toBe(200);
    expect(recorder.calls.flat()).toMatchObject([{ workflow: 'order-fulfillment', execution: 'e' }]);
  });
});
