import { describe, expect, it } from 'vitest';
import { changesBy, failureChanges } from '../../../src/core/alerting/failure-changes.ts';

const failure = (step: string | null, error: string, count: number) => ({
  step,
  dependency: null,
  error,
  count,
});

describe('failures against usual', () => {
  it('are compared by each side, in shares and in how many times as many', () => {
    const changes = failureChanges(
      [failure('charge', 'timeout', 30), failure('charge', 'declined', 2), failure('ship', 'timeout', 8)],
      [failure('charge', 'declined', 48), failure('ship', 'timeout', 144)],
      1 / 24,
    );
    const of = (by: string, value: string | null) =>
      changes.find((change) => change.by === by && change.value === value)!;
    expect(of('step', 'charge')).toEqual({
      by: 'step',
      attribute: null,
      value: 'charge',
      failed: 32,
      share: 0.8,
      usual: 2,
      usualShare: 0.25,
      times: 16,
      unusual: true,
    });
    expect(of('step', 'ship')).toMatchObject({ failed: 8, usual: 6, unusual: false });
    expect(of('error', 'declined')).toMatchObject({ failed: 2, usual: 2, times: 1, unusual: false });
    expect(of('dependency', null)).toMatchObject({ failed: 40, share: 1, usualShare: 1 });
    expect(changes.map(({ by }) => by)).toEqual(['step', 'step', 'dependency', 'error', 'error']);
  });

  it('that are new are as many times more as can be said, which is none', () => {
    const [change] = changesBy('attribute', 'region', new Map([['eu', 7]]), new Map(), 0.1);
    expect(change).toMatchObject({
      attribute: 'region',
      usual: 0,
      times: null,
      usualShare: null,
      unusual: true,
    });
  });

  it('are not called unusual for a few, nor where too little is known of before', () => {
    const few = changesBy('step', null, new Map([['a', 4]]), new Map([['a', 1]]), 0.1);
    expect(few).toMatchObject([{ unusual: false }]);
    const unknown = changesBy('step', null, new Map([['a', 400]]), new Map(), null);
    expect(unknown).toMatchObject([{ failed: 400, usual: null, times: null, unusual: false }]);
  });

  it('say nothing of what no longer fails', () => {
    expect(changesBy('step', null, new Map([['a', 0]]), new Map([['a', 9]]), 1)).toEqual([]);
  });
});
