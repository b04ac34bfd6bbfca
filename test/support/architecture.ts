import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** One TypeScript file: its path from the top of the repository, with slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

const BELOW_APP = [
  'config',
  'settings',
  'token-file',
  'token-text',
  'schedule',
  'http',
  'engine',
  'store',
  'store/redis',
  'store/lmdb',
  'notify',
  'slo-files',
  'sources',
  'open-sources',
  'open-store',
  'service-operator',
  'service-recorder',
  'service-targets',
  'leader-work',
  'service-calendars',
  'check-calendar-files',
  'ical',
  'outbound',
  'charts',
  'png',
  'core',
];

/** What each layer of src may import besides itself: only what is below it, and never a sibling. */
const MAY_IMPORT: ReadonlyMap<string, readonly string[]> = new Map([
  ['main', ['command-options', 'service-commands', 'cli', 'app', 'demo', 'exec', ...BELOW_APP]],
  ['command-options', ['cli', 'settings']],
  ['service-commands', ['command-options', 'cli']],
  ['cli', ['app', ...BELOW_APP]],
  ['demo', ['app', ...BELOW_APP]],
  ['app', ['demo', ...BELOW_APP]],
  ['open-store', ['config', 'store', 'store/redis', 'store/lmdb', 'core']],
  ['open-sources', ['config', 'http', 'sources', 'store', 'store/redis', 'core']],
  ['service-operator', ['engine', 'core']],
  ['service-recorder', ['config', 'engine', 'core']],
  ['service-targets', ['config', 'engine', 'notify', 'core']],
  ['leader-work', ['engine', 'core']],
  ['service-calendars', ['engine', 'ical', 'outbound', 'core']],
  ['check-calendar-files', ['slo-files', 'ical', 'core']],
  ['exec', ['core']],
  ['settings', []],
  ['schedule', ['core']],
  ['config', ['settings', 'token-file', 'token-text', 'core']],
  ['token-file', ['token-text', 'core']],
  ['token-text', ['core']],
  ['http', ['charts', 'core']],
  ['engine', ['core']],
  ['store', ['core']],
  ['store/redis', ['store', 'core']],
  ['store/lmdb', ['store', 'core']],
  ['notify', ['outbound', 'charts', 'core']],
  ['outbound', ['core']],
  // Data in, SVG out, and as pure as core.
  ['charts', ['core']],
  ['png', ['core']],
  ['ical', ['core']],
  ['sources', ['core']],
  ['slo-files', ['core']],
  // What producers install: it must run without the rest of Burnwatch.
  ['client', []],
  ['core', []],
]);

const folders = (text: string): readonly string[] => text.split(' ').filter((name) => name !== '');

/**
 * What each folder inside a layer may import of its own layer besides itself; `.` are the files that lie in the layer's
 * own folder. A layer that is not listed here has no folders.
 */
const INSIDE: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  core: {
    ports: folders('mapping alerting slo sli budget adjustments statistics outcomes counters time words .'),
    mapping: folders('slo sli outcomes time words .'),
    alerting: folders('slo sli budget adjustments counters time words .'),
    slo: folders('sli budget counters outcomes time words .'),
    sli: folders('outcomes counters time words .'),
    budget: folders('counters time words .'),
    adjustments: folders('counters time words .'),
    statistics: folders('outcomes time words .'),
    outcomes: folders('time words .'),
    counters: folders('time words .'),
    words: folders('time .'),
    time: folders('.'),
    '.': [],
  },
  engine: {
    audit: [],
    silences: folders('adjustments'),
    gate: [],
    incidents: folders('queries annotations adjustments counters'),
    reports: folders('queries annotations adjustments counters'),
    queries: folders('annotations adjustments counters'),
    annotations: [],
    adjustments: folders('counters'),
    evaluate: folders('annotations counters'),
    counters: [],
    ingest: [],
    deliver: [],
    'on-call': [],
    runtime: [],
  },
  notify: {
    '.': folders(
      'slack slack-app email webhook pagerduty alertmanager opsgenie teams discord telegram ntfy log http message',
    ),
    slack: folders('http message'),
    'slack-app': folders('slack http message'),
    webhook: folders('http message'),
    pagerduty: folders('http message'),
    alertmanager: folders('http message'),
    opsgenie: folders('http message'),
    teams: folders('http message'),
    discord: folders('http message'),
    telegram: folders('http message'),
    ntfy: folders('http message'),
    http: folders('message'),
    email: folders('message'),
    log: folders('message'),
    message: [],
  },
  'slo-files': {
    check: folders('. assemble native yaml'),
    '.': folders('openslo assemble native yaml'),
    openslo: folders('assemble native yaml'),
    assemble: folders('native yaml'),
    native: folders('yaml'),
    yaml: [],
  },
  http: {
    '.': folders('api ingest dashboard metrics guard requests answers'),
    api: folders('dashboard metrics ingest guard requests answers'),
    ingest: folders('metrics guard requests answers'),
    dashboard: folders('guard requests answers'),
    metrics: folders('guard requests answers'),
    guard: folders('answers'),
    requests: folders('answers'),
    answers: [],
  },
};

