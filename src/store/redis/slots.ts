/** Redis Cluster: a key lies in the slot that its hash tag says, and each shard has some of the slots. */
const SLOTS = 16_384;

/** The slot of a hash tag: its CRC16 (polynomial 1021), as in the Redis Cluster specification. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of new TextEncoder().encode(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}

const RANGES = 64;

/** Tags of which one lies in each 64th of the slots, so that a shard with a fair share of them has several. */
export const CLUSTER_TAGS: readonly string[] = spreadTags();

function spreadTags(): string[] {
  const tags = new Map<number, string>();
  for (let number = 0; tags.size < RANGES; number++) {
    const tag = `mark.${number}`;
    const range = Math.floor((slotOf(tag) * RANGES) / SLOTS);
    if (!tags.has(range)) tags.set(range, tag);
  }
  return [...tags.values()];
}
