import { mkdtemp, readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server as HttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { measureLoopHolds } from '../support/loop-holds.ts';
import type { LoopHolds } from '../support/loop-holds.ts';
import { killServices, startService } from '../support/service.ts';
import { startSlackReceiver } from '../support/slack-receiver.ts';
import type { SlackReceiver } from '../support/slack-receiver.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

const MEGABYTE = 1024 * 1024;
/** How long peers are borne with: longer than a try lasts. */
const WATCHED = 8000;
/** Milliseconds of computing for which the event loop may not get to anything else, however busy the machine is. */
const LONGEST_HOLD = 100;
/** As seen from outside, where a busy machine counts as well: this shows only that nothing blocks without computing. */
const LONGEST_ANSWER = 1000;

// Made once: what the peers do must not hold the process that measures.
const PACKED = gzipSync(Buffer.alloc(200 * MEGABYTE));
const HUGE = Buffer.alloc(20 * MEGABYTE, 'a');

/** What a peer does with a request: each is something that was seen to freeze or fill the service. */
const HTTP_PEERS: Readonly<Record<string, RequestListener>> = {
  huge: (_request, response) => void response.end(HUGE),
  failing: (_request, response) => void response.writeHead(500).end('a'.repeat(200_000)),
  endless(_request, response) {
    const chunk = Buffer.alloc(MEGABYTE, 'a');
    const more = () => void (!response.destroyed && response.write(chunk, more));
    more();
  },
  packed: (_request, response) => void response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(PACKED),
  slow(_request, response) {
    const drip = setInterval(() => response.write('a'), 200);
    response.on('close', () => clearInterval(drip));
  },
};

let sockets: Set<Socket>;
let servers: (HttpServer | Server)[];
let good: SlackReceiver;
let holds: LoopHolds;

beforeEach(async () => {
  sockets = new Set();
  servers = [];
  good = await startSlackReceiver();
  holds = measureLoopHolds();
});

afterEach(async () => {
  killServices();
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  await good.close();
  holds.remove();
});

async function listen(server: HttpServer | Server): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A mail server that greets and then answers with one line that does not end. */
const chattyMailServer = () =>
  createServer((socket) => {
    socket.write('220 mail.example.com\r\n');
    socket.once('data', () => {
      const chunk = Buffer.alloc(MEGABYTE, '451 a');
      const more = () => void (!socket.destroyed && socket.write(chunk, more));
      more();
    });
  });

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024;
}

it('G2 D3: peers that answer with much, without end, packed, slowly or garbage hurt neither the service nor other targets', async () => {
  const ports = await Promise.all(
    Object.entries(HTTP_PEERS).map(
      async ([name, answer]) => [name, await listen(createHttpServer(answer))] as const,
    ),
  );
  const garbage = await listen(createServer((socket) => void socket.end(Buffer.alloc(MEGABYTE, 0xff))));
  const mail = await listen(chattyMailServer());
  const hooks = [...ports, ['garbage', garbage] as const];
  const names = hooks.map(([name]) => name);
  const slos = `
workflow: orders
owner: shop
slos: { works: { objective: 99.9%, window: 28d, sli: succeeded } }
---
teams: { shop: { page: [${names.join(', ')}, mail, good], ticket: [good] } }
targets:
  good: { slack: { webhook: "${good.url}" } }
  mail: { email: { to: [oncall@example.com] } }
${hooks.map(([name, port]) => `  ${name}: { slack: { webhook: "http://127.0.0.1:${port}/hook" } }`).join('\n')}
`;
  const service = await startService({
    ...holds.env,
    BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
    BURNWATCH_SLOS: await sloFolder(slos),
    BURNWATCH_EVALUATE: '* * * * * *',
    BURNWATCH_SMTP_URL: `smtp://127.0.0.1:${mail}`,
    BURNWATCH_HEARTBEAT_URL: `http://127.0.0.1:${ports.find(([name]) => name === 'endless')![1]}/beat`,
  });
  const before = await residentMegabytes(service.pid);
  const failed = Array.from({ length: 20 }, (_, index) => ({
    workflow: 'orders',
    execution: `order-${index}`,
    status: 'failed',
  }));
  expect((await post(service, failed)).status).toBe(200);
  await until('the good target to be notified', () => good.requests.length > 0);
  holds.read();
  let longest = 0;
  for (const end = performance.now() + WATCHED; performance.now() < end;) {
    const asked = performance.now();
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    longest = Math.max(longest, performance.now() - asked);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // /healthz never waits behind more computing than this: what peers send is taken in small pieces.
  const { longest: hold, firings } = holds.read();
  expect(hold).toBeLessThan(LONGEST_HOLD);
  expect(firings).toBeGreaterThan(100);
  expect(longest).toBeLessThan(LONGEST_ANSWER);
  expect((await residentMegabytes(service.pid)) - before).toBeLessThan(150);
  const outbox = JSON.stringify(await (await fetch(`${service.url}/v1/outbox?state=pending`)).json());
  expect(outbox).not.toContain('aaaa');
  const asked = performance.now();
  expect(await service.stop()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(12_000);
}, 60_000);
