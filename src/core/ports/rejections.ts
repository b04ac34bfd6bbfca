import type { Caller } from './token.ts';

/** Records that were rejected in the last hour, by the workflow they named and the code. */
export interface RejectionCount {
  /** Null when the record named none that could be a workflow. */
  readonly workflow: string | null;
  readonly code: string;
  readonly count: number;
  /** Of the latest one. */
  readonly message: string;
}

/** One record that was rejected. */
export interface NotedRejection {
  readonly workflow: string | null;
  readonly code: string;
  readonly message: string;
}

/** What this process rejected. */
export interface Rejections {
  note(rejection: NotedRejection, caller: Caller): void;
  /** Most records first. */
  lastHour(): readonly RejectionCount[];
}
