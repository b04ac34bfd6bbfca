import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { token } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';
import { fixedReport } from '../fakes.ts';
import { outcome, startServer } from '../running-server.ts';

/** A request that goes on: what of it was sent is no whole request, or its answer does not come. */
async function openRequest(port: number, text: string, localAddress = '127.0.0.1') {
  const socket: Socket = connect({ port, host: '127.0.0.1', localAddress });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => null);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  await once(socket, 'connect');
  socket.write(text);
  return { socket, received: () => received };
}

function slowPost(path: string, secret: string | null): string {
  const type = path === '/login' ? 'application/x-www-form-urlencoded' : 'application/json';
  const authorization = secret === null ? '' : `Authorization: Bearer ${secret}\r\n`;
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${authorization}Content-Type: ${type}\r\nContent-Length: 500\r\n\r\n{`;
}

function createLines() {
  const lines: object[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void lines.push(fields) };
  return { lines, log };
}

const isTurnedAway = ({ received }: { readonly received: () => string }) =>
  received().includes('"too-many-requests"');

it('G2: slow requests of one token, from wherever they come, leave room for others, and are counted and logged', async () => {
  const { lines, log } = createLines();
  const running = await startServer({
    tokens: [
      token('greedy', 'ingest', 'greedy'),
      token('other', 'ingest', 'other'),
      token('root', 'admin', 'root'),
    ],
    maxRequests: 9,
    log,
  });
  const slow = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      openRequest(running.port, slowPost('/v1/outcomes', 'greedy'), `127.0.0.${(index % 3) + 1}`),
    ),
  );
  await until('six to be turned away', () => slow.filter(isTurnedAway).length === 6);
  const send = (secret: string) =>
    running.post(JSON.stringify(outcome('a')), { Authorization: `Bearer ${secret}` });
  const refused = await send('greedy');
  expect(refused.status).toBe(429);
  expect(refused.headers.get('Retry-After')).toBe('1');
  expect(await refused.json()).toMatchObject({ code: 'too-many-requests', status: 429 });
  expect((await send('other')).status).toBe(200);
  expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
  expect(lines).toEqual([{ what: 'request', who: 'token greedy', why: 'too-many-requests', omitted: 0 }]);
  const metrics = await fetch(`${running.url}/metrics`, { headers: { Authorization: 'Bearer root' } });
  expect(await metrics.text()).toContain('burnwatch_dropped_total{what="request",why="too-many-requests"} 7');
  // Those that end, whichever way, give back what they held.
  for (const { socket } of slow) socket.destroy();
  await until('its share to be free again', async () => (await send('greedy')).status === 200);
});

it.each(['/v1/outcomes', '/v1/adjustments'])(
  'G2: slow requests of one address without a token keep no other address from %s',
  async (path) => {
    const { lines, log } = createLines();
    const running = await startServer({ maxRequests: 9, log });
    const slow = await Promise.all(
      Array.from({ length: 9 }, () => openRequest(running.port, slowPost(path, null), '127.0.0.2')),
    );
    await until('three to be turned away', () => slow.filter(isTurnedAway).length === 3);
    expect((await running.post(JSON.stringify(outcome('a')))).status).toBe(200);
    expect((await fetch(`${running.url}/v1/slos`)).status).toBe(200);
    expect(lines).toEqual([
      { what: 'request', who: 'address 127.0.0.2', why: 'too-many-requests', omitted: 0 },
    ]);
  },
);

it('G2: forms for signing in that never end keep no other address out, and probes of health are always answered', async () => {
  const running = await startServer({ tokens: [token('root', 'admin', 'root')], maxRequests: 9 });
  const slow = await Promise.all(
    Array.from({ length: 9 }, () => openRequest(running.port, slowPost('/login', null))),
  );
  await until('three to be turned away', () => slow.filter(isTurnedAway).length === 3);
  for (const path of ['/healthz', '/readyz', '/login'])
    expect((await fetch(`${running.url}${path}`)).status).toBe(200);
  const elsewhere = await openRequest(
    running.port,
    slowPost('/login', null).replace(/500[^]*$/, '0\r\n\r\n'),
    '127.0.0.2',
  );
  await until('an answer', () => elsewhere.received() !== '');
  expect(isTurnedAway(elsewhere)).toBe(false);
  const metrics = await fetch(`${running.url}/metrics`, { headers: { Authorization: 'Bearer root' } });
  expect(metrics.status).toBe(200);
});

it('counts in what is read, too, until it is answered', async () => {
  const answers: (() => void)[] = [];
  const queries = {
    ...fixedReport([]),
    slos: () => new Promise<never[]>((resolve) => answers.push(() => resolve([]))),
  };
  const running = await startServer({ maxRequests: 9, queries });
  const request = 'GET /v1/slos HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const askAll = () =>
    Promise.all(Array.from({ length: 9 }, () => openRequest(running.port, request, '127.0.0.2')));
  for (const round of ['first', 'second']) {
    const reads = await askAll();
    await until(`three of the ${round} round`, () => reads.filter(isTurnedAway).length === 3);
    expect((await running.post(JSON.stringify(outcome('a')))).status).toBe(200);
    for (const answer of answers.splice(0)) answer();
    await until('answers', () => reads.filter(({ received }) => received().includes(' 200 OK')).length === 6);
  }
});

it('G2: requests under way on all connections of one address leave some of them to be cut for others', async () => {
  const running = await startServer({ maxConnections: 20 });
  const slow = await Promise.all(
    Array.from({ length: 20 }, () => openRequest(running.port, slowPost('/v1/outcomes', null), '127.0.0.2')),
  );
  await until('some to be turned away', () => slow.filter(isTurnedAway).length > 10);
  expect((await running.post(JSON.stringify(outcome('a')))).status).toBe(200);
});

it('takes one IPv6 network for one address', async () => {
  const running = await startServer({ maxRequests: 9, access: { trustedProxies: ['127.0.0.1'] } });
  const from = (address: string) =>
    openRequest(
      running.port,
      slowPost('/v1/outcomes', null).replace('Content-Type', `X-Forwarded-For: ${address}\r\nContent-Type`),
    );
  const slow = await Promise.all(Array.from({ length: 9 }, (_, index) => from(`2001:db8::${index}`)));
  await until('three to be turned away', () => slow.filter(isTurnedAway).length === 3);
  const other = await running.post(JSON.stringify(outcome('a')), { 'X-Forwarded-For': '2001:db8:1::1' });
  expect(other.status).toBe(200);
});
