import type { EndStatus } from '../outcomes/outcome.ts';
import type { Caller } from './token.ts';
import type { Rejection } from '../outcomes/record-fields.ts';

/** What became of the records of one request; `accepted + duplicates + rejected.length` is their number. */
export interface RecordResult {
  readonly accepted: number;
  readonly duplicates: number;
  /** In the order of `index`. */
  readonly rejected: readonly RejectedRecord[];
  /** How many of the rejected are conflicts; left out when none is. */
  readonly conflicts?: number;
  /** What was accepted and does not count yet; left out when all of it does. */
  readonly warnings?: readonly RecordWarning[];
}

export interface RejectedRecord extends Rejection {
  readonly index: number;
  /** Of a conflict: how this record says that it ended, and how it was recorded before. */
  readonly statuses?: { readonly reported: EndStatus; readonly recorded: EndStatus };
}

/** Outcomes of a request that an SLO cannot judge until more is reported. */
export interface RecordWarning {
  readonly workflow: string;
  /** The name of the SLO in its workflow. */
  readonly slo: string;
  readonly waiting: number;
  readonly for: 'start';
  readonly message: string;
}

/** A request is answered with at most so many warnings. */
export const MAX_WARNINGS = 20;

/** More outcomes and measurements are waiting for the store than may be held; nothing of the request was counted. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
}

/** The caller has more waiting than its share, while there is room for others; nothing of the request was counted. */
export class OverShare extends Error {
  override readonly name = 'OverShare';
}

export interface Recorder {
  /**
   * Checks, judges and stores the records of one request, as parsed from JSON, and resolves once they are
   * stored (C2). Rejects with `StoreUnavailable`, `QueueFull` or `OverShare`; sending the same records again is safe (C1).
   * Records of workflows that the caller may not report to are rejected one by one;
   * without a caller it is Burnwatch itself, which may everything.
   */
  record(records: readonly unknown[], caller?: Caller): Promise<RecordResult>;
  /** Does the same with the measurements of one request. */
  recordMeasurements(records: readonly unknown[], caller?: Caller): Promise<RecordResult>;
  /** Why every record of a workflow would be rejected that a caller sends now; null when it depends on the record. */
  refusal(workflow: string, caller: Caller): Rejection | null;
  /** Resolves when nothing is waiting any more. */
  drain(): Promise<void>;
  /** Outcomes and measurements waiting for the store at this moment. */
  readonly queued: number;
}
