import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Burnwatch } from '../../src/client/client.ts';
import { createClient } from '../../src/client/client.ts';
import type { Result } from './result.ts';

const CALLS = 100_000;
/** Calls between two pauses, in which what they reported is sent: four records each fit into the buffer. */
const SLICE = 1000;

/** What `run` with one `step` costs its caller, beside the same functions without a client. */
export async function benchClient(): Promise<readonly Result[]> {
  const server = createServer((request, response) => {
    let lines = 1;
    request.on('data', (chunk: Buffer) => {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
    });
    request.on('end', () => {
      response.end(JSON.stringify({ accepted: lines, duplicates: 0, rejected: [] }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ url });
  const away = createClient({ url: '' });
  const work = async (): Promise<number> => 1;
  const reporting = (burnwatch: Burnwatch) => (n: number) =>
    burnwatch.run('checkout', n, (run) => run.step('charge-card', { dependency: 'bank' }, work));
  try {
    const measured: [string, (n: number) => Promise<number>][] = [
      ['the same functions without a client', async () => work()],
      ['run() with one step(), four records, sent meanwhile', reporting(client)],
      ['the same without an address', reporting(away)],
    ];
    const results: Result[] = [];
    for (const [what, call] of measured) {
      const flush = () => client.flush();
      await time(call, 10_000, flush);
      const spent = await time(call, CALLS, flush);
      results.push({ what, value: `${((spent / CALLS) * 1000).toFixed(2)} µs` });
    }
    const { dropped } = await client.close(30_000);
    return [...results, { what: 'records dropped of them', value: String(dropped), goal: '0' }];
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The milliseconds that so many calls take, without the pauses between them. */
async function time(
  call: (n: number) => Promise<number>,
  calls: number,
  pause: () => Promise<unknown>,
): Promise<number> {
  let spent = 0;
  for (let done = 0; done < calls; done += SLICE) {
    const began = performance.now();
    for (let n = 0; n < SLICE; n++) await call(done + n);
    spent += performance.now() - began;
    await pause();
  }
  return spent;
}
