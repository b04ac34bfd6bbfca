import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatObjective, parseObjective } from '../../../src/core/budget/objective.ts';
import { formatPercent } from '../../../src/core/words/figures.ts';
import { objective } from '../../support/definitions.ts';

describe('parseObjective', () => {
  it.each([
    ['99.9%', 0.999, 0.001],
    ['0.999', 0.999, 0.001],
    ['99.9 %', 0.999, 0.001],
    [' 99.90% ', 0.999, 0.001],
    ['99.99%', 0.9999, 0.0001],
    ['99.999%', 0.99999, 0.00001],
    ['99.999999999%', 0.99999999999, 0.00000000001],
    ['95%', 0.95, 0.05],
    ['71%', 0.71, 0.29],
    ['50%', 0.5, 0.5],
    ['0.1%', 0.001, 0.999],
    ['0.000000001', 1e-9, 0.999999999],
  ])('%s promises %d and leaves %d, without the dust of 1 - 0.999', (text, ratio, errorBudget) => {
    expect(parseObjective(text)).toMatchObject({ ratio, errorBudget });
  });

  it.each([
    '100%',
    '1',
    '0',
    '0%',
    '0.0',
    '101%',
    '1.5',
    '99.9',
    '-5%',
    '99,9%',
    '99.%',
    '.99',
    '',
    '%',
    '1e-3',
    'NaN',
    '99.9%%',
    '0.9999999999',
    '0999%',
    '९९%',
  ])('%j is no objective', (text) => {
    expect(parseObjective(text)).toBeNull();
  });

  it('keeps promise and budget as exact complements', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999_999 }), (millionths) => {
        const text = `${Math.floor(millionths / 1e6)}.${String(millionths % 1e6).padStart(6, '0')}%`;
        const { ratio, errorBudget, budgetParts, parts } = objective(text);
        expect(ratio).toBe(millionths / 1e8);
        expect(errorBudget).toBe((1e8 - millionths) / 1e8);
        expect(budgetParts).toBe(parts - millionths);
      }),
    );
  });
});

describe('writing', () => {
  it.each([['99.9%'], ['99.999%'], ['95%'], ['0.5%'], ['99.999999999%']])(
    '%s is written as it was read',
    (text) => {
      expect(formatObjective(objective(text))).toBe(text);
    },
  );

  it('writes a ratio as a percentage', () => {
    expect(formatObjective(objective('0.999'))).toBe('99.9%');
    expect(formatPercent(0.146)).toBe('14.6%');
    expect(formatPercent(0.05)).toBe('5%');
    expect(formatPercent(-0.3)).toBe('-30%');
    expect(formatPercent(1 / 3, 3)).toBe('33.333%');
  });
});
