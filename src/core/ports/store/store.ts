import type { CountStore } from './counting.ts';
import type { DeadLetterStore } from './dead-letters.ts';
import type { IncidentStore } from './incidents.ts';
import type { OutboxStore } from './outbox.ts';
import type { RecordStore } from './records.ts';
import type { StateStore } from './states.ts';

/**
 * The port behind which counters, alert states and the outbox are kept. Two adapters, one contract suite.
 * Every method may be repeated after a lost answer without counting, committing or sending anything twice.
 * All reject with `StoreUnavailable` while the store cannot be reached.
 */
export interface Store
  extends CountStore, StateStore, OutboxStore, RecordStore, DeadLetterStore, IncidentStore {
  /** A name made at the store's first start; another one later means that it was wiped or replaced. */
  identity(): Promise<string>;
  /** The number of partitions, fixed at the store's first start. */
  readonly partitions: number;
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  /**
   * Writes a little, and says how the store is. Rejects with `StoreUnavailable` when it cannot be reached or refuses
   * writes, or when data that all of the service needs does.
   */
  examine(): Promise<StoreExamination>;
  close(): Promise<void>;
}

/** How a store is. A part is a shard of a cluster, by the address of its master; null is a store of one part. */
export interface StoreExamination {
  /** Losses that were found since the last examination by this process. */
  readonly losses: readonly StoreLoss[];
  /** Parts that do not answer or refuse writes. */
  readonly away: readonly { readonly part: string; readonly reason: string }[];
}

/** Data that was stored is gone: all of a part (`wiped`), or what was written last (`rolled-back`). */
export interface StoreLoss {
  readonly kind: 'wiped' | 'rolled-back';
  readonly part: string | null;
}

/** The store cannot be reached or did not answer in time. What was being written may or may not be stored. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Nothing says what to count yet: no SLO file has loaded. It passes, and what was sent should be sent again. */
export class NothingLoaded extends StoreUnavailable {}

/** A part of the store cannot be reached, which keeps nothing that lies on the others from being used. */
export class PartUnavailable extends StoreUnavailable {
  readonly part: string;
  constructor(part: string, message: string, options: ErrorOptions) {
    super(message, options);
    this.part = part;
  }
}

/** Whether an error means that nothing of the store can be used. */
export function isStoreAway(error: unknown): boolean {
  return error instanceof StoreUnavailable && !(error instanceof PartUnavailable);
}
