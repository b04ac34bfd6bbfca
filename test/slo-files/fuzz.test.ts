import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { fingerprint } from '../../src/core/sli/fingerprint.ts';
import { allSlos, type Definitions, type TargetDefinition } from '../../src/core/slo/slo.ts';
import { references } from './slo-folder.ts';
import { checkReport } from '../../src/slo-files/check/check-report.ts';
import { interpret } from '../../src/slo-files/load.ts';
import { exportOpenSlo } from '../../src/slo-files/openslo/export.ts';
import { seededRandom } from '../support/random.ts';

// The same runs every time; others, and more, are for the asking.
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_122);
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 80);
const filesOf = (folder: string) =>
  readdirSync(folder).map((file) => ({ file, bytes: readFileSync(join(folder, file)) }));
const native = filesOf(join(import.meta.dirname, '../../slos'));
const openSlo = filesOf(join(import.meta.dirname, 'openslo/examples'));
const examples = [...native, ...openSlo];
/** The files with other bytes in one of them, and those it needs. */
const withBytes = (which: number, bytes: Buffer) => {
  const group = which < native.length ? native : openSlo;
  return group.map((example) => (example === examples[which] ? { ...example, bytes } : example));
};

type Mutation = (text: string) => string;
const onLine =
  (at: number, change: (line: string) => string[]): Mutation =>
  (text) => {
    const lines = text.split('\n');
    const index = at % lines.length;
    return lines.toSpliced(index, 1, ...change(lines[index]!)).join('\n');
  };
const insert =
  (at: number, piece: string): Mutation =>
  (text) => {
    const index = at % (text.length + 1);
    return text.slice(0, index) + piece + text.slice(index);
  };
const line = fc.nat({ max: 200 });
const offset = fc.nat({ max: 4000 });
const pieces = fc.oneof(
  fc.constantFrom(
    '[',
    '{',
    ']',
    '}',
    ': ',
    '- ',
    '&a ',
    '*a',
    '? ',
    '|',
    '>',
    '!!x ',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
  ),
  fc.constantFrom(
    '\t',
    '\r',
    '\0',
    '\ufeff',
    '"',
    "'",
    '${',
    '${X}',
    '${file:/}',
    '$${',
    '__proto__: ',
    '<<: ',
  ),
  fc.constantFrom(
    'constructor',
    '1e999',
    '.nan',
    '0x1F',
    '99.9',
    '-1',
    'null',
    'true',
    '2026-01-01',
    '日本🚀',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  line.map((at) => onLine(at, () => [])),
  line.map((at) => onLine(at, (text) => [text, text])),
  fc.tuple(line, fc.nat({ max: 12 })).map(([at, by]) => onLine(at, (text) => [' '.repeat(by) + text])),
  line.map((at) => onLine(at, (text) => [text.trimStart()])),
  line.map((at) => onLine(at, (text) => [text.replace(/:.*/, ':')])),
  fc.tuple(line, pieces).map(([at, piece]) => onLine(at, (text) => [text.replace(/(?<=: ).*/, piece)])),
  fc.tuple(offset, pieces).map(([at, piece]) => insert(at, piece)),
  fc.tuple(offset, fc.integer({ min: 1, max: 100_000 })).map(([at, size]) => insert(at, 'x'.repeat(size))),
  fc.tuple(offset, fc.integer({ min: 1, max: 2000 })).map(([at, size]) => insert(at, '['.repeat(size))),
  fc.tuple(offset, fc.integer({ min: 1, max: 500 })).map(([at, size]) => insert(at, '- '.repeat(size))),
);
const flips = fc.array(fc.tuple(offset, fc.integer({ min: 0, max: 255 })), { maxLength: 4 });

it('G2: whatever becomes of the text of a valid file, it ends in definitions or located problems', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: examples.length - 1 }),
      fc.array(mutation, { maxLength: 5 }),
      flips,
      async (which, mutations, flipped) => {
        const text = mutations.reduce((before, mutate) => mutate(before), examples[which]!.bytes.toString());
        const bytes = Buffer.from(text);
        for (const [at, byte] of flipped) bytes[at % bytes.length] = byte;
        await judge(withBytes(which, bytes));
      },
    ),
    { seed: SEED, numRuns: RUNS },
  );
});

