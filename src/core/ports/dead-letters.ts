import type { Refused } from './refused.ts';
import type { Caller } from './token.ts';

/** Records of one entry of a source that did not count, or an entry that holds none that can be read. */
export interface DeadLetter {
  /** Sorts by when the entry was made. */
  readonly id: string;
  /** The name of the source, such as `stream:outcomes`. */
  readonly source: string;
  /** The id of the entry there. */
  readonly entry: string;
  /** When the entry was made, and when it was given up; milliseconds since the epoch. */
  readonly at: number;
  readonly deadAt: number;
  /** How often it was handed out before it was given up. */
  readonly deliveries: number;
  /** Why; of several records, why the first one. */
  readonly code: string;
  readonly message: string;
  /** How many records it holds that can be replayed; 0 when what it holds cannot be read. */
  readonly records: number;
}

/** A letter in a list, with the beginning of what it holds. */
export interface DeadLetterReport extends DeadLetter {
  readonly data: string;
}

/** A letter to be kept. */
export interface NewDeadLetter extends Omit<DeadLetter, 'id' | 'deadAt' | 'records'> {
  /** Which of the letters of its entry it is, so that the same one is kept once. */
  readonly part: string;
  /** The records, one a line as JSON; or a text that cannot be read, of which the beginning is kept. */
  readonly holds: { readonly lines: readonly string[] } | { readonly text: string };
}

/** Where sources put what they cannot get counted. */
export interface DeadLetterBox {
  /** Resolves once they are stored; the same ones again are kept once. Rejects with `StoreUnavailable`. */
  keep(letters: readonly NewDeadLetter[]): Promise<void>;
}

export interface DeadLetterPage {
  /** In the order of their ids. */
  readonly items: readonly DeadLetterReport[];
  /** The id after which the next page begins; null when this is the last. */
  readonly next: string | null;
}

/** What became of letters; `next` as in a page, when there are more than were looked at. */
export interface ReplayReport {
  /** As it was asked for. */
  readonly id: string;
  readonly replayed: number;
  readonly left: number;
  /** Why those that are left are, for some of them. */
  readonly reasons: readonly { readonly id: string; readonly code: string; readonly message: string }[];
  readonly next: string | null;
}

export interface DropReport {
  readonly id: string;
  readonly dropped: number;
  readonly next: string | null;
}

/** What people do with dead letters. Requests are `{ id, source, after }` as parsed from JSON. */
export interface ManageDeadLetters {
  deadLetters(source: string | null, after: string | null, limit: number): Promise<DeadLetterPage>;
  /** Has the records of a letter, or of all, recorded now, and removes it when each of them counts or counted before (C1). */
  replayDeadLetters(request: unknown, caller: Caller): Promise<ReplayReport | Refused>;
  dropDeadLetters(request: unknown): Promise<DropReport | Refused>;
}
