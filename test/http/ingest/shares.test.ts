import { expect, it } from 'vitest';
import { token } from '../../support/tokens.ts';
import { until } from '../../support/until.ts';
import type { RawConnection } from '../running-server.ts';
import { openConnection, outcome, startServer } from '../running-server.ts';

it('G2: unfinished bodies of one token keep no other producer out, and are counted and logged', async () => {
  const lines: object[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void lines.push(fields) };
  const running = await startServer({
    tokens: [
      token('greedy', 'ingest', 'greedy'),
      token('other', 'ingest', 'other'),
      token('root', 'admin', 'root'),
    ],
    ingest: { maxHeldBytes: 9_000 },
    log,
  });
  const hold = async () => {
    const connection = await openConnection(running.port);
    connection.send(
      `POST /v1/outcomes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer greedy\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n${'x'.repeat(1000)}`,
    );
    return connection;
  };
  const held: RawConnection[] = [];
  for (let index = 0; index < 12; index++) held.push(await hold());
  await until(
    'six bodies to be turned away',
    () => held.filter((connection) => connection.received().includes('"over-share"')).length === 6,
  );
  const send = (secret: string) =>
    running.post(JSON.stringify(outcome('a')).padEnd(900), { Authorization: `Bearer ${secret}` });
  expect((await send('greedy')).status).toBe(503);
  expect((await send('other')).status).toBe(200);
  expect(lines).toEqual([{ what: 'request', who: 'token greedy', why: 'over-share', omitted: 0 }]);
  const metrics = await fetch(`${running.url}/metrics`, { headers: { Authorization: 'Bearer root' } });
  expect(await metrics.text()).toContain('burnwatch_dropped_total{what="request",why="over-share"} 7');
});
