import { expect, it } from 'vitest';
import { wholeMilliseconds } from '../../../src/core/mapping/telemetry.ts';

it('nanoseconds of a double are the milliseconds that were meant', () => {
  const first = 1_772_366_400_000;
  const off: number[] = [];
  for (let at = first; at < first + 10_000; at++) {
    for (const nanoseconds of [0n, 400n, 998_000n])
      if (wholeMilliseconds(Number(BigInt(at) * 1_000_000n + nanoseconds)) !== at) off.push(at);
  }
  expect(off).toEqual([]);
});
