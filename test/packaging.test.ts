import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../src/settings.ts';
import { type Instruction, readStages } from './support/dockerfile.ts';

const ROOT = join(import.meta.dirname, '..');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const run = promisify(execFile);

const stages = readStages(text('Dockerfile'));
const build = stages[0]!;
const image = stages.at(-1)!;
const manifest = JSON.parse(text('package.json')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly bin: { readonly burnwatch: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

interface BillOfMaterials {
  readonly bomFormat: string;
  readonly components: readonly {
    readonly name: string;
    readonly licenses?: readonly object[];
    readonly properties?: readonly { readonly name: string }[];
  }[];
}

type LockedPackage = {
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly license?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const lock = JSON.parse(text('package-lock.json')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};
const { '': _itself, ...locked } = lock.packages;

/** What a program under the Apache licence may be shipped with, as long as the notices come along. */
const LICENCES = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0']);

describe('the lock file', () => {
  it('holds a strong hash of every package, and no address to get it from', () => {
    expect(Object.keys(locked).length).toBeGreaterThan(100);
    const unchecked = Object.entries(locked).filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));
    expect(unchecked.map(([path]) => path)).toEqual([]);
    expect(text('package-lock.json')).not.toContain('"resolved"');
  });

  it('ships only packages whose licences allow it', () => {
    const shipped = Object.entries(locked).filter(([, { dev }]) => !dev);
    expect(shipped.length).toBeGreaterThan(50);
    const refused = shipped.filter(([, { license = 'none' }]) => !LICENCES.has(license));
    // The Mozilla licence asks for the source of its own files only, which are shipped as they are.
    const ofMozilla = /^node_modules\/(@resvg\/resvg-js|ical\.js$)/;
    const unexplained = refused.filter(
      ([path, { license }]) => license !== 'MPL-2.0' || !ofMozilla.test(path),
    );
    expect(unexplained).toEqual([]);
  });

  it('makes a bill of materials in which what is not shipped is marked, and the rest has its licence', async () => {
    const { stdout } = await run('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, maxBuffer: 2 ** 26 });
    const bill = JSON.parse(stdout) as BillOfMaterials;
    expect(bill.bomFormat).toBe('CycloneDX');
    const shipped = bill.components.filter(
      ({ properties = [] }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
    );
    expect(shipped.filter(({ licenses = [] }) => licenses.length === 0)).toEqual([]);
    const listed = Object.entries(locked).filter(([, { dev }]) => !dev);
    expect(shipped).toHaveLength(listed.length);
    expect(shipped.map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.keys(manifest.dependencies)),
    );
  });

  it('knows the binaries of every platform, so that npm ci works on all of them', () => {
    const optional = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).map((name) => [
        `${path}/node_modules/${name}`,
        `node_modules/${name}`,
      ]),
    );
    expect(optional.length).toBeGreaterThan(20);
    expect(optional.filter((places) => !places.some((place) => place in lock.packages))).toEqual([]);
  });
});

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'burnwatch-packaging-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The arguments of the one instruction of that kind. */
function only(stage: readonly Instruction[], name: string): string {
  const found = stage.filter((instruction) => instruction.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]!.rest;
}

function copies(stage: readonly Instruction[]): { from: string | null; sources: string[]; to: string }[] {
  return stage
    .filter(({ name }) => name === 'COPY')
    .map(({ rest }) => {
      const words = rest.split(/\s+/);
      const from = /^--from=(.+)$/.exec(words[0]!)?.[1] ?? null;
      return { from, sources: words.slice(from ? 1 : 0, -1), to: words.at(-1)! };
    });
}

