import type { FailingTarget } from '../alerting/failing-target.ts';
import type { SourceStatus } from './sources.ts';

/** The state of the service itself, as `/readyz`, `/metrics` and the dashboard show it. */
export interface ServiceStatus {
  readonly ready: boolean;
  /** What has not worked for long, by the names of checks, while the rest of the service does. */
  readonly degraded: readonly string[];
  /** What the service depends on, by name. */
  readonly checks: { readonly store: Check; readonly [name: string]: Check };
  /** Problems of the SLO files, formatted as `burnwatch check` prints them; empty when all of them load. */
  readonly sloProblems: readonly string[];
  /** Whether this replica evaluates and delivers. */
  readonly leader: boolean;
  readonly evaluation: {
    /** When the last one was, on whichever replica, in milliseconds since the epoch; null before the first. */
    readonly lastAt: number | null;
    /** Milliseconds that passed since this replica saw one end, whatever clocks say; since it started, before the first. */
    readonly age: number;
    /** Of this replica. */
    readonly lastDurationMs: number | null;
    readonly failures: number;
  };
  /** Parts of the store that do not answer or refuse writes, by name; see `StoreExamination`. */
  readonly partsAway: readonly string[];
  /** Silences that held when this replica evaluated last. */
  readonly silencesActive: number;
  /** Losses of data that nobody has acknowledged. */
  readonly dataLosses: number;
  /** Notifications; while the store is down, as many as there were. */
  readonly outbox: { readonly pending: number; readonly undeliverable: number };
  /** Targets that take no notifications. */
  readonly failingTargets: readonly Pick<FailingTarget, 'target' | 'since' | 'reason'>[];
  /** Sources that this replica reads by itself. */
  readonly sources: readonly SourceStatus[];
  /** While the store is down, as many as there were. */
  readonly deadLetters: number;
  /** Outcomes waiting for the store at this moment. */
  readonly queued: number;
}

export interface Check {
  readonly ok: boolean;
  readonly message: string;
}
