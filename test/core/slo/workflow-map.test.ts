import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comesBefore, inSequence, sortSteps } from '../../../src/core/slo/workflow-map.ts';

const mapOf = (after: Readonly<Record<string, readonly string[]>>) => new Map(Object.entries(after));

describe('the map of steps', () => {
  it('of a sequence leads from each to the next', () => {
    const after = inSequence(['reserve', 'charge', 'ship']);
    expect([...after]).toEqual([
      ['reserve', []],
      ['charge', ['reserve']],
      ['ship', ['charge']],
    ]);
    expect(comesBefore({ after }, 'reserve', 'ship')).toBe(true);
    expect(comesBefore({ after }, 'ship', 'reserve')).toBe(false);
    expect(comesBefore({ after }, 'ship', 'ship')).toBe(false);
  });

  it('branches and joins', () => {
    const after = mapOf({ ship: ['charge', 'pack'], pack: ['reserve'], charge: ['reserve'], reserve: [] });
    expect(sortSteps(after)).toEqual({ steps: ['reserve', 'charge', 'pack', 'ship'] });
    expect(comesBefore({ after }, 'pack', 'charge')).toBe(false);
    expect(comesBefore({ after }, 'reserve', 'ship')).toBe(true);
  });

  it('that goes in a circle is told as it goes', () => {
    expect(sortSteps(mapOf({ a: [], b: ['a', 'd'], c: ['b'], d: ['c'] }))).toEqual({
      circle: ['b', 'c', 'd', 'b'],
    });
    expect(sortSteps(mapOf({ a: ['a'] }))).toEqual({ circle: ['a', 'a'] });
  });

  it('is put in order whatever it looks like, or has a circle', () => {
    const maps = fc.integer({ min: 1, max: 12 }).chain((size) => {
      const names = Array.from({ length: size }, (_, index) => `s${index}`);
      return fc
        .array(fc.subarray(names, { maxLength: Math.min(3, size) }), { minLength: size, maxLength: size })
        .map((needed) => new Map(names.map((name, index) => [name, needed[index]!])));
    });
    let circles = 0;
    fc.assert(
      fc.property(maps, (after) => {
        const sorted = sortSteps(after);
        if ('circle' in sorted) {
          circles++;
          const { circle } = sorted;
          expect(circle[0]).toBe(circle.at(-1));
          circle.slice(1).forEach((step, index) => expect(after.get(step)).toContain(circle[index]));
          return;
        }
        const { steps } = sorted;
        expect(steps.toSorted()).toEqual([...after.keys()].toSorted());
        for (const [step, needed] of after)
          for (const before of needed) expect(steps.indexOf(before)).toBeLessThan(steps.indexOf(step));
        for (const first of steps)
          for (const then of steps)
            if (comesBefore({ after }, first, then))
              expect(steps.indexOf(first)).toBeLessThan(steps.indexOf(then));
      }),
    );
    expect(circles).toBeGreaterThan(0);
  });

  it('may be as long as a file allows, written backwards', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `s${999 - index}`);
    const after = new Map(names.map((name, index) => [name, index === 999 ? [] : [names[index + 1]!]]));
    expect(sortSteps(after)).toEqual({ steps: names.toReversed() });
    expect(comesBefore({ after }, 's0', 's999')).toBe(true);
  });
});
