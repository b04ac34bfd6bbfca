import { OPEN_GRANTS } from '../../../src/core/ports/token.ts';
import { token } from '../../support/tokens.ts';
import { describe, expect, it } from 'vitest';
import { createHostCheck } from '../../../src/http/guard/host-check.ts';
import { openConnection, outcome, startServer } from '../running-server.ts';

const answers = (
  host: string | undefined,
  options: { tokens?: boolean; loopback?: boolean; publicUrl?: string } = {},
) => {
  const { tokens = false, loopback = false, publicUrl = null } = options;
  const headers = host === undefined ? {} : { host };
  return createHostCheck({ tokens, loopback, publicUrl })({ headers }) === null;
};

describe('without tokens', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST.',
    'app.localhost:1',
    '127.0.0.1:8080',
    '127.9.9.9',
    '[::1]:8080',
    '[::1]',
    '10.1.2.3:8080',
    '[fe80::1]:8080',
    'burnwatch:8080',
    'burnwatch.monitoring.svc:8080',
    'burnwatch.monitoring.svc.cluster.local',
    'box.internal',
    undefined,
  ])('answers the host %s', (host) => {
    expect(answers(host)).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'evilsvc.com',
    'notlocalhost.com:80',
    'user@localhost',
    'localhost/x',
    'localhost:port',
    '[evil.example]',
    '',
  ])('refuses the host %s', (host) => {
    expect(answers(host)).toBe(false);
  });

  it('answers the host of the public URL, and only that one', () => {
    const publicUrl = 'https://Burnwatch.Example.com:8443/path';
    expect(answers('burnwatch.example.com', { publicUrl })).toBe(true);
    expect(answers('burnwatch.example.com:8443', { publicUrl })).toBe(true);
    expect(answers('other.example.com', { publicUrl })).toBe(false);
  });
});

describe('the server', () => {
  const ask = async (port: number, head: string, body = '') => {
    const connection = await openConnection(port);
    const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
    connection.send(`${head} HTTP/1.1\r\nHost: evil.example\r\n${length}Connection: close\r\n\r\n${body}`);
    return connection.ended;
  };

  it('G1: neither shows nor counts anything for a page that rebinds its name', async () => {
    const { port, recorder, operator } = await startServer();
    for (const head of ['GET /', 'GET /v1/slos', 'GET /metrics', 'GET /healthz', 'POST /v1/adjustments']) {
      const answer = await ask(port, head);
      expect(answer).toMatch(/^HTTP\/1\.1 421 /);
      expect(answer).toContain('"code":"misdirected-host"');
    }
    const body = JSON.stringify(outcome('a'));
    expect(await ask(port, 'POST /v1/outcomes', body)).toMatch(/^HTTP\/1\.1 421 /);
    expect([recorder.calls, operator.asked]).toEqual([[], []]);
  });

  it('leaves it to tokens where there are some', async () => {
    const tokens = [token('reader', 'read', 'read-secret')];
    const { port } = await startServer({ tokens });
    expect(await ask(port, 'GET /healthz')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask(port, 'GET /v1/slos')).toMatch(/^HTTP\/1\.1 401 /);
  });
});

it('G1: on loopback only loopback names are answered', async () => {
  for (const host of [
    'localhost',
    'localhost:8080',
    'app.localhost',
    '127.0.0.1:8080',
    '[::1]:1',
    'LOCALHOST.',
  ])
    expect([host, answers(host, { loopback: true })]).toEqual([host, true]);
  for (const host of ['burnwatch', 'box.internal', '10.1.2.3', '[fe80::1]', '127.0.0.1.nip.io', '0.0.0.0'])
    expect([host, answers(host, { loopback: true })]).toEqual([host, false]);
  expect(answers('watch.example', { loopback: true, publicUrl: 'https://watch.example' })).toBe(true);
});

it('G1: who needs no token elsewhere neither adjusts budgets nor reads the audit log', async () => {
  const { url, operator } = await startServer({ access: { open: OPEN_GRANTS } });
  const post = (path: string, body: object) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json' },
    });
  expect((await post('/v1/adjustments', { by: 'x' })).status).toBe(403);
  expect((await post('/v1/adjustments/x/withdraw', { by: 'x' })).status).toBe(403);
  expect((await fetch(`${url}/v1/audit`)).status).toBe(403);
  expect(operator.asked).toEqual([]);
  expect((await post('/v1/outcomes', outcome('a'))).status).toBe(200);
  expect((await fetch(`${url}/v1/slos`)).status).toBe(200);
});
