import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  AttributeTest,
  Comparison,
  CountedSli,
  MeasurementSli,
  OutcomeSli,
  Schedule,
  ScheduleSli,
  ComponentSli,
  Sli,
} from '../../../src/core/sli/sli.ts';
import type { EndStatus } from '../../../src/core/outcomes/outcome.ts';
import { compares } from '../../../src/core/sli/sli.ts';
import { countedSlis } from '../../../src/core/sli/sli-kinds.ts';
import { fingerprint } from '../../../src/core/sli/fingerprint.ts';
import { judge } from '../../../src/core/sli/landing.ts';
import { judgesSteps, matches, selects } from '../../../src/core/sli/selection.ts';
import { MINUTE, minuteOf } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import { sketchOutcome } from '../../support/outcomes.ts';

function sli(sketch: Partial<OutcomeSli> = {}): OutcomeSli {
  return {
    kind: 'outcomes',
    step: null,
    dependency: null,
    where: {},
    withinMs: null,
    from: 'started',
    per: 'execution',
    good: 'succeeded',
    ...sketch,
  };
}

const test =
  (op: AttributeTest['op']) =>
  (...values: string[]): AttributeTest => ({ op, values });
const isIn = test('in');

describe('selects', () => {
  const ofStep = { step: 'charge', dependency: 'stripe' };

  it.each([
    ['executions', {}, {}, true],
    ['no step, when it judges executions', {}, { step: 'charge' }, false],
    ['a named step', { step: 'charge' }, { step: 'charge' }, true],
    ['no other step', { step: 'charge' }, { step: 'ship' }, false],
    ['no execution, when it judges a step', { step: 'charge' }, {}, false],
    ['any step that called a dependency', { dependency: 'stripe' }, ofStep, true],
    ['no step without the dependency', { dependency: 'stripe' }, { step: 'charge' }, false],
    [
      'an execution that was reported with the dependency',
      { dependency: 'stripe' },
      { dependency: 'stripe' },
      true,
    ],
    [
      'no execution that only repeats the failure of its step',
      { dependency: 'stripe' },
      { dependency: 'stripe', failedStep: 'charge' },
      false,
    ],
    ['an execution whatever it names, when it judges executions', {}, { failedStep: 'charge' }, true],
    ['no execution without the dependency', { dependency: 'stripe' }, {}, false],
    ['no execution when a step must have called it', ofStep, { dependency: 'stripe' }, false],
    ['a step that called the dependency', ofStep, ofStep, true],
    ['not the step when it called another', ofStep, { step: 'charge', dependency: 'adyen' }, false],
  ])('%s', (_, sketch, fields, selected) => {
    expect(selects(sli(sketch), sketchOutcome(fields))).toBe(selected);
  });

  it.each([
    ['one of the accepted values', { region: 'us' }, true],
    ['another value', { region: 'asia' }, false],
    ['no such attribute', { tier: 'gold' }, false],
    ['no attributes at all', undefined, false],
  ])('by where, an outcome with %s: %j is %s', (_, attributes, selected) => {
    expect(selects(sli({ where: { region: isIn('eu', 'us') } }), sketchOutcome({ attributes }))).toBe(
      selected,
    );
  });

  it('by where, only what matches every attribute', () => {
    const both = sli({ where: { region: isIn('eu'), tier: isIn('gold', 'silver') } });
    expect(selects(both, sketchOutcome({ attributes: { region: 'eu', tier: 'silver', more: 'x' } }))).toBe(
      true,
    );
    expect(selects(both, sketchOutcome({ attributes: { region: 'eu' } }))).toBe(false);
    expect(selects(both, sketchOutcome({ attributes: { region: 'eu', tier: 'bronze' } }))).toBe(false);
  });

  it.each<[op: AttributeTest['op'], values: string[], value: string | undefined, selected: boolean]>([
    ['in', ['eu'], undefined, false],
    ['not-in', ['eu', 'us'], 'asia', true],
    ['not-in', ['eu', 'us'], 'us', false],
    ['not-in', ['eu'], undefined, true],
    ['glob', ['eu-*', 'us-?'], 'eu-west', true],
    ['glob', ['eu-*', 'us-?'], 'us-1', true],
    ['glob', ['eu-*', 'us-?'], 'us-12', false],
    ['glob', ['*'], undefined, false],
    ['not-glob', ['test-*'], 'test-1', false],
    ['not-glob', ['test-*'], 'production', true],
    ['not-glob', ['*'], undefined, true],
  ])('by where %s %j, an attribute %j: %s', (op, values, value, selected) => {
    const attributes = value === undefined ? { other: 'x' } : { region: value };
    expect(selects(sli({ where: { region: test(op)(...values) } }), sketchOutcome({ attributes }))).toBe(
      selected,
    );
  });

  it('by where, no inherited name', () => {
    expect(
      selects(sli({ where: { constructor: isIn('x') } }), sketchOutcome({ attributes: { a: 'x' } })),
    ).toBe(false);
  });

  it('whatever the status', () => {
    for (const status of ['started', 'succeeded', 'failed', 'cancelled']) {
      expect(selects(sli(), sketchOutcome({ status }))).toBe(true);
    }
  });

  it('judgesSteps says which kind it is', () => {
    expect(judgesSteps(sli({ withinMs: 5 }))).toBe(false);
    expect(judgesSteps(sli({ step: 'charge' }))).toBe(true);
    expect(judgesSteps(sli({ dependency: 'stripe' }))).toBe(true);
  });
});