describe('the image', () => {
  it('builds on the supported Node, pinned by digest, in stages that exist', () => {
    expect(manifest.engines.node).toMatch(/^>=20\b/);
    for (const stage of stages) expect(stage[0]).toMatchObject({ name: 'FROM' });
    const [base] = image[0]!.rest.split(' ');
    expect(base).toMatch(/^node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
    expect(stages.map((stage) => stage[0]!.rest)).toEqual([`${base} AS build`, base]);
    expect(text('Dockerfile').match(/^FROM \$\{NODE_IMAGE\}/gm)).toHaveLength(stages.length);
    for (const { from } of copies(image)) expect([null, 'build']).toContain(from);
  });

  it('copies only what exists and what .dockerignore lets through', () => {
    const [first, ...allowed] = text('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    const fromCheckout = [...copies(build), ...copies(image)].filter(({ from }) => from === null);
    const sources = [...new Set(fromCheckout.flatMap((copy) => copy.sources))];
    expect(sources.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(allowed.map((line) => line.replace('!', '')).toSorted()).toEqual(sources.toSorted());
  });

  it('runs as an ordinary user, by number, to whom alone the data folder belongs, without npm, and stops on SIGTERM', () => {
    expect(only(image, 'USER')).toBe('1000:1000');
    const variables = only(image, 'ENV');
    expect(variables).toContain('NODE_ENV=production');
    expect(variables).toContain('BURNWATCH_HOST=0.0.0.0');
    const data = only(image, 'VOLUME');
    expect(variables).toContain(`BURNWATCH_STORE=${data}`);
    const [removed, made] = only(image, 'RUN').split(' && ');
    expect(made).toBe(`install --directory --owner=1000 --group=1000 --mode=700 ${data}`);
    expect(removed).toMatch(/^rm -rf .*\/node_modules .*\/npm .*\/npx /);
    expect(only(image, 'STOPSIGNAL')).toBe('SIGTERM');
    expect(JSON.parse(only(image, 'ENTRYPOINT'))).toEqual(['node', manifest.bin.burnwatch]);
    expect(JSON.parse(only(image, 'CMD'))).toEqual(['serve']);
  });

  it('is healthy when /healthz answers 200 on the configured port, and only then', async () => {
    let status = 200;
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(status).end();
    });
    undo.push(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const port = String((server.address() as AddressInfo).port);

    const check = /CMD (\[.*\])$/.exec(only(image, 'HEALTHCHECK'))![1]!;
    const [command, ...args] = JSON.parse(check) as [string, ...string[]];
    const exitCode = async (): Promise<unknown> => {
      const child = spawn(command, args, { env: { ...process.env, BURNWATCH_PORT: port } });
      return (await once(child, 'exit'))[0];
    };
    expect(await exitCode()).toBe(0);
    status = 503;
    expect(await exitCode()).toBe(1);
    expect(asked).toEqual(['/healthz', '/healthz']);
    server.close();
    await once(server, 'close');
    expect(await exitCode()).toBe(1);
    expect(args.at(-1)).toContain(`BURNWATCH_PORT:-${only(image, 'EXPOSE')}}`);
  });

  it('holds all it takes to run: its build and final stage, done in temporary folders', async () => {
    const folder = temporaryFolder();
    const built = join(folder, 'build', 'app');
    const final = join(folder, 'final', 'app');
    for (const { sources, to } of copies(build)) copyInto(built, ROOT, sources, to);

    expect(build.filter(({ name }) => name === 'RUN').map(({ rest }) => rest)).toEqual([
      'npm ci --ignore-scripts',
      'npm run build',
      'npm ci --omit=dev --ignore-scripts',
    ]);
    symlinkSync(join(ROOT, 'node_modules'), join(built, 'node_modules'));
    await run('npm', ['run', 'build'], { cwd: built });
    rmSync(join(built, 'node_modules'));
    // What `npm ci --omit=dev` installs, taken from the installed modules, so that no registry is asked.
    const { stdout } = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: ROOT });
    for (const path of stdout.trim().split('\n').slice(1)) {
      cpSync(path, join(built, relative(ROOT, path)), { recursive: true });
    }

    for (const { from, sources, to } of copies(image)) {
      const inside = sources.map((source) => source.replace(/^\/app\//, ''));
      copyInto(final, from === null ? ROOT : built, inside, to);
    }
    const { stdout: version } = await run('node', [manifest.bin.burnwatch, '--version'], {
      cwd: final,
      env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    });
    expect(version.trim()).toBe(manifest.version);
  });
});

function copyInto(folder: string, base: string, sources: readonly string[], to: string): void {
  for (const source of sources) {
    const target = to.endsWith('/') ? join(folder, to, source) : join(folder, to);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(base, source), target, { recursive: true });
  }
}

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[];
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
}
const compose = parse(text('compose.yaml')) as {
  readonly services: Readonly<Record<'burnwatch' | 'redis', Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};

