import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** Does something with each thing, in their order; after `size` of them others get a turn of the event loop (G2). */
export async function inTurns<Thing>(
  things: readonly Thing[],
  size: number,
  work: (thing: Thing) => void,
): Promise<void> {
  for (const [index, thing] of things.entries()) {
    if (index > 0 && index % size === 0) await yieldToEventLoop();
    work(thing);
  }
}
