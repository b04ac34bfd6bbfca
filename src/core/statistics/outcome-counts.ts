import type { EndStatus } from '../outcomes/outcome.ts';
import { binOf, durationOf } from './duration-bins.ts';

/**
 * What is counted of a step, or of executions as a whole: how many are in each slot, a small number that says how one ended
 * and, of what succeeded or failed, how long it took. Such counts add up, over time and over partitions. Slots are stored
 * and `store/redis/statistics.lua` has them in Lua: their numbers stay as they are. None is below 2.
 */
export type OutcomeCounts = ReadonlyMap<number, number>;

/** Slots of those of which no duration is known, or none matters. */
const ENDED: Readonly<Record<EndStatus, number>> = { succeeded: 2, failed: 3, cancelled: 4, skipped: 5 };
const FIRST_ATTEMPT = 6;
const RETRY = 7;
/** From here on two slots for each bin of durations: of what succeeded, and of what failed. */
export const FIRST_BIN = 8;

/** The slot of what ended; `duration` in milliseconds from its first start, null when that is not known. */
export function endedSlot(status: EndStatus, duration: number | null): number {
  if (duration === null || (status !== 'succeeded' && status !== 'failed')) return ENDED[status];
  return FIRST_BIN + 2 * binOf(duration) + (status === 'failed' ? 1 : 0);
}

/** The slot of an attempt that ended, whatever comes of what it is an attempt of. */
export function attemptSlot(attempt: number): number {
  return attempt > 1 ? RETRY : FIRST_ATTEMPT;
}

/** What counts come to. */
export interface OutcomeStatistics {
  /** Steps or executions, each once: the latest attempt that ended decides. */
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
  /** The share of those that succeeded or failed; null without any. */
  readonly successRate: number | null;
  /**
   * Of those that succeeded or failed, from the first start to the end, in milliseconds: so many percent took no longer, within
   * 2%. Null when the start of none is known.
   */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Attempts that ended, each by itself. */
  readonly attempts: number;
  /** The share of attempts that were not the first; null without any. */
  readonly retryRate: number | null;
}

/** Adds counts to others. */
export function addCounts(to: Map<number, number>, counts: OutcomeCounts): void {
  for (const [slot, count] of counts) to.set(slot, (to.get(slot) ?? 0) + count);
}

export function statisticsOf(counts: OutcomeCounts): OutcomeStatistics {
  const of = (slot: number): number => counts.get(slot) ?? 0;
  const bins = new Map<number, number>();
  let succeeded = of(ENDED.succeeded);
  let failed = of(ENDED.failed);
  for (const [slot, count] of counts) {
    if (slot < FIRST_BIN) continue;
    const bin = Math.floor((slot - FIRST_BIN) / 2);
    bins.set(bin, (bins.get(bin) ?? 0) + count);
    if ((slot - FIRST_BIN) % 2 === 0) succeeded += count;
    else failed += count;
  }
  const attempts = of(FIRST_ATTEMPT) + of(RETRY);
  const [p50Ms, p95Ms, p99Ms] = percentiles(bins, [50, 95, 99]);
  return {
    succeeded,
    failed,
    cancelled: of(ENDED.cancelled),
    skipped: of(ENDED.skipped),
    successRate: share(succeeded, succeeded + failed),
    p50Ms: p50Ms ?? null,
    p95Ms: p95Ms ?? null,
    p99Ms: p99Ms ?? null,
    attempts,
    retryRate: share(of(RETRY), attempts),
  };
}

/** By nearest rank, of percentages in rising order; none of no durations. */
function percentiles(bins: ReadonlyMap<number, number>, percentages: readonly number[]): number[] {
  const sorted = [...bins].toSorted(([one], [other]) => one - other);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  const found: number[] = [];
  let upTo = 0;
  for (const [bin, count] of sorted) {
    upTo += count;
    // Multiplied first: 0.95 is no number that a computer has.
    while (found.length < percentages.length && upTo >= Math.ceil((percentages[found.length]! * total) / 100))
      found.push(durationOf(bin));
  }
  return found;
}

function share(part: number, of: number): number | null {
  return of === 0 ? null : part / of;
}