/** The folder a package may be used in. One that is not listed may be used anywhere, but in one folder only. */
const HOMES: ReadonlyMap<string, readonly string[]> = new Map([
  ['ioredis', ['store/redis']],
  ['lmdb', ['store/lmdb']],
  ['kafkajs', ['sources']],
  ['node-cron', ['src']],
  ['nodemailer', ['notify']],
  ['express', ['http']],
  ['@resvg/resvg-js', ['png']],
  ['prom-client', ['http']],
  ['yaml', ['slo-files']],
  ['croner', ['slo-files']],
  ['rrule-temporal', ['engine']],
  ['pino', ['src']],
  ['commander', ['src']],
]);

const VAGUE_NAMES = /^(utils?|types|services|helpers?|common|shared|misc|index)$/;
const MAX_LINES = 400;

/** The layer a file of src belongs to, or null when the design knows no such place. */
export function layerOf(path: string): string | null {
  const [, first = '', second = '', ...deeper] = path.split('/');
  if (/^demo\b/.test(first)) return 'demo';
  const layer = second === '' ? first.replace(/\.tsx?$/, '') : first;
  const inner = deeper.length > 0 ? `${layer}/${second}` : layer;
  if (MAY_IMPORT.has(inner)) return inner;
  return MAY_IMPORT.has(layer) && layer !== 'store' ? layer : null;
}

