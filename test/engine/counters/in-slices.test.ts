import { expect, it } from 'vitest';
import { inSlices } from '../../../src/engine/counters/in-slices.ts';
import { turnsDuring } from '../../support/turns.ts';

it('does something with one slice after the other, in order and with all of them', async () => {
  const seen: number[][] = [];
  await inSlices([1, 2, 3, 4, 5, 6, 7], 3, async (slice) => void seen.push([...slice]));
  expect(seen).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
});

it('G2: gives others a turn of the event loop between two slices', async () => {
  const things = Array.from({ length: 1000 }, (_, index) => index);
  expect(await turnsDuring(() => inSlices(things, 100, async () => {}))).toBeGreaterThanOrEqual(9);
  expect(await turnsDuring(() => inSlices(things, 1000, async () => {}))).toBe(0);
});

it('stops at the slice that fails', async () => {
  const seen: number[] = [];
  const failing = inSlices([1, 2, 3], 1, async ([thing]) => {
    if (thing === 2) throw new Error('two');
    seen.push(thing!);
  });
  await expect(failing).rejects.toThrow('two');
  expect(seen).toEqual([1]);
});
