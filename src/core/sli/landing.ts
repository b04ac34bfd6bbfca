import type { OutcomeStatus } from '../outcomes/outcome.ts';
import { minuteOf } from '../time/duration.ts';

/** Where one outcome lands among the counters of one SLI. */
export interface Landing {
  /** Minutes since the epoch. */
  readonly minute: number;
  readonly good: boolean;
}

/** How something ended. */
export type EndStatus = Exclude<OutcomeStatus, 'started'>;

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
