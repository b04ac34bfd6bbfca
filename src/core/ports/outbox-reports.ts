import type { NotificationFacts, OutboxRow } from '../alerting/notification.ts';
import type { ListPage, PageChoice } from './list-page.ts';
import type { Refused } from './refused.ts';
import type { RowState } from './store/outbox.ts';

export const ROW_STATES = ['undeliverable', 'pending'] as const satisfies readonly RowState[];
/** In place of an id: all that are undeliverable. */
export const EVERY_ROW = 'all';

/** A notification that is not delivered. Times are milliseconds since the epoch. */
export interface NotificationReport
  extends
    Pick<OutboxRow, 'id' | 'target' | 'incident' | 'createdAt' | 'attempts' | 'lastError' | 'mayRepeat'>,
    Pick<NotificationFacts, 'slo' | 'workflow' | 'owner' | 'severity' | 'kind'> {
  readonly state: RowState;
  /** When the quiet hours of its target end for which it waits, in their time zone; null where it waits for none. */
  readonly waitsUntil: { readonly at: number; readonly timeZone: string } | null;
  /** Of a target with several recipients, those that have not got it yet; null: all of them. */
  readonly recipients: readonly string[] | null;
}

/** Oldest first, by `TIME_AND_ID`. */
export interface NotificationPage extends ListPage<NotificationReport> {
  readonly pendingCount: number;
  readonly undeliverableCount: number;
}

/** What became of undeliverable notifications that were to be sent again. */
export interface OutboxRetryReport {
  /** As it was asked for. */
  readonly id: string;
  readonly retried: number;
  /** Those that stay undeliverable, since it is too late for them. */
  readonly left: number;
  /** Why, for some of them. */
  readonly reasons: readonly { readonly id: string; readonly code: string; readonly message: string }[];
  readonly next: string | null;
}

export interface OutboxDropReport {
  readonly id: string;
  readonly dropped: number;
  readonly next: string | null;
}

/** What people do with notifications that are not delivered. Requests are `{ id, after }` as parsed from JSON. */
export interface ManageOutbox {
  notifications(state: RowState, page: PageChoice): Promise<NotificationPage>;
  /**
   * Has an undeliverable notification and all others of its conversation sent again, in their order, or all there are. What is
   * about an incident that is over is left, unless its end goes with it: a late page wakes someone for nothing.
   */
  retryNotifications(request: unknown): Promise<OutboxRetryReport | Refused>;
  /** Removes one for good, or all. */
  dropNotifications(request: unknown): Promise<OutboxDropReport | Refused>;
}
