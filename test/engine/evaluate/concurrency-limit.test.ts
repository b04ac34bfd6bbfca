import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { concurrencyLimit } from '../../../src/engine/evaluate/concurrency-limit.ts';

it('begins pieces of work in their order, at most so many at once, whether they succeed or not', async () => {
  const limited = concurrencyLimit(2);
  const began: number[] = [];
  const ends: (() => void)[] = [];
  const work = Array.from({ length: 6 }, (_, number) =>
    limited(async () => {
      began.push(number);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (number % 2 === 0) throw new Error(`${number} failed`);
      return number;
    }),
  );
  const results = Promise.allSettled(work);
  for (let ended = 0; ended < 6; ended++) {
    await yieldToEventLoop();
    expect(began).toEqual([0, 1, 2, 3, 4, 5].slice(0, ended + 2));
    ends[ended]!();
  }
  expect((await results).map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
    'failed',
    1,
    'failed',
    3,
    'failed',
    5,
  ]);
  const late = limited(() => Promise.resolve('a place is free again'));
  expect(await late).toBe('a place is free again');
});
