import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { beat } from '../../../src/engine/runtime/heartbeat.ts';
import { guardedFetch } from '../../../src/outbound/guarded-fetch.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { OUTBOUND } from '../../support/outbound.ts';

const NEVER = new AbortController().signal;
const SECRET = 'heartbeat-secret-path';
let server: Server | TcpServer | null = null;
afterEach(() => {
  if (server && 'closeAllConnections' in server) server.closeAllConnections();
  server?.close();
});

async function listen(listening: Server | TcpServer): Promise<string> {
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}/${SECRET}`;
}

describe('a heartbeat', () => {
  it.each([
    [[], { status: 'ok', degraded: [] }],
    [['stream:outcomes'], { status: 'degraded', degraded: ['stream:outcomes'] }],
  ])('says what is degraded: %j', async (degraded, body) => {
    const bodies: string[] = [];
    const url = await listen(
      createServer((request, response) => {
        request.on('data', (chunk: Buffer) => bodies.push(String(chunk)));
        request.on('end', () => response.end());
      }),
    );
    await beat(url, guardedFetch(OUTBOUND), memoryLog(), NEVER, degraded);
    expect(bodies.map((text) => JSON.parse(text) as unknown)).toEqual([body]);
  });

  it('asks for an answer that is not packed and is content with any success', async () => {
    const seen: string[] = [];
    const url = await listen(
      createServer((request, response) => {
        seen.push(`${request.method} ${request.headers['accept-encoding']}`);
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000)));
      }),
    );
    const log = memoryLog();
    const before = process.memoryUsage().rss;
    await beat(url, guardedFetch(OUTBOUND), log, NEVER);
    expect(seen).toEqual(['POST identity']);
    expect(log.entries).toEqual([]);
    expect(process.memoryUsage().rss - before).toBeLessThan(40_000_000);
  });

  it('does not read an answer to its end', async () => {
    let written = 0;
    const endless: RequestListener = (_request, response) => {
      const more = () => {
        if (response.destroyed) return;
        written += 65_536;
        response.write(Buffer.alloc(65_536, 'a'), more);
      };
      more();
    };
    const log = memoryLog();
    await beat(await listen(createServer(endless)), guardedFetch(OUTBOUND), log, NEVER);
    expect(log.entries).toEqual([]);
    expect(written).toBeLessThan(20_000_000);
  });

  it('that is answered with garbage is logged without the address or the answer', async () => {
    const url = await listen(
      createTcpServer((socket) => void socket.on('error', () => {}).end(Buffer.alloc(99_999, 0xff))),
    );
    const log = memoryLog();
    await beat(url, guardedFetch(OUTBOUND), log, NEVER);
    expect(log.entries).toEqual([
      expect.objectContaining({ level: 'warn', message: 'the heartbeat could not be sent' }),
    ]);
    expect(JSON.stringify(log.entries)).not.toContain(SECRET);
  });

  it('goes nowhere that notifications may not go, and says why', async () => {
    const log = memoryLog();
    await beat(`http://169.254.169.254/${SECRET}`, guardedFetch(OUTBOUND), log, NEVER);
    expect(JSON.stringify(log.entries)).toContain(
      'its address is link-local, of a metadata service or of no host',
    );
    expect(JSON.stringify(log.entries)).not.toContain(SECRET);
  });
});
