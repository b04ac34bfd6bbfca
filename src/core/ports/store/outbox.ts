import type { NotificationSettled } from '../../alerting/incident-event.ts';
import type { OutboxRow } from '../../alerting/notification.ts';

export interface OutboxStore {
  /** Adds rows outside a transition (a test notification). A row that exists is left as it is. */
  enqueue(rows: readonly OutboxRow[], now: number): Promise<void>;
  /**
   * Takes conversations (an incident at a target) that are due, for at most `lease` milliseconds, after which they are due
   * again; those with something urgent (`isUrgent`) before all others, then what is due longest. A claim holds every row of its
   * conversation, oldest first: the one that is kept, if any, and those that are pending. Targets in `busy` are passed over.
   * Rejects with `NotLeader` when `owner` does not hold the lease.
   */
  claim(
    owner: string,
    now: number,
    lease: number,
    limit: number,
    busy: readonly string[],
  ): Promise<readonly Claim[]>;
  /** Ends a claim. False, and nothing changes, when the claim has run out and was taken over. */
  settle(claim: Claim, outcome: Settlement, now: number): Promise<boolean>;
  /**
   * Everything undelivered: pending and given up, oldest first. Rows that a newer version of Burnwatch wrote are
   * counted and not listed.
   */
  outbox(limit: number): Promise<OutboxView>;
  /** At most `limit` rows of a state, oldest first, of those after a place. Rows of a newer version are not listed. */
  outboxRows(state: RowState, after: RowPlace | null, limit: number): Promise<RowPage>;
  /**
   * Makes undeliverable rows pending again, as they are given here, in front of what waits in their conversation already.
   * Rows that are not undeliverable any more are passed over. Gives how many there were.
   */
  retryUndeliverable(rows: readonly OutboxRow[]): Promise<number>;
  /** Removes undeliverable rows for good. Gives how many there were. */
  dropUndeliverable(ids: readonly string[]): Promise<number>;
}

/** `undeliverable`: refused, or given up after a day. */
export type RowState = 'pending' | 'undeliverable';

/** Behind so many of the rows that were made at this moment, and all that were made before it. */
export interface RowPlace {
  readonly createdAt: number;
  readonly skip: number;
}

export interface RowPage {
  readonly rows: readonly OutboxRow[];
  /** Where the next page begins; null when this is the last. */
  readonly next: RowPlace | null;
}

export interface Claim {
  readonly token: string;
  readonly incident: string;
  readonly target: string;
  readonly rows: readonly OutboxRow[];
  /** Whether the claim before it was never settled: whoever held it may have sent this. */
  readonly mayRepeat: boolean;
  /**
   * Ids of rows of it that a newer version of Burnwatch wrote. While there is one, none of the conversation can be sent in
   * its order: leave the claim to run out.
   */
  readonly newerRows: readonly string[];
}

export type Settlement =
  /** `event`, if any, is added to the history of the incident, where there is one. */
  | { readonly result: 'delivered'; readonly event?: NotificationSettled }
  /** All of them delivered; `row`, one of them, stays with the conversation to be sent again at `at`, or when more is to be sent. */
  | {
      readonly result: 'kept';
      readonly at: number;
      readonly row: OutboxRow;
      readonly event?: NotificationSettled;
    }
  /** `rows` as they are kept from now on. */
  | {
      readonly result: 'retry';
      readonly at: number;
      readonly rows: readonly OutboxRow[];
    }
  /** Kept as undeliverable, without a row that was delivered before; `instead` goes to the fallback in the same write. */
  | {
      readonly result: 'undeliverable';
      readonly rows: readonly OutboxRow[];
      readonly event?: NotificationSettled;
      readonly instead: readonly OutboxRow[];
    }
  /** Not tried: due again at once, for the next leader. */
  | { readonly result: 'released' };

export interface OutboxView {
  readonly pending: readonly OutboxRow[];
  readonly undeliverable: readonly OutboxRow[];
  readonly pendingCount: number;
  readonly undeliverableCount: number;
}
