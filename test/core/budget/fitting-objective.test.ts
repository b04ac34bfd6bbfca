import { describe, expect, it } from 'vitest';
import { fittingObjective } from '../../../src/core/budget/fitting-objective.ts';

const counts = (bad: number, total: number) => ({ good: total - bad, bad });

describe('an objective', () => {
  it('is too tight when two periods in a row missed it; what would have fitted both is said', () => {
    expect(fittingObjective(0.99, [counts(400, 10_000), counts(150, 10_000)])).toEqual({
      kind: 'too-tight',
      objective: 0.95,
    });
    expect(fittingObjective(0.99, [counts(50, 10_000), counts(400, 10_000)])).toBeNull();
  });

  it('is too loose when two in a row hardly spent it, and at most ten times as strict is advised', () => {
    expect(fittingObjective(0.9, [counts(50, 10_000), counts(10, 10_000)])).toEqual({
      kind: 'too-loose',
      objective: 0.99,
    });
    expect(fittingObjective(0.9, [counts(0, 1e7), counts(0, 1e7)])).toEqual({
      kind: 'too-loose',
      objective: 0.99,
    });
    expect(fittingObjective(0.9, [counts(0, 1e7), counts(200_000, 1e7)])).toBeNull();
  });

  it('is left alone when too little happened to tell', () => {
    expect(fittingObjective(0.99, [counts(0, 40), counts(0, 40)])).toBeNull();
    expect(fittingObjective(0.99, [counts(0, 0), counts(9, 10)])).toBeNull();
    expect(fittingObjective(0.99, [counts(10, 10), counts(10, 10)])).toBeNull();
  });
});
