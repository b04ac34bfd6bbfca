import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureLoopHolds } from '../support/loop-holds.ts';
import type { LoopHolds } from '../support/loop-holds.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { killServices, startService } from '../support/service.ts';
import { sloFolder, TYPICAL } from '../support/slo-folder.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { post } from './producer.ts';

const MEGABYTE = 1024 * 1024;
const LETTERS = Buffer.alloc(MEGABYTE, 'a');
const GARBAGE = Buffer.alloc(MEGABYTE, 0xff);
const ARRAYS = Buffer.from(':1\r\n'.repeat(MEGABYTE / 4));
/** How long a peer is borne with. */
const WATCHED = 2000;
/** Milliseconds of computing for which the event loop may not get to anything else, however busy the machine is. */
const LONGEST_HOLD = 100;
/** As seen from outside, where a busy machine counts as well: this shows only that nothing blocks without computing. */
const LONGEST_ANSWER = 1500;

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
let proxy: TcpProxy;
let holds: LoopHolds;

beforeEach(async () => {
  redis = await startRedis();
  proxy = await startTcpProxy(redis.port);
  holds = measureLoopHolds();
});

afterEach(async () => {
  killServices();
  await proxy.close();
  await redis.stop();
  holds.remove();
});

/** Has a hostile server take over all connections, or the real one again. */
function handTo(hostile: ((socket: Socket) => void) | null): void {
  proxy.hand(hostile);
  proxy.cut();
}

async function residentMegabytes(pid: number): Promise<number> {
  return Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}

describe('G2: a Redis that answers what it should not', () => {
  it.each(Object.keys(HOSTILE))(
    'does not freeze or fill the service: %s',
    async (what) => {
      const service = await startService({
        ...holds.env,
        BURNWATCH_STORE: `redis://127.0.0.1:${proxy.port}`,
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
      handTo(HOSTILE[what]!);
      holds.read();
      let longest = 0;
      let most = before;
      for (const end = performance.now() + WATCHED; performance.now() < end;) {
        const asked = performance.now();
        expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
        longest = Math.max(longest, performance.now() - asked);
        most = Math.max(most, await residentMegabytes(service.pid));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      // /healthz never waits behind more computing than this: what the peer sends is taken in small pieces.
      const { longest: hold, firings } = holds.read();
      expect(hold).toBeLessThan(LONGEST_HOLD);
      expect(firings).toBeGreaterThan(20);
      expect(longest).toBeLessThan(LONGEST_ANSWER);
      expect(most - before).toBeLessThan(200);
      await until('readiness to go', async () => (await fetch(`${service.url}/readyz`)).status === 503);
      handTo(null);
      await until('the service to be ready again', async () => (await fetch(`${service.url}/readyz`)).ok);
      expect((await post(service, [outcome('after')])).status).toBe(200);
      handTo(HOSTILE[what]!);
      const asked = performance.now();
      expect(await service.stop()).toBe(0);
      expect(performance.now() - asked).toBeLessThan(12_000);
    },
    60_000,
  );
});
