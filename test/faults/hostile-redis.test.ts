import { readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder, TYPICAL } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

const MEGABYTE = 1024 * 1024;
const LETTERS = Buffer.alloc(MEGABYTE, 'a');
const GARBAGE = Buffer.alloc(MEGABYTE, 0xff);
const ARRAYS = Buffer.from(':1\r\n'.repeat(MEGABYTE / 4));
/** How long a peer is borne with. */
const WATCHED = 2000;
/** A busy machine alone does not hold a service for so long. */
const LONGEST_HOLD = 1500;

/** Begins an answer and then goes on for ever with the same. */
function endless(beginning: string, chunk: Buffer): (socket: Socket) => void {
  return (socket) => {
    socket.write(beginning);
    const more = () => void (socket.writable && socket.write(chunk, (error) => !error && setImmediate(more)));
    more();
  };
}

/** What a server that took the place of Redis does with a connection. */
const HOSTILE: Readonly<Record<string, (socket: Socket) => void>> = {
  'a text without end': endless('+', LETTERS),
  'an error without end': endless('-ERR ', LETTERS),
  'a value of two gigabytes': endless(`$2000000000\r\n`, LETTERS),
  'a list without end': endless('*2000000000\r\n', ARRAYS),
  garbage: endless('', GARBAGE),
  'a greeting of another protocol': (socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'an answer byte by byte'(socket) {
    socket.write('$100\r\n');
    const drip = setInterval(() => socket.write('a'), 200);
    socket.on('close', () => clearInterval(drip));
  },
  'no answer': () => {},
};

let redis: RedisServer;
let proxy: Server;
let sockets: Set<Socket>;
/** Takes new connections; null hands them to the real server. */
let hostile: ((socket: Socket) => void) | null;

beforeEach(async () => {
  redis = await startRedis();
  sockets = new Set();
  hostile = null;
  proxy = createServer((socket) => {
    keep(socket);
    socket.resume();
    if (hostile) return hostile(socket);
    const behind = keep(connect(redis.port, '127.0.0.1'));
    socket.pipe(behind).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  killServices();
  cut();
  await new Promise((resolve) => proxy.close(resolve));
  await redis.stop();
});

function keep(socket: Socket): Socket {
  sockets.add(socket);
  return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
}

function cut(): void {
  for (const socket of sockets) socket.destroy();
}

async function residentMegabytes(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

describe('G2: a Redis that answers what it should not', () => {
  it.each(Object.keys(HOSTILE))(
    'does not freeze or fill the service: %s',
    async (what) => {
      const service = await startService({
        BURNWATCH_STORE: `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        BURNWATCH_SLOS: await sloFolder(TYPICAL),
        BURNWATCH_EVALUATE: '* * * * * *',
      });
      const outcome = (execution: string) => ({
        workflow: 'order-fulfillment',
        execution,
        status: 'succeeded',
      });
      expect((await post(service, [outcome('before')])).status).toBe(200);
      const before = await residentMegabytes(service.pid);
      hostile = HOSTILE[what]!;
      cut();
      let longest = 0;
      let most = before;
      for (const end = performance.now() + WATCHED; performance.now() < end;) {
        const asked = performance.now();
        expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
        longest = Math.max(longest, performance.now() - asked);
        most = Math.max(most, await residentMegabytes(service.pid));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(longest).toBeLessThan(LONGEST_HOLD);
      expect(most - before).toBeLessThan(200);
      await until('readiness to go', async () => (await fetch(`${service.url}/readyz`)).status === 503);
      hostile = null;
      cut();
      await until('the service to be ready again', async () => (await fetch(`${service.url}/readyz`)).ok);
      expect((await post(service, [outcome('after')])).status).toBe(200);
      hostile = HOSTILE[what]!;
      cut();
      const asked = performance.now();
      expect(await service.stop()).toBe(0);
      expect(performance.now() - asked).toBeLessThan(12_000);
    },
    60_000,
  );
});
