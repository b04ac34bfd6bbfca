import type { NotificationFacts } from '../alerting/notification.ts';

/** What became of one try to send. Adapters classify, they never loop (D3). */
export type Delivery = { readonly result: 'delivered' } | Retry | Refusal;

/** Worth another try. */
export interface Retry {
  readonly result: 'retry';
  readonly reason: string;
  /** What the other side asked for, in milliseconds, if it did. */
  readonly after: number | null;
  /** True when it may have arrived although no answer came. */
  readonly mayHaveArrived?: boolean;
  /** Those that did not get it where others did; absent: all of them. */
  readonly recipients?: readonly string[];
}

/** Will never work as it is. */
export interface Refusal {
  readonly result: 'refused';
  readonly reason: string;
  /** As of `Retry`. */
  readonly recipients?: readonly string[];
}

/**
 * What is sent in one go: unsent facts for one target, oldest first, never empty. They are of one incident, or of several
 * where the target has a `MessagePace`.
 */
export interface Notification {
  readonly facts: readonly NotificationFacts[];
  /** Same on every try; for targets that recognise repeats. */
  readonly key: string;
  /** Of a target with several recipients, those that have not got it yet; absent: all of them. */
  readonly recipients?: readonly string[];
  /** True when the target may have it already, because an earlier try was cut off. */
  readonly mayRepeat?: boolean;
}

/** What people did about a conversation, to be said where it is told. */
export interface ConversationNote {
  /** As of `ToldReceipt`. */
  readonly conversation: string;
  /** A sentence: our own words, and names as others wrote them. */
  readonly words: readonly (string | { readonly name: string })[];
  /** Whether nobody need acknowledge it any more. */
  readonly acknowledged: boolean;
  /** The one person who is to see it, as the place calls them; null: everyone. */
  readonly only: string | null;
}

/** What sends to one place. `send` never throws for what the other side does. */
export interface TargetAdapter {
  readonly name: string;
  readonly kind: string;
  send(notification: Notification, signal: AbortSignal): Promise<Delivery>;
  /** Says what people did, where a conversation is told in one place; nothing where it was never told. Absent: it cannot. */
  say?(note: ConversationNote, signal: AbortSignal): Promise<Delivery>;
  close(): Promise<void>;
}

/**
 * How many messages people are to get at one place: `burst` at once, and one more every `refill` milliseconds. The last one of
 * them is kept for pages, and what does not fit is sent as a list.
 */
export interface MessagePace {
  readonly burst: number;
  readonly refill: number;
}

/** A place notifications go to, with what its kind asks of the sender. */
export interface Target extends TargetAdapter {
  /** Milliseconds from the end of one try to the next one at the earliest, whatever is sent: its rate limit. */
  readonly interval: number;
  /** Set where people read what is sent; absent: the receiver groups incidents by itself, and gets each one by itself. */
  readonly pace?: MessagePace;
  /** Milliseconds after which what it got last of an open incident is sent to it again; absent: never. */
  readonly resendEvery?: number;
}