describe('a glob', () => {
  it('matches what the same pattern as a regular expression does', () => {
    const piece = fc.constantFrom('a', 'b', '*', '?', '.', '(', '\\', '');
    const glob = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    const text = fc
      .array(fc.constantFrom('a', 'b', '.', '(', '\\'), { maxLength: 8 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(glob, text, (pattern, value) => {
        const escaped = pattern
          .replace(/[.(\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.');
        expect(matches(pattern, value)).toBe(new RegExp(`^${escaped}$`, 's').test(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('G2: takes no longer than pattern times text, however many stars', () => {
    expect(matches(`${'*a'.repeat(128)}b`, 'a'.repeat(256))).toBe(false);
  });
});

it.each<[value: number, op: Comparison, limit: number, holds: boolean]>([
  [5, '<=', 5, true],
  [5, '<', 5, false],
  [5, '>=', 5, true],
  [5, '>', 5, false],
  [6, '<=', 5, false],
  [4, '>=', 5, false],
])('%d %s %d is %s', (value, op, limit, holds) => {
  expect(compares(value, op, limit)).toBe(holds);
});

const NIGHTLY: Schedule = { cron: '0 2 * * *', timeZone: 'UTC', ticks: () => [] };
const LAG: MeasurementSli = { kind: 'measurement', name: 'lag', where: {}, op: '<=', limit: 30, sums: false };
const SCHEDULED: ScheduleSli = {
  kind: 'schedule',
  where: {},
  schedule: NIGHTLY,
  startEarlyMs: 300_000,
  startWithinMs: 600_000,
  finishWithinMs: 7_200_000,
};

describe('what is counted', () => {
  it('of what is judged by slices, minutes or ticks is what is below them', () => {
    const slices: Sli = { kind: 'slices', sliceMs: 300_000, of: LAG, rule: { kind: 'any' } };
    const fresh: Sli = { kind: 'freshness', of: sli({ step: 'load' }), everyMs: 3_600_000 };
    expect(countedSlis(slices)).toEqual([LAG]);
    expect(countedSlis(fresh)).toEqual([sli({ step: 'load' })]);
    expect(countedSlis(SCHEDULED).map(({ kind }) => kind)).toEqual(['scheduled', 'early', 'starts']);
    expect(countedSlis({ ...SCHEDULED, startWithinMs: null }).map(({ kind }) => kind)).toEqual([
      'scheduled',
      'early',
    ]);
    const member = (part: ComponentSli) => ({
      slo: 'w/s',
      workflow: 'w',
      sli: part,
      fingerprint: fingerprint(part),
      weight: 1,
    });
    expect(
      countedSlis({ kind: 'composite', method: 'all-of', members: [member(fresh), member(LAG)] }),
    ).toEqual([sli({ step: 'load' }), LAG]);
  });
});

describe('fingerprint', () => {
  it('J5: tells every kind apart, and every number in it', () => {
    const ratio = { kind: 'ratio', atLeast: { numerator: 99, denominator: 100 } } as const;
    const kinds: (Sli | CountedSli)[] = [
      sli({ step: 'a' }),
      sli({ step: 'a', good: 'first-try' }),
      sli({ where: { a: test('not-in')('b') } }),
      sli({ where: { a: test('glob')('b') } }),
      sli({ where: { a: test('not-glob')('b') } }),
      LAG,
      { ...LAG, op: '<' },
      { ...LAG, limit: 31 },
      { ...LAG, sums: true },
      { ...LAG, name: 'depth' },
      { kind: 'slices', sliceMs: 60_000, of: LAG, rule: ratio },
      { kind: 'slices', sliceMs: 300_000, of: LAG, rule: ratio },
      { kind: 'slices', sliceMs: 60_000, of: LAG, rule: { kind: 'any' } },
      { kind: 'slices', sliceMs: 60_000, of: sli(), rule: ratio },
      { kind: 'freshness', of: sli(), everyMs: 60_000 },
      { kind: 'freshness', of: sli(), everyMs: 120_000 },
      SCHEDULED,
      { ...SCHEDULED, startWithinMs: null },
      { ...SCHEDULED, finishWithinMs: 60_000 },
      { ...SCHEDULED, startEarlyMs: 60_000 },
      { ...SCHEDULED, schedule: { ...NIGHTLY, timeZone: 'Europe/Berlin' } },
      { ...SCHEDULED, kind: 'scheduled' },
      { ...SCHEDULED, kind: 'early' },
      { kind: 'starts', where: {} },
    ];
    expect(new Set(kinds.map(fingerprint)).size).toBe(kinds.length);
  });

  // Stores keep counters under these: a changed value would lose every history.
  it.each([
    [sli(), '1s6kxp8fm9r'],
    [sli({ withinMs: 600_000 }), '1plqrg8w7d6'],
    [sli({ step: 'charge-card', where: { region: isIn('eu', 'us') } }), '1aon05k1ov'],
    [sli({ dependency: 'stripe', withinMs: 2500 }), '2fzgczg43jo'],
  ])('of %j stays what it is', (selection, expected) => {
    expect(fingerprint(selection)).toBe(expected);
  });

  it('does not depend on the order in which where is written', () => {
    const condition = fc.record({
      op: fc.constantFrom('in', 'not-in', 'glob', 'not-glob'),
      values: fc.array(fc.string(), { minLength: 1 }),
    });
    const where = fc.dictionary(fc.string(), condition, { maxKeys: 6 });
    fc.assert(
      fc.property(where, fc.integer(), (conditions, seed) => {
        const turned = Object.fromEntries(
          Object.entries(conditions)
            .toReversed()
            .map(([name, { op, values }]) => [
              name,
              { op, values: values.toSorted((a, b) => ((a < b ? 1 : -1) * seed) % 7) },
            ]),
        );
        expect(fingerprint(sli({ where: turned }))).toBe(fingerprint(sli({ where: conditions })));
      }),
    );
  });

  it('J5: is the same whatever the objective, window, alerts and names', () => {
    const before = defineSlo({ sli: { withinMs: 1000 } });
    const after = defineSlo({
      name: 'renamed',
      owner: 'others',
      objective: '99.9%',
      window: '7d',
      sli: { withinMs: 1000 },
      alerts: { minFailures: 10, tiers: [] },
    });
    expect(after.fingerprint).toBe(before.fingerprint);
  });

  it('J5: differs with anything that it selects', () => {
    const selections = [
      sli(),
      sli({ step: 'a' }),
      sli({ dependency: 'a' }),
      sli({ step: 'a', dependency: 'a' }),
      sli({ withinMs: 1 }),
      sli({ where: { a: isIn('b') } }),
      sli({ where: { a: isIn('b', 'c') } }),
      sli({ where: { a: isIn('b'), c: isIn('d') } }),
      sli({ where: { a: isIn('b,c') } }),
      sli({ where: { b: isIn('a') } }),
    ];
    expect(new Set(selections.map(fingerprint)).size).toBe(selections.length);
  });
});

describe('judge', () => {
  const startedAt = START + 7;
  const deadline = 10 * MINUTE;
  const late = startedAt + deadline + 1;

  it('without a deadline, counts at the end and a cancellation nowhere', () => {
    const endedAt = startedAt + 3 * MINUTE;
    const minute = minuteOf(endedAt);
    expect(judge(null, startedAt, endedAt, 'succeeded')).toEqual({ minute, good: true });
    expect(judge(null, startedAt, endedAt, 'failed')).toEqual({ minute, good: false });
    expect(judge(null, startedAt, endedAt, 'cancelled')).toBeNull();
  });

  it('C3: counts in time at the end, to the very millisecond of the deadline', () => {
    const endedAt = startedAt + deadline;
    const minute = minuteOf(endedAt);
    expect(judge(deadline, startedAt, endedAt, 'succeeded')).toEqual({ minute, good: true });
    expect(judge(deadline, startedAt, endedAt, 'failed')).toEqual({ minute, good: false });
    expect(judge(deadline, startedAt, endedAt, 'cancelled')).toBeNull();
  });

  it.each<EndStatus>(['succeeded', 'failed', 'cancelled'])(
    'C3: counts as bad at the deadline what %s after it, however late',
    (status) => {
      const landing = { minute: minuteOf(startedAt + deadline), good: false };
      expect(judge(deadline, startedAt, late, status)).toEqual(landing);
      expect(judge(deadline, startedAt, late + 40 * 24 * 60 * MINUTE, status)).toEqual(landing);
    },
  );

  it('takes an end before its start, from clocks that differ, for one in time', () => {
    expect(judge(deadline, startedAt, startedAt - MINUTE, 'succeeded')).toEqual({
      minute: minuteOf(startedAt - MINUTE),
      good: true,
    });
  });
});
