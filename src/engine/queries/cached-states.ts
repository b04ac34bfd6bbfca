import type { Clock } from '../../core/ports/clock.ts';
import type { StateStore, StoredState } from '../../core/ports/store/states.ts';
import { SECOND } from '../../core/time/duration.ts';

/** An answer may be this old: a dashboard with many viewers reads the store no more often. */
const FRESH_FOR = SECOND;

/** Makes a function that gives all alert states, at most a second old; those who ask at once share one read. */
export function cachedStates(
  store: Pick<StateStore, 'loadStates'>,
  clock: Clock,
): () => Promise<ReadonlyMap<string, StoredState>> {
  let loaded: Promise<ReadonlyMap<string, StoredState>> | null = null;
  let loadedAt = 0;
  return () => {
    const now = clock.now();
    if (!loaded || Math.abs(now - loadedAt) >= FRESH_FOR) {
      loadedAt = now;
      loaded = store.loadStates();
      loaded.catch(() => (loaded = null));
    }
    return loaded;
  };
}
