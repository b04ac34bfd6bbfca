import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** Does something with one slice of things after the other; in between, others get a turn of the event loop (G2). */
export async function inSlices<Thing>(
  things: readonly Thing[],
  size: number,
  work: (slice: readonly Thing[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < things.length; from += size) {
    if (from > 0) await yieldToEventLoop();
    await work(things.slice(from, from + size));
  }
}
