import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ConfigError } from '../src/config/setting-reader.ts';
import { makeCertificates } from './support/certificates.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env, {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the address of the mail server', () => {
  it.each(['pa#ss', 'pa/ss', 'pa?ss', '12#34', '12/34', '%zz#', 'p/@/s'])(
    'says how to write the password %s, and never shows it (case 11)',
    (password) => {
      const [problem, ...others] = problemsOf({
        BURNWATCH_SMTP_URL: `smtp://alerts:${password}@mail.example.com:587`,
      });
      expect(others).toEqual([]);
      expect(problem).toContain('percent-encoded: / as %2F, # as %23');
      expect(problem).not.toContain(password);
    },
  );

  it.each([
    'smtp://alerts:pa%23ss@mail.example.com:587',
    'smtps://mail.example.com',
    'smtp://alerts:secret@mail.example.com:587/?name=here',
  ])('%s is right', (BURNWATCH_SMTP_URL) => {
    expect(problemsOf({ BURNWATCH_SMTP_URL })).toEqual([]);
    expect(readConfig({ BURNWATCH_SMTP_URL }, {}).mailServer?.url).toBe(BURNWATCH_SMTP_URL);
  });

  it('of another kind is refused as before', () => {
    expect(problemsOf({ BURNWATCH_SMTP_URL: 'http://mail.example.com' })).toEqual([
      'BURNWATCH_SMTP_URL is not usable; expected an address that begins with smtp:// or smtps://.',
    ]);
  });
});

describe('the secrets that sign links', () => {
  const SECRET = '6f1d0c9b8a7e5f4d3c2b1a09';
  const OLDER = 'b7a6958473625140ffeeddcc';
  const BURNWATCH_PUBLIC_URL = 'https://burnwatch.example.com';

  it.each([
    ['', []],
    [SECRET, [SECRET]],
    [`${SECRET},${OLDER}`, [SECRET, OLDER]],
    [` ${SECRET}\n${OLDER}\n`, [SECRET, OLDER]],
  ])('%j: the first signs, the others are known', (BURNWATCH_LINK_SECRET, secrets) => {
    expect(readConfig({ BURNWATCH_LINK_SECRET, BURNWATCH_PUBLIC_URL }, {}).linkSecrets).toEqual(secrets);
  });

  it('can be those of a file, but not of both', () => {
    const folder = mkdtempSync(join(tmpdir(), 'burnwatch-links-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'secrets');
    writeFileSync(file, `${SECRET}\n${OLDER}\n`);
    const env = { BURNWATCH_LINK_SECRET_FILE: file, BURNWATCH_PUBLIC_URL };
    expect(readConfig(env, {}).linkSecrets).toEqual([SECRET, OLDER]);
    expect(problemsOf({ ...env, BURNWATCH_LINK_SECRET: SECRET })).toEqual([
      'BURNWATCH_LINK_SECRET and BURNWATCH_LINK_SECRET_FILE are both set; use one of them.',
    ]);
    writeFileSync(file, '\n');
    expect(problemsOf(env)).toEqual(['BURNWATCH_LINK_SECRET_FILE has no secret in it.']);
    rmSync(file);
    expect(problemsOf(env)).toEqual([
      `BURNWATCH_LINK_SECRET_FILE is ${JSON.stringify(file)}, which cannot be read (ENOENT).`,
    ]);
  });

  it.each(['short', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'password-password-password', `${SECRET}, hunter2`])(
    'refuses %j, which can be guessed, and does not show it',
    (BURNWATCH_LINK_SECRET) => {
      const [problem, ...more] = problemsOf({ BURNWATCH_LINK_SECRET, BURNWATCH_PUBLIC_URL });
      expect(problem).toMatch(/^BURNWATCH_LINK_SECRET(: secret 2)? has a secret/);
      expect(more).toEqual([]);
      expect(problem).not.toContain('hunter2');
    },
  );

  it('without an address of this service are warned of: links would lead nowhere', () => {
    expect(readConfig({ BURNWATCH_LINK_SECRET: SECRET }, {}).warnings).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^BURNWATCH_LINK_SECRET is set and BURNWATCH_PUBLIC_URL is not/),
      ]),
    );
  });
});

