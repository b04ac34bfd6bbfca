import type { Burnwatch } from './client.ts';
import type { OutcomeReport } from './outcome-report.ts';

/** A job of which something is heard. */
export interface QueueEvent {
  readonly jobId: string;
  /** The state it was in before. */
  readonly prev?: string;
}

type Heard = (event: QueueEvent, id: string) => void;
type Heeded = 'waiting' | 'active' | 'completed' | 'failed';

/** A BullMQ `QueueEvents`, as far as it is used. */
export interface QueueEventsSource {
  on(name: Heeded, listener: Heard): unknown;
  off(name: Heeded, listener: Heard): unknown;
}

/** How the jobs of a queue are reported. */
export interface WatchQueueOptions {
  /** The workflow whose executions the jobs are. */
  readonly workflow: string;
  /** Reports the jobs as this step of executions, instead of as executions. */
  readonly step?: string | undefined;
  /** The execution that a job is, or is a step of: the id of the job if absent. Undefined leaves the job out. */
  readonly executionOf?: ((jobId: string) => string | undefined) | undefined;
  /** The error class of a job that failed, from its reason; `job-failed` if absent, because reasons may hold personal data. */
  readonly errorOf?: ((failedReason: string) => string | undefined) | undefined;
  /** Pairs for `where`. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** How many jobs that were tried again by hand are remembered. */
const MAX_RETRIED = 10_000;

/**
 * Reports the jobs of a BullMQ queue: queued, started, and succeeded or failed for good; retries of BullMQ's own are part of one
 * execution, a failed job that is tried again by hand is a new attempt of it. What is reported has the time that Redis gave the
 * event, so that several processes may watch one queue and each job counts once. Make the `QueueEvents` with `lastEventId: '0-0'`:
 * then what happened while none was watching is reported as well, and what was reported before counts as a duplicate. Gives a
 * function that ends the watching.
 */
export function watchQueue(
  burnwatch: Burnwatch,
  queueEvents: QueueEventsSource,
  options: WatchQueueOptions,
): () => void {
  const { workflow, step, executionOf, errorOf, attributes } = options;
  /** Job → its attempt, once it is more than the first. */
  const attempts = new Map<string, number>();

  const report = (
    { jobId }: QueueEvent,
    id: string,
    status: OutcomeReport['status'],
    error?: string,
  ): void => {
    const execution = executionOf ? executionOf(jobId) : jobId;
    if (execution === undefined) return;
    const at = Number(id.split('-')[0]);
    const attempt = attempts.get(jobId);
    burnwatch.report({ workflow, execution, status, step, at, attempt, attributes, error });
  };
  const classOf = (reason: unknown): string => {
    return (errorOf && typeof reason === 'string' ? errorOf(reason) : undefined) ?? 'job-failed';
  };

  const listeners: Readonly<Record<Heeded, Heard>> = {
    waiting(event, id) {
      if (event.prev === 'failed' || event.prev === 'completed') {
        const attempt = (attempts.get(event.jobId) ?? 1) + 1;
        attempts.delete(event.jobId);
        attempts.set(event.jobId, attempt);
        if (attempts.size > MAX_RETRIED) attempts.delete(attempts.keys().next().value!);
      }
      report(event, id, 'queued');
    },
    active: (event, id) => report(event, id, 'started'),
    completed: (event, id) => report(event, id, 'succeeded'),
    failed: (event, id) =>
      report(event, id, 'failed', classOf((event as { readonly failedReason?: unknown }).failedReason)),
  };
  // An error in a function of the application must not end up as one of the queue.
  const guarded = (listener: Heard): Heard => {
    return (event, id) => {
      try {
        listener(event, id);
      } catch {
        // The job is not reported.
      }
    };
  };
  const listening = Object.entries(listeners).map(
    ([name, listener]) => [name as Heeded, guarded(listener)] as const,
  );
  for (const [name, listener] of listening) queueEvents.on(name, listener);
  return () => {
    for (const [name, listener] of listening) queueEvents.off(name, listener);
  };
}
