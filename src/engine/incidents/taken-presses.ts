import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/ports/clock.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';
import { storedPress, upgradePress } from '../../core/ports/stored-press.ts';
import { MINUTE } from '../../core/time/duration.ts';

/** What is signed is good for five minutes, of a clock that may be five minutes ahead. */
const KEPT = 15 * MINUTE;
/** Old ones that are removed at once. */
const REMOVED_AT_ONCE = 20;

/** Remembers presses, in the store, so that one that is sent again does nothing, whichever replica it comes to. */
export interface TakenPresses {
  /** Whether it is taken now, for the first time. Rejects with `StoreUnavailable`. */
  take(id: string): Promise<boolean>;
}

export function createTakenPresses(store: RecordStore, clock: Clock): TakenPresses {
  return {
    async take(id) {
      const now = clock.now();
      const isFirst = await store.putRecord('presses', id, 0, storedPress({ at: now, by: randomUUID() }));
      const old = (await store.records('presses')).filter(({ value }) => {
        const taken = upgradePress(value);
        return taken !== null && now - taken.at > KEPT;
      });
      for (const one of old.slice(0, REMOVED_AT_ONCE))
        await store.putRecord('presses', one.id, one.revision, null);
      return isFirst;
    },
  };
}
