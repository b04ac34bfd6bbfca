import type { Resolution } from '../../counters/cells.ts';
import type { FailedExecution, FailureCount } from '../../alerting/notification.ts';
import type { EndStatus } from '../../sli/landing.ts';
import type { SliId } from '../../sli/sli-id.ts';

export interface CountStore {
  /**
   * Counts a batch of one partition of one workflow, each identity once (C1). Each outcome is stored whole or
   * not at all; a long batch may be stored in parts, so that after a failure the same batch is to be sent again.
   * Answers with how many identities of each group were new, in the order of the groups.
   */
  record(batch: RecordBatch): Promise<readonly number[]>;
  /**
   * Counts executions of a partition whose deadline has passed as bad at that deadline, once (C3), and
   * forgets some of what is kept past its time. Looks at no more than `limit`; call again while it answers
   * `limit`.
   */
  sweep(partition: PartitionId, now: number, limit: number): Promise<SweepResult>;
  /** Packed blocks (see core/cells.ts), null where nothing was counted; in the order asked for. */
  readBlocks(blocks: readonly BlockId[]): Promise<readonly (Uint8Array | null)[]>;
  /**
   * For each partition, its revision and the hours changed since an earlier one; `complete: false` when that
   * is too long ago, and everything must be read again. Revisions only grow.
   */
  changes(
    since: readonly { readonly partition: PartitionId; readonly revision: number }[],
  ): Promise<readonly Changes[]>;
  /** Bad outcomes of an SLI by step, dependency and error class, over the hours from one to another moment. */
  readFailures(sli: SliId, from: number, to: number): Promise<readonly FailureCount[]>;
  /** The last executions that were bad for an SLI, latest first. */
  readLastFailed(sli: SliId, limit: number): Promise<readonly FailedExecution[]>;
  /** How many executions and steps of a workflow have started and not ended, and how many of them are overdue. */
  inFlight(workflow: string): Promise<{ readonly running: number; readonly overdue: number }>;
  /**
   * Sets all cells of hours of a derived series, whole and at both resolutions (see core/cells.ts).
   * Writing the same again changes nothing; what is past its time at `now` (see `blockExpiry`) is left alone.
   */
  writeHours(series: SliId, hours: readonly HourCells[], now: number): Promise<void>;
  /** The sums of the values that landed with one, by minute (since the epoch), over the hours from one to another moment. */
  readSums(sli: SliId, from: number, to: number): Promise<ReadonlyMap<number, number>>;
  /** Since when each SLI has been counted: its first registration, which this call makes if there was none. */
  registerSlis(slis: readonly SliId[], now: number): Promise<readonly number[]>;
}

export interface PartitionId {
  readonly workflow: string;
  readonly partition: number;
}

export interface BlockId extends PartitionId {
  readonly fingerprint: string;
  readonly resolution: Resolution;
  readonly block: number;
}

export interface RecordBatch extends PartitionId {
  readonly now: number;
  readonly groups: readonly RecordGroup[];
}

/** Outcomes that have the same effect and differ only in which execution they are of. */
export type RecordGroup = StartGroup | EndGroup;

/**
 * Starts. A start whose end came first is judged with that end, or left alone when that end was judged already;
 * any other is in flight until its end.
 */
export interface StartGroup {
  readonly kind: 'start';
  readonly count: number;
  /** False: these starts are only recognised when they come again, and nothing waits for their ends. */
  readonly watched: boolean;
  /** The SLIs with a deadline that select these starts. */
  readonly watches: readonly Watch[];
  /** Where each of these starts counts by itself; empty for most. What is bad of it is filed under no names. */
  readonly landings: readonly SliLanding[];
  readonly subjects: readonly StartedSubject[];
}

/** An SLI that waits for an end until `withinMs` after the start. */
export interface Watch {
  readonly fingerprint: string;
  readonly withinMs: number;
}

export interface StartedSubject {
  /** What started: see `subjectKey`. */
  readonly subject: string;
  readonly at: number;
  readonly execution: string;
  readonly step: string | null;
  readonly traceId: string | null;
  /** For a step: the subject of the whole execution, whose record notes that this step was begun last. */
  readonly parent: string | null;
}

/**
 * Ends. Each lands at most once per SLI: at `landings` when those are given, else wherever its start puts it.
 * If the subject is in flight, SLIs that its start was selected by are judged too, and whatever was counted for
 * it at a deadline is taken back where the end shows it wrong (it ended in time and was reported late).
 */
export interface EndGroup {
  readonly kind: 'end';
  readonly status: EndStatus;
  readonly count: number;
  /** The SLIs that select these ends. */
  readonly slis: readonly EndSli[];
  /**
   * Where all of these land, or null when that depends on each subject's start. One landing an SLI at most. A subject that
   * is in flight is judged by `slis` instead, and of the others here nothing counts.
   */
  readonly landings: readonly SliLanding[] | null;
  /** What to file bad landings under. */
  readonly failure: FailureKey;
  readonly subjects: readonly EndedSubject[];
}

/** An SLI that selects an end. */
export interface EndSli {
  readonly fingerprint: string;
  /** Null when speed does not matter. */
  readonly withinMs: number | null;
  /** What the end counts as, whatever its status and start; null when they decide. Only with `withinMs` null. */
  readonly verdict: boolean | null;
  /**
   * From when to when (both included) it must have started to count at all; null when that does not matter. An end
   * whose start is not known counts. Only with `withinMs` null.
   */
  readonly startIn: readonly [from: number, to: number] | null;
}

export interface FailureKey {
  readonly step: string | null;
  readonly dependency: string | null;
  readonly error: string | null;
}

/** What an overdue execution is filed under; its step is the one begun last, if any was. */
export const OVERDUE_ERROR = 'overdue';

export interface SliLanding {
  readonly fingerprint: string;
  readonly minute: number;
  readonly good: boolean;
  /** Added to the sum of the minute, see `readSums`; null where no sums are kept. */
  readonly value: number | null;
}

export interface EndedSubject {
  readonly subject: string;
  readonly at: number;
  readonly startedAt: number | null;
  readonly execution: string;
  readonly traceId: string | null;
}

export interface SweepResult {
  /** Records looked at: while this equals the limit there may be more. */
  readonly swept: number;
  /** Landings counted as overdue. */
  readonly overdue: number;
  /** Successes whose start never came within the dedup horizon, so that no deadline could be judged. */
  readonly unjudged: number;
}

/** The cells of one hour: good and bad of its 60 minutes in turn. */
export interface HourCells {
  /** Since the epoch. */
  readonly hour: number;
  /** 120 numbers. */
  readonly cells: Uint32Array;
}

export interface Changes {
  readonly revision: number;
  readonly complete: boolean;
  readonly hours: readonly { readonly fingerprint: string; readonly hour: number }[];
}

/** How long after its start an execution that never ended is remembered. */
export const IN_FLIGHT_RETENTION = 100 * 24 * 3_600_000;
/** Changes are remembered this long. */
export const CHANGE_RETENTION = 2 * 3_600_000;
/** Different step-dependency-error combinations kept for one SLI and hour; the rest is filed under no names. */
export const MAX_FAILURE_KEYS = 64;
/** Failed executions kept for one SLI. */
export const MAX_LAST_FAILED = 20;
/** Failure breakdowns are kept this long. */
export const FAILURE_RETENTION = 8 * 24 * 3_600_000;

/** The identity of what an outcome is about: an execution, or one attempt of one of its steps. */
export function subjectKey(execution: string, step: string | null, attempt: number): string {
  return step === null && attempt === 1 ? execution : `${execution}\u0000${step ?? ''}\u0000${attempt}`;
}
