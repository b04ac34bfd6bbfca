import { hash53 } from './hash.ts';
import type { Outcome, Status } from './outcome.ts';
import { minuteOf } from './time.ts';

/**
 * Which outcomes count, and which of those are good. With neither `step` nor `dependency` it judges whole
 * executions; with either it judges every attempt of the steps that match.
 */
export interface Sli {
  readonly step: string | null;
  readonly dependency: string | null;
  /** Attribute name to its accepted values; every named attribute must match. */
  readonly where: Readonly<Record<string, readonly string[]>>;
  /** Good only when it succeeded within this many milliseconds of its start; null when speed does not matter. */
  readonly withinMs: number | null;
}

/**
 * A short stable name for what an SLI selects: SLOs that select the same share counters, and changing an
 * objective, window or alert keeps the history, while changing the selection starts a new one (J5).
 */
export function fingerprint(sli: Sli): string {
  const where = Object.keys(sli.where)
    .toSorted()
    .map((name) => [name, [...sli.where[name]!].toSorted()]);
  return hash53(JSON.stringify([sli.step, sli.dependency, where, sli.withinMs])).toString(36);
}

/** Whether an SLI is about steps (or their dependencies) rather than whole executions. */
export function judgesSteps(sli: Sli): boolean {
  return sli.step !== null || sli.dependency !== null;
}

/** Whether an outcome is one that the SLI counts, whatever its status. */
export function selects(sli: Sli, outcome: Outcome): boolean {
  if (judgesSteps(sli) !== (outcome.step !== null)) return false;
  if (sli.step !== null && sli.step !== outcome.step) return false;
  if (sli.dependency !== null && sli.dependency !== outcome.dependency) return false;
  for (const name in sli.where) {
    const value = outcome.attributes?.[name];
    if (value === undefined || !sli.where[name]!.includes(value)) return false;
  }
  return true;
}

/** Where one outcome lands among the counters of one SLI. */
export interface Landing {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly good: boolean;
}

/** How something ended. */
export type EndStatus = Exclude<Status, 'started'>;

/**
 * Judges an end whose start is known, or an SLI that has no deadline.
 * In time: good or bad at the moment of the end, and a cancellation counts nowhere. Past the deadline:
 * bad at the deadline, however it ended (C3).
 */
export function judge(
  withinMs: number | null,
  startedAt: number,
  endedAt: number,
  status: EndStatus,
): Landing | null {
  if (withinMs !== null && endedAt > startedAt + withinMs) {
    return { minute: minuteOf(startedAt + withinMs), good: false };
  }
  return status === 'cancelled' ? null : { minute: minuteOf(endedAt), good: status === 'succeeded' };
}
