import { describe, expect, it } from 'vitest';
import type { CountedSli, Sli, Where } from '../../../src/core/sli/sli.ts';
import { fingerprint } from '../../../src/core/sli/fingerprint.ts';
import {
  every,
  freshnessSli,
  measurementSli,
  outcomeSli,
  scheduleSli,
  sliceSli,
} from '../../support/slis.ts';

const MINUTE = 60_000;
const WHERE: Where = {
  region: { op: 'not-in', values: ['us', 'eu'] },
  host: { op: 'glob', values: ['worker-*'] },
  tier: { op: 'in', values: ['gold'] },
  queue: { op: 'not-glob', values: ['test-?'] },
};
const OF_STEP = outcomeSli({ step: 'charge', dependency: 'stripe', where: WHERE, withinMs: 2500 });
const DEPTH = measurementSli({ where: WHERE });
const NIGHTLY = scheduleSli(every(1440 * MINUTE), 5 * MINUTE, 60 * MINUTE);
const RATIO = { kind: 'ratio', atLeast: { numerator: 19, denominator: 20 } } as const;
const FRESH = freshnessSli(15 * MINUTE, OF_STEP);

const member = (slo: string, sli: Extract<Sli, { kind: 'outcomes' | 'freshness' }>, weight: number) => ({
  slo,
  workflow: 'orders',
  sli,
  fingerprint: fingerprint(sli),
  weight,
});
const members = [member('orders/done', outcomeSli(), 3), member('orders/fresh', FRESH, 1)];

type Pinned<Kind> = readonly (readonly [
  sli: Extract<Sli | CountedSli, { kind: Kind }>,
  fingerprint: string,
])[];

/** What stores keep counters of each kind under: another value would lose every history. */
const PINNED: { readonly [Kind in (Sli | CountedSli)['kind']]: Pinned<Kind> } = {
  outcomes: [
    [outcomeSli(), '1s6kxp8fm9r'],
    [OF_STEP, 'cpdo668b9a'],
    [outcomeSli({ step: 'charge', good: 'first-try' }), 'ywb2qflxtn'],
  ],
  measurement: [
    [DEPTH, '2c9xlqgn70q'],
    [measurementSli({ op: '>', limit: 0.5, sums: true }), '21jxrrln6pp'],
  ],
  transition: [[{ kind: 'transition', from: 'charge-card', to: 'ship', withinMs: MINUTE }, '2egkz9st3b9']],
  slices: [
    [sliceSli(5 * MINUTE, RATIO, OF_STEP), '1vrwk5em5k4'],
    [sliceSli(MINUTE, { kind: 'any' }, DEPTH), 'qi399ea5l3'],
    [
      sliceSli(60 * MINUTE, { kind: 'mean', op: '<=', limit: 100 }, measurementSli({ sums: true })),
      '2chny2cs03v',
    ],
    [sliceSli(5 * MINUTE, { kind: 'mean-ratio' }), '1s4sa6rixpe'],
  ],
  freshness: [[FRESH, '1sq57167jvy']],
  schedule: [
    [NIGHTLY, '1uf0ib2nu5u'],
    [{ ...NIGHTLY, where: WHERE, startWithinMs: null }, 'cyhk4o44n5'],
    [{ ...NIGHTLY, startEarlyMs: MINUTE }, 'mxyniwnrbg'],
  ],
  composite: [
    [{ kind: 'composite', method: 'weighted', members }, 'n7knpy8jvh'],
    [{ kind: 'composite', method: 'all-of', members }, 'z00jqxiydp'],
  ],
  calls: [[{ kind: 'calls', dependency: 'bank' }, '5aovhg1kls']],
  starts: [[{ kind: 'starts', where: WHERE }, '1t3xov96tfx']],
  scheduled: [[{ ...NIGHTLY, kind: 'scheduled' }, 'v7l2de74z3']],
  early: [[{ ...NIGHTLY, kind: 'early' }, 'urci305i7f']],
};

describe('J5: the fingerprint of every kind stays what it is', () => {
  it.each(Object.entries(PINNED))('%s', (_kind, pinned) => {
    for (const [sli, expected] of pinned) expect(fingerprint(sli)).toBe(expected);
  });
});
