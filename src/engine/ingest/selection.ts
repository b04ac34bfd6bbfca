import type { EndSli, Watch } from '../../core/ports/store/counting.ts';

/** The SLIs that count an outcome, and how. */
export interface Selection {
  /** The SLIs that count its subject once, as the latest attempt ends. */
  readonly slis: readonly EndSli[];
  /** The SLIs that count every attempt. */
  readonly attempts: readonly AttemptSli[];
  /** Those of `slis` with a deadline: what its start is waited for. */
  readonly watches: readonly Watch[];
  /** The SLIs that count it as a start, by fingerprint. */
  readonly starts: readonly string[];
  /** The same for the same effect. */
  readonly key: string;
  /** Whether one of them has a deadline. */
  readonly timed: boolean;
  /** Whether an end needs its start to know where it lands. */
  readonly needsStart: boolean;
  /** Whether a success of its can be bad. */
  readonly strict: boolean;
}

/** An SLI that counts every attempt. */
export interface AttemptSli {
  readonly fingerprint: string;
  /** What an attempt counts as, however it ends; null when that decides. */
  readonly verdict: boolean | null;
}
