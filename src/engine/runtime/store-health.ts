import { iso } from '../../core/time/timestamp.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { Store } from '../../core/ports/store/store.ts';

/** How the store was when last asked. */
export interface StoreHealth {
  /** Why it does not answer; null while it does. */
  readonly error: string | null;
  /** That counters vanished under the running service, and when (J2); null when they did not. */
  readonly dataLoss: string | null;
  /** Notifications in the outbox, as many as there were when it last answered. */
  readonly outbox: { readonly pending: number; readonly undeliverable: number };
}

export interface StoreWatch {
  /** Asks the store now; never rejects. */
  check(): Promise<void>;
  health(): StoreHealth;
}

/** Makes the watch; `onDataLoss` is called when the store has another identity than when it first answered. */
export function createStoreWatch(options: {
  readonly store: Store;
  readonly onDataLoss: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): StoreWatch {
  const { store, clock, log } = options;
  let identity: string | null = null;
  let health: StoreHealth = { error: null, dataLoss: null, outbox: { pending: 0, undeliverable: 0 } };

  async function check(): Promise<void> {
    try {
      const current = await store.identity();
      let { dataLoss } = health;
      if (identity !== null && current !== identity) {
        dataLoss = `the store was wiped or replaced, seen at ${iso(clock.now())}; budgets begin anew`;
        log.error({}, dataLoss);
        health = { ...health, dataLoss };
        await options.onDataLoss();
      }
      identity = current;
      const { pendingCount, undeliverableCount } = await store.outbox(1);
      health = {
        error: null,
        dataLoss,
        outbox: { pending: pendingCount, undeliverable: undeliverableCount },
      };
    } catch (error) {
      if (health.error === null) log.error({ error: String(error) }, 'the store does not answer');
      health = { ...health, error: (error as Error).message };
    }
  }

  return { check, health: () => health };
}
