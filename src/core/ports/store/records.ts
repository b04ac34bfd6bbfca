/** What must not be forgotten, such as adjustments, silences, acknowledgements and evaluation gaps: few, small, kept until removed. */
export type Collection =
  | 'adjustments'
  | 'annotations'
  | 'acknowledgements'
  | 'silences'
  | 'gate-overrides'
  | 'evaluation'
  | 'audit'
  | 'sessions'
  | 'losses'
  | 'failing-targets'
  | 'receipts'
  | 'pings'
  | 'breakdowns'
  | 'definitions'
  | 'reports'
  | 'presses'
  | 'calendars';

export interface StoredRecord<Value = unknown> {
  readonly id: string;
  readonly revision: number;
  readonly value: Value;
}

/** The most characters of a record's id, which has one at least, and bytes of its value as JSON. */
export const MAX_RECORD_ID = 128;
export const MAX_RECORD_BYTES = 16 * 1024;

export interface RecordStore {
  /** All records of a collection, in the order of their ids. */
  records(collection: Collection): Promise<readonly StoredRecord[]>;
  /**
   * Writes a record if its revision is still `revision` (0: there is none yet), raising it by one. `value` null removes it.
   * Returns whether the record was written. Also true when it already holds this value, so
   * that the call can be retried. Rejects with a `RangeError` when the id or the value is longer than records may be, or the id
   * holds a control character.
   */
  putRecord(collection: Collection, id: string, revision: number, value: object | null): Promise<boolean>;
}
