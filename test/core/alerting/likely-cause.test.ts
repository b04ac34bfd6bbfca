import { describe, expect, it } from 'vitest';
import type { CallCounts, Suspect } from '../../../src/core/alerting/likely-cause.ts';
import { isBroken, likelyCause } from '../../../src/core/alerting/likely-cause.ts';
import { standsOut } from '../../../src/core/alerting/stands-out.ts';
import { defineDependency, objective } from '../../support/definitions.ts';

const calls = (good: number, bad: number, usually = { good: 100_000, bad: 100 }): CallCounts => ({
  lastHour: { good, bad },
  today: { good: 10 * good, bad: 10 * bad },
  usually,
});

/** A bank that every execution calls and of which a fifth of the calls fail. */
const BURNING: Suspect = {
  dependency: defineDependency('bank', '99.5%'),
  failed: 93,
  allFailed: 100,
  own: calls(400, 100),
  all: calls(800, 200),
  outcomes: 500,
};

describe('the likely cause', () => {
  it('D4: is a dependency below its promise that most of the failures call', () => {
    expect(likelyCause(BURNING)).toEqual({
      dependency: 'bank',
      failures: 0.93,
      usual: 1,
      sla: 0.995,
      broken: true,
      lastHour: { good: 800, bad: 200 },
      today: { good: 8000, bad: 2000 },
    });
  });

  it('D4: is none that every execution calls and that keeps its promise', () => {
    const fine = calls(500, 1);
    expect(likelyCause({ ...BURNING, own: fine, all: fine })).toBeNull();
  });

  it('D4: is one that keeps its promise when what calls it fails far more than the rest', () => {
    const fine = calls(500, 1);
    const suspect = { ...BURNING, own: fine, all: fine };
    expect(likelyCause({ ...suspect, outcomes: 2500 })).toMatchObject({ broken: false, usual: 0.2004 });
    // Most of what happens calls it anyway.
    expect(likelyCause({ ...suspect, outcomes: 540 })).toBeNull();
    expect(likelyCause({ ...suspect, outcomes: null })).toBeNull();
  });

  it('D4: is none that does well for everyone else', () => {
    const elsewhere = { ...BURNING, all: calls(4400, 100) };
    expect(likelyCause(elsewhere)).toBeNull();
    // So few calls of others prove nothing.
    expect(likelyCause({ ...BURNING, all: calls(410, 100) })).toMatchObject({ broken: true });
  });

  it('D4: is none that is named only where something failed', () => {
    const own = calls(0, 100, { good: 0, bad: 4000 });
    expect(likelyCause({ ...BURNING, own, all: own })).toBeNull();
    // In a total outage there is no good call either, but there were.
    const outage = calls(0, 100);
    expect(likelyCause({ ...BURNING, own: outage, all: outage })).toMatchObject({ broken: true });
  });

  it('D4: is none that few failures call, of all or at all', () => {
    expect(likelyCause({ ...BURNING, failed: 49 })).toBeNull();
    expect(likelyCause({ ...BURNING, failed: 4, allFailed: 4 })).toBeNull();
    expect(likelyCause({ ...BURNING, failed: 5, allFailed: 5 })).not.toBeNull();
  });

  it('never has a share above one, whatever the counts are', () => {
    const cause = likelyCause({ ...BURNING, failed: 120, outcomes: 20 });
    expect(cause).toMatchObject({ failures: 1, usual: 1 });
  });
});

describe('a promise', () => {
  const sla = objective('99.5%');
  it.each([
    [0, 0, false],
    [199, 1, false],
    // Worse than promised, but chance alone does as much.
    [198, 2, false],
    [950, 5, false],
    [900, 100, true],
    [0, 2, true],
  ])('of 99.5%% with %d good and %d bad calls is broken: %s', (good, bad, broken) => {
    expect(isBroken(sla, { good, bad })).toBe(broken);
  });
});

describe('what failures have in common', () => {
  it.each([
    ['stands out', { failed: 91, allFailed: 100, share: 0.2 }, true],
    ['is most of what there is', { failed: 91, allFailed: 100, share: 0.9 }, false],
    ['is all that there is', { failed: 100, allFailed: 100, share: 1 }, false],
    ['is of all failures, and of most outcomes', { failed: 100, allFailed: 100, share: 0.8 }, true],
    ['may be chance', { failed: 5, allFailed: 5, share: 0.6 }, false],
    ['is of too few failures', { failed: 40, allFailed: 100, share: 0.01 }, false],
    ['fails twice as often', { failed: 67, allFailed: 100, share: 0.5 }, false],
    ['was counted by nothing', { failed: 91, allFailed: 100, share: 0 }, false],
  ])('%s', (_name, common, expected) => {
    expect(standsOut(common)).toBe(expected);
  });
});
