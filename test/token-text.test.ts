import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../src/config.ts';
import { ConfigError } from '../src/config/setting-reader.ts';
import { may, mayAll, mayName } from '../src/core/ports/token.ts';
import { matches } from '../src/core/sli/selection.ts';
import { followTokenFile, readTokenFile } from '../src/token-file.ts';
import { digestOf, readTokens } from '../src/token-text.ts';
import { memoryLog } from './support/memory-log.ts';
import { callerWith } from './support/tokens.ts';

const GOOD = 'k7Qz0b2mX9vLr4Tn';
const OTHER = 'p3Wc8s5dH1yJu6Ge';
const problemsOf = (text: string) => readTokens(text, 'BURNWATCH_TOKENS').problems;

describe('tokens', () => {
  it('have a name, scopes with patterns, and a secret of which only the hash is kept', () => {
    const { tokens, problems } = readTokens(
      `orders:ingest@order-*+read@owner=shop:${GOOD}\nroot:admin:sha256:${digestOf(OTHER).toUpperCase()}`,
      'BURNWATCH_TOKENS',
    );
    expect(problems).toEqual([]);
    expect(tokens).toEqual([
      {
        name: 'orders',
        digest: digestOf(GOOD),
        grants: [
          { scope: 'ingest', only: { by: 'workflow', pattern: 'order-*' } },
          { scope: 'read', only: { by: 'owner', pattern: 'shop' } },
        ],
      },
      { name: 'root', digest: digestOf(OTHER), grants: [{ scope: 'admin', only: null }] },
    ]);
  });

  it('of version 0.1 work as they did, and one that may do more by now is warned of', () => {
    const { tokens, problems, warnings } = readTokens(`orders:write:${GOOD},grafana:read:${OTHER}`, 'x');
    expect(problems).toEqual([]);
    const orders = { grants: tokens[0]!.grants };
    expect([mayAll(orders, 'ingest'), mayAll(orders, 'respond'), mayAll(orders, 'read')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(warnings).toEqual([expect.stringContaining('Of orders: give producers ingest instead')]);
    expect(readTokens(`orders:respond+write:${GOOD}`, 'x').warnings).toEqual([]);
  });

  it.each([
    ['aaaaaaaaaaaaaaaaaaaaaaaa', 'can be guessed'],
    ['1122121222112112', 'can be guessed'],
    ['1357924613579246', 'can be guessed'],
    ['change-me-change-me-1', 'can be guessed'],
    ['your-secret-token-here', 'can be guessed'],
    ['short', 'fewer than 16 characters'],
    ['sha256:abc', 'not 64 hexadecimal digits'],
    [`sha256:${digestOf('')}`, 'the hash of nothing'],
    ['${TOKEN}', 'nothing has replaced'],
    ['$(openssl rand -hex 24)', 'nothing has replaced'],
    ['{{ .Values.token }}', 'nothing has replaced'],
    ['$TOKEN', 'nothing has replaced'],
    ['<secret>', 'nothing has replaced'],
  ])('with the secret %s are refused, without showing it', (secret, says) => {
    const problems = problemsOf(`orders:ingest:${secret}`);
    expect(problems).toEqual([expect.stringContaining(says)]);
    if (secret.length > 8) expect(problems[0]).not.toContain(secret);
  });

  it('with one name or one secret for two are refused', () => {
    expect(problemsOf(`a:read:${GOOD},a:read:${OTHER}`)).toEqual([
      expect.stringContaining('two tokens called a'),
    ]);
    expect(problemsOf(`a:read:${GOOD},b:read:sha256:${digestOf(GOOD)}`)).toEqual([
      expect.stringContaining('gives a and b the same secret'),
    ]);
  });

  it.each(['reed', 'read@', 'read@a@b', 'read@a b', 'admin@orders', 'read@owner=', ''])(
    'with the scopes %j are refused',
    (scopes) => {
      expect(problemsOf(`orders:${scopes}:${GOOD}`)).not.toEqual([]);
    },
  );

  it('are not taken from the command line, which says where to write them', () => {
    expect(() => readConfig({}, { TOKENS: `a:read:${GOOD}` })).toThrow(ConfigError);
    expect(() => readConfig({}, { TOKENS: `a:read:${GOOD}` })).toThrow(
      /--tokens is not taken .* set BURNWATCH_TOKENS/,
    );
  });
});

describe('patterns', () => {
  it.each([
    ['order-*', 'order-fulfillment', true],
    ['order-*', 'orders', false],
    ['*', '', true],
    ['*-eu', 'a-eu-eu', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-b-', false],
    ['bill?ng', 'bill:ng', true],
    ['bill?ng', 'bill-ng-', false],
    ['order', 'order-2', false],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('take time in proportion to what they match, not to its square or worse', () => {
    // The best of some counts, so that a busy machine decides nothing.
    const times = Array.from({ length: 10 }, () => {
      const began = performance.now();
      for (let tries = 0; tries < 10; tries++) matches('*a'.repeat(64), 'a'.repeat(60) + 'b'.repeat(68));
      return performance.now() - began;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });

  it('say what may be done, and which names may be told', () => {
    const subject = { workflow: 'order-eu', owner: 'shop' };
    expect(may(callerWith('ingest@order-*'), 'ingest', subject)).toBe(true);
    expect(may(callerWith('ingest@order-*'), 'read', subject)).toBe(false);
    expect(may(callerWith('write@owner=shop'), 'respond', { workflow: 'x', owner: null })).toBe(false);
    expect(mayName(callerWith('ingest@order-*'), subject)).toBe(true);
    expect(mayName(callerWith('ingest'), subject)).toBe(false);
    expect(mayName(callerWith('ingest@billing'), subject)).toBe(false);
  });
});

describe('a token file', () => {
  it('is read again when it changes; a broken version keeps the old tokens and is told once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'burnwatch-tokens-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'tokens');
    const replace = async (text: string) => {
      await writeFile(`${path}.next`, text);
      await rename(`${path}.next`, path);
    };
    await replace(`# who may what\na:read:${GOOD}\n`);
    const log = memoryLog();
    const lines = log.entries;
    const file = followTokenFile(path, readTokenFile(path, 'x').tokens, log);
    const names = () => file.tokens().map(({ name }) => name);
    await file.check();
    expect([names(), lines]).toEqual([['a'], []]);
    await replace(`a:read:${GOOD}\nb:read:${OTHER}\n`);
    await file.check();
    expect(names()).toEqual(['a', 'b']);
    for (const broken of ['', `a:read:${GOOD} b:wrong:${OTHER}`, '# nothing']) {
      await replace(broken);
      await file.check();
      await file.check();
      expect(names()).toEqual(['a', 'b']);
    }
    await rm(path);
    await file.check();
    expect(names()).toEqual(['a', 'b']);
    const errors = lines.filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toContain(OTHER);
    await replace(`a:read:${GOOD}`);
    await file.check();
    expect(names()).toEqual(['a']);
  });
});
