import type { CountStore } from './counting.ts';
import type { OutboxStore } from './outbox.ts';
import type { RecordStore } from './records.ts';
import type { StateStore } from './states.ts';

/**
 * The port behind which counters, alert states and the outbox are kept. Two adapters, one contract suite.
 * Every method may be repeated after a lost answer without counting, committing or sending anything twice.
 * All reject with `StoreUnavailable` while the store cannot be reached.
 */
export interface Store extends CountStore, StateStore, OutboxStore, RecordStore {
  /** A name made at the store's first start; another one later means that it was wiped or replaced. */
  identity(): Promise<string>;
  /** The number of partitions, fixed at the store's first start. */
  readonly partitions: number;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The store cannot be reached or did not answer in time. What was being written may or may not be stored. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
