import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reachOf } from '../../src/outbound/addresses.ts';
import { forbiddenBy, guardedFetch } from '../../src/outbound/guarded-fetch.ts';
import type { Resolve } from '../../src/outbound/guarded-lookup.ts';
import type { OutboundRules } from '../../src/core/ports/outbound.ts';
import { makeCertificates } from '../support/certificates.ts';
import { OUTBOUND } from '../support/outbound.ts';

let server: Server;
let port: number;
let asked: string[];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['accept-encoding']}`);
    if (request.url === '/moved') response.writeHead(302, { Location: '/elsewhere' }).end();
    else if (request.url === '/talkative')
      response.writeHead(200, { 'X-Words': 'a'.repeat(20_000) }).end('ok');
    else if (request.url === '/long') response.end('a'.repeat(1_000_000));
    else response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
});

/** DNS that gives one answer after the other. */
function dns(...answers: readonly (readonly string[])[]): Resolve & { readonly questions: string[] } {
  const questions: string[] = [];
  const resolve: Resolve = (host, _options, callback) => {
    const answer = answers[Math.min(questions.length, answers.length - 1)]!;
    questions.push(host);
    const addresses = answer.map((address): LookupAddress => ({
      address,
      family: address.includes(':') ? 6 : 4,
    }));
    callback(null, addresses);
  };
  return Object.assign(resolve, { questions });
}

const rules = (changes: Partial<OutboundRules>): OutboundRules => ({ ...OUTBOUND, ...changes });
const METADATA = 'its address is link-local, of a metadata service or of no host';

describe('an address', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'public'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['::ffff:10.0.0.1', 'private'],
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['169.254.169.254', 'never'],
    ['169.254.0.1', 'never'],
    ['::ffff:169.254.169.254', 'never'],
    ['::ffff:a9fe:a9fe', 'never'],
    ['64:ff9b::a9fe:a9fe', 'never'],
    ['2002:a9fe:a9fe::1', 'never'],
    ['fe80::1', 'never'],
    ['fe80::1%eth0', 'never'],
    ['fd00:ec2::254', 'never'],
    ['100.100.100.200', 'never'],
    ['192.0.0.192', 'never'],
    ['168.63.129.16', 'never'],
    ['0.0.0.0', 'never'],
    ['::', 'never'],
    ['224.0.0.1', 'never'],
    ['ff02::1', 'never'],
    ['64:ff9b:1::a9fe:a9fe', 'never'],
    ['2001:0:a9fe:a9fe::1', 'never'],
    ['fd12::1%eth0', 'private'],
    ['255.255.255.255', 'never'],
    ['no address', 'never'],
  ])('%s is %s', (address, reach) => {
    expect(reachOf(address)).toBe(reach);
  });
});

describe('a request', () => {
  it('goes out once, asks for an answer that is not packed, and reads its beginning', async () => {
    const send = guardedFetch(OUTBOUND);
    const answer = await send(`http://127.0.0.1:${port}/long`, { method: 'POST', body: 'hello' });
    expect(await answer.text()).toHaveLength(16 * 1024);
    expect(asked).toEqual(['POST /long identity']);
  });

  it('gives up on an answer whose head is longer than 16 kB', async () => {
    await expect(guardedFetch(OUTBOUND)(`http://127.0.0.1:${port}/talkative`)).rejects.toMatchObject({
      code: 'HPE_HEADER_OVERFLOW',
    });
  });

  it('follows no redirect', async () => {
    expect((await guardedFetch(OUTBOUND)(`http://127.0.0.1:${port}/moved`)).status).toBe(302);
    expect(asked).toEqual(['GET /moved identity']);
  });

  it.each([
    ['the metadata service', 'http://169.254.169.254/latest', 'private', METADATA],
    ['the same by https', 'https://169.254.169.254/latest', 'private', METADATA],
    ['the same as a number', 'http://2852039166/latest', 'private', METADATA],
    ['the same in hexadecimal', 'http://0xA9.0xFE.0xA9.0xFE/', 'private', METADATA],
    ['the same as IPv6', 'http://[::ffff:169.254.169.254]/', 'private', METADATA],
    ['a link-local neighbour', 'https://[fe80::1]/', 'private', METADATA],
    ['every address of this machine', 'http://0.0.0.0/', 'private', METADATA],
    ['a private address', 'http://10.0.0.1/', 'loopback', 'plain http goes only to this machine'],
    ['a public address', 'http://8.8.8.8/', 'private', 'plain http goes only to this machine and private'],
    ['this machine', 'http://127.0.0.1/', 'never', 'plain http is not allowed'],
    ['a file', 'file:///etc/passwd', 'private', 'it is not an http or https address'],
  ] as const)('to %s is refused before it connects', async (_what, url, http, problem) => {
    expect(forbiddenBy(rules({ http }), url)).toContain(problem);
    await expect(guardedFetch(rules({ http }))(url)).rejects.toMatchObject({
      name: 'ForbiddenAddress',
      message: expect.stringContaining(problem) as string,
    });
  });

  it.each([
    ['link-local', ['169.254.169.254'], 'private', METADATA],
    ['link-local, among IPv6', ['fe80::1', '::ffff:169.254.169.254'], 'private', METADATA],
    ['private', ['10.0.0.1'], 'loopback', 'plain http goes only to this machine'],
    ['public', ['8.8.8.8'], 'private', 'plain http goes only to'],
  ] as const)(
    'to a name whose address is %s is refused as it connects',
    async (_what, answer, http, problem) => {
      const send = guardedFetch(rules({ http }), dns(answer));
      await expect(send(`http://hook.example.com:${port}/`)).rejects.toMatchObject({
        name: 'ForbiddenAddress',
        message: expect.stringContaining(problem) as string,
      });
      expect(asked).toEqual([]);
    },
  );

  it('connects to the address that was looked at, whatever the name resolves to next', async () => {
    const rebinding = dns(['127.0.0.1', '169.254.169.254'], ['169.254.169.254']);
    const send = guardedFetch(OUTBOUND, rebinding);
    expect(await (await send(`http://hook.example.com:${port}/`)).text()).toBe('ok');
    expect(rebinding.questions).toEqual(['hook.example.com']);
    await expect(send(`http://hook.example.com:${port}/`)).rejects.toMatchObject({ code: 'EFORBIDDEN' });
    expect(asked).toHaveLength(1);
  });

  it('by https to a name is looked at as well', async () => {
    const { cert, key } = await makeCertificates();
    let connections = 0;
    const secure = createTlsServer({ cert, key }).on('connection', () => connections++);
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const url = `https://localhost:${(secure.address() as AddressInfo).port}/`;
    await expect(guardedFetch(OUTBOUND, dns(['169.254.169.254']))(url)).rejects.toMatchObject({
      code: 'EFORBIDDEN',
    });
    expect(connections).toBe(0);
    // The certificate is not one that Node trusts: nothing is sent.
    await expect(guardedFetch(OUTBOUND, dns(['127.0.0.1']))(url)).rejects.toMatchObject({
      code: expect.stringMatching(/CERT|SIGNED|LEAF/) as string,
    });
    expect(connections).toBe(1);
    await new Promise((resolve) => secure.close(resolve));
  });

  it.each([
    ['hooks.slack.com', true],
    ['HOOKS.slack.com', true],
    ['hooks.slack.com.', true],
    ['a.example.com', true],
    ['example.com', false],
    ['hooks.slack.com.evil.example', false],
    ['evil-hooks.slack.com', false],
  ])('to %s is within BURNWATCH_TARGET_HOSTS: %s', (host, allowed) => {
    const problem = forbiddenBy(rules({ hosts: ['hooks.slack.com', '*.Example.com'] }), `https://${host}/x`);
    expect(problem).toBe(allowed ? null : 'its host is not one of BURNWATCH_TARGET_HOSTS');
  });
});
