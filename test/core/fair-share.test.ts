import { expect, it } from 'vitest';
import { createFairShare } from '../../src/core/fair-share.ts';

it('leaves something for the next one, however much one or two ask for', () => {
  const shares = createFairShare(90);
  const takeAll = (who: string) => {
    let taken = 0;
    while (shares.take(who, 1)) taken++;
    return taken;
  };
  expect([takeAll('a'), takeAll('b'), takeAll('c')]).toEqual([60, 20, 6]);
  expect(shares.take('d', 1)).toBe(true);
  shares.give('a', 60);
  expect(takeAll('b')).toBeGreaterThan(10);
});

it('gives one request the whole of what nobody uses, and no one more than there is', () => {
  const shares = createFairShare(10);
  expect(shares.take('a', 11)).toBe(false);
  expect(shares.take('a', 10)).toBe(true);
  expect(shares.take('b', 1)).toBe(false);
  shares.give('a', 10);
  expect([shares.taken, shares.take('b', 1)]).toEqual([0, true]);
});
