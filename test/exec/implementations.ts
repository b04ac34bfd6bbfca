import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execScript } from '../../src/http/ingest/exec-script.ts';

/** A program that does what `burnwatch exec` does. */
export interface Implementation {
  readonly name: string;
  readonly words: readonly string[];
  readonly path: string;
}

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PATH = process.env['PATH']!;

const folder = mkdtempSync(join(tmpdir(), 'burnwatch-exec-test-'));
const script = join(folder, 'exec.sh');
writeFileSync(script, execScript(null));

/** A folder of all commands of this machine but some. */
function commandsWithout(...missing: readonly string[]): string {
  const bin = join(folder, `without-${missing.join('-')}`);
  mkdirSync(bin);
  const taken = new Set(missing);
  for (const from of PATH.split(':')) {
    let names: string[] = [];
    try {
      names = readdirSync(from);
    } catch {
      // A folder of the PATH need not be there.
    }
    for (const name of names) {
      if (taken.has(name)) continue;
      taken.add(name);
      symlinkSync(join(from, name), join(bin, name));
    }
  }
  return bin;
}

/** All of them have to do the same. */
export const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'burnwatch exec', words: [process.execPath, PROGRAM, 'exec'], path: PATH },
  { name: 'exec.sh in dash', words: ['dash', script], path: PATH },
  { name: 'exec.sh in bash', words: ['bash', script], path: PATH },
  { name: 'exec.sh in busybox sh', words: ['busybox', 'sh', script], path: PATH },
  { name: 'exec.sh without curl', words: ['dash', script], path: commandsWithout('curl') },
];

export interface Run {
  readonly child: ChildProcess;
  /** Resolves with all that came out, when the output has ended. */
  readonly ended: Promise<Ended>;
}

export interface Ended {
  /** As a shell would give it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly stdio?: StdioOptions;
}

const running = new Set<ChildProcess>();

/** Starts an implementation with these words; `home` is where its spool is. */
export function start(
  { words: [command, ...first], path }: Implementation,
  home: string,
  words: readonly string[],
  { env = {}, input, stdio = 'pipe' }: RunOptions = {},
): Run {
  const child = spawn(command!, [...first, ...words], {
    env: { PATH: path, HOME: home, ...env },
    stdio,
  });
  running.add(child);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  // One that does not read its input ends before it is written.
  child.stdin?.on('error', () => null).end(input ?? '');
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  return { child, ended };
}

/** Ends what a failed test left behind. */
export function killRuns(): void {
  for (const child of running) child.kill('SIGKILL');
}

export function newHome(): string {
  return mkdtempSync(join(tmpdir(), 'burnwatch-exec-home-'));
}

/** The records in the spool of a home, in the order of their names. */
export function spooled(home: string): readonly Record<string, unknown>[] {
  const spool = join(home, '.local/state/burnwatch/spool');
  try {
    return readdirSync(spool, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .toSorted()
      .map((name) => JSON.parse(readFileSync(join(spool, name), 'utf8')) as Record<string, unknown>);
  } catch {
    return [];
  }
}
