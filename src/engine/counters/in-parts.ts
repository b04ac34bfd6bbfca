import { isStoreAway } from '../../core/ports/store/store.ts';

/**
 * Does something with many things at once. When that fails, other than for want of the store, it is done with halves
 * of them, so that only what really fails is reported to `onFailure`. Rejects with `StoreUnavailable`.
 */
export async function inParts<Thing>(
  things: readonly Thing[],
  work: (part: readonly Thing[]) => Promise<void>,
  onFailure: (thing: Thing, error: Error) => void,
): Promise<void> {
  try {
    await work(things);
  } catch (error) {
    if (isStoreAway(error)) throw error;
    if (things.length === 1) {
      return onFailure(things[0]!, error instanceof Error ? error : new Error(String(error)));
    }
    const half = Math.ceil(things.length / 2);
    await inParts(things.slice(0, half), work, onFailure);
    await inParts(things.slice(half), work, onFailure);
  }
}
