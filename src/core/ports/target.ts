import type { NotificationFacts } from '../alerting/notification.ts';

/** What became of one try to send. Adapters classify, they never loop (D3). */
export type Delivery =
  | { readonly result: 'delivered' }
  /** Worth another try; `after` is what the other side asked for, in milliseconds, if it did. */
  | { readonly result: 'retry'; readonly reason: string; readonly after: number | null }
  /** Will never work as it is. */
  | { readonly result: 'refused'; readonly reason: string };

/** What is sent in one go: the unsent facts of one incident for one target, oldest first, never empty. */
export interface Notification {
  readonly facts: readonly NotificationFacts[];
  /** Same on every try; for targets that recognise repeats. */
  readonly key: string;
}

/** What sends to one place. `send` never throws for what the other side does. */
export interface TargetAdapter {
  readonly name: string;
  readonly kind: string;
  send(notification: Notification, signal: AbortSignal): Promise<Delivery>;
  close(): Promise<void>;
}

/** A place notifications go to, with what its kind asks of the sender. */
export interface Target extends TargetAdapter {
  /** Milliseconds from the end of one try to the next one at the earliest, whatever is sent: its rate limit. */
  readonly interval: number;
}
