import type { Counts } from './cells.ts';

/** The latest outcomes of an SLI. */
export interface Streak {
  /** How many bad ones have come since the last good one, to the resolution of minutes. */
  readonly consecutiveBad: number;
  /** In how many minutes they came; of what is days ago, at least in how many. */
  readonly badMinutes: number;
  /** The minute (since the epoch) of the last good one, or a later one where that is not known; null when there is none. */
  readonly lastGoodMinute: number | null;
  /** When the first of those came, as exactly as `lastAt`; null or absent when there are none or it is not known. */
  readonly streakSince?: number | null;
  /** When the last outcome came at the latest: the end of its minute (its hour, for what is days ago); null when none is known. */
  readonly lastAt: number | null;
}

/** How much of what an SLO counts could be read, while a part of the store is away. */
export interface PartialEvidence {
  /** The share of its executions whose counters were read, at least 0 and below 1. */
  readonly share: number;
  /** Whether those are a random sample, so that what share of them is bad holds for all. */
  readonly isSample: boolean;
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
  /** The longest usual gap between two minutes with a good outcome until the last one, in minutes; null without one. */
  readonly usualGap: () => number | null;
  /** Good and bad in turn of the hours (since the epoch) from one to another, both included, of the longest window. */
  readonly hours: (first: number, last: number) => ArrayLike<number>;
  /** When the first outcome since a moment came, to the hour; null when none did. Absent: as soon as it was counted. */
  readonly firstAt?: (since: number) => number | null;
  /** Null or absent: all of it could be read. */
  readonly partial?: PartialEvidence | null;
  /** The first hour of its windows in which a counter was full, so that less is counted than was reported; null or absent: none. */
  readonly saturatedSince?: () => number | null;
  /** Since when the SLI has been counted. */
  readonly since: number;
  /**
   * As long as this is the same object, `sum` and `saturatedSince` say the same: what follows from them alone need not be worked out
   * again. Null or absent: they may say something else the next time.
   */
  readonly basis?: object | null;
}