describe('the grace after a break', () => {
  it.each([
    ['', 60_000],
    ['90s', 90_000],
    ['1d', 86_400_000],
  ])('%j is %i ms', (BURNWATCH_BREAK_GRACE, grace) => {
    expect(readConfig({ BURNWATCH_BREAK_GRACE }, {}).breakGrace).toBe(grace);
  });

  it.each(['0s', '500ms', '2d', '60', 'a while'])('%j is refused', (BURNWATCH_BREAK_GRACE) => {
    expect(problemsOf({ BURNWATCH_BREAK_GRACE })).toEqual([
      `BURNWATCH_BREAK_GRACE is "${BURNWATCH_BREAK_GRACE}"; expected a duration from 1s to 1d, such as 90s or 5m.`,
    ]);
  });
});

describe('where notifications may go', () => {
  const outbound = (env: Record<string, string>) => readConfig(env, {}).outbound;

  it.each([
    ['', 'loopback'],
    ['false', 'never'],
    ['loopback', 'loopback'],
    ['true', 'private'],
  ])('BURNWATCH_ALLOW_HTTP_TARGETS=%s', (BURNWATCH_ALLOW_HTTP_TARGETS, http) => {
    expect(outbound({ BURNWATCH_ALLOW_HTTP_TARGETS })).toEqual({ http, hosts: null });
  });

  it('takes hosts by white space and commas, and nothing that is none', () => {
    expect(outbound({ BURNWATCH_TARGET_HOSTS: 'hooks.slack.com, *.example.com' }).hosts).toEqual([
      'hooks.slack.com',
      '*.example.com',
    ]);
    expect(problemsOf({ BURNWATCH_TARGET_HOSTS: 'https://example.com/' })).toHaveLength(1);
    expect(problemsOf({ BURNWATCH_ALLOW_HTTP_TARGETS: 'constructor' })).toHaveLength(1);
  });
});

