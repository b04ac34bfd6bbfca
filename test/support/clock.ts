import type { Clock } from '../../src/core/ports/clock.ts';

/** A clock that moves only when a test says so. */
export interface ManualClock extends Clock {
  set(timestamp: number): void;
  advance(duration: number): void;
}

/** A Monday, on the hour. */
export const START = Date.UTC(2026, 2, 2, 12);

export function manualClock(start: number = START): ManualClock {
  let now = start;
  return {
    now: () => now,
    set: (timestamp) => void (now = timestamp),
    advance: (duration) => void (now += duration),
  };
}

/** The time of the machine: for tests with another program or library, which goes by that. */
export const systemClock: Clock = { now: () => Date.now() };
