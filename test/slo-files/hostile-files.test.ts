import { describe, expect, it } from 'vitest';
import { loadFiles, told } from './slo-folder.ts';

const MEBIBYTE = 1_048_576;
const bomb = (levels: number) =>
  ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    .concat(
      Array.from({ length: levels }, (_, level) => {
        const aliases = Array.from({ length: 9 }, () => `*a${level}`).join(', ');
        return `a${level + 1}: &a${level + 1} [${aliases}]`;
      }),
    )
    .join('\n');

describe('G2: a hostile file ends in a located problem', () => {
  it.each<[what: string, content: string | Uint8Array, problem: RegExp]>([
    ['flow nesting', '['.repeat(100_000), /^a\.yaml:1:64: nested too deeply/],
    ['block nesting', '- '.repeat(100_000), /^a\.yaml:1:\d+: nested too deeply/],
    [
      'nesting by keys',
      Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
      /^a\.yaml:64:64: nested too deeply/,
    ],
    ['aliases that multiply', bomb(30), /a\.yaml:\d+:\d+: aliases multiply this document to more than/],
    [
      'a file of a mebibyte and a byte',
      '#'.repeat(MEBIBYTE + 1),
      /^a\.yaml:1:1: is larger than 1048576 bytes/,
    ],
    ['a single huge text', `a: "${'x'.repeat(MEBIBYTE - 10)}"`, /^a\.yaml:1:4: a single text of more than/],
    ['wrong escapes', `a: "${'\\z'.repeat(30_000)}"`, /^a\.yaml:1:5: not valid YAML: Invalid escape/],
    ['commas', `[${','.repeat(99_000)}`, /^a\.yaml:1:3: not valid YAML/],
    ['brackets', ']'.repeat(MEBIBYTE), /^a\.yaml:1:\d+: this is not YAML/],
    ['keys', 'a:\n'.repeat(MEBIBYTE / 4), /a\.yaml:25000:3: this document is too large; split it with ---/],
    [
      'different keys',
      Array.from({ length: 20_000 }, (_, at) => `k${at}:\n`).join(''),
      /^a\.yaml:1:1: unknown key `k0`/,
    ],
    ['documents', '---\n'.repeat(MEBIBYTE / 4), /a\.yaml:\d+:1: more than 10000 documents in one file/],
    ['directives', '%a\n'.repeat(10_000), /^a\.yaml:1:1: not valid YAML: Unknown directive/],
    ['a long key', `${'x'.repeat(60_000)}: 1`, /^a\.yaml:1:1: not valid YAML: The : indicator/],
    ['NUL characters', 'workflow: \0', /^a\.yaml:1:11: a NUL character: this is not a text file/],
    [
      'bytes that are not UTF-8',
      Buffer.from([0x61, 0x3a, 0x20, 0x31, 0x0a, 0x62, 0xff]),
      /^a\.yaml:2:2: not valid UTF-8/,
    ],
    ['UTF-16', Buffer.from('\ufeffa: 1\n', 'utf16le'), /^a\.yaml:1:\d: a NUL character/],
  ])('%s', async (_what, content, problem) => {
    const started = performance.now();
    const loaded = await loadFiles({ 'a.yaml': content });
    // A bound against hanging, not a measurement: each takes well under a second.
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(loaded.definitions).toBeNull();
    expect(told(loaded).find((line) => problem.test(line)) ?? told(loaded)).toMatch(problem);
    expect(loaded.problems.length).toBeLessThan(110);
  });

  it('a byte order mark and Windows line ends are no problem', async () => {
    const text = 'targets:\r\n  log: { log: {} }\r\n  lag: 5\r\n';
    const loaded = await loadFiles({ 'a.yaml': `\ufeff${text}` });
    expect(told(loaded)).toEqual([expect.stringMatching(/^a\.yaml:3:8: `lag` is `5`/)]);
    expect(loaded.problems[0]!.sourceLine).toBe('  lag: 5');
  });

  it('more SLOs than can be watched', async () => {
    const slos = Array.from(
      { length: 1001 },
      (_, at) => `  s${at}: { objective: 99%, window: 28d, sli: succeeded }\n`,
    );
    const workflow = (at: number) => `workflow: w${at}\nowner: o\nslos:\n${slos.join('')}`;
    const files = Object.fromEntries(
      Array.from({ length: 10 }, (_, at): [string, string] => [`${at}.yaml`, workflow(at)]),
    );
    const loaded = await loadFiles({
      ...files,
      't.yaml': 'teams: { o: { page: [l] } }\ntargets: { l: { log: {} } }',
    });
    expect(loaded.problems.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({
        file: '9.yaml',
        line: 1,
        message: 'with this workflow there are more than 10000 SLOs',
      }),
    ]);
  });
});
