import { describe, expect, it } from 'vitest';
import { hash53, partitionOf } from '../../src/core/hash.ts';

describe('hash53', () => {
  // Stores keep counters under these: a changed value would orphan them.
  it.each([
    ['', 3338908027751811],
    ['a', 7929297801672961],
    ['order-1', 3613026428742626],
    ['größe', 1967369230001452],
    ['😀', 4725715722941614],
    ['x'.repeat(256), 5721212010263959],
  ])('of %j stays what it is', (text, hash) => {
    expect(hash53(text)).toBe(hash);
  });

  it('is a whole number of at most 53 bits and tells 100,000 ids apart', () => {
    const hashes = new Set<number>();
    for (let id = 0; id < 100_000; id++) hashes.add(hash53(`order-${id}`));
    expect(hashes.size).toBe(100_000);
    expect([...hashes].every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
  });
});

describe('partitionOf', () => {
  it('stays what it is', () => {
    expect(['a', 'order-1', 'größe', '😀'].map((id) => partitionOf(id, 16))).toEqual([1, 2, 12, 14]);
  });

  it('is 0 when there is one partition', () => {
    expect(partitionOf('order-1', 1)).toBe(0);
  });

  it.each([2, 3, 16])('spreads executions evenly over %i partitions', (partitions) => {
    const sizes = Array.from({ length: partitions }, () => 0);
    for (let id = 0; id < 48_000; id++) sizes[partitionOf(`order-${id}`, partitions)]!++;
    for (const size of sizes) expect(Math.abs(size / (48_000 / partitions) - 1)).toBeLessThan(0.1);
  });
});
