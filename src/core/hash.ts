/**
 * A 53-bit hash of a text (two multiply-and-mix lanes over its UTF-16 units).
 * Partitions and fingerprints in every store depend on it: changing it orphans their counters.
 */
export function hash53(text: string): number {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 2654435761);
    high = Math.imul(high ^ unit, 1597334677);
  }
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  return 4294967296 * (2097151 & high) + (low >>> 0);
}

/** The partition, 0 to `partitions - 1`, that holds everything about one execution. */
export function partitionOf(execution: string, partitions: number): number {
  return partitions === 1 ? 0 : hash53(execution) % partitions;
}
