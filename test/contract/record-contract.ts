import { expect, it } from 'vitest';
import { MAX_RECORD_BYTES, MAX_RECORD_ID } from '../../src/core/ports/store/records.ts';
import type { Place } from './place.ts';

/** What a store promises about what people told Burnwatch. */
export function recordContract(place: Place): void {
  it('keeps records by collection and id, and answers in the order of ids', async () => {
    const { store } = place;
    expect(await store.records('adjustments')).toEqual([]);
    expect(await store.putRecord('adjustments', 'b', 0, { reason: 'deploy', minutes: [1, 2.5] })).toBe(true);
    expect(await store.putRecord('adjustments', 'a', 0, { nested: { by: 'ève "x"' } })).toBe(true);
    expect(await store.putRecord('acknowledgements', 'a', 0, {})).toBe(true);
    expect(await store.records('adjustments')).toEqual([
      { id: 'a', revision: 1, value: { nested: { by: 'ève "x"' } } },
      { id: 'b', revision: 1, value: { reason: 'deploy', minutes: [1, 2.5] } },
    ]);
    expect(await store.records('acknowledgements')).toEqual([{ id: 'a', revision: 1, value: {} }]);
  });

  it('writes over the revision a record was made from, and over no other', async () => {
    const other = await place.openAnother();
    const put = (revision: number, value: object | null) =>
      place.store.putRecord('adjustments', 'a', revision, value);
    expect(await put(1, { n: 0 })).toBe(false);
    expect(await put(0, { n: 1 })).toBe(true);
    expect(await put(1, { n: 2 })).toBe(true);
    expect(await put(0, { n: 3 })).toBe(false);
    expect(await put(1, { n: 3 })).toBe(false);
    expect(await put(3, { n: 3 })).toBe(false);
    expect(await other.records('adjustments')).toEqual([{ id: 'a', revision: 2, value: { n: 2 } }]);
  });

  it('of two writers from the same revision one succeeds', async () => {
    const other = await place.openAnother();
    const answers = await Promise.all([
      place.store.putRecord('adjustments', 'a', 0, { by: 'one' }),
      other.putRecord('adjustments', 'a', 0, { by: 'two' }),
    ]);
    expect(answers.filter((written) => written)).toHaveLength(1);
    const [record] = await other.records('adjustments');
    expect(record).toEqual({ id: 'a', revision: 1, value: { by: answers[0] ? 'one' : 'two' } });
  });

  it('removes a record over its revision, after which there is none', async () => {
    const put = (revision: number, value: object | null) =>
      place.store.putRecord('acknowledgements', 'a', revision, value);
    await put(0, { n: 1 });
    await put(1, { n: 2 });
    expect(await put(1, null)).toBe(false);
    expect(await place.store.records('acknowledgements')).toHaveLength(1);
    expect(await put(2, null)).toBe(true);
    expect(await place.store.records('acknowledgements')).toEqual([]);
    expect(await put(2, { n: 3 })).toBe(false);
    expect(await put(0, { n: 3 })).toBe(true);
  });

  it('C2: answers a call that is repeated after a lost answer as the first time', async () => {
    const put = (revision: number, value: object | null) =>
      place.store.putRecord('adjustments', 'a', revision, value);
    await put(0, { n: 1, by: 'eve' });
    expect(await put(0, { n: 1, by: 'eve' })).toBe(true);
    expect(await place.store.records('adjustments')).toMatchObject([{ revision: 1 }]);
    await put(1, { n: 2, by: 'eve' });
    // Not the same call any more: someone else has written since.
    expect(await put(0, { n: 1, by: 'eve' })).toBe(false);
    expect(await put(0, { n: 2, by: 'eve' })).toBe(false);
    expect(await put(2, null)).toBe(true);
    expect(await put(2, null)).toBe(true);
  });

  it('C2: records outlive closing', async () => {
    await place.store.putRecord('adjustments', 'a', 0, { n: 1 });
    await place.reopen();
    expect(await place.store.records('adjustments')).toEqual([{ id: 'a', revision: 1, value: { n: 1 } }]);
  });

  it('G2: takes ids and values up to their limits, and says which limit others break', async () => {
    const put = (id: string, value: object) => place.store.putRecord('adjustments', id, 0, value);
    const fitting = { text: 'x'.repeat(MAX_RECORD_BYTES - '{"text":""}'.length) };
    const ids = ['x'.repeat(MAX_RECORD_ID), '🦊'.repeat(MAX_RECORD_ID / 2), '__proto__', 'a:b/c d', '0'];
    for (const id of ids) expect(await put(id, fitting)).toBe(true);
    expect((await place.store.records('adjustments')).map(({ id }) => id)).toEqual(ids.toSorted());
    expect((await place.store.records('adjustments'))[0]!.value).toEqual(fitting);

    for (const id of ['', 'x'.repeat(MAX_RECORD_ID + 1), 'a\u0000b', 'a\nb', '\ud83e']) {
      await expect(put(id, {})).rejects.toThrow(RangeError);
      await expect(put(id, {})).rejects.toThrow(/1 to 128 characters/);
    }
    await expect(put('a', { text: `${fitting.text}x` })).rejects.toThrow(RangeError);
    // Bytes count, not characters.
    await expect(put('a', { text: 'é'.repeat(MAX_RECORD_BYTES / 2) })).rejects.toThrow(/16395 bytes.*16384/);
    expect(await place.store.records('adjustments')).toHaveLength(ids.length);
  });
}
