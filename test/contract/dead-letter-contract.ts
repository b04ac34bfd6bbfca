import { expect, it } from 'vitest';
import { LETTER_BEGINNING, MAX_DEAD_LETTERS } from '../../src/core/ports/store/dead-letters.ts';
import type { StoredLetter } from '../../src/core/ports/store/dead-letters.ts';
import type { Place } from './place.ts';

const letter = (id: string, data = `data of ${id}`): StoredLetter => ({
  id,
  about: { v: 1, message: 'ève "x"' },
  data,
});

/** What a store promises about what no source could get counted. */
export function deadLetterContract(place: Place): void {
  it('keeps letters in the order of their ids, and gives them page by page', async () => {
    const { store } = place;
    expect(await store.deadLetters(null, 10)).toEqual([]);
    expect(await store.putDeadLetters([letter('b'), letter('c')])).toBe(0);
    expect(await store.putDeadLetters([letter('a')])).toBe(0);
    expect(await store.deadLetterCount()).toBe(3);
    const first = await store.deadLetters(null, 2);
    expect(first).toEqual([letter('a'), letter('b')]);
    expect(await store.deadLetters(first.at(-1)!.id, 2)).toEqual([letter('c')]);
    expect(await store.records('adjustments')).toEqual([]);
    await place.reopen();
    expect(await place.store.deadLetterCount()).toBe(3);
  });

  it('C2: keeps a letter as it was when the call is repeated', async () => {
    const { store } = place;
    await store.putDeadLetters([letter('a')]);
    await store.putDeadLetters([letter('a', 'other'), letter('b')]);
    expect(await store.deadLetters(null, 10)).toEqual([letter('a'), letter('b')]);
  });

  it('shows the beginning of a long letter in a list, and all of it alone', async () => {
    const { store } = place;
    const long = letter('a', 'x'.repeat(10_000));
    await store.putDeadLetters([long]);
    expect((await store.deadLetters(null, 1))[0]!.data).toBe('x'.repeat(LETTER_BEGINNING));
    expect(await store.deadLetter('a')).toEqual(long);
    expect(await store.deadLetter('b')).toBeNull();
  });

  it('removes letters, and says how many were there', async () => {
    const { store } = place;
    await store.putDeadLetters([letter('a'), letter('b'), letter('c')]);
    expect(await store.removeDeadLetters(['a', 'c', 'x'])).toBe(2);
    expect(await store.removeDeadLetters(['a'])).toBe(0);
    expect(await store.deadLetters(null, 10)).toEqual([letter('b')]);
  });

  it('has the oldest go when there are too many, and says how many', async () => {
    const { store } = place;
    const many = Array.from({ length: MAX_DEAD_LETTERS }, (_, index) => letter(`m-${10_000 + index}`, ''));
    for (let at = 0; at < many.length; at += 1000)
      expect(await store.putDeadLetters(many.slice(at, at + 1000))).toBe(0);
    expect(await store.putDeadLetters([letter('n-1'), letter('n-2')])).toBe(2);
    expect(await store.deadLetterCount()).toBe(MAX_DEAD_LETTERS);
    expect((await store.deadLetters(null, 1))[0]!.id).toBe(many[2]!.id);
  });
}
