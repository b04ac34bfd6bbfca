import type { Log } from '../../core/ports/log.ts';
import type { Store, StoreExamination, StoreLoss } from '../../core/ports/store/store.ts';

/** How the store was when last asked. */
export interface StoreHealth {
  /** Why it does not answer or refuses writes; null while all is well. */
  readonly error: string | null;
  /** Parts of it that do not answer or refuse writes, while the others do. */
  readonly away: StoreExamination['away'];
  /** Notifications in the outbox, as many as there were when it last answered. */
  readonly outbox: { readonly pending: number; readonly undeliverable: number };
  /** As many as there were when it last answered. */
  readonly deadLetters: number;
}

export interface StoreWatch {
  /** Asks the store now; never rejects. */
  check(): Promise<void>;
  health(): StoreHealth;
}

/** What remembers losses of data and notifies people of them. */
export interface LossMemory {
  note(found: readonly StoreLoss[]): Promise<void>;
  refresh(): Promise<void>;
}

/** Makes the watch; `onDataLoss` is called when data was lost (J2), again until it succeeds. */
export function createStoreWatch(options: {
  readonly store: Store;
  readonly onDataLoss: () => Promise<void>;
  readonly losses: LossMemory;
  readonly log: Log;
}): StoreWatch {
  const { store, onDataLoss, losses, log } = options;
  let health: StoreHealth = {
    error: null,
    away: [],
    outbox: { pending: 0, undeliverable: 0 },
    deadLetters: 0,
  };
  // Found, and not remembered by the store yet.
  let found: readonly StoreLoss[] = [];

  async function check(): Promise<void> {
    try {
      const { losses: more, away } = await store.examine();
      found = [...found, ...more];
      if (found.length > 0) {
        await onDataLoss();
        await losses.note(found);
        found = [];
      }
      await losses.refresh();
      const { pendingCount, undeliverableCount } = await store.outbox(1);
      for (const { part, reason } of away) {
        if (!health.away.some((before) => before.part === part))
          log.error({ shard: part, error: reason }, 'a shard of the store does not answer');
      }
      const outbox = { pending: pendingCount, undeliverable: undeliverableCount };
      health = { error: null, away, outbox, deadLetters: await store.deadLetterCount() };
    } catch (error) {
      if (health.error === null) log.error({ error: String(error) }, 'the store does not answer');
      health = { ...health, error: (error as Error).message };
    }
  }

  return { check, health: () => health };
}