describe('TLS to Redis', () => {
  it.each([
    [
      { BURNWATCH_STORE: 'redis://host', BURNWATCH_REDIS_CA: 'CA' },
      'BURNWATCH_STORE is not usable; expected rediss:// where',
    ],
    [
      { BURNWATCH_STORE: 'rediss://host', BURNWATCH_REDIS_CERT: 'CA' },
      'expected a certificate together with its key',
    ],
    [
      { BURNWATCH_STORE: 'rediss://host', BURNWATCH_REDIS_CA: '/nowhere' },
      'expected a file that can be read (ENOENT)',
    ],
    [{ BURNWATCH_STORE: 'rediss://host', BURNWATCH_REDIS_CA: '/dev/null' }, 'expected a file in PEM format'],
  ])('is refused when it is not whole: %j', async (env, problem) => {
    const { caFile } = await makeCertificates();
    const set = Object.entries(env).map(([name, value]) => [name, value === 'CA' ? caFile : value]);
    expect(problemsOf(Object.fromEntries(set) as Record<string, string>)).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it('works for clusters and sentinels as well', async () => {
    const { caFile, ca } = await makeCertificates();
    for (const BURNWATCH_STORE of ['rediss://h', 'rediss+cluster://h', 'rediss+sentinel://h/main']) {
      const { store } = readConfig({ BURNWATCH_STORE, BURNWATCH_REDIS_CA: caFile }, {});
      expect(store).toEqual({ kind: 'redis', url: BURNWATCH_STORE, tls: { ca, cert: null, key: null } });
    }
  });
});

describe('streams', () => {
  const redis = { BURNWATCH_STORE: 'redis://host' };

  it.each([
    [{ BURNWATCH_STREAM: 'outcomes' }, 'expected the address of the Redis of BURNWATCH_STREAM'],
    [{ BURNWATCH_STREAM_REDIS: 'http://host' }, 'BURNWATCH_STREAM_REDIS is not usable; expected redis://'],
    [{ ...redis, BURNWATCH_STREAM: 'a a' }, 'different names of streams'],
    [{ ...redis, BURNWATCH_STREAM: 'bw:{bw}:x' }, 'not beginning with bw:'],
    [{ ...redis, BURNWATCH_STREAM: 'a{b}{c}' }, 'at most one {tag}'],
    [{ ...redis, BURNWATCH_STREAM: 'a@b@c' }, 'names of streams'],
    [{ ...redis, BURNWATCH_STREAM: 'a@' }, 'names of streams'],
    [{ ...redis, BURNWATCH_STREAM: Array.from({ length: 17 }, (_, i) => `s${i}`).join() }, 'at most 16'],
    [{ ...redis, BURNWATCH_STREAM_GROUP: 'a b' }, 'BURNWATCH_STREAM_GROUP is "a b"; expected 1 to 64'],
  ])('are refused with words that help: %j', (env, message) => {
    expect(() => readConfig(env, {})).toThrow(message);
  });

  it("are read from the store's Redis or another one, each for the workflows that are named", () => {
    expect(readConfig(redis, {}).streams).toBeNull();
    const { streams } = readConfig({ ...redis, BURNWATCH_STREAM: 'outcomes, {a}:b@nightly-*' }, {});
    expect(streams).toEqual({
      url: 'redis://host',
      tls: { ca: null, cert: null, key: null },
      group: 'burnwatch',
      streams: [
        { name: 'outcomes', grants: [{ scope: 'ingest', only: null }] },
        { name: '{a}:b', grants: [{ scope: 'ingest', only: { by: 'workflow', pattern: 'nightly-*' } }] },
      ],
    });
    const other = { BURNWATCH_STREAM: 'a', BURNWATCH_STREAM_REDIS: 'rediss+sentinel://h/m' };
    expect(readConfig(other, {}).streams).toMatchObject({ url: 'rediss+sentinel://h/m' });
  });
});

describe('Kafka topics', () => {
  const kafka = { BURNWATCH_KAFKA: 'outcomes', BURNWATCH_KAFKA_BROKERS: 'kafka-1:9092' };
  const secret = { BURNWATCH_KAFKA_USER: 'bw', BURNWATCH_KAFKA_PASSWORD: 'hidden-password' };

  it.each([
    [{ BURNWATCH_KAFKA: 'outcomes' }, 'expected the addresses of the brokers of BURNWATCH_KAFKA'],
    [{ ...kafka, BURNWATCH_KAFKA: 'a a' }, 'different names of topics'],
    [{ ...kafka, BURNWATCH_KAFKA: 'a/b' }, 'different names of topics'],
    [{ ...kafka, BURNWATCH_KAFKA: 'a@b@c' }, 'different names of topics'],
    [{ ...kafka, BURNWATCH_KAFKA: Array.from({ length: 17 }, (_, i) => `s${i}`).join() }, 'at most 16'],
    [{ ...kafka, BURNWATCH_KAFKA_BROKERS: 'kafka-1' }, 'expected addresses such as'],
    [{ ...kafka, BURNWATCH_KAFKA_BROKERS: 'kafka-1:99999' }, 'expected addresses such as'],
    [{ ...kafka, BURNWATCH_KAFKA_GROUP: 'a b' }, 'BURNWATCH_KAFKA_GROUP is "a b"; expected 1 to 48'],
    [{ ...kafka, BURNWATCH_KAFKA_TLS: 'yes' }, 'expected true or false'],
    [{ ...kafka, BURNWATCH_KAFKA_CA: '/nowhere' }, 'a file that can be read'],
    [{ ...kafka, ...secret }, 'expected plain, scram-sha-256, scram-sha-512 where'],
    [{ ...kafka, ...secret, BURNWATCH_KAFKA_SASL: 'gssapi' }, 'expected plain, scram-sha-256'],
    [{ ...kafka, BURNWATCH_KAFKA_SASL: 'plain' }, 'expected the user for BURNWATCH_KAFKA_SASL'],
  ])('are refused with words that help, and no secret: %j', (env, message) => {
    expect(() => readConfig(env, {})).toThrow(message);
    expect(() => readConfig(env, {})).not.toThrow('hidden-password');
  });

  it('are read with the brokers, the group and the rights that are named', async () => {
    expect(readConfig({}, {}).kafka).toBeNull();
    const { caFile, ca } = await makeCertificates();
    const env = {
      ...secret,
      BURNWATCH_KAFKA: 'outcomes nightly@nightly-*',
      BURNWATCH_KAFKA_BROKERS: 'kafka-1:9092, [::1]:9093',
      BURNWATCH_KAFKA_TLS: 'true',
      BURNWATCH_KAFKA_CA: caFile,
      BURNWATCH_KAFKA_SASL: 'scram-sha-512',
    };
    expect(readConfig(env, {}).kafka).toEqual({
      brokers: ['kafka-1:9092', '[::1]:9093'],
      topics: [
        { name: 'outcomes', grants: [{ scope: 'ingest', only: null }] },
        { name: 'nightly', grants: [{ scope: 'ingest', only: { by: 'workflow', pattern: 'nightly-*' } }] },
      ],
      group: 'burnwatch',
      tls: { ca, cert: null, key: null },
      sasl: { mechanism: 'scram-sha-512', username: 'bw', password: 'hidden-password' },
    });
    expect(() => readConfig(env, { KAFKA_PASSWORD: 'x' })).toThrow('not taken from the command line');
  });

  it('warn of a password that is sent in the clear to another machine', () => {
    const plain = { ...kafka, ...secret, BURNWATCH_KAFKA_SASL: 'plain' };
    expect(readConfig(plain, {}).warnings.join()).toContain('sends the password unencrypted');
    expect(readConfig({ ...plain, BURNWATCH_KAFKA_TLS: 'true' }, {}).warnings).toEqual([]);
    expect(readConfig({ ...plain, BURNWATCH_KAFKA_BROKERS: '127.0.0.1:9092' }, {}).warnings).toEqual([]);
  });
});

describe('how many outcomes a record may stand for', () => {
  it.each([
    ['', [{ pattern: '*', most: 1_000_000 }]],
    ['500', [{ pattern: '*', most: 500 }]],
    [
      'nightly-*=50000, *=1',
      [
        { pattern: 'nightly-*', most: 50_000 },
        { pattern: '*', most: 1 },
      ],
    ],
  ])('%j is read', (BURNWATCH_COUNT_LIMIT, limits) => {
    expect(readConfig({ BURNWATCH_COUNT_LIMIT }, {}).countLimits).toEqual(limits);
  });

  it.each(['0', 'many', '1000001', 'a=b', '5,,6'])('%j is refused', (BURNWATCH_COUNT_LIMIT) => {
    expect(problemsOf({ BURNWATCH_COUNT_LIMIT })).toEqual([expect.stringContaining('BURNWATCH_COUNT_LIMIT')]);
  });

  it('are read alike of what may be in flight, which is more', () => {
    expect(readConfig({ BURNWATCH_IN_FLIGHT_LIMIT: 'bulk-*=50000000,*=1000' }, {}).inFlightLimits).toEqual([
      { pattern: 'bulk-*', most: 50_000_000 },
      { pattern: '*', most: 1000 },
    ]);
    expect(problemsOf({ BURNWATCH_IN_FLIGHT_LIMIT: '100000001' })).toEqual([
      expect.stringMatching(/BURNWATCH_IN_FLIGHT_LIMIT.*from 1 to 100000000/),
    ]);
  });
});

describe('proxies in front', () => {
  it('are addresses or networks, and a header with a user is believed only from some', () => {
    const env = {
      BURNWATCH_TRUSTED_PROXIES: '10.0.0.7, 10.1.0.0/16 ::1',
      BURNWATCH_IDENTITY_HEADER: 'X-User',
    };
    const { trustedProxies, identityHeader } = readConfig(env, {});
    expect(trustedProxies).toEqual(['10.0.0.7', '10.1.0.0/16', '::1']);
    expect(identityHeader).toMatchObject({
      name: 'x-user',
      grants: [{ scope: 'read' }, { scope: 'respond' }],
    });
    for (const wrong of ['proxy', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129'])
      expect(problemsOf({ BURNWATCH_TRUSTED_PROXIES: wrong })).toHaveLength(1);
    expect(problemsOf({ BURNWATCH_IDENTITY_HEADER: 'X-User' })).toEqual([
      expect.stringContaining('together with BURNWATCH_TRUSTED_PROXIES'),
    ]);
    expect(problemsOf({ ...env, BURNWATCH_IDENTITY_HEADER: 'Cookie' })).toHaveLength(1);
    expect(problemsOf({ ...env, BURNWATCH_IDENTITY_SCOPES: 'wrong' })).toHaveLength(1);
  });
});
