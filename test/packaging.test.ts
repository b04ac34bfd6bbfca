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
};

type LockedPackage = { readonly optionalDependencies?: Readonly<Record<string, string>> };

describe('the lock file', () => {
  it('knows the binaries of every platform, so that npm ci works on all of them', () => {
    const lock = JSON.parse(text('package-lock.json')) as {
      packages: Readonly<Record<string, LockedPackage>>;
    };
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
  it('builds on a Node that package.json asks for, in stages that exist', () => {
    expect(manifest.engines.node).toMatch(/^>=20\b/);
    for (const stage of stages) expect(stage[0]).toMatchObject({ name: 'FROM' });
    expect(stages.map((stage) => stage[0]!.rest)).toEqual([
      'node:20-bookworm-slim AS build',
      'node:20-bookworm-slim',
    ]);
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

  it('runs as an ordinary user who owns the data folder, and stops on SIGTERM', () => {
    expect(only(image, 'USER')).toBe('node');
    const variables = only(image, 'ENV');
    expect(variables).toContain('NODE_ENV=production');
    expect(variables).toContain('BURNWATCH_HOST=0.0.0.0');
    const data = only(image, 'VOLUME');
    expect(variables).toContain(`BURNWATCH_STORE=${data}`);
    expect(only(image, 'RUN')).toBe(`install --directory --owner=node --group=node ${data}`);
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
    expect(args.at(-1)).toContain(`|| ${only(image, 'EXPOSE')}}`);
  });

  it('holds all it takes to run: its build and final stage, done in temporary folders', async () => {
    const folder = temporaryFolder();
    const built = join(folder, 'build', 'app');
    const final = join(folder, 'final', 'app');
    for (const { sources, to } of copies(build)) copyInto(built, ROOT, sources, to);

    expect(build.filter(({ name }) => name === 'RUN').map(({ rest }) => rest)).toEqual([
      'npm ci',
      'npm run build',
      'npm prune --omit=dev',
    ]);
    symlinkSync(join(ROOT, 'node_modules'), join(built, 'node_modules'));
    await run('npm', ['run', 'build'], { cwd: built });
    rmSync(join(built, 'node_modules'));
    // What `npm prune --omit=dev` leaves, taken from the installed modules, so that no registry is asked.
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
    expect(environment?.['BURNWATCH_STORE']).toBe('redis://redis:6379');
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
    const [server, ...settings] = command as [string, ...string[]];
    const redis = spawn(server, [...settings, '--port', '0', '--unixsocket', socket, '--dir', folder]);
    const stopped = once(redis, 'exit');
    undo.push(() => {
      redis.kill();
      return stopped;
    });

    const [kind, cli, ...args] = healthcheck!.test as [string, string, ...string[]];
    expect(kind).toBe('CMD');
    const ask = async (...words: string[]): Promise<string> =>
      (await run(cli, ['-s', socket, ...words], { timeout: 5_000 })).stdout.trim();
    await expect.poll(() => ask(...args).catch(() => 'down'), { timeout: 20_000 }).toBe('PONG');
    expect(await ask('config', 'get', 'append*')).toMatch(/^appendfsync\neverysec$/m);
    expect(await ask('config', 'get', 'append*')).toMatch(/^appendonly\nyes$/m);
    expect(await ask('config', 'get', 'maxmemory-policy')).toMatch(/\nnoeviction$/);

    redis.kill();
    await stopped;
    await expect(ask(...args)).rejects.toThrow();
  });
});
