import type { PartitionId } from '../../core/ports/store/counting.ts';
import { BUCKETS_BEFORE, bucketOf } from '../dedup-buckets.ts';
import { holds } from './databases.ts';
import type { Databases } from './databases.ts';
import { identitiesBefore, identitiesOf, identityKey } from './keys.ts';
import type { Range } from './keys.ts';

/** The identities of one partition, as seen from one moment. Use only inside a write transaction. */
export interface Seen {
  has(identity: string): boolean;
  /** Remembers an identity; false when it was known. */
  add(identity: string): boolean;
}

export function seenAt(db: Databases, partition: PartitionId, now: number): Seen {
  const current = bucketOf(now);
  // The next bucket holds something only if the clock was set back. Most of the others are empty at first.
  const others = [current + 1, current - 1, current - BUCKETS_BEFORE].filter((bucket) =>
    holds(db.seen, identitiesOf(bucket, partition)),
  );
  const has = (identity: string): boolean =>
    [current, ...others].some((bucket) => db.seen.doesExist(identityKey(bucket, partition, identity)));
  return {
    has,
    add(identity) {
      if (has(identity)) return false;
      db.seen.putSync(identityKey(current, partition, identity), null);
      return true;
    },
  };
}

/** Whether there are identities, of any partition, that nothing looks at any more. */
export function hasOldSeen(db: Databases, now: number): boolean {
  return holds(db.seen, oldIdentities(now));
}

/** Removes so many of them at most. Call it in a write transaction. */
export function removeOldSeen(db: Databases, now: number, limit: number): void {
  const keys = [...db.seen.getKeys({ ...oldIdentities(now), limit })];
  for (const key of keys) db.seen.removeSync(key);
}

function oldIdentities(now: number): Range {
  return identitiesBefore(bucketOf(now) - BUCKETS_BEFORE);
}
