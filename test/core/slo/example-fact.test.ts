import { describe, expect, it } from 'vitest';
import { selects, passes } from '../../../src/core/sli/selection.ts';
import type { OutcomeSli } from '../../../src/core/sli/sli.ts';
import { exampleFact } from '../../../src/core/slo/example-fact.ts';
import { parseOutcome } from '../../../src/core/outcomes/outcome.ts';
import type { Outcome } from '../../../src/core/outcomes/outcome.ts';
import { defineSlo } from '../../support/definitions.ts';
import { measurementSli } from '../../support/slis.ts';

describe('an example of what an SLO counts', () => {
  it.each<[string, Partial<Omit<OutcomeSli, 'kind'>>]>([
    ['an execution', {}],
    ['a step', { step: 'load' }],
    ['a dependency', { dependency: 'bank' }],
    [
      'attributes',
      { where: { region: { op: 'in', values: ['eu', 'us'] }, host: { op: 'glob', values: ['web-?-*'] } } },
    ],
    ['any value', { where: { region: { op: 'glob', values: ['*'] } } }],
    [
      'no attributes',
      { where: { region: { op: 'not-in', values: ['eu'] }, host: { op: 'not-glob', values: ['*'] } } },
    ],
  ])('is one that it selects: %s', (_, sli) => {
    const slo = defineSlo({ sli });
    const { kind, ...fact } = exampleFact(slo)!;
    expect(kind).toBe('outcome');
    const outcome = parseOutcome({ ...fact, execution: 'e', status: 'succeeded' }, 0) as Outcome;
    expect(selects(slo.sli as OutcomeSli, outcome)).toBe(true);
  });

  it('is none where it takes two facts to count', () => {
    const sli = { kind: 'transition', from: 'pay', to: 'ship', withinMs: 1000 } as const;
    expect(exampleFact(defineSlo({ sli }))).toBeNull();
  });

  it('is a measurement where these are counted', () => {
    const sli = measurementSli({ where: { region: { op: 'in', values: ['eu'] } } });
    const fact = exampleFact(defineSlo({ sli }))!;
    expect(fact).toEqual({
      kind: 'measurement',
      workflow: 'orders',
      name: 'depth',
      attributes: { region: 'eu' },
    });
    expect(passes(sli.where, fact.attributes)).toBe(true);
  });

  it('is that of a member for a composite, and of what is counted for what is computed from it', () => {
    const sli = defineSlo({ workflow: 'billing', sli: { step: 'send' } }).sli as OutcomeSli;
    const member = { slo: 'billing/done', workflow: 'billing', sli, fingerprint: 'f', weight: 1 };
    expect(
      exampleFact(defineSlo({ sli: { kind: 'composite', method: 'weighted', members: [member] } })),
    ).toMatchObject({
      workflow: 'billing',
      step: 'send',
    });
    expect(exampleFact(defineSlo({ sli: { kind: 'freshness', of: sli, everyMs: 60_000 } }))).toMatchObject({
      step: 'send',
    });
  });
});