describe('the compose file', () => {
  it('lets no container write to its image, gain privileges or be reached from elsewhere', () => {
    expect(Object.keys(compose.services)).toEqual(['burnwatch', 'redis']);
    for (const service of Object.values(compose.services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    expect(compose.services.redis.ports).toBeUndefined();
    expect(compose.services.redis.user).toBe('redis');
  });

  it('starts Burnwatch on a healthy Redis, with the SLOs of the checkout, and not without tokens (G1)', () => {
    const { environment, depends_on: dependsOn, volumes, ports } = compose.services.burnwatch;
    expect(environment?.['BURNWATCH_STORE']).toMatch(/^redis:\/\/:\$\{REDIS_PASSWORD:\?.+\}@redis:6379$/);
    expect(environment?.['BURNWATCH_TOKENS']).toMatch(/^\$\{BURNWATCH_TOKENS:\?.+\}$/);
    expect(dependsOn).toEqual({ redis: { condition: 'service_healthy' } });
    expect(volumes).toEqual([`./slos:${only(image, 'WORKDIR')}/slos:ro`]);
    expect(ports?.map((port) => port.split(':').at(-1))).toEqual([only(image, 'EXPOSE')]);
    expect(existsSync(join(ROOT, 'slos'))).toBe(true);
    const named = compose.services.redis.volumes.map((volume) => volume.split(':')[0]);
    expect(Object.keys(compose.volumes)).toEqual(named);
  });

  it('sets only variables that Burnwatch reads, and so does the image', () => {
    const known = new Set([...SETTINGS.map(({ name }) => `BURNWATCH_${name}`), 'LOG_LEVEL']);
    const set = Object.keys(compose.services.burnwatch.environment ?? {});
    const inImage = [...text('Dockerfile').matchAll(/BURNWATCH_\w+/g)].map(([name]) => name);
    expect(inImage.length).toBeGreaterThan(2);
    expect([...set, ...inImage].filter((name) => !known.has(name))).toEqual([]);
  });

  it('reads secrets from a file that git ignores', () => {
    const files = compose.services.burnwatch.env_file?.map(({ path }) => path);
    expect(files).toHaveLength(1);
    expect(text('.gitignore').split('\n')).toContain(files?.[0]);
  });

  it('runs a Redis that keeps what it acknowledged and evicts nothing, and knows when it is up', async () => {
    const { command, healthcheck } = compose.services.redis;
    const folder = temporaryFolder();
    const socket = join(folder, 'redis.sock');
    const password = 'secret4242';
    const [server, ...settings] = command!.map((word) => word.replace('$REDIS_PASSWORD', password));
    const redis = spawn(server!, [...settings, '--port', '0', '--unixsocket', socket, '--dir', folder]);
    const stopped = once(redis, 'exit');
    undo.push(() => {
      redis.kill();
      return stopped;
    });

    const [kind, cli, ...args] = healthcheck!.test as [string, string, ...string[]];
    expect(kind).toBe('CMD');
    const { environment = {} } = compose.services.redis;
    expect(environment).toEqual({ REDISCLI_AUTH: '$REDIS_PASSWORD' });
    let env: NodeJS.ProcessEnv = { ...process.env, REDISCLI_AUTH: password };
    const ask = async (...words: string[]): Promise<string> =>
      (await run(cli, ['-s', socket, ...words], { timeout: 5_000, env })).stdout.trim();
    await expect.poll(() => ask(...args).catch(() => 'down'), { timeout: 20_000 }).toBe('PONG');
    expect(await ask('config', 'get', 'append*')).toMatch(/^appendfsync\neverysec$/m);
    expect(await ask('config', 'get', 'append*')).toMatch(/^appendonly\nyes$/m);
    expect(await ask('config', 'get', 'maxmemory-policy')).toMatch(/\nnoeviction$/);
    env = { ...process.env, REDISCLI_AUTH: '' };
    expect(await ask('get', 'anything').catch(String)).toContain('NOAUTH');

    redis.kill();
    await stopped;
    await expect(ask(...args)).rejects.toThrow();
  });
});
