import { createTask } from 'node-cron';
import type { Clock } from './core/ports/clock.ts';
import { MINUTE } from './core/time/duration.ts';

export interface ScheduleOptions {
  /** A cron expression, with seconds or without, in UTC. */
  readonly expression: string;
  /** Called when a tick is due, and never while an earlier call still runs. It must not reject. */
  readonly run: () => Promise<void>;
  readonly clock: Clock;
  /** Milliseconds that pass however the clock is set. */
  readonly elapsed: () => number;
}

export interface TickSchedule {
  /** Stops it; resolves when a call of `run` that has begun is over. A second call waits for the same. */
  readonly stop: () => Promise<void>;
}

/** Between looks at the clock while the next tick is far: a clock that is set forward makes it due sooner. */
const LONGEST_WAIT = MINUTE;

/**
 * Runs something at the moments of a cron expression, whatever happens to the clock. The expression says which moments
 * are due, monotonic time decides when to look: a tick comes as long after the one before as the expression said then, or
 * when the clock reaches its moment, whichever is first. So no step of the clock, in either direction, delays a tick.
 *
 * node-cron's own timer waits for the clock alone: set back by an hour, it would not tick for that hour, and set forward
 * by years it would walk through every moment in between. That is why only its expressions and its runs are used here.
 */
export function startSchedule({ expression, run, clock, elapsed }: ScheduleOptions): TickSchedule {
  const task = createTask(expression, run, { timezone: 'UTC' });
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;

  /** Waits for the first moment that is not the one that was just run: timers and clocks differ by milliseconds. */
  function arm(last: number | null): void {
    if (stopped) return;
    const [next, second] = task.getNextRuns(2).map((date) => date.getTime()) as [number, number];
    const due = next === last ? second : next;
    look(due, elapsed() + due - clock.now());
  }

  function look(due: number, dueElapsed: number): void {
    const left = Math.min(due - clock.now(), dueElapsed - elapsed());
    if (left > 0) {
      timer = setTimeout(() => look(due, dueElapsed), Math.min(left, LONGEST_WAIT));
      return;
    }
    running = task.execute().finally(() => arm(due));
  }

  arm(null);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      await task.destroy();
    },
  };
}

/** Moments of an expression that are looked at: more than a day's of every five minutes, or a week's of every hour. */
const MOMENTS = 500;
/** Of an expression that says seconds only, and so the same of every minute: each looked at takes time as the service starts. */
const MOMENTS_OF_MINUTE = 61;

/** The most milliseconds between two moments of a cron expression that follow each other, from now on. */
export function longestPause(expression: string): number {
  const task = createTask(expression, () => {}, { timezone: 'UTC' });
  const isOfEveryMinute = /^\S+(\s+\*){5}$/.test(expression.trim());
  const moments = task
    .getNextRuns(isOfEveryMinute ? MOMENTS_OF_MINUTE : MOMENTS)
    .map((date) => date.getTime());
  void task.destroy();
  return Math.max(0, ...moments.slice(1).map((moment, index) => moment - moments[index]!));
}
