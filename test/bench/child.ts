import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Runs a program of this folder in a process of its own, so that its work takes no time from what is measured here. */
export function startChild(
  name: 'reader' | 'producer' | 'flow' | 'bare-server',
  ...args: readonly (string | number)[]
): ChildProcess {
  return fork(fileURLToPath(new URL(`./${name}.ts`, import.meta.url)), args.map(String), {
    execArgv: ['--import', 'tsx'],
  });
}

/** The number that it tells next. Rejects when it ends instead. */
export async function numberFrom(child: ChildProcess): Promise<number> {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([number]) => number as number),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`it ended with ${code}`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}
