import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../src/http/api/routes.ts';
import { METRICS } from '../src/http/metrics/metrics.ts';
import { PROBLEMS, REJECTIONS } from '../src/http/answers/problems.ts';
import { DEPENDENCY_METRICS } from '../src/http/metrics/dependency-metrics.ts';
import { SLO_METRICS } from '../src/http/metrics/slo-metrics.ts';
import { SETTINGS, flagOf } from '../src/settings.ts';

const ROOT = join(import.meta.dirname, '..');
const README = fileURLToPath(new URL('../README.md', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));

type Row = readonly string[];

/** The tables of the README that are made of what the code says; `UPDATE_DOCS=1` writes them. */
const TABLES: Readonly<Record<string, readonly Row[]>> = {
  routes: [
    ['path', 'scope', ''],
    ...ROUTES.map(({ method, path, query, scope, summary }) => {
      const names = Object.keys(query?.parameters ?? {});
      return [`\`${method} ${path}${names.length > 0 ? `?${names.join('&')}` : ''}\``, scope, summary];
    }),
  ],
  settings: [
    ['variable', 'flag', 'default', ''],
    ...SETTINGS.map(({ name, fallback, description, ...more }) => [
      `\`BURNWATCH_${name}\``,
      'noFlag' in more ? '' : `\`${flagOf(name)}\``,
      fallback === null ? '' : `\`${fallback}\``,
      description,
    ]),
  ],
  metrics: [
    ['metric', 'labels', ''],
    ...[...Object.values(METRICS), ...Object.values(SLO_METRICS), ...Object.values(DEPENDENCY_METRICS)].map(
      ({ name, labelNames, help }) => [
        `\`${name}\``,
        labelNames.map((label) => `\`${label}\``).join(', '),
        help,
      ],
    ),
  ],
  problems: [
    ['status', 'code', ''],
    ...Object.entries(PROBLEMS).map(([code, { status, meaning }]) => [
      String(status),
      `\`${code}\``,
      meaning,
    ]),
  ],
  rejections: [
    ['code', ''],
    ...Object.entries(REJECTIONS).map(([code, meaning]) => [`\`${code}\``, meaning]),
  ],
};

function section(text: string, name: string): { readonly from: number; readonly to: number } {
  const opening = `<!-- ${name} -->`;
  const from = text.indexOf(opening) + opening.length;
  const to = text.indexOf(`<!-- /${name} -->`, from);
  if (from < opening.length || to < 0)
    throw new Error(`README.md has no section between <!-- ${name} --> and its end`);
  return { from, to };
}

function markdown(rows: readonly Row[]): string {
  const line = (cells: Row) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const [head, ...body] = rows;
  return [line(head!), line(head!.map(() => '---')), ...body.map(line)].join('\n');
}

/** The cells of a table, however its columns are aligned. */
function cells(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .filter((line) => !/^\|[\s:|-]+\|$/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('README.md', () => {
  it.each(Object.keys(TABLES))('lists exactly what the code has: %s', (name) => {
    if (process.env['UPDATE_DOCS']) {
      const before = readFileSync(README, 'utf8');
      const { from, to } = section(before, name);
      writeFileSync(README, `${before.slice(0, from)}\n\n${markdown(TABLES[name]!)}\n\n${before.slice(to)}`);
    }
    const text = readFileSync(README, 'utf8');
    const { from, to } = section(text, name);
    const table = markdown(TABLES[name]!);
    expect(
      cells(text.slice(from, to)),
      `README.md must hold, or write it with UPDATE_DOCS=1:\n${table}`,
    ).toEqual(cells(table));
  });

  it('names every verb of the program, and no other', () => {
    const text = readFileSync(README, 'utf8');
    const { stdout } = spawnSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8' });
    const verbs = [...stdout.matchAll(/^ {2}([a-z-]+) /gm)]
      .map(([, verb]) => verb!)
      .filter((verb) => verb !== 'help');
    expect(verbs.length).toBeGreaterThanOrEqual(5);
    const told = new Set([...text.matchAll(/`(?:npx )?burnwatch ([a-z-]+)/g)].map(([, verb]) => verb!));
    expect([...told].toSorted()).toEqual(verbs.toSorted());
  });
});

const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

describe.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8');

  it('names only files of the repository', () => {
    const named = [...text.matchAll(/`((?:test|src|slos|docs|\.ci)\/[\w./-]*)`/g)].map(([, path]) => path!);
    // What a reader is told to create is not there yet.
    const missing = named.filter((path) => path !== 'slos/checkout.yaml' && !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });

  it('links only to files that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#[^)\s]*)?\)/g)].map(([, path]) => path!);
    const missing = links.filter((path) => path !== '' && !existsSync(join(ROOT, dirname(document), path)));
    expect(missing).toEqual([]);
  });
});
