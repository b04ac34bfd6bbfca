import type { RootDatabase } from 'lmdb';
import { NotLeader, StoreUnavailable } from '../../core/store.ts';

export interface Writer {
  /**
   * Runs a change atomically and resolves with its result once it is on disk. A change that throws leaves
   * nothing behind. `weight` is roughly how many entries it touches.
   */
  write<T>(change: () => T, weight?: number): Promise<T>;
  /** Resolves when everything that was asked for is done. */
  drain(): Promise<void>;
}

interface Job {
  readonly weight: number;
  run(): void;
  /** Tells the caller what came of it: `error` is why the transaction failed, null when it is on disk. */
  finish(error: unknown): void;
}

/** Changes that wait together share one commit, up to this weight: more would hold up the event loop. */
const WEIGHT_PER_COMMIT = 1000;

/** Makes the one writer of a store; `folder` is for its error messages. */
export function createWriter(root: RootDatabase, folder: string): Writer {
  let waiting: Job[] = [];
  let working: Promise<void> | null = null;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const jobs = take();
      let failure: unknown = null;
      try {
        await root.transaction(() => {
          for (const job of jobs) job.run();
        });
      } catch (error) {
        failure = await unavailable(folder, error);
      }
      for (const job of jobs) job.finish(failure);
    }
    working = null;
  }

  function take(): Job[] {
    let weight = 0;
    let end = 0;
    while (end < waiting.length && weight < WEIGHT_PER_COMMIT) weight += waiting[end++]!.weight;
    const jobs = waiting.slice(0, end);
    waiting = waiting.slice(end);
    return jobs;
  }

  return {
    write(change, weight = 1) {
      return new Promise((resolve, reject) => {
        let outcome: () => void;
        waiting.push({
          weight,
          run() {
            try {
              // A transaction inside the shared one, because only such a one can be undone by itself.
              const result = runAlone(root, change);
              outcome = () => resolve(result);
            } catch (error) {
              outcome = () => reject(asStoreError(folder, error));
            }
          },
          finish: (error) => (error === null ? outcome() : reject(error)),
        });
        working ??= work();
      });
    },
    async drain() {
      await working;
    },
  };
}

/** In a transaction lmdb runs a child at once and returns what it returns, whatever its types say. */
function runAlone<T>(root: RootDatabase, change: () => T): T {
  return root.childTransaction(change) as unknown as T;
}

function asStoreError(folder: string, error: unknown): Error {
  if (error instanceof NotLeader) return error;
  return new StoreUnavailable(`The store in ${folder} could not be changed: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** A failed commit says why in a promise of its own. */
async function unavailable(folder: string, error: unknown): Promise<Error> {
  const commitError = (error as { readonly commitError?: Promise<unknown> }).commitError;
  const cause = commitError ? await commitError.catch((reason: unknown) => reason) : error;
  return asStoreError(folder, cause);
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
