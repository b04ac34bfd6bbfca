import type { AlertState } from '../../alerting/incident.ts';
import type { IncidentEntries } from '../../alerting/incident-event.ts';
import type { OutboxRow } from '../../alerting/notification.ts';

export interface StateStore {
  /**
   * Takes or renews the lease that lets one replica evaluate and deliver. False when another one holds it.
   * `owner` is made anew at each start of a process.
   */
  lead(owner: string, lease: number): Promise<boolean>;
  /** Gives the lease back. */
  resign(owner: string): Promise<void>;
  /** All alert states with their revisions. */
  loadStates(): Promise<ReadonlyMap<string, StoredState>>;
  /**
   * Writes new states with the outbox rows and the history that go with them, each in one atomic write and only if the
   * state's revision is still `revision` (0: none yet), raising it by one (D1). Answers for each whether it was written.
   * Rejects with `NotLeader` when `owner` does not hold the lease.
   */
  commit(owner: string, changes: readonly StateChange[]): Promise<readonly boolean[]>;
}

export interface StoredState {
  readonly revision: number;
  /** Null when a newer version of Burnwatch wrote it: it cannot be understood here and is to be left alone. */
  readonly state: AlertState | null;
}

export interface StateChange {
  readonly slo: string;
  readonly revision: number;
  readonly state: AlertState;
  readonly rows: readonly OutboxRow[];
  /** What is added to the history of its incident; nothing, if absent. */
  readonly history?: IncidentEntries | null;
}

/** The lease is held by another replica, or by none. */
export class NotLeader extends Error {
  override readonly name = 'NotLeader';
}
