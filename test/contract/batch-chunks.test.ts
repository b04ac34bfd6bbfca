import { describe, expect, it } from 'vitest';
import type { RecordGroup } from '../../src/core/ports/store/counting.ts';
import { cutIntoChunks, weightOf } from '../../src/store/batch-chunks.ts';
import { done, DONE, ends, landingAt, NOW, starts, timedSli } from './outcomes.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `e${i}`);
const subjectsOf = ({ subjects }: RecordGroup): readonly { readonly subject: string }[] => subjects;
const slis = (count: number) => Array.from({ length: count }, (_, i) => timedSli(`f${i}`, 60_000));
const landings = (count: number) => Array.from({ length: count }, (_, i) => landingAt(`f${i}`, NOW));

describe('the chunks of a batch', () => {
  it.each([
    ['ends for 50 SLIs', [ends(names(2000), NOW, slis(50))]],
    ['starts that 50 SLIs watch', [starts(names(2000), NOW, slis(50))]],
    ['ends for none', [ends(names(5000), NOW, [])]],
    ['a mixture', [done(names(1999), NOW), ends(names(300), NOW, slis(7)), starts(names(3), NOW, slis(50))]],
  ])('G2: weigh no more than they may, and hold every subject once: %s', (_, groups) => {
    const chunks = cutIntoChunks(groups, 2000);
    for (const chunk of chunks) expect(weightOf(chunk)).toBeLessThanOrEqual(2000);
    const whole = groups.reduce((sum, group, index) => sum + weightOf([{ index, group, from: 0 }]), 0);
    expect(chunks.reduce((sum, chunk) => sum + weightOf(chunk), 0)).toBe(whole);
    groups.forEach((group, index) => {
      const subjects = chunks
        .flat()
        .flatMap((chunk) => (chunk.index === index ? subjectsOf(chunk.group) : []));
      expect(subjects).toEqual(group.subjects);
    });
    // Room is used up before the next begins: no two neighbours would fit into one.
    chunks
      .slice(1)
      .forEach((chunk, i) => expect(weightOf(chunk) + weightOf(chunks[i]!)).toBeGreaterThan(2000));
  });

  it('count a subject for each SLI that it is judged or lands for', () => {
    const weight = (group: RecordGroup): number => weightOf([{ index: 0, group, from: 0 }]);
    expect(weight(ends(names(10), NOW, slis(50)))).toBe(500);
    expect(weight(ends(names(10), NOW, [DONE]))).toBe(10);
    expect(weight(ends(names(10), NOW, []))).toBe(10);
    expect(weight(ends(names(10), NOW, [], { landings: landings(7) }))).toBe(70);
    expect(weight(ends(names(10), NOW, slis(2), { own: landings(3) }))).toBe(50);
    expect(weight(starts(names(10), NOW, slis(3), { landings: landings(7) }))).toBe(100);
  });

  it('hold a single subject that weighs more than a chunk may', () => {
    const chunks = cutIntoChunks([ends(names(3), NOW, slis(50))], 20);
    expect(chunks.map((chunk) => chunk.flatMap(({ group }) => subjectsOf(group)).length)).toEqual([1, 1, 1]);
  });
});