it('G2: whatever becomes of what valid files say, it ends in definitions or located problems', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 4 }), async (seed, changes) => {
      const random = seededRandom(seed);
      const which = Math.floor(random() * examples.length);
      const text = rearranged(examples[which]!.bytes.toString(), changes, random);
      await judge(withBytes(which, Buffer.from(text)));
    }),
    { seed: SEED, numRuns: RUNS },
  );
});

it('the unchanged files are whole, so that the others have something to lose', async () => {
  const { definitions, problems } = await interpret({ files: examples, folders: [] }, references());
  expect(problems).toEqual([]);
  expect(allSlos(definitions!).length).toBeGreaterThan(15);
});

interface Example {
  readonly file: string;
  readonly bytes: Buffer;
}

/** Loads files and checks that what comes of it is either whole, or nothing with reasons that can be found. */
async function judge(files: readonly Example[]): Promise<void> {
  const loaded = await interpret({ files, folders: [] }, references());
  const { ok, json } = checkReport(loaded, 0);
  const errors = loaded.problems.filter(({ severity }) => severity === 'error');
  expect(ok).toBe(errors.length === 0);
  expect(loaded.definitions === null).toBe(errors.length > 0);
  expect(() => JSON.stringify(json)).not.toThrow();
  for (const { file, line, column, message, sourceLine } of loaded.problems) {
    const lines = files
      .find((candidate) => candidate.file === file)!
      .bytes.toString()
      .split('\n');
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1);
    expect(line * column).toBeGreaterThan(0);
    expect(message).not.toBe('');
    expect(message).not.toMatch(/undefined|\[object|NaN/);
    expect(sourceLine.length).toBeLessThanOrEqual(401);
  }
  if (!loaded.definitions) return;
  const ids = allSlos(loaded.definitions).map(({ id }) => id);
  for (const { bytes } of files) {
    for (const promised of promisedBy(bytes.toString()))
      expect(ids).toContainEqual(expect.stringMatching(promised));
  }
  await judgeWhole(loaded.definitions);
}

/** What the ids of SLOs look like that a text of either dialect promises. */
function promisedBy(text: string): RegExp[] {
  return documentsOf(text)
    .flatMap((document) => (Array.isArray(document) ? (document as unknown[]) : [document]))
    .flatMap((document): RegExp[] => {
      const { kind, metadata, workflow, slos } = (document ?? {}) as Record<string, unknown>;
      const escaped = (name: string) => name.replace(/[.]/g, '[.]');
      if (typeof workflow === 'string') {
        return Object.keys(slos ?? {}).map((name) => new RegExp(`^${escaped(`${workflow}/${name}`)}$`));
      }
      const { name } = (metadata ?? {}) as Record<string, unknown>;
      return kind === 'SLO' ? [new RegExp(`/${escaped(String(name))}(-.*)?$`)] : [];
    });
}

/** Nothing may be missing of what was loaded, and it can all be written down again. */
async function judgeWhole(definitions: Definitions): Promise<void> {
  const slos = allSlos(definitions);
  const ids = new Set(slos.map(({ id }) => id));
  expect(ids.size).toBe(slos.length);
  for (const slo of slos) {
    const { owner, objective, window, sli, alerts } = slo;
    expect(definitions.teams.has(owner)).toBe(true);
    expect(objective.ratio > 0 && objective.ratio < 1).toBe(true);
    expect(window.duration).toBeGreaterThan(0);
    expect(slo.fingerprint).toBe(fingerprint(sli));
    if (sli.kind === 'composite') for (const member of sli.members) expect(ids).toContain(member.slo);
    const names = alerts.tiers.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const tier of alerts.tiers) {
      if (tier.kind === 'burnRate') expect(tier.factor * objective.errorBudget).toBeLessThanOrEqual(1.0001);
    }
    const told = [...(alerts.route.page ?? []), ...(alerts.route.ticket ?? [])];
    for (const target of told) expect(definitions.targets.has(target)).toBe(true);
  }
  const bytes = Buffer.from(exportOpenSlo(definitions).yaml);
  const teams = { teams: Object.fromEntries([...definitions.teams].map(([name]) => [name, {}])) };
  const targets = Object.fromEntries(
    [...definitions.targets.values()].map(({ name, kind }) => [name, addressOf(kind)]),
  );
  const beside = Buffer.from(stringify({ ...teams, targets }));
  const again = await interpret(
    {
      files: [
        { file: 'exported.yaml', bytes },
        { file: 'beside.yaml', bytes: beside },
      ],
      folders: [],
    },
    references(),
  );
  expect(again.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(new Set(allSlos(again.definitions!).map(({ id }) => id))).toEqual(ids);
}

