import type { Rejection } from '../outcomes/record-fields.ts';

/** What became of the records of one request; `accepted + duplicates + rejected.length` is their number. */
export interface RecordResult {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly ({ readonly index: number } & Rejection)[];
}

/** More outcomes and measurements are waiting for the store than may be held; nothing of the request was counted. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

export interface Recorder {
  /**
   * Checks, judges and stores the records of one request, as parsed from JSON, and resolves once they are
   * stored (C2). Rejects with `StoreUnavailable` or `QueueFull`; sending the same records again is safe (C1).
   */
  record(records: readonly unknown[]): Promise<RecordResult>;
  /** Does the same with the measurements of one request. */
  recordMeasurements(records: readonly unknown[]): Promise<RecordResult>;
  /** Resolves when nothing is waiting any more. */
  drain(): Promise<void>;
  /** Outcomes and measurements waiting for the store at this moment. */
  readonly queued: number;
}
