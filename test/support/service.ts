import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The built program, running as a user would run it. */
export interface Service {
  readonly pid: number;
  readonly url: string;
  /** Everything it has printed, standard output and error together. */
  output(): string;
  /** Resolves with the exit code once it has ended, by itself or not; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Sends a signal and does not wait. */
  signal(name: NodeJS.Signals): void;
  /** Sends a signal (SIGTERM unless told) and waits for the end; gives the exit code, null when a signal ended it. */
  stop(name?: NodeJS.Signals): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const running = new Set<ChildProcess>();

/** Starts `burnwatch serve` on a free loopback port and waits until it listens. Fails with its output when it ends before. */
export async function startService(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = ['serve'],
  /** A line of shell that runs before it, such as `ulimit -f 1000`. */
  shell?: string,
): Promise<Service> {
  const program = [process.execPath, PROGRAM, ...args];
  const [command, ...words] = shell ? ['bash', '-c', `${shell}; exec "$@"`, 'bash', ...program] : program;
  const child = spawn(command!, words, {
    env: { PATH: process.env['PATH'], BURNWATCH_PORT: '0', LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const ended = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = /listens on (http\S+)/.exec(output);
      if (match) resolve(match[1]!);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then((code) => reject(new Error(`the service ended with ${code}:\n${output}`)));
  });
  return {
    pid: child.pid!,
    url,
    output: () => output,
    ended,
    signal: (name) => void child.kill(name),
    stop(name = 'SIGTERM') {
      child.kill(name);
      // A paused process acts on nothing but this and SIGKILL.
      child.kill('SIGCONT');
      return ended;
    },
  };
}

/** Ends what a failed test left behind. */
export function killServices(): void {
  for (const child of running) child.kill('SIGKILL');
}
