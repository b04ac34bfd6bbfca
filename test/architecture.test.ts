import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  clockReads,
  importProblems,
  importsOf,
  impurities,
  layerOf,
  machinePaths,
  nameProblems,
  packageOf,
  packageProblems,
  placeProblems,
  type Source,
} from './support/architecture.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): Source => ({ path, text: readFileSync(join(ROOT, path), 'utf8') });
const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path}`)
    .filter((path) => statSync(join(ROOT, path)).isFile());

const src = filesBelow('src')
  .filter((path) => /\.tsx?$/.test(path))
  .map(read);
const test = filesBelow('test')
  .filter((path) => /\.tsx?$/.test(path))
  .map(read);

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(read('package.json').text) as Manifest;

describe('src', () => {
  it('imports point down only, name existing files by their .ts suffix and never go in a circle', () => {
    expect(src.length).toBeGreaterThan(10);
    expect(importProblems(src)).toEqual([]);
  });

  it.each([
    ['core', 10],
    ['charts', 3],
  ])('%s is pure: no packages, no Node, no clock, no chance, no timers', (layer, least) => {
    const pure = src.filter(({ path }) => layerOf(path) === layer);
    expect(pure.length).toBeGreaterThan(least);
    expect(pure.flatMap(impurities)).toEqual([]);
  });

  it('each package has one home and is a declared dependency', () => {
    expect(packageProblems(src, Object.keys(manifest.dependencies))).toEqual([]);
  });

  it('files are where the design says, named after what they hold and short enough to read', () => {
    expect(placeProblems([...src, ...test])).toEqual([]);
  });

  it('files and exports carry the words of the field, and one type name means one thing', () => {
    expect(nameProblems(src)).toEqual([]);
  });

  it('tests lie in folders that mirror those of src', () => {
    const layers = new Set(['charts', 'client', 'core', 'engine', 'http', 'notify', 'slo-files']);
    const strays = test
      .map(({ path }) => path.split('/').slice(1, -1))
      .filter(([layer = '', folder]) => layers.has(layer) && folder !== undefined)
      .map((folders) => folders.join('/'))
      .filter((folder) => !src.some(({ path }) => path.startsWith(`src/${folder}/`)));
    expect([...new Set(strays)]).toEqual([]);
  });
});

describe('tests', () => {
  it('of the pure parts read no clock: they pass at every hour, on every day, in every time zone', () => {
    const pure = test.filter(({ path }) => /^test\/(charts|core|engine|notify|slo-files|demo)\//.test(path));
    expect(pure.length).toBeGreaterThan(10);
    expect(pure.flatMap(clockReads)).toEqual([]);
  });
});

describe('the repository', () => {
  it('holds nothing at its top but what the design lists and tools need', () => {
    const design = ['package.json', 'tsconfig.json', 'src', 'slos', 'test', 'Dockerfile', 'README.md'];
    const tools = [
      'package-lock.json',
      '.ci',
      'compose.yaml',
      'docs',
      'CHANGELOG.md',
      'LICENSE',
      'vitest.config.ts',
      'CONTRIBUTING.md',
      'SECURITY.md',
    ];
    const settings = [
      '.gitignore',
      '.dockerignore',
      '.npmrc',
      '.oxlintrc.json',
      '.oxfmtrc.json',
      '.editorconfig',
      '.nvmrc',
      '.git-blame-ignore-revs',
      'cspell.json',
    ];
    const ignored = read('.gitignore').text.split('\n');
    const unexpected = readdirSync(ROOT).filter(
      (name) =>
        name !== '.git' &&
        ![...design, ...tools, ...settings, ...ignored].includes(name) &&
        !(name.endsWith('.log') && ignored.includes('*.log')),
    );
    expect(unexpected).toEqual([]);
  });

  it('imports every dependency somewhere, tests included', () => {
    // Programs of threads are JavaScript.
    const programs = ['png/rasterize.js', 'ical/read-calendar.js'].map((path) => read(`src/${path}`));
    const inSrc = new Set([...src, ...programs].flatMap(importsOf).map(packageOf));
    expect(Object.keys(manifest.dependencies).filter((name) => !inSrc.has(name))).toEqual([]);

    const others = ['vitest.config.ts', 'src/bundle.mjs'].map(read);
    const inTests = new Set([...test, ...others].flatMap(importsOf).map(packageOf));
    const commands = new Set(Object.values(manifest.scripts).join(' ').split(/\s+/));
    // Used by another tool: the type-aware half of oxlint, the compiler behind `tsc`, the types of what is used.
    const used = (name: string): boolean =>
      inTests.has(name) ||
      commands.has(name) ||
      (name === 'oxlint-tsgolint' && commands.has('--type-aware')) ||
      (name === 'typescript' && commands.has('tsc')) ||
      name === '@types/node' ||
      (name.startsWith('@types/') && (inSrc.has(name.slice(7)) || inTests.has(name.slice(7))));
    expect(Object.keys(manifest.devDependencies).filter((name) => !used(name))).toEqual([]);
  });

  it('names no path of a machine it was written on, and no package registry', () => {
    const folders = ['src', 'test', 'slos', '.ci'].flatMap(filesBelow);
    const atTop = readdirSync(ROOT).filter((name) => statSync(join(ROOT, name)).isFile());
    const texts = [...folders, ...atTop].filter((path) => !/\.(png|ttf|woff2?|gz|log)$/.test(path)).map(read);
    expect(texts.flatMap(machinePaths)).toEqual([]);
    expect(read('package-lock.json').text).not.toMatch(/"resolved": "https?:/);
  });
});

describe('these rules catch', () => {
  const file = (path: string, text: string): Source => ({ path, text });
  const target = (path: string): Source => file(path, '');

  it.each([
    ['core', 'engine', "import { record } from '../engine/a.ts';"],
    ['engine', 'notify', "import type { Slack } from '../notify/a.ts';"],
    ['store/redis', 'store/lmdb', "export * from '../lmdb/a.ts';"],
    ['http', 'engine', "type A = import('../engine/a.ts').A;"],
    ['slo-files', 'notify', "const a = await import('../notify/a.ts');"],
    ['engine', 'client', "import '../client/a.ts';"],
    ['client', 'core', "import type { Outcome } from '../core/a.ts';"],
  ])('%s importing %s', (from, to, text) => {
    expect(importProblems([file(`src/${from}/b.ts`, text), target(`src/${to}/a.ts`)])).toEqual([
      expect.stringContaining('imports point down only'),
    ]);
  });

  it.each([
    ['core/time', 'core/slo'],
    ['core/sli', 'core/budget'],
    ['engine/evaluate', 'engine/queries'],
    ['engine/ingest', 'engine/counters'],
    ['notify/slack', 'notify/email'],
    ['slo-files/native', 'slo-files/assemble'],
    ['http/dashboard', 'http/metrics'],
  ])('inside a layer, %s importing %s', (from, to) => {
    const other = `src/${to}/a.ts`;
    const [, folder = ''] = to.split('/');
    const upwards = file(`src/${from}/b.ts`, `import type { A } from '../${folder}/a.ts';`);
    expect(importProblems([upwards, target(other)])).toEqual([expect.stringContaining('point down only')]);
  });

  it('a name of the past, and a type name that means two things', () => {
    const names = (text: string) => nameProblems([file('src/engine/queries/a.ts', text)]);
    expect(names('export const createVigil = 1;')).toEqual([expect.stringContaining('evaluation gaps')]);
    expect(names('export interface Tails {}')).toEqual([expect.stringContaining('streak')]);
    expect(names('export interface SloDetail {}\nconst moment = 1;')).toEqual([]);
    const one = file('src/http/a.ts', 'export type Problem = string;');
    expect(nameProblems([one, file('src/notify/a.ts', 'export class Problem {}')])).toHaveLength(1);
    expect(nameProblems([one, file('src/notify/a.ts', 'export const Problem = 1;')])).toEqual([]);
  });

  it('anything importing main, and src importing a test', () => {
    const text = "import '../main.ts'; import '../../test/support/a.ts';";
    const sources = [file('src/engine/a.ts', text), target('src/main.ts'), target('test/support/a.ts')];
    expect(importProblems(sources)).toHaveLength(2);
  });

  it('but not what points down, nor imports in strings and comments', () => {
    const text = `
      import { step } from './core/incident.ts'; import '@slack/webhook'; import 'node:fs';
      // import '../main'
      const text = "import './nowhere.ts'" + \`\${1} import('./nowhere.ts')\` + /['"\`]/.source;`;
    expect(importProblems([file('src/app.ts', text), target('src/core/incident.ts')])).toEqual([]);
  });

  it.each([
    ["import './b';", 'the .ts suffix is missing'],
    ["import './b.js';", 'the .ts suffix is missing'],
    ["import './c.ts';", 'there is no such file'],
    ['await import(name);', 'nobody can tell what that is'],
  ])('%s', (text, problem) => {
    expect(importProblems([file('src/core/a.ts', text), target('src/core/b.ts')])).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  it('what templates do: they are files like all others', () => {
    const text =
      "import { Pool } from 'pg'; import '../engine/a.ts'; export type Slo = 1; const a = <b>{Pool}</b>;";
    const template = file('src/http/dashboard/slo-page.tsx', text);
    expect(importsOf(template)).toEqual(['../engine/a.ts', 'pg']);
    expect(layerOf(template.path)).toBe('http');
    const long = file('src/http/dashboard/a.tsx', 'a\n'.repeat(401));
    expect(placeProblems([long])).toHaveLength(1);
    expect(nameProblems([template, file('src/http/a.ts', 'export type Slo = 2;')])).toHaveLength(1);
    expect(nameProblems([file('src/http/dashboard/moment.tsx', '')])).toHaveLength(1);
    const upwards = file('src/core/a.ts', "import '../http/dashboard/slo-page.tsx';");
    expect(importProblems([upwards, file(template.path, '')])).toHaveLength(1);
  });

  it('a package of which only a file is wanted', () => {
    const text =
      "createRequire(import.meta.url).resolve('left-pad/dist/a.js'); path.resolve('b'); Promise.resolve('c');";
    expect(importsOf(file('src/http/a.ts', text))).toEqual(['left-pad/dist/a.js']);
  });

  it('a circle of imports, types or not', () => {
    const circle = importProblems([
      file('src/core/a.ts', "import './b.ts';"),
      file('src/core/b.ts', "import type { C } from './c.ts';"),
      file('src/core/c.ts', "export { a } from './a.ts';"),
    ]);
    expect(circle).toEqual(['src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts: a cycle']);
  });

  it.each([
    "import 'zod';",
    "import type { Redis } from 'ioredis';",
    "import 'node:fs';",
    'const now = Date.now();',
    'const now = new Date();',
    'const now = Date();',
    'const chance = Math.random();',
    'const home = process.env.HOME;',
    'setTimeout(() => {}, 1);',
    'const p = { process };',
    'globalThis.x = 1;',
  ])('an impure core: %s', (text) => {
    expect(impurities(file('src/core/a.ts', text))).toHaveLength(1);
  });

  it.each(['Date.now()', '{ now: Date.now }', 'new Date()', 'Date(0)'])(
    'a test that reads %s',
    (expression) => {
      expect(clockReads(file('test/core/a.ts', `const a = ${expression};`))).toHaveLength(1);
    },
  );

  it('but not one that makes dates of what it is given', () => {
    const text = 'const now = () => clock.now(); new Date(now()); Date.parse(text); Date.UTC(2026);';
    expect(clockReads(file('test/core/a.ts', text))).toEqual([]);
  });

  it('but not a pure one that uses the same words', () => {
    const text =
      "import './b.ts'; new Date(0); Date.UTC(2026); const a = { process: 1 }; a.process; const Math2 = {};";
    expect(impurities(file('src/core/a.ts', text))).toEqual([]);
  });

  it('a package away from home, in two places, or undeclared', () => {
    const sources = [
      file('src/engine/a.ts', "import 'ioredis';"),
      file('src/notify/a.ts', "import 'opossum';"),
      file('src/engine/b.ts', "import 'opossum/lib/x.js'; import 'left-pad';"),
    ];
    expect(packageProblems(sources, ['ioredis', 'opossum'])).toEqual([
      'src/engine/a.ts uses ioredis, at home in store/redis',
      'src/engine/b.ts uses left-pad, which is not a dependency',
      'opossum is used in notify and engine, not in one folder',
    ]);
  });

  it('a package in the client, which producers install without any', () => {
    const sources = [
      file('src/client/a.ts', "import 'node:http'; import type { QueueEvents } from 'bullmq';"),
    ];
    expect(packageProblems(sources, ['bullmq'])).toEqual([
      'src/client/a.ts uses bullmq; producers install nothing with it',
    ]);
  });

  it.each([
    ['src/stuff/a.ts', 'in no layer'],
    ['src/a.ts', 'in no layer'],
    ['src/store/mongo/a.ts', 'in no layer'],
    ['src/core/utils.ts', 'does not say what it holds'],
    ['src/engine/helpers/a.ts', 'is in no folder of its layer'],
    ['test/engine/helpers/a.ts', 'does not say what it holds'],
    ['src/core/index.ts', 'does not say what it holds'],
    ['test/support/common.ts', 'does not say what it holds'],
  ])('a file at %s', (path, problem) => {
    expect(placeProblems([target(path)])[0]).toContain(problem);
  });

  it('a file that is too long', () => {
    expect(placeProblems([file('src/core/a.ts', 'a\n'.repeat(400))])).toEqual([]);
    expect(placeProblems([file('src/core/a.ts', 'a\n'.repeat(401))])).toHaveLength(1);
  });

  it.each(['home/ann/code', 'Users/ann/code', 'root/x', 'work/main'])('a machine path below /%s', (path) => {
    expect(machinePaths(file('a.ts', `ok\nconst at = '/${path}';`))).toEqual([
      `a.ts:2: const at = '/${path}';`,
    ]);
    expect(machinePaths(file('a.ts', `const at = 'https://example.com/${path}';`))).toEqual([]);
  });
});
