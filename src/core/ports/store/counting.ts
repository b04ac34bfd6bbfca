import type { Resolution } from '../../counters/cells.ts';
import type { FailedExecution, FailureCount } from '../../alerting/notification.ts';
import type { EndStatus } from '../../outcomes/outcome.ts';
import type { DeadlineFrom } from '../../sli/sli.ts';
import type { SliId } from '../../sli/sli-id.ts';
import type { StatisticsOf, StatisticStore } from './statistics.ts';

export interface CountStore extends StatisticStore {
  /**
   * Counts a batch of one partition of one workflow, each identity once (C1). Each outcome is stored whole or
   * not at all; a long batch may be stored in parts, so that after a failure the same batch is to be sent again.
   * Answers with what became of each group, in the order of the groups.
   */
  record(batch: RecordBatch): Promise<readonly GroupResult[]>;
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
  /**
   * The partitions of workflows that lie on a part of the store that is known to be away, with that part. What reads counters
   * must leave them out, or rejects with `PartUnavailable`.
   */
  partitionsAway(workflows: readonly string[]): Promise<readonly AwayPartition[]>;
  /**
   * Bad outcomes of an SLI by step, dependency and error class, over the hours from one to another moment. Here and in
   * the next two, what lies on a part that is away is left out.
   */
  readFailures(sli: SliId, from: number, to: number): Promise<readonly FailureCount[]>;
  /** The last executions that were bad for an SLI, latest first. */
  readLastFailed(sli: SliId, limit: number): Promise<readonly FailedExecution[]>;
  /** How many executions and steps of a workflow are under way. */
  inFlight(workflow: string): Promise<InFlight>;
  /** The same by where they are; every place that has one, in no order. */
  places(workflow: string): Promise<readonly FlightPlace[]>;
  /** What has been in flight longest: the overdue first, each of the two by when they started. At most `limit`. */
  slowest(workflow: string, now: number, limit: number): Promise<readonly FlightReport[]>;
  /** What is known of a subject; null when nothing was reported of its whole, or that is no longer remembered. */
  known(partition: PartitionId, subject: string, now: number): Promise<KnownSubject | null>;
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

/** A partition that cannot be read, and the part of the store that it lies on. */
export interface AwayPartition extends PartitionId {
  readonly part: string;
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
 * Reports that something was queued or has started. Where nothing of it has ended it is in flight from then on;
 * what has ended is judged anew with what is now known of its start.
 */
export interface StartGroup {
  readonly kind: 'start';
  /** Null: of whole executions. */
  readonly step: string | null;
  readonly phase: 'queued' | 'started';
  readonly attempt: number;
  readonly count: number;
  /** The SLIs with a deadline that select these starts. */
  readonly watches: readonly Watch[];
  /** Where each of these starts counts by itself; empty for most. What is bad of it is filed under no names. */
  readonly landings: readonly SliLanding[];
  readonly statistics: StatisticsOf;
  readonly subjects: readonly StartedSubject[];
}

/** An SLI that waits for an end until `withinMs` after a moment. */
export interface Watch {
  readonly fingerprint: string;
  readonly withinMs: number;
  readonly from: DeadlineFrom;
}

export interface StartedSubject {
  /** What started: see `subjectKey`. */
  readonly subject: string;
  readonly at: number;
  readonly execution: string;
  readonly traceId: string | null;
  /** For a step: the subject of the whole execution, whose record notes that this step was begun last. */
  readonly parent: string | null;
}

/**
 * Ends of attempts. The latest attempt that ended decides what its subject counts as, whatever the order in which
 * its attempts, their starts and ends are reported: what an earlier one counted as is taken back, and so is what was
 * counted at a deadline where an end shows it wrong. SLIs that only a start of the subject was selected by are
 * judged too. Time runs from the first start: that of the first attempt (as its end says, else as it was recorded),
 * or an earlier one of another attempt.
 */
export interface EndGroup {
  readonly kind: 'end';
  /** Null: of whole executions, and of measurements. */
  readonly step: string | null;
  /** From 1. What is below it, from 0, says how it ended unless an attempt does; it tells no start and is in no statistics. */
  readonly attempt: number;
  readonly status: EndStatus;
  /** The attempt failed and another follows: its subject goes on, with its deadline. */
  readonly willRetry: boolean;
  /** Above 1, ends of one subject and attempt add up, as long as no more ended than started. */
  readonly count: number;
  /** The SLIs that select these ends and count each subject once. */
  readonly slis: readonly EndSli[];
  /**
   * Where subjects of which nothing else is known land by `slis`, or null when that depends on each one's start. One
   * landing an SLI at most.
   */
  readonly landings: readonly SliLanding[] | null;
  /** Where each of these ends counts by itself, whatever else is reported of its subject. */
  readonly own: readonly SliLanding[];
  /** What to file bad landings under. */
  readonly failure: FailureKey;
  readonly statistics: StatisticsOf;
  readonly subjects: readonly EndedSubject[];
}

/** An SLI that selects an end. */
export interface EndSli {
  readonly fingerprint: string;
  /** Null when speed does not matter. */
  readonly withinMs: number | null;
  readonly from: DeadlineFrom;
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

/** What became of the outcomes of a group, by their places among its subjects; what is not named was counted. */
export interface GroupResult {
  /** Those that were counted before, and are not counted again. */
  readonly known: readonly number[];
  /** Those that were counted, and cannot be judged by some deadline until a start is reported. */
  readonly waiting: readonly number[];
  readonly conflicts: readonly Conflict[];
}

/** An end that was not counted because its attempt had been reported to end otherwise. */
export interface Conflict {
  /** Its place among the subjects of its group. */
  readonly offset: number;
  /** How it had ended. */
  readonly recorded: EndStatus;
}

export interface InFlight {
  /** Queued or started, and not ended. */
  readonly running: number;
  /** How many of those are overdue. */
  readonly overdue: number;
  /** Ended, with a deadline that cannot be judged until their start is reported. */
  readonly waiting: number;
}

/** How many are in flight in one place of a workflow. */
export interface FlightPlace {
  /** `step`: steps by their name. `execution`: whole executions by the step of them that was begun last. */
  readonly of: 'execution' | 'step';
  /** Null: no step of these executions was begun. */
  readonly step: string | null;
  readonly running: number;
  /** How many of those are overdue. */
  readonly overdue: number;
}

/** Something in flight, as far as it is known. Moments in milliseconds since the epoch. */
export interface FlightReport {
  readonly of: FlightPlace['of'];
  readonly execution: string;
  /** As in `FlightPlace`. */
  readonly step: string | null;
  /** When that step of the execution was begun; null when none was, and for steps themselves. */
  readonly stepSince: number | null;
  /** When it started first; of what is only queued, null. */
  readonly startedAt: number | null;
  readonly queuedAt: number | null;
  /** The attempt that is under way: one more than the latest that failed to be tried again. */
  readonly attempt: number;
  /** The first of its deadlines; null when it has none. */
  readonly deadline: number | null;
  readonly overdue: boolean;
  readonly traceId: string | null;
}

/** What is remembered of an execution, a step or a hand-over, and what it counts as by that. Moments as everywhere. */
export interface KnownSubject {
  /** `waiting`: it has ended, and a deadline cannot be judged before its start is reported. */
  readonly state: 'in-flight' | 'waiting' | 'ended';
  readonly queuedAt: number | null;
  /** When it started first, as an end told it or as it was recorded. */
  readonly startedAt: number | null;
  /** The latest attempt that ended; 0 when none has. */
  readonly attempt: number;
  /** That attempt failed and another follows. */
  readonly willRetry: boolean;
  /** How that attempt ended; more than one where a record stands for many. */
  readonly ends: readonly {
    readonly status: EndStatus;
    readonly at: number;
    readonly count: number;
    readonly failure: FailureKey;
  }[];
  readonly deadlines: readonly { readonly fingerprint: string; readonly at: number }[];
  /** What it counts for the SLIs that count each subject once. */
  readonly counts: readonly {
    readonly fingerprint: string;
    /** Since the epoch. */
    readonly minute: number;
    readonly good: boolean;
    readonly count: number;
    readonly failure: FailureKey;
  }[];
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
  /** Ends whose start never came within the dedup horizon, so that no deadline could be judged. */
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

/** Of one attempt of a subject so many ends may add up; more are conflicts. */
export const MAX_PARTS = 100;

/** Conflicts are counted as bad outcomes of this, at the minute they arrived in; no SLI has such a fingerprint. */
export const CONFLICTS = '!conflicts';

/**
 * What a call takes back of an SLI beyond what it adds is counted as well, in the hour it came, in the hour cells of the series
 * whose fingerprint ends in this: an SLI and its series of this together never fall. There are no minutes of it.
 */
export const TAKEN_BACK = '~';

/** What an outcome is about: an execution, or one of its steps. */
export function subjectKey(execution: string, step: string | null): string {
  return step === null ? execution : `${execution}\u0000${step}\u00001`;
}

/** The identity of one attempt of a subject; of the first it is the subject itself. */
export function attemptKey(subject: string, attempt: number): string {
  if (attempt === 1) return subject;
  const stepEnd = subject.lastIndexOf('\u0000');
  return stepEnd === -1 ? `${subject}\u0000\u0000${attempt}` : `${subject.slice(0, stepEnd + 1)}${attempt}`;
}

/**
 * What tells two reports of one attempt apart beside being of a start or an end: that it was queued, failed and is to
 * be retried, or is some of many. No name holds the character in front.
 */
export function reportMark(group: RecordGroup): string {
  if (group.kind === 'start') return group.phase === 'queued' ? '\u0001queued' : '';
  if (group.count > 1) return `\u0001${group.status}${group.willRetry ? '*' : ''}${group.count}`;
  return group.willRetry ? '\u0001retry' : '';
}
