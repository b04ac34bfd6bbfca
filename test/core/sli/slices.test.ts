import { array, assert, constantFrom, integer, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutcomeSli, SliceRule, SliceSli } from '../../../src/core/sli/sli.ts';
import { SLICE_PARTS } from '../../../src/core/sli/slice-rules.ts';
import { sliceHour } from '../../../src/core/sli/slices.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import type { MinuteCounts } from '../../support/cell-history.ts';
import { hourCells, verdicts } from '../../support/cell-history.ts';

const of: OutcomeSli = {
  kind: 'outcomes',
  step: null,
  dependency: null,
  where: {},
  withinMs: null,
  from: 'started',
  per: 'execution',
  good: 'succeeded',
};
const HOUR = 1000;
const BEGIN = HOUR * 60;
const LATER = BEGIN + 120;

function slices(minutes: number, rule: SliceRule): SliceSli {
  return { kind: 'slices', sliceMs: minutes * MINUTE, of, rule };
}

function counts(cells: Record<number, readonly [good: number, bad: number]>): MinuteCounts {
  return new Map(
    Object.entries(cells).map(([minute, [good, bad]]) => [BEGIN + Number(minute), { good, bad }]),
  );
}

const atLeast = (numerator: number, denominator: number): SliceRule => ({
  kind: 'ratio',
  atLeast: { numerator, denominator },
});

function judge(
  sli: SliceSli,
  cells: MinuteCounts,
  running = LATER,
  sums: ReadonlyMap<number, number> = new Map(),
) {
  return verdicts(HOUR, sliceHour(sli, HOUR, hourCells(cells, HOUR), sums, running));
}

describe('a slice', () => {
  it('counts at its last minute once it is over, and not at all when it is empty', () => {
    const cells = counts({ 0: [1, 0], 4: [0, 1], 7: [1, 0], 20: [0, 1] });
    const sli = slices(5, atLeast(1, 2));
    expect(judge(sli, cells)).toEqual({ [BEGIN + 4]: '+', [BEGIN + 9]: '+', [BEGIN + 24]: '-' });
    expect(judge(sli, cells, BEGIN + 9)).toEqual({ [BEGIN + 4]: '+' });
    expect(judge(sli, cells, BEGIN + 10)).toEqual({ [BEGIN + 4]: '+', [BEGIN + 9]: '+' });
    expect(judge(sli, counts({}))).toEqual({});
  });

  it('reaches its ratio exactly, also where floating point would not', () => {
    // 0.07 * 100 is 7.000000000000001 in floating point.
    expect(judge(slices(60, atLeast(7, 100)), counts({ 3: [7, 93] }))).toEqual({ [BEGIN + 59]: '+' });
    expect(judge(slices(60, atLeast(7, 100)), counts({ 3: [6, 93] }))).toEqual({ [BEGIN + 59]: '-' });
    // 200 billion outcomes, one good one too few: both products are rounded to the same number.
    const busy = (good: number, bad: number): MinuteCounts =>
      new Map(
        Array.from({ length: 60 }, (_, minute) => [
          BEGIN + minute,
          minute < 59 ? { good: 3_333_332_345, bad: 0 } : { good, bad },
        ]),
      );
    const rule = atLeast(10_114_118, 10_114_121);
    expect(judge(slices(60, rule), busy(3_333_332_322, 59_323))).toEqual({ [BEGIN + 59]: '-' });
    expect(judge(slices(60, rule), busy(3_333_332_323, 59_322))).toEqual({ [BEGIN + 59]: '+' });
  });

  it('under `any` takes one good outcome', () => {
    const cells = counts({ 0: [1, 99], 1: [0, 1] });
    expect(judge(slices(1, { kind: 'any' }), cells)).toEqual({ [BEGIN]: '+', [BEGIN + 1]: '-' });
  });

  it('under `mean` compares the mean of what was measured', () => {
    const cells = counts({ 0: [0, 2], 1: [1, 0], 20: [3, 0] });
    const sums = new Map([
      [BEGIN, 100],
      [BEGIN + 1, 20],
    ]);
    const sli = slices(15, { kind: 'mean', op: '<=', limit: 40 });
    expect(judge(sli, cells, LATER, sums)).toEqual({ [BEGIN + 14]: '+', [BEGIN + 29]: '+' });
    const stricter = slices(15, { kind: 'mean', op: '<', limit: 40 });
    expect(judge(stricter, cells, LATER, sums)[BEGIN + 14]).toBe('-');
  });

  it('under `mean-ratio` counts in parts', () => {
    const cells = sliceHour(
      slices(30, { kind: 'mean-ratio' }),
      HOUR,
      hourCells(counts({ 3: [1, 2] }), HOUR),
      new Map(),
      LATER,
    );
    expect([cells[58], cells[59]]).toEqual([333_333, 666_667]);
    expect(cells[58]! + cells[59]!).toBe(SLICE_PARTS);
  });

  it('of any length agrees with a naive count of any minutes', () => {
    assert(
      property(
        constantFrom(1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60),
        array(tuple(nat(59), nat(5), nat(5)), { maxLength: 40 }),
        tuple(nat(10), integer({ min: 1, max: 10 })).filter(([part, whole]) => part <= whole),
        nat(90),
        (length, reports, [part, whole], running) => {
          const cells = new Map<number, { good: number; bad: number }>();
          for (const [minute, good, bad] of reports) cells.set(BEGIN + minute, { good, bad });
          const expected: Record<number, string> = {};
          for (let end = length - 1; end < 60; end += length) {
            const inside = [...cells].filter(
              ([minute]) => minute > BEGIN + end - length && minute <= BEGIN + end,
            );
            const good = inside.reduce((sum, [, cell]) => sum + cell.good, 0);
            const total = inside.reduce((sum, [, cell]) => sum + cell.good + cell.bad, 0);
            if (total === 0 || end >= running) continue;
            expected[BEGIN + end] = good * whole >= total * part ? '+' : '-';
          }
          expect(judge(slices(length, atLeast(part, whole)), cells, BEGIN + running)).toEqual(expected);
        },
      ),
    );
  });
});