const ADDRESSES: { readonly [Kind in TargetDefinition['kind']]: object } = {
  slack: { webhook: 'https://hooks.slack.com/services/x' },
  email: { to: ['a@example.com'] },
  webhook: { url: 'https://hooks.example.com/x' },
  pagerduty: { routingKey: 'R0123456789' },
  alertmanager: { urls: ['https://alertmanager.example.com'] },
  opsgenie: { apiKey: 'K0123456789' },
  teams: { webhook: 'https://flows.example.com/x' },
  discord: { webhook: 'https://discord.com/api/webhooks/x' },
  slackApp: { botToken: 'xoxb-12345678', channel: 'C0123ABCD' },
  telegram: { botToken: '1234:abcdefghijkl', chat: '-100123' },
  ntfy: { topic: 'alerts' },
  log: {},
};

function addressOf(kind: TargetDefinition['kind']): object {
  return { [kind]: ADDRESSES[kind] };
}

type Holder = Record<string, unknown> | unknown[];
interface Spot {
  readonly holder: Holder;
  readonly key: string | number;
}

/** Where values are in a document, and the document itself. */
function spotsOf(holder: Holder): Spot[] {
  const keys: (string | number)[] = Array.isArray(holder) ? [...holder.keys()] : Object.keys(holder);
  return keys.flatMap((key) => {
    const value = at({ holder, key });
    const inner = typeof value === 'object' && value !== null ? spotsOf(value as Holder) : [];
    return [{ holder, key }, ...inner];
  });
}

function at({ holder, key }: Spot): unknown {
  return (holder as Record<string | number, unknown>)[key];
}

function put({ holder, key }: Spot, value: unknown): void {
  if (Array.isArray(holder)) holder.splice(typeof key === 'number' ? key : holder.length, 1, value);
  // Also where the key is `__proto__`.
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

const documentsOf = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as unknown);
/** All values of all files, which may turn up anywhere. */
const vocabulary = examples.flatMap(({ bytes }) => spotsOf(documentsOf(bytes.toString())));
const STRANGE = [
  null,
  true,
  0,
  -1,
  1e21,
  1e-7,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '',
  ' ',
  '\u202e',
  '${',
  '${X}',
  '1e3',
  '0x1F',
  '100%',
  '0%',
  '-5m',
  '9'.repeat(40),
  [],
  {},
  [[]],
  [null],
  'x'.repeat(300),
  'constructor',
  '2026-02-30',
];

/** The documents of a file with some things deleted, doubled, renamed, moved, swapped or replaced. */
function rearranged(text: string, changes: number, random: () => number): string {
  const documents = documentsOf(text);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  for (let change = 0; change < changes; change++) {
    // Looked up once more, because the last change moved things.
    const spots = spotsOf(documents);
    if (spots.length === 0) break;
    const spot = pick(spots);
    const other = pick(spots);
    const word = pick(vocabulary);
    const actions: (() => void)[] = [
      () => {
        if (Array.isArray(spot.holder)) spot.holder.splice(Number(spot.key), 1);
        else delete spot.holder[String(spot.key)];
      },
      () => put(spot, pick(STRANGE)),
      () => put(spot, structuredClone(at(word))),
      // The same object twice becomes an anchor and an alias.
      () => put(spot, at(other) === spot.holder ? null : at(other)),
      () => {
        const value = at(spot);
        put(spot, at(other));
        put(other, value);
      },
      () => put(spot, [at(spot), at(spot)]),
      () => put(spot, { [String(word.key)]: at(spot) }),
      () => put({ holder: spot.holder, key: String(word.key) }, at(spot)),
      () => put({ holder: spot.holder, key: pick(['<<', '__proto__', '', 'constructor', '~']) }, at(other)),
    ];
    pick(actions)();
    // A change may have put something into itself, which is worth loading, but not worth changing any more.
    if (isInItself(documents)) break;
  }
  return documents.map((document) => stringify(document)).join('---\n');
}

function isInItself(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
}