/** The package an import specifier names (`@slack/webhook`), or null for a relative import or a Node module. */
export function packageOf(specifier: string): string | null {
  if (/^[./]|^node:/.test(specifier)) return null;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * Everything a file imports, types and dynamic imports included, as written.
 * An import whose name is computed comes back as `<computed>`.
 */
export function importsOf(source: Source): readonly string[] {
  const known = foundImports.get(source);
  if (known) return known;
  const specifiers: string[] = [];
  for (const { node } of nodesOf(source)) {
    const required = node['type'] === 'CallExpression' && isRequire(node['callee']);
    const from = required
      ? (node['arguments'] as unknown[])[0]
      : IMPORTING.has(String(node['type'])) && node['source'];
    if (!isNode(from)) continue;
    specifiers.push(typeof from['value'] === 'string' ? from['value'] : '<computed>');
  }
  foundImports.set(source, specifiers);
  return specifiers;
}

/** Several rules ask for the imports of every file, which takes reading all of it. */
const foundImports = new WeakMap<Source, readonly string[]>();

/** `require`, or the `resolve` of one that was made: what it finds is a file that is served or run. */
function isRequire(callee: unknown): boolean {
  if (!isNode(callee) || callee['type'] !== 'MemberExpression') return nameOf(callee) === 'require';
  const { object } = callee;
  return (
    nameOf(callee['property']) === 'resolve' && isNode(object) && nameOf(object['callee']) === 'createRequire'
  );
}

/** Imports that go up, sideways, to nothing, around in a circle or to a file without its suffix. */
export function importProblems(sources: readonly Source[]): string[] {
  const paths = new Set(sources.map(({ path }) => path));
  const problems: string[] = [];
  const edges = new Map<string, string[]>();
  for (const source of sources) {
    const targets: string[] = [];
    for (const specifier of importsOf(source)) {
      const says = `${source.path} imports ${specifier}`;
      if (specifier === '<computed>') problems.push(`${says}: nobody can tell what that is`);
      if (!specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(source.path), specifier);
      if (!/\.tsx?$/.test(specifier)) problems.push(`${says}: the .ts suffix is missing`);
      else if (!paths.has(target)) problems.push(`${says}: there is no such file`);
      else targets.push(target);
      if (!mayImport(source.path, target)) problems.push(`${says}: imports point down only`);
    }
    edges.set(source.path, targets);
  }
  return [...problems, ...cycles(edges)];
}

/** Files of src in places the design does not know, with names that say nothing, or too long to read. */
export function placeProblems(sources: readonly Source[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of sources) {
    const inSrc = path.startsWith('src/');
    const layer = inSrc ? layerOf(path) : null;
    if (inSrc && layer === null) problems.push(`${path} is in no layer of the design`);
    const inside = INSIDE[layer ?? ''];
    if (inside && !Object.hasOwn(inside, folderOf(path)))
      problems.push(`${path} is in no folder of its layer: ${Object.keys(inside).join(', ')}`);
    const vague = path
      .replace(/\.[^/]*$/, '')
      .split('/')
      .find((name) => VAGUE_NAMES.test(name));
    if (vague) problems.push(`${path}: "${vague}" does not say what it holds`);
    const lines = text.trimEnd().split('\n').length;
    if (inSrc && lines > MAX_LINES) problems.push(`${path} has ${lines} lines, more than ${MAX_LINES}`);
  }
  return problems;
}

/** Names that files and exports had once, or would be given without a thought, each with the field's word for it. */
const FORMER_NAMES: ReadonlyMap<RegExp, string> = new Map([
  [/vigil/i, 'evaluation gaps'],
  [/desk/i, 'operator, adjustments or incidents'],
  [/moment/i, 'timestamp'],
  [/(?<![a-z])[tT]ails?(?![a-z])/, 'streak'],
  [/past-?cells/i, 'cell history'],
  [/earlier-?facts/i, 'stored facts'],
  [/judge?ment|judged/i, 'budget reading, or words'],
  [/pieces(?![a-z])/i, 'chunks'],
  [/^levels?$|measureLevels/i, 'resolution'],
]);

/** Files and exports of src whose names say less than the field's words, and type names that mean two things. */
export function nameProblems(sources: readonly Source[]): string[] {
  const problems: string[] = [];
  const homes = new Map<string, string>();
  for (const source of sources) {
    const exported = exportsOf(source);
    for (const name of [posix.basename(source.path).replace(/\.tsx?$/, ''), ...exported.keys()]) {
      const former = [...FORMER_NAMES].find(([pattern]) => pattern.test(name));
      if (former) problems.push(`${source.path}: "${name}" is called ${former[1]}`);
    }
    for (const [name, isType] of exported) {
      const home = isType ? homes.get(name) : undefined;
      if (home) problems.push(`${source.path} exports the type ${name}, and so does ${home}`);
      if (isType) homes.set(name, source.path);
    }
  }
  return problems;
}

/** The names a file declares and exports, with whether each names a type. */
function exportsOf(source: Source): ReadonlyMap<string, boolean> {
  const names = new Map<string, boolean>();
  for (const { node } of nodesOf(source)) {
    const declared = node['type'] === 'ExportNamedDeclaration' ? node['declaration'] : null;
    if (!isNode(declared)) continue;
    const type = /^(TS(Interface|TypeAlias)|Class)Declaration$/.test(String(declared['type']));
    const declarators = (declared['declarations'] as readonly unknown[] | undefined) ?? [declared];
    for (const each of declarators) {
      const name = isNode(each) ? nameOf(each['id']) : null;
      if (name !== null) names.set(name, type);
    }
  }
  return names;
}

/** Packages of src used outside their home, in more than one folder, or without being a dependency. */
export function packageProblems(sources: readonly Source[], dependencies: readonly string[]): string[] {
  const problems: string[] = [];
  const folders = new Map<string, Set<string>>();
  for (const source of sources) {
    const folder = posix.dirname(source.path) === 'src' ? 'src' : layerOf(source.path);
    if (folder === null || folder === 'core') continue;
    for (const name of importsOf(source).map(packageOf)) {
      if (name === null) continue;
      if (folder === 'client')
        problems.push(`${source.path} uses ${name}; producers install nothing with it`);
      folders.set(name, (folders.get(name) ?? new Set()).add(folder));
      if (!dependencies.includes(name))
        problems.push(`${source.path} uses ${name}, which is not a dependency`);
      const home = HOMES.get(name);
      if (home && !home.includes(folder))
        problems.push(`${source.path} uses ${name}, at home in ${home.join(', ')}`);
    }
  }
  for (const [name, used] of folders) {
    if (used.size > 1) problems.push(`${name} is used in ${[...used].join(' and ')}, not in one folder`);
  }
  return problems;
}

const AMBIENT = new Set(
  (
    'process globalThis global console performance crypto fetch navigator require Buffer ' +
    'setTimeout setInterval setImmediate queueMicrotask clearTimeout clearInterval'
  ).split(' '),
);

/** What in a file makes it impure: packages, Node, the time of day, chance, timers, the process around it. */
export function impurities(source: Source): string[] {
  const found: string[] = [];
  for (const specifier of importsOf(source)) {
    if (!specifier.startsWith('.')) found.push(specifier);
  }
  for (const { node, parent } of nodesOf(source)) {
    const name = nameOf(node);
    if (node['type'] === 'MemberExpression') {
      if (memberOf(node) === 'Math.random') found.push('Math.random');
    } else if (name !== null && AMBIENT.has(name) && !isMemberName(node, parent)) {
      found.push(name);
    }
  }
  return [...found.map((what) => `${source.path}: ${what}`), ...clockReads(source)];
}

/** Where a file reads the time of day. */
export function clockReads(source: Source): string[] {
  const found: string[] = [];
  for (const { node } of nodesOf(source)) {
    if (node['type'] === 'MemberExpression' && memberOf(node) === 'Date.now') found.push('Date.now');
    if (nameOf(node['callee']) !== 'Date') continue;
    const bare = (node['arguments'] as unknown[]).length === 0;
    // Called without `new` it gives the present time, whatever its arguments.
    if (bare || node['type'] === 'CallExpression') found.push('new Date()');
  }
  return found.map((what) => `${source.path}: ${what}`);
}

// Not after a letter, digit, dot, colon or slash: that would be the middle of an address or of another path.
const MACHINE_PATH = /(?<![\w.:/}-])(?:\/(?:home|Users|root|work)\/|[A-Z]:\\Users\\)\w/;

