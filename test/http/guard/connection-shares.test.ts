import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createConnectionShares } from '../../../src/http/guard/connection-shares.ts';
import { startServer } from '../running-server.ts';

it('G2: cuts the oldest idle connection of the one who has most, for one who has fewer', () => {
  const busy = new Set(['a1']);
  const shares = createConnectionShares<string>(4, (connection) => !busy.has(connection));
  for (const connection of ['a1', 'a2', 'a3', 'b1'])
    expect(shares.add(connection, connection[0]!)).toBeNull();
  expect(shares.add('b2', 'b')).toEqual({ cut: 'a2', address: 'a' });
  expect(shares.add('c1', 'c')).toEqual({ cut: 'a3', address: 'a' });
  // Now no one has more than others to whom something is left.
  expect(shares.add('b3', 'b')).toEqual({ cut: 'b3', address: 'b' });
  shares.remove('b2', 'b');
  expect(shares.add('d1', 'd')).toBeNull();
});

it('G2: takes the addresses of one IPv6 network for one', () => {
  const shares = createConnectionShares<string>(2, () => true);
  expect(shares.add('a', '2001:db8::1')).toBeNull();
  expect(shares.add('b', '2001:db8:0:0:ffff::2')).toBeNull();
  expect(shares.add('c', '2001:db8:1::1')).toEqual({ cut: 'a', address: '2001:db8:0:0::/64' });
});

it('G2: silent connections of one address keep no other out, and are counted and logged', async () => {
  const lines: object[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void lines.push(fields) };
  const { port, url } = await startServer({ maxConnections: 20, log });
  const silent = await Promise.all(
    Array.from({ length: 25 }, async () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => null);
      await once(socket, 'connect');
      return socket;
    }),
  );
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text).toContain('burnwatch_dropped_total{what="connection",why="queue-full"} 5');
  expect(text).toContain('burnwatch_dropped_total{what="connection",why="over-share"} 1');
  expect(lines).toEqual([{ what: 'connection', who: 'address 127.0.0.2', why: 'queue-full', omitted: 0 }]);
  expect(silent).toHaveLength(25);
});
