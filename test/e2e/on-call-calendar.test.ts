import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { calendarOf, eventText } from '../support/calendars.ts';
import { startHttpReceiver } from '../support/http-receiver.ts';
import { killServices, startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { until } from '../support/until.ts';

const FILES = `
workflow: orders
owner: shop
slos: { done: { objective: 95%, window: 28d, sli: succeeded } }
---
teams: { shop: { page: [oncall], fallback: [terminal] } }
people: { anna: [annas] }
targets:
  terminal: { log: {} }
  annas: { log: {} }
  oncall: { calendar: { url: '\${SHOP_CALENDAR}' } }
`;
/** Everybody is on call for ever: the test does not depend on its day. */
const ALWAYS = calendarOf(
  eventText({ uid: '1', start: ':20200101T000000Z', end: ':21000101T000000Z', summary: 'Anna' }),
);

afterEach(killServices);

async function onCall({ url }: Service): Promise<unknown> {
  const answer = (await (await fetch(`${url}/v1/on-call`)).json()) as {
    items: { now: { person: string } }[];
  };
  return answer.items[0]?.now.person;
}

it('who is on call by a calendar at an address is known, and still known when that is away after a restart', async () => {
  const calendar = await startHttpReceiver(() => ({ status: 200, body: ALWAYS }));
  const env = {
    BURNWATCH_SLOS: await sloFolder(FILES),
    BURNWATCH_STORE: await mkdtemp(join(tmpdir(), 'burnwatch-store-')),
    SHOP_CALENDAR: `${calendar.url}/oncall.ics`,
  };
  const first = await startService(env);
  await until('the calendar', async () => (await onCall(first)) === 'anna');
  // It is written after it is read.
  expect(await first.stop()).toBe(0);
  await calendar.close();

  const second = await startService(env);
  await until('the line that it is away', () => second.output().includes('a calendar cannot be read'));
  expect(await onCall(second)).toBe('anna');
  await second.stop();
});
