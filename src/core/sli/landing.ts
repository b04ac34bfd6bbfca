import type { EndStatus } from '../outcomes/outcome.ts';
import { minuteOf } from '../time/duration.ts';

/** Where one outcome lands among the counters of one SLI. */
export interface Landing {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly good: boolean;
}

/**
 * Judges an end whose start is known, or an SLI that has no deadline. `from` is the moment its time runs from.
 * In time: good or bad at the moment of the end, and what was cancelled or skipped counts nowhere. Past the
 * deadline: bad at the deadline, however it ended (C3).
 */
export function judge(
  withinMs: number | null,
  from: number,
  endedAt: number,
  status: EndStatus,
): Landing | null {
  if (withinMs !== null && endedAt > from + withinMs) {
    return { minute: minuteOf(from + withinMs), good: false };
  }
  if (status === 'cancelled' || status === 'skipped') return null;
  return { minute: minuteOf(endedAt), good: status === 'succeeded' };
}
