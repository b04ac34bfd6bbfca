/** What can be reported of an execution or a step of it. */
export type ReportedStatus = 'queued' | 'started' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';

/** When something happened: RFC 3339, milliseconds since the epoch, or a `Date`. */
export type ReportedTime = string | number | Date;

/**
 * One fact about an execution or a step, as `POST /v1/outcomes` takes it. `workflow`, `execution`, `step`, `attempt` and whether it is
 * queued, started or ended identify it: the same fact sent twice counts once.
 */
export interface OutcomeReport {
  readonly workflow: string;
  /** The id of the execution, up to 256 bytes. */
  readonly execution: string | number | bigint;
  readonly status: ReportedStatus;
  /** Now, if absent. */
  readonly at?: ReportedTime | undefined;
  /** On an end: when it had started. */
  readonly startedAt?: ReportedTime | undefined;
  /** On an end, instead of `startedAt`: how long it took, in milliseconds. */
  readonly durationMs?: number | undefined;
  /** The step that this is about; without it the whole execution is meant. */
  readonly step?: string | undefined;
  /** Which try of the execution or step, from 1. The latest one that ended decides. */
  readonly attempt?: number | undefined;
  /** On what failed: another try follows. */
  readonly willRetry?: boolean | undefined;
  /** What the execution or step called. */
  readonly dependency?: string | undefined;
  /** The error class as a text, or anything that was thrown: then `errorOf` says its class. */
  readonly error?: unknown;
  /** Of an execution that failed: the step in which it did. */
  readonly failedStep?: string | undefined;
  /** 32 hexadecimal digits. */
  readonly traceId?: string | undefined;
  /** A W3C `traceparent` header, from which the trace id is taken. */
  readonly traceparent?: string | undefined;
  /** Up to 16 pairs of texts. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /** How many outcomes this stands for; 1 if absent. */
  readonly count?: number | undefined;
}

/** A fact that Burnwatch did not take, or that could not be sent at all. */
export interface RefusedReport {
  /** The record as it was sent. */
  readonly record: Readonly<Record<string, unknown>>;
  /** Why, for programs: `unknown-workflow`, `invalid-field`, `conflict`, `too-old`, … */
  readonly code: string;
  /** Why, for people. */
  readonly message: string;
}
