import { HOUR, MINUTE, SECOND } from './duration.ts';

/** What is believed of a clock that may be set, judged by the time that really passed. Everything in milliseconds. */
export interface ClockDoubt {
  /** To be called at the beginning of each tick, with the clock and the time that passed. */
  look(now: number, passed: number): void;
  /**
   * How far ahead of the time that certainly came the clock may be, for what takes up to `slowest`: that much was the clock
   * set forward lately.
   */
  ahead(passed: number, slowest: number): number;
}

/** A clock that gains more than this from one look to the next was set: slewing gains far less. */
const STEP = SECOND;
/** The new time is believed after this. */
export const SETTLING = 2 * MINUTE;
/** What began before the clock was set gets its own time until its deadline, but no longer than this. */
const LONGEST_DOUBT = HOUR;

/** Makes one that believes the clock as it is at the first look. */
export function createClockDoubt(): ClockDoubt {
  let seen: { readonly now: number; readonly passed: number } | null = null;
  let steps: readonly { readonly at: number; readonly by: number }[] = [];

  return {
    look(now, passed) {
      const gained = seen ? now - seen.now - (passed - seen.passed) : 0;
      seen = { now, passed };
      steps = steps.filter(({ at }) => passed - at < LONGEST_DOUBT);
      if (gained > STEP) steps = [...steps, { at: passed, by: gained }];
      // Set back, the clock is where it was before: what it gained last is undone first.
      for (let left = -gained; left > STEP && steps.length > 0;) {
        const last = steps.at(-1)!;
        steps = steps.slice(0, -1);
        if (last.by > left) steps = [...steps, { at: last.at, by: last.by - left }];
        left -= last.by;
      }
    },
    ahead(passed, slowest) {
      const hold = Math.min(Math.max(slowest, SETTLING), LONGEST_DOUBT);
      return steps.reduce((sum, { at, by }) => (passed - at < hold ? sum + by : sum), 0);
    },
  };
}
