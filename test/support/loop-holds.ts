import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Finds how long a process of Node.js holds its event loop by computing: milliseconds of CPU time of its main thread from one
 * firing of a timer, due every few milliseconds, to the next. A busy machine, which makes everything last longer, adds
 * nothing to that; what waits without computing, such as a synchronous read of a file, is not seen.
 */
export interface LoopHolds {
  /** What the process is started with. */
  readonly env: Readonly<Record<string, string>>;
  /** The longest hold since it was last asked, in milliseconds; at once with the number of firings looked at. */
  read(): { readonly longest: number; readonly firings: number };
  remove(): void;
}

/** Holds longer than this are written down, which takes time itself. */
const NOTED = 10;

/** Makes one for one process. */
export function measureLoopHolds(): LoopHolds {
  const folder = mkdtempSync(join(tmpdir(), 'burnwatch-holds-'));
  const file = join(folder, 'holds');
  // The first number there is the time the thread spent on a processor, in nanoseconds.
  const probe = `
    import { appendFileSync, readFileSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    const used = () => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
    let last = used();
    let quiet = 0;
    // A thread beside it, which draws, runs this too.
    if (isMainThread) setInterval(() => {
      const now = used();
      const hold = now - last;
      if (hold > ${NOTED} || ++quiet === 20) {
        appendFileSync(${JSON.stringify(file)}, (quiet + (hold > ${NOTED} ? 1 : 0)) + ' ' + hold.toFixed(1) + '\\n');
        quiet = 0;
      }
      last = used();
    }, 5).unref();`;
  let seen = 0;
  return {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(probe)}` },
    read() {
      const text = readFileSync(file, 'utf8');
      const lines = text.slice(seen, text.lastIndexOf('\n') + 1).split('\n');
      seen = text.lastIndexOf('\n') + 1;
      const holds = lines.filter(Boolean).map((line) => line.split(' ').map(Number));
      return {
        longest: Math.max(0, ...holds.map(([, hold]) => hold!)),
        firings: holds.reduce((sum, [firings]) => sum + firings!, 0),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
