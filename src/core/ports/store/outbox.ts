import type { NotificationSettled } from '../../alerting/incident-event.ts';
import type { OutboxRow } from '../../alerting/notification.ts';

export interface OutboxStore {
  /** Adds rows outside a transition (a test notification). A row that exists is left as it is. */
  enqueue(rows: readonly OutboxRow[], now: number): Promise<void>;
  /**
   * Takes conversations at targets (see `conversationOfRow`) that are due, for at most `lease` milliseconds, after which they are due
   * again: up to `limit` of each target; those with something urgent (`isUrgent`) before all others, then what is due longest. A
   * claim holds every row of its conversation, oldest first: the one that is kept, if any, and those that are pending. It costs
   * what is claimed and a look at each target, however much is due. Rejects with `NotLeader` when `owner` does not hold the lease.
   */
  claim(
    owner: string,
    now: number,
    lease: number,
    limit: number,
    where?: ClaimedTargets,
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

/** Where a row stands, or stood, in the list of its state: by when it was made, and of one moment by its id. */
export type RowPlace = Pick<OutboxRow, 'createdAt' | 'id'>;

export interface RowPage {
  readonly rows: readonly OutboxRow[];
  /** Where the next page begins; null when this is the last. */
  readonly next: RowPlace | null;
}

/** Of which targets to claim; all of them where nothing is said. */
export interface ClaimedTargets {
  /** None but this one. */
  readonly only?: string;
  /** Those to pass over. */
  readonly busy?: readonly string[];
  /** Those of which nothing is claimed that is not urgent. */
  readonly urgentOnly?: readonly string[];
}

export interface Claim {
  readonly token: string;
  readonly conversation: string;
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
  /** `events` are added to the histories of their incidents, where there are any. */
  | { readonly result: 'delivered'; readonly events?: readonly SettledOfIncident[] }
  /** All of them delivered; `row`, one of them, stays with the conversation to be sent again at `at`, or when more is to be sent. */
  | {
      readonly result: 'kept';
      readonly at: number;
      readonly row: OutboxRow;
      readonly events?: readonly SettledOfIncident[];
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
      readonly events?: readonly SettledOfIncident[];
      readonly instead: readonly OutboxRow[];
    }
  /** Not tried: due again at once, for the next leader. */
  | { readonly result: 'released' };

/** What became of the notifications of one incident. */
export interface SettledOfIncident {
  readonly incident: string;
  readonly event: NotificationSettled;
}

export interface OutboxView {
  readonly pending: readonly OutboxRow[];
  readonly undeliverable: readonly OutboxRow[];
  readonly pendingCount: number;
  readonly undeliverableCount: number;
}
