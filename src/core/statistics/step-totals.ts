import { binOf, durationOf } from './duration-bins.ts';
import { FIRST_BIN, statisticsOf } from './outcome-counts.ts';
import type { OutcomeCounts } from './outcome-counts.ts';

/** The durations (milliseconds) that totals are sorted by; each is the edge of a bin, so that the counts are exact. */
export const DURATION_BOUNDS: readonly number[] = [
  100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 1_800_000, 3_600_000, 21_600_000,
];

/** What counts come to as numbers that add up. */
export interface StepTotals {
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
  /** Attempts that ended. */
  readonly firstAttempts: number;
  readonly retries: number;
  /** Of what succeeded or failed with a known duration: how many took less than each of `DURATION_BOUNDS`, and how many there are. */
  readonly below: readonly number[];
  readonly timed: number;
  /** How long those took together, in milliseconds, within 2%. */
  readonly duration: number;
}

export const NO_STEPS: StepTotals = {
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  skipped: 0,
  firstAttempts: 0,
  retries: 0,
  below: DURATION_BOUNDS.map(() => 0),
  timed: 0,
  duration: 0,
};

const BOUND_BINS = DURATION_BOUNDS.map(binOf);

export function totalsOf(counts: OutcomeCounts): StepTotals {
  const { succeeded, failed, cancelled, skipped, attempts, retryRate } = statisticsOf(counts);
  const retries = Math.round(attempts * (retryRate ?? 0));
  const below = DURATION_BOUNDS.map(() => 0);
  let [timed, duration] = [0, 0];
  for (const [slot, count] of counts) {
    if (slot < FIRST_BIN) continue;
    const bin = Math.floor((slot - FIRST_BIN) / 2);
    timed += count;
    duration += count * durationOf(bin);
    BOUND_BINS.forEach((bound, index) => {
      if (bin < bound) below[index]! += count;
    });
  }
  return {
    succeeded,
    failed,
    cancelled,
    skipped,
    firstAttempts: attempts - retries,
    retries,
    below,
    timed,
    duration,
  };
}

/** Totals with what others have grown by; what they have shrunk by, because something was corrected, is not taken from them. */
export function grownBy(totals: StepTotals, from: StepTotals, to: StepTotals): StepTotals {
  const grown = (of: (totals: StepTotals) => number): number => of(totals) + Math.max(0, of(to) - of(from));
  // A duration that is corrected moves from one bound to another: below the larger bounds there are at least as many.
  let most = 0;
  const below = totals.below.map((count, index) => {
    most = Math.max(most, count + Math.max(0, to.below[index]! - from.below[index]!));
    return most;
  });
  return {
    succeeded: grown((of) => of.succeeded),
    failed: grown((of) => of.failed),
    cancelled: grown((of) => of.cancelled),
    skipped: grown((of) => of.skipped),
    firstAttempts: grown((of) => of.firstAttempts),
    retries: grown((of) => of.retries),
    below,
    timed: Math.max(
      most,
      grown((of) => of.timed),
    ),
    duration: grown((of) => of.duration),
  };
}
