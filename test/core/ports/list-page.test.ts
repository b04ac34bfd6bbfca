import { describe, expect, it } from 'vitest';
import type { ListPage, ListPlace } from '../../../src/core/ports/list-page.ts';
import { TIME_AND_ID, listPage, placeText, readPlace } from '../../../src/core/ports/list-page.ts';

interface Item {
  readonly at: number;
  readonly id: string;
}

const placeOf = ({ at, id }: Item): ListPlace => [-at, id];
const sorted = (items: readonly Item[]) => listPage(items, placeOf, { after: null, limit: Infinity }).items;
const item = (at: number, id: string): Item => ({ at, id });

/** Numbers that look random and are the same each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

describe('a list in pages', () => {
  it('has every item once, in the order of their places, whatever the order in which they are kept', () => {
    const items = [item(1, 'b'), item(3, 'a'), item(1, 'a'), item(2, 'z')];
    const ids: string[] = [];
    let after: ListPlace | null = null;
    do {
      const page: ListPage<Item> = listPage(items, placeOf, { after, limit: 1 });
      ids.push(...page.items.map(({ at, id }) => `${at}${id}`));
      after = page.next;
    } while (after !== null);
    expect(ids).toEqual(['3a', '2z', '1a', '1b']);
    expect(listPage(items, placeOf, { after: null, limit: 4 }).next).toBeNull();
    expect(listPage([], placeOf, { after: [0, ''], limit: 4 })).toEqual({ items: [], next: null });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'shows what stays once, whatever goes and comes in between (%i)',
    (seed) => {
      const next = numbers(seed * 7919);
      let items = Array.from({ length: 40 }, (_, index) => item(next(6), `i${index}`));
      const stayed = new Set(items.map(({ id }) => id));
      const seen: Item[] = [];
      for (let after: ListPlace | null = null; ;) {
        const page: ListPage<Item> = listPage(items, placeOf, {
          after,
          limit: 1 + next(4),
        });
        seen.push(...page.items);
        if (page.next === null) break;
        after = page.next;
        // The last one shown goes half of the time, and others at random; some come, before and behind.
        const gone = new Set([items[next(items.length)]!.id, ...(next(2) === 0 ? [seen.at(-1)!.id] : [])]);
        items = [...items.filter(({ id }) => !gone.has(id)), item(next(6), `new${seen.length}`)];
        for (const id of gone) stayed.delete(id);
      }
      const ids = seen.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(seen).toEqual(sorted(seen));
      expect(ids).toEqual(expect.arrayContaining([...stayed]));
    },
  );

  it('takes the text of a place that it gave, and no other', () => {
    for (const id of ['a', 'orders/paid', '', 'é, "漢字" 😀', '\u007f', 'x'.repeat(300)]) {
      const text = placeText([-1773144000000, id])!;
      expect(text).toMatch(/^[\w-]+$/);
      expect(readPlace(text, TIME_AND_ID)).toEqual([-1773144000000, id]);
      expect(readPlace(text, ['string'])).toBeUndefined();
      expect(readPlace(text, ['string', 'number'])).toBeUndefined();
    }
    for (const text of ['', 'x', '%', 'WzEs', '17-2', 'bnVsbA', 'mk2x1-a7f3', '"'])
      expect(readPlace(text, TIME_AND_ID)).toBeUndefined();
    expect(placeText(null)).toBeNull();
  });
});
