import { hash53 } from '../../core/hash.ts';
import type { EndGroup, PartitionId } from '../../core/ports/store/counting.ts';
import { BUCKETS_BEFORE, bucketOf } from '../dedup-buckets.ts';
import { holds } from './databases.ts';
import type { Databases, EndTemplate, Receipt } from './databases.ts';
import { identitiesBefore, identitiesOf, identityKey } from './keys.ts';
import type { Range } from './keys.ts';

/** The identities of one partition, as seen from one moment. Use only inside a write transaction. */
export interface Seen {
  /** Remembers a start; false when it was known. */
  addStart(identity: string): boolean;
  /** What is remembered of an end: undefined when it was not seen, null when it was and no more is known. */
  end(identity: string): SeenEnd | null | undefined;
  /** Remembers an end of a group. */
  addEnd(identity: string, group: EndGroup, receipt: Omit<Receipt, 'template'>): void;
  /** Notes in the receipt of a subject's end what is known of its start. */
  setStart(identity: string, start: Pick<Receipt, 'toldStart' | 'recordedStart' | 'count'>): void;
}

export interface SeenEnd extends EndTemplate, Omit<Receipt, 'template'> {}

export function seenAt(db: Databases, partition: PartitionId, now: number): Seen {
  const current = bucketOf(now);
  // The next bucket holds something only if the clock was set back. Most of the others are empty at first.
  const others = [current + 1, current - 1, current - BUCKETS_BEFORE].filter((bucket) =>
    holds(db.seen, identitiesOf(bucket, partition)),
  );
  const buckets = [current, ...others];
  const written = new Map<EndGroup, string>();

  /** Stores what the ends of a group share, under a name that is the same for the same. */
  const templateOf = (group: EndGroup): string => {
    let name = written.get(group);
    if (name !== undefined) return name;
    const { status, failure, slis } = group;
    const template: EndTemplate = { status, failure, slis };
    name = hash53(JSON.stringify(template)).toString(36);
    const key = identityKey(current, partition, name);
    if (!db.templates.doesExist(key)) db.templates.putSync(key, template);
    written.set(group, name);
    return name;
  };
  const find = (identity: string): { readonly bucket: number; readonly receipt: Receipt | null } | null => {
    for (const bucket of buckets) {
      const receipt = db.seen.get(identityKey(bucket, partition, identity));
      if (receipt !== undefined) return { bucket, receipt };
    }
    return null;
  };

  return {
    addStart(identity) {
      const name = `s${identity}`;
      if (buckets.some((bucket) => db.seen.doesExist(identityKey(bucket, partition, name)))) return false;
      db.seen.putSync(identityKey(current, partition, name), null);
      return true;
    },
    end(identity) {
      const found = find(`e${identity}`);
      if (!found) return undefined;
      if (!found.receipt) return null;
      const { template, ...known } = found.receipt;
      const shared = db.templates.get(identityKey(found.bucket, partition, template));
      return shared ? { ...shared, ...known } : null;
    },
    addEnd(identity, group, known) {
      const receipt = { template: templateOf(group), ...known };
      db.seen.putSync(identityKey(current, partition, `e${identity}`), receipt);
    },
    setStart(identity, { toldStart, recordedStart, count }) {
      const found = find(`e${identity}`);
      if (!found?.receipt) return;
      const receipt = { ...found.receipt, toldStart, recordedStart, count };
      db.seen.putSync(identityKey(found.bucket, partition, `e${identity}`), receipt);
    },
  };
}

/** Whether there are identities, of any partition, that nothing looks at any more. */
export function hasOldSeen(db: Databases, now: number): boolean {
  return holds(db.seen, oldIdentities(now)) || holds(db.templates, oldIdentities(now));
}

/** Removes so many of them at most. Call it in a write transaction. */
export function removeOldSeen(db: Databases, now: number, limit: number): void {
  let left = limit;
  for (const table of [db.seen, db.templates]) {
    const keys = [...table.getKeys({ ...oldIdentities(now), limit: left })];
    for (const key of keys) table.removeSync(key);
    left -= keys.length;
    if (left === 0) return;
  }
}

function oldIdentities(now: number): Range {
  return identitiesBefore(bucketOf(now) - BUCKETS_BEFORE);
}
