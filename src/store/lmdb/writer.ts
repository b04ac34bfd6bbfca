import type { RootDatabase } from 'lmdb';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { FileGuard } from './file-guard.ts';
import { NotLeader } from '../../core/ports/store/states.ts';

export interface Writer {
  /**
   * Runs a change atomically and resolves with its result once it is on disk. A change may throw `NotLeader`
   * before it writes; whatever else it throws undoes it. `weight` is roughly how many entries it touches.
   */
  write<T>(change: () => T, weight?: number): Promise<T>;
  /** Resolves when everything that was asked for is done. */
  drain(): Promise<void>;
  /** Why the last change that failed could not be committed; null when none did, or enough trials succeeded since. */
  failing(): Error | null;
  /** Notes that a trial succeeded, a change that needs new room in the file. */
  trialSucceeded(): void;
}

interface Job {
  readonly weight: number;
  /** Runs the change in the transaction there is. */
  run(): void;
  /** Answers the caller: with `error` when the transaction failed, else with what the change came to. */
  finish(error: Error | null): void;
}

/** Changes that wait together share one commit, up to this weight: more would hold up the event loop. */
const WEIGHT_PER_COMMIT = 500;

/**
 * So many trials must succeed after a change failed, without another failure. One may fit among the free pages where the next
 * change does not, and those whose change failed send it again.
 */
const TRIALS_TO_BELIEVE = 5;

/** Makes the one writer of a store; `folder` is for its error messages. */
export function createWriter(root: RootDatabase, folder: string, guard: FileGuard): Writer {
  let waiting: Job[] = [];
  let working: Promise<void> | null = null;
  let failed: { readonly error: Error; readonly trials: number } | null = null;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const jobs = take();
      const failure = await commit(jobs);
      if (failure && jobs.length > 1) {
        // One change must not fail those it happened to wait with.
        for (const job of jobs) job.finish(await commit([job]));
      } else {
        for (const job of jobs) job.finish(failure);
      }
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

  /** Runs jobs in one transaction that leaves nothing behind when one of them throws. */
  async function commit(jobs: readonly Job[]): Promise<Error | null> {
    try {
      guard.check();
      guard.checkRoom();
      // Only a child transaction is undone by an exception.
      await root.childTransaction(() => {
        for (const job of jobs) job.run();
      });
      guard.check();
      return null;
    } catch (reason) {
      const error = reason instanceof StoreUnavailable ? reason : await storeError(folder, reason);
      failed = { error, trials: 0 };
      return error;
    }
  }

  return {
    write(change, weight = 1) {
      return new Promise((resolve, reject) => {
        let answer: () => void;
        waiting.push({
          weight,
          run() {
            try {
              const result = change();
              answer = () => resolve(result);
            } catch (error) {
              // Asked before anything is written, so there is nothing to undo.
              if (!(error instanceof NotLeader)) throw error;
              answer = () => reject(error);
            }
          },
          finish: (error) => (error ? reject(error) : answer()),
        });
        working ??= work();
      });
    },
    failing: () => failed?.error ?? null,
    trialSucceeded() {
      if (!failed) return;
      const trials = failed.trials + 1;
      failed = trials < TRIALS_TO_BELIEVE ? { ...failed, trials } : null;
    },
    async drain() {
      await working;
    },
  };
}

/** The reason given to callers. A failed commit says why in a promise of its own. */
async function storeError(folder: string, error: unknown): Promise<StoreUnavailable> {
  const { commitError } = error as { readonly commitError?: Promise<unknown> };
  const cause = commitError ? await commitError.catch((reason: unknown) => reason) : error;
  return new StoreUnavailable(`The store in ${folder} could not be changed: ${reasonOf(cause)}`, { cause });
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