/** Lines that hold a path of the machine they were written on. */
export function machinePaths({ path, text }: Source): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (MACHINE_PATH.test(line) ? [`${path}:${index + 1}: ${line}`] : []));
}

function mayImport(from: string, to: string): boolean {
  if (!to.startsWith('src/')) return false;
  const layer = layerOf(from);
  const target = layerOf(to);
  // Files in no layer are reported as such.
  if (layer === null || target === null) return true;
  if (layer !== target) return (MAY_IMPORT.get(layer) ?? []).includes(target);
  const inside = INSIDE[layer];
  const [folder, other] = [folderOf(from), folderOf(to)];
  return inside === undefined || folder === other || (inside[folder]?.includes(other) ?? false);
}

/** The folder inside its layer that a file of src lies in; `.` for the layer's own. */
function folderOf(path: string): string {
  const [, , folder = '.', ...deeper] = path.split('/');
  return deeper.length === 0 ? '.' : folder;
}

function cycles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) found.push(`${[...trail.slice(start), path].join(' → ')}: a cycle`);
    if (start !== -1 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}

type Node = Readonly<Record<string, unknown>>;

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function* nodesOf(source: Source): Generator<{ readonly node: Node; readonly parent: Node | null }> {
  const stack: { node: Node; parent: Node | null }[] = [
    {
      node: parseAst(
        source.text,
        { lang: source.path.endsWith('.tsx') ? 'tsx' : 'ts' },
        source.path,
      ) as unknown as Node,
      parent: null,
    },
  ];
  for (let next = stack.pop(); next; next = stack.pop()) {
    yield next;
    for (const value of Object.values(next.node)) {
      for (const child of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
        if (isNode(child)) stack.push({ node: child, parent: next.node });
      }
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function nameOf(node: unknown): string | null {
  return isNode(node) && node['type'] === 'Identifier' ? String(node['name']) : null;
}

function memberOf(node: Node): string {
  return `${nameOf(node['object'])}.${nameOf(node['property'])}`;
}

/** Whether an identifier only names a member, as in `slo.process` or `{ process: 1 }`. */
function isMemberName(node: Node, parent: Node | null): boolean {
  if (parent === null || parent['computed'] === true) return false;
  return parent['property'] === node || parent['key'] === node;
}
