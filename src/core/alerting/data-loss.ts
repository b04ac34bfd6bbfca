import type { NotedAcknowledgement } from './stored-acknowledgement.ts';

/** That stored data was found to be gone. */
export interface LostData {
  /** `wiped`: all of it; `rolled-back`: what was written last, as after a failover. */
  readonly kind: 'wiped' | 'rolled-back';
  /** The shard of a cluster it lay on, by its address; null: the whole store. */
  readonly part: string | null;
  /** When it was found. */
  readonly at: number;
}

/** A loss of data as it is remembered until people know of it. */
export interface DataLoss extends LostData {
  /** Whether the notifications of it were made. */
  readonly notified: boolean;
  readonly acknowledged: NotedAcknowledgement | null;
}
