import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';

/**
 * Reads in a process of its own what others would read on other machines: so that taking an answer, of megabytes maybe, holds up
 * neither the probe nor the producer. Nothing is unpacked.
 * `once <url>` reads it when its parent says so, and says that it has; `dashboards <url> <count>` acts as so many open pages, says so when all are, and goes on until it is killed.
 */
const [what, url = '', count = '1'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });

async function ask(
  address: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<IncomingMessage> {
  const [answer] = (await once(
    get(address, { agent, headers: { 'Accept-Encoding': 'gzip', ...headers } }),
    'response',
  )) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`${address} answered ${answer.statusCode}`);
  return answer;
}

async function readAll(address: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  for await (const _ of await ask(address, headers));
}

let opened = 0;

/** As `dashboard.js` does: asks again, by the number of the tick, each time it is told that there is something new. */
async function keepOpen(): Promise<void> {
  await readAll(url, { Accept: 'text/html' });
  opened++;
  if (opened === Number(count)) process.send!('open');
  const events = await ask(new URL('live', url).href, { Accept: 'text/event-stream' });
  let event = '';
  // The page was made just before; all later ticks say that it would be another one.
  let isFirst = true;
  for await (const line of createInterface(events)) {
    if (line.startsWith('event: ')) event = line.slice(7);
    else if (line.startsWith('data: ') && event === 'tick') {
      if (!isFirst) await readAll(url, { Accept: 'text/html', 'Burnwatch-Tick': line.slice(6) });
      isFirst = false;
    }
  }
}

if (what === 'once') {
  process.send!('ready');
  await once(process, 'message');
  await readAll(url);
  process.send!('read');
  process.disconnect();
} else {
  await Promise.all(Array.from({ length: Number(count) }, keepOpen));
}
