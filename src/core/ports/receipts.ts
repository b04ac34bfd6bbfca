import type { NotificationFacts } from '../alerting/notification.ts';

/** The message in which a target tells a conversation, to be changed and answered to later. */
export interface ToldReceipt {
  readonly target: string;
  /** The id of the conversation, see `conversationToldIn`. */
  readonly conversation: string;
  /** Where the message is, in the words of the receiver. */
  readonly place: { readonly channel: string; readonly message: string };
  /** The incident that the message itself is of; null: it lists several conversations and stays as it is. */
  readonly of: string | null;
  /** What the receiver was sent of that incident last, in its own markup; no blocks where they are too long to be kept. */
  readonly body: { readonly text: string; readonly blocks: readonly object[] };
  readonly runbook: string | null;
  /** The incidents that were told in it, by their ids, and how they stand. */
  readonly incidents: Readonly<Record<string, ToldIncident>>;
  /** How many more there were than are kept. */
  readonly more: number;
  /** What people did, latest last, as sentences in the markup of the receiver. */
  readonly notes: readonly string[];
  readonly acknowledged: boolean;
  /** Whether all of it is over. */
  readonly over: boolean;
  /** The key of the notification that was told last. */
  readonly told: string;
  /** When it was written last. */
  readonly at: number;
}

export interface ToldIncident {
  readonly slo: string;
  readonly standing: 'page' | 'ticket' | 'over';
}

/** A receipt, and how often it was changed. */
export interface KeptReceipt {
  readonly revision: number;
  readonly receipt: ToldReceipt;
}

/** Remembers where conversations are told, whatever process leads. */
export interface Receipts {
  /** Null where there is none, or one of a newer version. Rejects with `StoreUnavailable`. */
  read(target: string, conversation: string): Promise<KeptReceipt | null>;
  /** False, and nothing changes, when its revision is another one by now; 0: there is none yet. Rejects with `StoreUnavailable`. */
  write(receipt: Omit<ToldReceipt, 'at'>, revision: number): Promise<boolean>;
}

/** The id of the conversation that facts are told in. */
export function conversationToldIn({
  conversation,
  incident,
}: Pick<NotificationFacts, 'conversation' | 'incident'>): string {
  return conversation?.id ?? incident;
}
