import { readFileSync } from 'node:fs';

/** Milliseconds that this thread has spent on a processor. */
const used = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;

/**
 * The most processor time of this thread, in milliseconds, that passes between two turns of the event loop. Processor time,
 * because on a busy machine a turn that does nothing can take long; of this thread, because what others unpack meanwhile holds nobody up.
 */
export function watchTurns(): { stop(): number } {
  let worst = 0;
  let last = used();
  let next: NodeJS.Immediate;
  const measure = (): void => {
    const now = used();
    worst = Math.max(worst, now - last);
    last = now;
  };
  const look = (): void => {
    measure();
    next = setImmediate(look);
  };
  next = setImmediate(look);
  return {
    stop() {
      // The turn that is running may be the long one.
      measure();
      clearImmediate(next);
      return worst;
    },
  };
}

/** How many turns of the event loop others get while something is done. */
export async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let [turns, over] = [0, false];
  const turn = (): void => {
    if (over) return;
    turns++;
    setImmediate(turn);
  };
  const done = work();
  setImmediate(turn);
  await done;
  over = true;
  return turns;
}
