import type { Counts } from './cells.ts';

/** The latest outcomes of an SLI. */
export interface Streak {
  /** How many bad ones have come since the last good one, to the resolution of minutes. */
  readonly consecutiveBad: number;
  /** When the first of those came, as exactly as `lastAt`; null or absent when there are none or it is not known. */
  readonly streakSince?: number | null;
  /** When the last outcome came at the latest: the end of its minute (its hour, for what is days ago); null when none is known. */
  readonly lastAt: number | null;
}

/** What the counters of an SLO say at one moment: all that judging it may ask. */
export interface Evidence {
  /** The outcomes of the window of a length (milliseconds) that ends now. Throws for a length that was not prepared. */
  readonly sum: (duration: number) => Counts;
  /**
   * How many bad outcomes were counted in that window, where `sum` has only their weight: one of a rarely
   * used member may be half of a composite. Absent: those of `sum`.
   * Throws for a length that was not prepared.
   */
  readonly failures?: (duration: number) => number;
  readonly streak: () => Streak;
  /** Since when the SLI has been counted. */
  readonly since: number;
}
