import { ALL_GRANTS } from '../../../src/core/ports/token.ts';
import { expect, it } from 'vitest';
import type { IncidentReport } from '../../../src/core/ports/queries.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { NOW } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const INCIDENT: IncidentReport = {
  id: 'mk2x1-a7f3',
  slo: 'orders/done',
  workflow: 'orders',
  owner: 'payments',
  severity: 'page',
  tier: 'fast',
  firing: ['fast'],
  openedAt: NOW,
  began: NOW,
  notified: ['pager'],
  peakBurnRate: 18.4,
  acknowledged: { at: NOW + MINUTE, by: 'sam' },
};

it('lists what is open', async () => {
  const { url, operator } = await startServer();
  expect(await (await fetch(`${url}/v1/incidents`)).json()).toEqual([]);
  operator.open = [INCIDENT];
  expect(await (await fetch(`${url}/v1/incidents`)).json()).toEqual([
    {
      ...INCIDENT,
      openedAt: '2026-03-10T12:00:00.000Z',
      began: '2026-03-10T12:00:00.000Z',
      notified: ['pager'],
      acknowledged: { at: '2026-03-10T12:01:00.000Z', by: 'sam' },
    },
  ]);
});

it('acknowledges, and says which are open when it is none of them', async () => {
  const { url, operator } = await startServer();
  const acknowledge = (id: string, body: object) =>
    fetch(`${url}/v1/incidents/${id}/ack`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const response = await acknowledge('mk2x1-a7f3', { by: 'sam' });
  expect([response.status, await response.json()]).toEqual([
    200,
    { ...operator.acknowledgement, at: '2026-03-10T12:00:00.000Z' },
  ]);
  operator.acknowledgement = { refused: 'unknown', problems: ['open are: mk2x1-a7f3 (orders/done).'] };
  const other = await acknowledge('%2e%2e%2f', { by: 'sam' });
  expect([other.status, await other.json()]).toMatchObject([404, { code: 'unknown-incident' }]);
  const local = { name: null, address: '127.0.0.1', grants: ALL_GRANTS };
  expect(operator.asked).toEqual([
    ['acknowledge', 'mk2x1-a7f3', { by: 'sam' }, local],
    ['acknowledge', '../', { by: 'sam' }, local],
  ]);
});
