import { describe, expect, it } from 'vitest';
import { loadFiles, told } from './slo-folder.ts';

const MEBIBYTE = 1_048_576;
/** Behind whatever is hostile: of a file that is not meant to be an SLO file nothing would be told but that. */
const MEANT = '\n---\nteams: {}\n';
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
    ['a single huge text', `a: "${'x'.repeat(MEBIBYTE - 100)}"`, /^a\.yaml:1:4: a single text of more than/],
    ['wrong escapes', `a: "${'\\z'.repeat(30_000)}"`, /^a\.yaml:1:5: not valid YAML: Invalid escape/],
    ['commas', `[${','.repeat(99_000)}`, /^a\.yaml:1:3: not valid YAML/],
    ['brackets', ']'.repeat(MEBIBYTE - 100), /^a\.yaml:1:\d+: this is not YAML/],
    ['keys', 'a:\n'.repeat(MEBIBYTE / 4), /a\.yaml:25000:3: this document is too large; split it with ---/],
    [
      'different keys',
      Array.from({ length: 20_000 }, (_, at) => `k${at}:\n`).join(''),
      /^a\.yaml:1:1: unknown key `k0`/,
    ],
    ['documents', '---\n'.repeat(MEBIBYTE / 4 - 10), /a\.yaml:\d+:1: more than 10000 documents in one file/],
    ['directives', '%a\n'.repeat(10_000), /^a\.yaml:1:1: not valid YAML: Unknown directive/],
    ['a long key', `${'x'.repeat(60_000)}: 1`, /^a\.yaml:1:1: not valid YAML: The : indicator/],
    ['NUL characters', 'workflow: \0', /^a\.yaml:1:11: a NUL character: this is not a text file/],
    [
      'bytes that are not UTF-8',
      Buffer.from([0x61, 0x3a, 0x20, 0x31, 0x0a, 0x62, 0xff]),
      /^a\.yaml:2:2: not valid UTF-8/,
    ],
    [
      'a tier whose only number is itself',
      'policies: { p: { tiers: [&t { severity: page, burnRate: { long: 1h, budgetShare: *t } }] } }\nworkflow: w\nowner: o\nslos: { s: { objective: 95%, window: 28d, sli: succeeded, alerts: { policy: p } } }',
      /^a\.yaml:1:82: \*t refers to what it is in/,
    ],
    [
      'a tier whose only number is not set',
      'policies: { p: { tiers: [{ severity: page, burnRate: { long: 1h, budgetShare: "${UNSET}" } }] } }\nworkflow: w\nowner: o\nslos: { s: { objective: 95%, window: 28d, sli: succeeded, alerts: { policy: p } } }',
      /^a\.yaml:1:79: references are filled in only where a secret stands/,
    ],
    ['UTF-16', Buffer.from('\ufeffa: 1\n', 'utf16le'), /^a\.yaml:1:\d: a NUL character/],
  ])('%s', async (_what, content, problem) => {
    const text = typeof content === 'string' ? content + MEANT : content;
    const loaded = await loadFiles({ 'a.yaml': text });
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

  it('files that were joined with the byte order marks of their editor are no problem (case 09)', async () => {
    const first = 'workflow: w\nowner: ops\nslos:\n  s: { objective: 99%, window: 28d, sli: succeeded }\n';
    const second = 'teams: { ops: { page: [screen], ticket: [screen] } }\ntargets: { screen: { log: {} } }\n';
    for (const joint of ['---\n\ufeff', '\ufeff---\n', '---\r\n\ufeff', '---\n\ufeff# comment\n']) {
      const loaded = await loadFiles({ 'a.yaml': `\ufeff${first}${joint}${second}` });
      expect(told(loaded)).toEqual([]);
      expect([...loaded.definitions!.teams.keys()]).toEqual(['ops']);
    }
    const wrong = await loadFiles({ 'a.yaml': `\ufeff${first}---\n\ufeffteam: 1\n` });
    expect(told(wrong)).toContainEqual(expect.stringMatching(/^a\.yaml:6:1: unknown key `team`/));
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

const NATIVE = 'teams: { o: { page: [l] } }\ntargets: { l: { log: {} } }';
const RAW =
  '{ ratioMetric: { rawType: success, raw: { metricSource: { type: burnwatch, spec: { workflow: w } } } } }';
const openSlo = (kind: string, name: string, spec: string) =>
  `apiVersion: openslo/v1\nkind: ${kind}\nmetadata: { name: ${name}, labels: { owner: o } }\nspec: ${spec}\n`;
const slo = (name: string, indicator: string, objectives = '[{ target: 0.99 }]') =>
  openSlo(
    'SLO',
    name,
    `{ service: s, ${indicator}, budgetingMethod: Occurrences, timeWindow: [{ duration: 28d, isRolling: true }], objectives: ${objectives} }`,
  );

describe('G2: so does a hostile OpenSLO file', () => {
  it.each<[what: string, content: string, problem: RegExp]>([
    [
      'an SLI that is itself',
      'apiVersion: openslo/v1\nkind: SLI\nmetadata: { name: a }\nspec: &a { ratioMetric: *a }',
      /a\.yaml:4:\d+: \*a refers to what it is in/,
    ],
    [
      'a document that is itself',
      '&a\napiVersion: openslo/v1\nkind: SLO\nmetadata: { name: a }\nspec: { indicator: *a }',
      /^a\.yaml:5:20: \*a refers to what it is in/,
    ],
    [
      'aliases that multiply',
      `apiVersion: openslo/v1\nkind: DataSource\nmetadata: { name: a }\nspec:\n  type: burnwatch\n  connectionDetails:\n${bomb(30).replaceAll(/^/gm, '    ')}`,
      /a\.yaml:\d+:\d+: aliases multiply this document to more than/,
    ],
    [
      'merge keys',
      `base: &b { kind: SLO }\n---\napiVersion: openslo/v1\n<<: { kind: SLO }\nkind: SLI\nmetadata: { name: a }\nspec: ${RAW}`,
      /^a\.yaml:4:1: unknown key `<<`/,
    ],
    [
      'a list of everything',
      `- apiVersion: openslo/v1\n${'- x\n'.repeat(5_000)}`,
      /^a\.yaml:1:3: `kind` is missing/,
    ],
    ['a list in a list', '- - apiVersion: openslo/v1', /^a\.yaml:1:1: the document is a list/],
    [
      'composites that go in circles',
      [
        slo('a', `indicator: { spec: ${RAW.replace('workflow: w', 'workflow: w, sli: { allOf: [b, c] }')} }`),
        slo('b', `indicator: { spec: ${RAW.replace('workflow: w', 'workflow: w, sli: { allOf: [a, c] }')} }`),
        slo('c', `indicator: { spec: ${RAW} }`),
      ].join('---\n'),
      /^a\.yaml:4:\d+: `b` is a composite itself; name its parts instead/,
    ],
    [
      'a composite of itself',
      slo('a', `indicator: { spec: ${RAW.replace('workflow: w', 'workflow: w, sli: { allOf: [a, w/a] }')} }`),
      /^a\.yaml:4:\d+: `a` is a composite itself/,
    ],
    [
      'the same name two thousand times',
      Array.from({ length: 2_000 }, () => openSlo('Service', 's', '{}'))
        .join('---\n')
        .replaceAll('metadata: ', 'metadata:\n '),
      /^a\.yaml:\d+:\d+: Service `s` is already defined at a\.yaml:1$/,
    ],
    [
      'references to nothing',
      Array.from({ length: 1_000 }, (_, at) => slo(`s${at}`, `indicatorRef: x${at}`)).join('---\n'),
      /^a\.yaml:4:\d+: there is no SLI `x0`/,
    ],
    [
      'numbers beyond all bounds',
      slo(
        'a',
        `indicator: { spec: ${RAW} }`,
        '[{ target: 1e-400 }, { target: 1e999 }, { targetPercent: .nan }]',
      ),
      /^a\.yaml:4:\d+: `target` is `1e999`; expected a number/,
    ],
    [
      'durations beyond all bounds',
      slo('a', `indicator: { spec: ${RAW} }`).replace('28d', '999999999Y'),
      /^a\.yaml:4:\d+: `duration` is `999999999Y`; expected/,
    ],
    [
      'names of what every object has',
      [
        slo('constructor', 'indicatorRef: toString'),
        openSlo('SLI', 'hasOwnProperty', RAW),
        openSlo('constructor', 'a', '{}'),
      ].join('---\n'),
      /^a\.yaml:12:7: `kind` is `constructor`; expected one of/,
    ],
  ])('%s', async (_what, content, problem) => {
    const loaded = await loadFiles({ 'a.yaml': content, 'native.yaml': NATIVE });
    expect(loaded.definitions).toBeNull();
    expect(told(loaded).find((line) => problem.test(line)) ?? told(loaded)).toMatch(problem);
    expect(loaded.problems.length).toBeLessThan(210);
  });

  it('more SLOs than can be watched, of both dialects together', async () => {
    const objectives = Array.from({ length: 20 }, (_, at) => `{ displayName: o${at}, target: 0.9 }`).join(
      ', ',
    );
    const documents = Array.from({ length: 500 }, (_, at) =>
      slo(`s${at}`, `indicator: { spec: ${RAW} }`, `[${objectives}]`),
    );
    const files = {
      'a.yaml': documents.slice(0, 250).join('---\n'),
      'b.yaml': documents.slice(250).join('---\n'),
    };
    const one = 'workflow: other\nowner: o\nslos: { one: { objective: 90%, window: 28d, sli: succeeded } }';
    const { problems } = await loadFiles({ ...files, 'native.yaml': `${NATIVE}\n---\n${one}` });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({
        file: 'b.yaml',
        line: 249 * 5 + 1,
        message: 'with this document there are more than 10000 SLOs',
      }),
    ]);
  });
});
