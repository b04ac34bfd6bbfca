import type { Store } from '../../src/core/ports/store/store.ts';

/** The store a test works on. */
export interface Place {
  readonly store: Store;
  /** One more handle on the same data. */
  openAnother(partitions?: number | null): Promise<Store>;
  /** Closes every handle and opens the data anew. */
  reopen(): Promise<void>;
}

/** How many partitions the store of a test has. */
export const PARTITIONS = 2;
