/** The most dead letters that are kept; beyond them the oldest go. */
export const MAX_DEAD_LETTERS = 10_000;
/** Of what each holds, a list shows this many bytes. */
export const LETTER_BEGINNING = 512;

/** A dead letter as the store keeps it. */
export interface StoredLetter {
  /** Ids sort by when what the letter holds was sent; letters, digits and dashes only. */
  readonly id: string;
  /** What is known of it; see core/ports/stored-dead-letter.ts. */
  readonly about: object;
  /** What it holds. */
  readonly data: string;
}

/** Where what no source could get counted is kept, until it is replayed or dropped. */
export interface DeadLetterStore {
  /**
   * Keeps letters; one that is kept already stays as it is, so that the call can be retried. Gives how many had to
   * go to make room.
   */
  putDeadLetters(letters: readonly StoredLetter[]): Promise<number>;
  /** At most `limit` letters in the order of their ids, those after an id if that is given; `data` is only its beginning. */
  deadLetters(after: string | null, limit: number): Promise<readonly StoredLetter[]>;
  /** One letter as a whole; null when there is none. */
  deadLetter(id: string): Promise<StoredLetter | null>;
  /** Gives how many were there. */
  removeDeadLetters(ids: readonly string[]): Promise<number>;
  deadLetterCount(): Promise<number>;
}
