import { ALL_GRANTS } from '../../../src/core/ports/token.ts';
import { expect, it } from 'vitest';
import type { IncidentChanged } from '../../../src/core/alerting/incident-event.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { incidentEvents, openIncident } from '../incident-fakes.ts';
import { NOW } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const INCIDENT = openIncident();

const json = async (url: string): Promise<[number, unknown]> => {
  const response = await fetch(url);
  return [response.status, await response.json()];
};

it('lists what is open', async () => {
  const { url, operator } = await startServer();
  expect(await json(`${url}/v1/incidents`)).toEqual([200, { items: [], next: null }]);
  operator.open = [INCIDENT];
  const item = {
    ...INCIDENT,
    openedAt: '2026-03-10T12:00:00.000Z',
    began: '2026-03-10T12:00:00.000Z',
    acknowledged: { at: '2026-03-10T12:01:00.000Z', by: 'sam' },
    state: 'open',
    resolvedAt: null,
    cause: null,
    pagedAt: '2026-03-10T12:00:00.000Z',
    cost: { at: '2026-03-10T12:00:00.000Z', good: 10, bad: 90, budget: 0.4 },
    topFailure: { step: 'charge', dependency: 'bank', error: 'timeout', count: 80 },
  };
  expect(await json(`${url}/v1/incidents`)).toEqual([200, { items: [item], next: null }]);
  expect(await json(`${url}/v1/incidents?q=BANK&owner=payments`)).toMatchObject([200, { items: [item] }]);
  expect(await json(`${url}/v1/incidents?severity=ticket`)).toEqual([200, { items: [], next: null }]);
});

it('lists those of the past, page by page, and what the store lost', async () => {
  const { url, operator } = await startServer();
  operator.histories.clear();
  for (let index = 0; index < 230; index++) {
    const incident = { ...INCIDENT, id: `i${index}`, openedAt: NOW - (230 - index) * HOUR };
    const [opened] = incidentEvents(incident) as [IncidentChanged];
    const over = { ...opened, kind: 'resolved' as const, at: incident.openedAt + MINUTE };
    operator.histories.set(incident.id, index % 2 === 0 ? [opened, over] : [opened]);
  }
  operator.open = [{ ...INCIDENT, id: 'i229', openedAt: NOW - HOUR }];
  const seen: [string, string][] = [];
  let after = '';
  for (;;) {
    const [, page] = (await json(`${url}/v1/incidents?state=all&limit=50${after}`)) as [
      number,
      { items: { id: string; state: string }[]; next: string | null },
    ];
    seen.push(...page.items.map(({ id, state }): [string, string] => [id, state]));
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  expect(seen).toHaveLength(230);
  expect(new Set(seen.map(([id]) => id)).size).toBe(230);
  expect(seen.slice(0, 3)).toEqual([
    ['i229', 'open'],
    ['i228', 'resolved'],
    ['i227', 'lost'],
  ]);
  expect(await json(`${url}/v1/incidents?state=lost&limit=1`)).toMatchObject([
    200,
    { items: [{ id: 'i227', firing: [], resolvedAt: null }], next: expect.any(String) as string },
  ]);
  const from = new Date(NOW - 3 * HOUR).toISOString();
  expect(await json(`${url}/v1/incidents?state=all&from=${from}&to=${NOW - HOUR}`)).toMatchObject([
    200,
    { items: [{ id: 'i228' }, { id: 'i227' }], next: null },
  ]);
});

it.each([
  ['state=burning', 'state must be'],
  ['severity=low', 'severity must be'],
  ['from=yesterday', 'from must be an RFC 3339 time'],
  ['limit=0', 'limit must be'],
  ['strange=1', 'strange'],
])('refuses ?%s', async (query, detail) => {
  const { url } = await startServer();
  const [status, problem] = await json(`${url}/v1/incidents?${query}`);
  expect([status, problem]).toMatchObject([400, { detail: expect.stringContaining(detail) as string }]);
});

it('reads one with all that happened, while it is open and later', async () => {
  const { url, operator } = await startServer();
  operator.histories.clear();
  operator.histories.set('earlier', incidentEvents({ ...INCIDENT, id: 'earlier', openedAt: NOW - DAY }));
  operator.histories.set(INCIDENT.id, incidentEvents(INCIDENT));
  expect(await json(`${url}/v1/incidents/${INCIDENT.id}`)).toMatchObject([
    200,
    {
      id: INCIDENT.id,
      state: 'lost',
      runbook: 'https://runbooks.example/orders',
      events: [
        { kind: 'opened', at: '2026-03-10T12:00:00.000Z', cost: { good: 10, bad: 90, budget: 0.4 } },
        { kind: 'delivered', target: 'pager', tries: 2 },
        { kind: 'undeliverable', target: 'mail', reason: 'refused: 550' },
        { kind: 'note', by: 'sam' },
      ],
      similar: [{ id: 'earlier' }],
    },
  ]);
  expect(await json(`${url}/v1/incidents/none`)).toMatchObject([404, { code: 'unknown-incident' }]);
  const other = { ...INCIDENT, id: 'before-history' };
  operator.open = [other];
  expect(await json(`${url}/v1/incidents/before-history`)).toMatchObject([
    200,
    { state: 'open', cost: null, events: [] },
  ]);
});

it('begins a postmortem, in which nothing that others chose is markup', async () => {
  const { url } = await startServer();
  const response = await fetch(`${url}/v1/incidents/${INCIDENT.id}/postmortem.md`);
  expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
  const text = await response.text();
  for (const part of [
    '# Postmortem: orders/done, 2026-03-10',
    '90 of 100 bad (90%), 40% of the error budget',
    '## Which step failed, and why?\n\n- 88.9% of the failures that are kept: step charge, dependency bank, error timeout',
    'Stuck in charge: 37',
    '1 could not be delivered',
    '2026-03-10T12:01:00.000Z sam: \\<img src=x\\> rolled back',
    'it spent more than 20% of the budget',
  ])
    expect(text).toContain(part);
  expect(text).not.toMatch(/(?<!\\)[<>[\]]|\n#+ ship/);
});

it('takes a note, for incidents that are over as well', async () => {
  const { url, operator } = await startServer();
  const note = (body: object) =>
    fetch(`${url}/v1/incidents/${INCIDENT.id}/notes`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const response = await note({ by: 'sam', note: 'rolled back' });
  expect([response.status, await response.json()]).toEqual([
    201,
    {
      id: INCIDENT.id,
      kind: 'note',
      at: '2026-03-10T12:00:00.000Z',
      by: 'sam',
      text: 'rolled back',
      actor: null,
    },
  ]);
  operator.note = { refused: 'too-many', problems: ['full'] };
  const full = await note({ by: 'sam', note: 'more' });
  expect([full.status, await full.json()]).toMatchObject([409, { code: 'incident-full' }]);
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
