import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../src/http/api/routes.ts';
import { METRICS } from '../src/http/metrics/metrics.ts';
import { PROBLEMS, REJECTIONS } from '../src/http/answers/problems.ts';
import { DEPENDENCY_METRICS } from '../src/http/metrics/dependency-metrics.ts';
import { OUTCOME_METRICS } from '../src/http/metrics/outcome-metrics.ts';
import { SLO_METRICS } from '../src/http/metrics/slo-metrics.ts';
import { WORKFLOW_METRICS } from '../src/http/metrics/workflow-metrics.ts';
import { SETTINGS, flagOf } from '../src/settings.ts';

interface MetricRow {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly help: string;
}
const METRIC_TABLES = [METRICS, OUTCOME_METRICS, SLO_METRICS, WORKFLOW_METRICS, DEPENDENCY_METRICS];

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));

type Row = readonly string[];

/** Where the tables stand that are made of what the code says; `UPDATE_DOCS=1` writes them. */
const PLACES = {
  routes: 'docs/http.md',
  settings: 'docs/settings.md',
  metrics: 'docs/metrics.md',
  problems: 'docs/errors.md',
  rejections: 'docs/errors.md',
} as const;

const TABLES: Readonly<Record<keyof typeof PLACES, readonly Row[]>> = {
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
    ...METRIC_TABLES.flatMap((table) => Object.values<MetricRow>(table)).map(({ name, labelNames, help }) => [
      `\`${name}\``,
      labelNames.map((label) => `\`${label}\``).join(', '),
      help,
    ]),
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
  if (from < opening.length || to < 0) throw new Error(`no section between <!-- ${name} --> and its end`);
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

describe('the documentation', () => {
  it.each(Object.entries(PLACES))('lists exactly what the code has: %s in %s', (name, place) => {
    const file = join(ROOT, place);
    const table = markdown(TABLES[name as keyof typeof PLACES]);
    if (process.env['UPDATE_DOCS']) {
      const before = readFileSync(file, 'utf8');
      const { from, to } = section(before, name);
      writeFileSync(file, `${before.slice(0, from)}\n\n${table}\n\n${before.slice(to)}`);
    }
    const text = readFileSync(file, 'utf8');
    const { from, to } = section(text, name);
    expect(
      cells(text.slice(from, to)),
      `${place} must hold, or write it with UPDATE_DOCS=1:\n${table}`,
    ).toEqual(cells(table));
  });

  it('names every verb of the program, and no other', () => {
    const { stdout } = spawnSync(process.execPath, [PROGRAM, '--help'], { encoding: 'utf8' });
    const verbs = [...stdout.matchAll(/^ {2}([a-z-]+) /gm)]
      .map(([, verb]) => verb!)
      .filter((verb) => verb !== 'help');
    expect(verbs.length).toBeGreaterThanOrEqual(5);
    const told = (document: string) => [
      ...new Set(
        [...readFileSync(join(ROOT, document), 'utf8').matchAll(/`(?:npx )?burnwatch ([a-z-]+)/g)].map(
          ([, verb]) => verb!,
        ),
      ),
    ];
    expect(told('docs/commands.md').toSorted()).toEqual(verbs.toSorted());
    expect(verbs).toEqual(expect.arrayContaining(told('README.md')));
  });

  it('is all found from its index', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const pages = readdirSync(join(ROOT, 'docs')).filter(
      (name) => name.endsWith('.md') && name !== 'README.md',
    );
    expect(pages.filter((name) => !index.includes(`](${name}`))).toEqual([]);
  });

  it('begins with a README that a newcomer reads to its end: under 1,200 words', () => {
    const words = readFileSync(join(ROOT, 'README.md'), 'utf8').split(/\s+/);
    expect(words.length).toBeLessThan(1200);
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

  it('links only to headings that exist', () => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]*)\)/g)];
    const missing = links.filter(([, path, anchor]) => {
      const file = path === '' ? document : join(dirname(document), path!);
      return !anchorsOf(readFileSync(join(ROOT, file), 'utf8')).includes(anchor!);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });
});

/** What the headings of a page are linked to by, as code hosts make it. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
