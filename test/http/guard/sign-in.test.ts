import { describe, expect, it } from 'vitest';
import { token } from '../../support/tokens.ts';
import { NOW, keptRecords } from '../fakes.ts';
import { startServer } from '../running-server.ts';
import type { StartOptions } from '../running-server.ts';

const SECRET = 'read-and-answer';
const TOKENS = [token('sam', 'read+respond', SECRET)];

async function startSignedOut(options: StartOptions = {}) {
  const running = await startServer({ tokens: TOKENS, ...options });
  const send = (path: string, form: Record<string, string> | null, headers: Record<string, string> = {}) =>
    fetch(`${running.url}${path}`, {
      redirect: 'manual',
      headers: { Accept: 'text/html', ...headers },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
  const signIn = async (headers: Record<string, string> = {}) => {
    const response = await send(
      '/login',
      { token: SECRET, next: '/?q=x' },
      { Origin: running.url, ...headers },
    );
    return { response, set: response.headers.get('set-cookie') ?? '' };
  };
  const cookieOf = (set: string) => ({ Cookie: set.split(';')[0]! });
  return { ...running, send, signIn, cookieOf };
}

describe('signing in', () => {
  it('G1: takes a token once, and then a cookie that only this site and no script gets', async () => {
    const { url, send, signIn, cookieOf, audit } = await startSignedOut();
    const asked = await send('/slos/a/b', null);
    expect([asked.status, asked.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8']);
    expect(await asked.text()).toContain('name="next" value="/slos/a/b"');
    const { response, set } = await signIn();
    expect([response.status, response.headers.get('location')]).toEqual([303, '/?q=x']);
    expect(set).toMatch(/^burnwatch=sam~\d+~[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    const page = await send('/', null, cookieOf(set));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Sign out');
    const out = await send('/logout', {}, { Origin: url, ...cookieOf(set) });
    expect(out.headers.get('set-cookie')).toMatch(/^burnwatch=; Path=\/; Max-Age=0;/);
    // A copy of the cookie is of no use any more.
    expect((await send('/', null, cookieOf(set))).status).toBe(401);
    expect(audit.noted.map(({ who, what }) => [who, what])).toEqual([
      ['sam', 'session.began'],
      ['sam', 'session.ended'],
    ]);
  });

  it('G1: makes cookies Secure where people come over TLS, and refuses plain http from elsewhere', async () => {
    const secure = /^__Host-burnwatch=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/;
    const byUrl = await startSignedOut({ publicUrl: 'https://watch.example.com' });
    expect((await byUrl.signIn()).set).toMatch(secure);
    const byProxy = await startSignedOut({ access: { trustedProxies: ['127.0.0.0/8'] } });
    expect((await byProxy.signIn({ 'X-Forwarded-Proto': 'https' })).set).toMatch(secure);
    const { port } = byProxy;
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      const asked = request(
        {
          port,
          host: '127.0.0.1',
          path: '/login',
          method: 'POST',
          headers: {
            Host: 'watch.lan',
            Origin: 'http://watch.lan',
            'Content-Type': 'application/x-www-form-urlencoded',
          },
        },
        (response) => resolve([response.statusCode, response.headers['set-cookie']]),
      );
      asked.end(`token=${SECRET}`);
    });
    expect(status).toEqual([403, undefined]);
  });

  it.each(['//evil.example/x', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', ''])(
    'leads to no other place than ours (%j)',
    async (next) => {
      const { url, send } = await startSignedOut();
      const response = await send('/login', { token: SECRET, next }, { Origin: url });
      expect(response.headers.get('location')).toBe('/');
    },
  );

  it('G1: a wrong token is told, counted, and asked to wait', async () => {
    const { url, send } = await startSignedOut();
    const wrong = await send('/login', { token: 'wrong' }, { Origin: url });
    expect([wrong.status, wrong.headers.get('set-cookie')]).toEqual([401, null]);
    expect(await wrong.text()).toContain('This token is not known');
    for (let index = 1; index < 20; index++) await send('/login', { token: 'wrong' }, { Origin: url });
    expect((await send('/login', { token: 'wrong' }, { Origin: url })).status).toBe(429);
  });

  it('G1: neither forged, altered nor late cookies open anything, nor those of a token that is gone', async () => {
    let now = NOW;
    let tokens = TOKENS;
    const { signIn, send, cookieOf } = await startSignedOut({
      clock: { now: () => now },
      access: { tokens: () => tokens, open: null },
    });
    const { set } = await signIn();
    const value = cookieOf(set).Cookie;
    const [, name, until, id, signature] = /^burnwatch=(.*)~(.*)~(.*)~(.*)$/.exec(value)!;
    const status = async (cookie: string) => (await send('/', null, { Cookie: cookie })).status;
    expect(await status(value)).toBe(200);
    for (const forged of [
      `burnwatch=boss~${until}~${id}~${signature}`,
      `burnwatch=${name}~${Number(until) + 1}~${id}~${signature}`,
      `burnwatch=${name}~${until}~${'0'.repeat(24)}~${signature}`,
      `burnwatch=${name}~${until}~${id}~${'A'.repeat(43)}`,
      'burnwatch=',
      `burnwatch=${SECRET}`,
    ])
      expect([forged, await status(forged)]).toEqual([forged, 401]);
    tokens = [token('sam', 'read', 'another secret')];
    expect(await status(value)).toBe(401);
    tokens = TOKENS;
    now += 12 * 3_600_000;
    expect(await status(value)).toBe(401);
  });

  it('G1: is known to every replica, and so is signing out', async () => {
    const records = keptRecords();
    let now = NOW;
    const clock = { now: () => now };
    const one = await startSignedOut({ records, clock });
    const other = await startSignedOut({ records, clock });
    const { set } = await one.signIn();
    expect((await other.send('/', null, other.cookieOf(set))).status).toBe(200);
    await one.send('/logout', {}, { Origin: one.url, ...one.cookieOf(set) });
    now += 10_000;
    expect((await other.send('/', null, other.cookieOf(set))).status).toBe(401);
  });
});

describe('what a page of another site makes a browser send', () => {
  const ACK = '/v1/incidents/mk2x1-a7f3/ack';

  it('G1: changes nothing, with a cookie or Basic', async () => {
    const { url, signIn, cookieOf, operator, send } = await startSignedOut();
    const { set } = await signIn();
    const basic = { Authorization: `Basic ${Buffer.from(`x:${SECRET}`).toString('base64')}` };
    const acknowledge = async (headers: Record<string, string>) => {
      const body = JSON.stringify({ by: 'sam' });
      const sent = { 'Content-Type': 'application/json', ...headers };
      return (await fetch(`${url}${ACK}`, { method: 'POST', body, headers: sent })).status;
    };
    for (const credential of [cookieOf(set), basic]) {
      expect(await acknowledge({ ...credential, Origin: 'https://evil.example' })).toBe(403);
      expect(await acknowledge({ ...credential, Origin: 'null' })).toBe(403);
      expect(await acknowledge({ ...credential, 'Sec-Fetch-Site': 'cross-site' })).toBe(403);
    }
    // A browser always says where a cookie's request comes from.
    expect(await acknowledge(cookieOf(set))).toBe(403);
    expect((await send('/logout', {}, { Origin: 'https://evil.example', ...cookieOf(set) })).status).toBe(
      403,
    );
    expect((await send('/login', { token: SECRET }, { Origin: 'https://evil.example' })).status).toBe(403);
    expect(operator.asked).toEqual([]);
    expect(await acknowledge({ ...cookieOf(set), Origin: url })).toBe(200);
    expect(await acknowledge({ Authorization: `Bearer ${SECRET}`, Origin: 'https://evil.example' })).toBe(
      200,
    );
  });
});

describe('a user that an identity proxy names', () => {
  const identityHeader = { name: 'x-forwarded-user', grants: token('x', 'read+respond', 'x').grants };
  const user = { 'X-Forwarded-User': 'alice', 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' };

  it('G1: is believed from a trusted address only', async () => {
    const trusted = await startSignedOut({ access: { identityHeader, trustedProxies: ['127.0.0.1'] } });
    expect((await trusted.send('/', null, user)).status).toBe(200);
    expect((await trusted.send('/v1/audit', null, user)).status).toBe(403);
    const untrusted = await startSignedOut({ access: { identityHeader, trustedProxies: ['192.0.2.0/24'] } });
    expect((await untrusted.send('/', null, user)).status).toBe(401);
    const off = await startSignedOut({ access: { trustedProxies: ['127.0.0.1'] } });
    expect((await off.send('/', null, user)).status).toBe(401);
  });

  it('G1: is who acts, from the address that the proxy saw', async () => {
    const { url, audit } = await startSignedOut({
      access: { identityHeader, trustedProxies: ['127.0.0.1'] },
    });
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/v1/incidents/mk2x1-a7f3/ack`, {
        method: 'POST',
        body: '{"by":"sam"}',
        headers: { 'Content-Type': 'application/json', ...headers },
      });
    expect((await ask({ ...user, Origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask({ ...user, Origin: url })).status).toBe(200);
    expect(audit.noted).toMatchObject([{ who: 'proxy:alice', address: '198.51.100.7' }]);
  });
});
