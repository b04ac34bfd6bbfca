import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AcceptingPeer } from './accepting-peer.ts';
import { startAcceptingPeer } from './accepting-peer.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const undo: (() => unknown)[] = [];
afterAll(async () => {
  for (const step of undo.toReversed()) await step();
});

/** A program that uses the client as anyone would. */
const program = (from: string): string => `
import { burnwatch, createClient } from '${from}';
const value = await burnwatch.run('checkout', 17, async (run) =>
  run.step('charge-card', { dependency: 'bank' }, () => 'charged'));
const own = createClient({ url: process.env.BURNWATCH_URL, token: undefined });
own.report({ workflow: 'checkout', execution: 'b', status: 'succeeded' });
const { accepted } = await own.close();
console.log(value, accepted, await burnwatch.flush());
`;

const TYPED = `
import type { Burnwatch, ClientStats, RefusedReport, RunningExecution } from 'burnwatch-client';
import { createClient } from 'burnwatch-client';
const client: Burnwatch = createClient({ onRejected: (refused: readonly RefusedReport[]) => refused.map(({ code }) => code) });
const total: Promise<number> = client.run('checkout', 1n, { attempt: 2 }, async (run: RunningExecution) => {
  const text: string = await run.step('a', () => 'text');
  const size: number = await run.step('b', { dependency: 'bank' }, (step) => step.attempt + text.length);
  return size;
});
const stats: ClientStats = client.stats();
// @ts-expect-error A status that there is not.
client.report({ workflow: 'checkout', execution: 'a', status: 'done' });
console.log(total, stats);
`;

let peer: AcceptingPeer;
beforeAll(async () => {
  peer = await startAcceptingPeer();
  undo.push(() => peer.close());
});

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'burnwatch-package-'));
  undo.push(() => rm(folder, { recursive: true }));
  return folder;
}

describe('the client as a package of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await emptyFolder();
    const script = [join(ROOT, 'test/client/pack-client.ts'), folder];
    const { stdout } = await run(process.execPath, ['--import', 'tsx', ...script], { cwd: ROOT });
    await writeFile(join(folder, 'package.json'), '{ "name": "producer", "private": true }');
    const args = ['install', '--offline', '--no-audit', '--no-fund', '--silent', stdout.trim()];
    await run('npm', args, { cwd: folder });
  });

  it('runs with plain Node, in ESM, with nothing else installed', async () => {
    const lock = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8')) as {
      packages: object;
    };
    expect(Object.keys(lock.packages)).toEqual(['', 'node_modules/burnwatch-client']);
    await writeFile(join(folder, 'program.mjs'), program('burnwatch-client'));
    const env = { PATH: process.env['PATH'], BURNWATCH_URL: peer.url };
    const { stdout, stderr } = await run(process.execPath, ['program.mjs'], { cwd: folder, env });
    expect({ stdout, stderr }).toEqual({ stdout: 'charged 1 true\n', stderr: '' });
    expect(peer.records).toHaveLength(5);
  });

  it('loads every adapter, and brings the Python client', async () => {
    const installed = join(folder, 'node_modules/burnwatch-client');
    const { exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      exports: Readonly<Record<string, unknown>>;
    };
    const paths = Object.keys(exports).filter((path) => !path.endsWith('.json'));
    expect(paths).toContain('./bullmq');
    const loaded = paths.map((path) => `await import('burnwatch-client${path.slice(1)}');`).join('\n');
    await writeFile(join(folder, 'adapters.mjs'), loaded);
    const { stderr } = await run(process.execPath, ['adapters.mjs'], { cwd: folder });
    expect(stderr).toBe('');
    expect(await readFile(join(installed, 'python/burnwatch.py'), 'utf8')).toContain('class Client');
  });

  it('has types that need no other types', async () => {
    await writeFile(join(folder, 'typed.ts'), TYPED);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      types: [],
      lib: ['es2022', 'dom'],
      target: 'es2022',
      module: 'nodenext',
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
    const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
      (error: unknown) => error as { stdout: string },
    );
    expect(stdout).toBe('');
  });
});

describe('the client as a part of the package of Burnwatch', () => {
  it('is what burnwatch/client exports', async () => {
    const args = ['--input-type=module', '-e', program('burnwatch/client')];
    const env = { PATH: process.env['PATH'], BURNWATCH_URL: peer.url };
    const { stdout, stderr } = await run(process.execPath, args, { cwd: ROOT, env });
    expect({ stdout, stderr }).toEqual({ stdout: 'charged 1 true\n', stderr: '' });
  });
});
