import type { Log } from '../core/ports/log.ts';
import { StoreUnavailable } from '../core/ports/store/store.ts';
import type { Store } from '../core/ports/store/store.ts';
import { SECOND } from '../core/time/duration.ts';

/** A store that may not be there yet. */
export interface AwaitedStore {
  /** Until it is there, every call rejects with a `StoreUnavailable` that says why. */
  readonly store: Store;
  /** Whether it is there. */
  readonly isOpen: () => boolean;
  /** Resolves with the error when it turns out that waiting does not help, as with a wrong password. */
  readonly failed: Promise<Error>;
}

/** Between two tries to open it. */
const RETRY = SECOND;

/**
 * Opens a store that may be away, loading or failing over: tries once, and when that says `StoreUnavailable`, again and
 * again behind the store it resolves with. Rejects with any other error of the first try.
 */
export async function awaitStore(
  open: () => Promise<Store>,
  log: Log,
  retryMs: number = RETRY,
): Promise<AwaitedStore> {
  let opened: Store | null = null;
  let reason = '';
  let closed = false;
  let trying: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let fail: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => (fail = resolve));

  async function attempt(): Promise<void> {
    try {
      opened = await open();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (error.message !== reason) log.warn({ error: error.message }, 'waiting for the store');
      reason = error.message;
      timer = setTimeout(again, retryMs);
      return;
    }
    if (closed) await opened.close();
    else if (reason !== '') log.info({}, 'the store is there');
  }

  function again(): void {
    if (closed) return;
    trying = attempt().catch((error: unknown) => {
      reason = (error as Error).message;
      fail(error as Error);
    });
  }

  async function close(): Promise<void> {
    closed = true;
    clearTimeout(timer);
    await trying;
    await opened?.close();
  }

  await attempt();
  const unavailable = () => new StoreUnavailable(reason);
  const store = new Proxy({} as Store, {
    get(_, name: keyof Store) {
      if (name === 'close') return close;
      if (opened) return opened[name];
      // Without it nobody could know what to read or write, so that nothing must seem to be done.
      if (name === 'partitions') throw unavailable();
      return () => Promise.reject(unavailable());
    },
  });
  return { store: opened ?? store, isOpen: () => opened !== null, failed };
}

/** A store that need not be waited for. */
export function openedStore(store: Store): AwaitedStore {
  return { store, isOpen: () => true, failed: new Promise(() => undefined) };
}
