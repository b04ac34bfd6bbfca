import type { Clock } from '../../src/core/ports/clock.ts';

/** A clock that moves only when a test says so. */
export interface ManualClock extends Clock {
  set(moment: number): void;
  advance(duration: number): void;
}

/** A Monday, on the hour. */
export const START = Date.UTC(2026, 2, 2, 12);

export function manualClock(start: number = START): ManualClock {
  let now = start;
  return {
    now: () => now,
    set: (moment) => void (now = moment),
    advance: (duration) => void (now += duration),
  };
}
