import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ValuesSoFar } from '../../../src/core/slo/each-value.ts';
import { OTHER_VALUES, createEachValue, nameOfValue, wholeOf } from '../../../src/core/slo/each-value.ts';
import { valueSeries } from '../../../src/core/slo/breakdown.ts';
import type { OutcomeSli } from '../../../src/core/sli/sli.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import { define, defineSlo } from '../../support/definitions.ts';

const EACH = defineSlo({ each: 'region' });

function told(values: string[], full = false): ValuesSoFar & { came(value: string): void } {
  let version = 0;
  return {
    came(value) {
      version++;
      values.push(value);
    },
    version: () => version,
    valuesOf: () => values,
    isFull: () => full,
  };
}

describe('the name of the SLO of a value', () => {
  it.each([
    ['eu', 'done@eu'],
    ['EU-west.2', 'done@EU-west.2'],
    [OTHER_VALUES, 'done@~other'],
  ])('of %s is %s', (value, name) => expect(nameOfValue('done', value)).toBe(name));

  it('is one segment of an address, short, and different for different values', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('', '/', '..', 'a/b', 'a-b', 'São Paulo', '<script>', '~other', '@', ' eu', 'eu '),
    );
    fc.assert(
      fc.property(value, value, (one, other) => {
        const name = nameOfValue('done', one);
        expect(name).toMatch(/^done@[A-Za-z0-9._~-]+$/);
        expect(name.length).toBeLessThan(80);
        expect(name === nameOfValue('done', other)).toBe(one === other);
        expect(wholeOf(`a/b/${name}`)).toBe('a/b/done');
      }),
    );
  });

  it('of no SLO of a file is one', () => expect(wholeOf('orders/done')).toBeNull());
});

describe('an SLO for each value', () => {
  it('C1: counts by the counters that the breakdown has anyway', () => {
    const [, eu] = allSlos(createEachValue(told(['eu']))(define([EACH])));
    const { workflow, fingerprint, sli } = EACH;
    const counted = valueSeries({ workflow, fingerprint, sli: sli as OutcomeSli }, 'region', 'eu');
    expect(eu!.fingerprint).toBe(counted.fingerprint);
    expect(eu).toMatchObject({ id: 'orders/done@eu', value: { whole: 'orders/done', attribute: 'region' } });
    expect(eu!.each).toBeUndefined();
  });

  it('gives the same objects until values change, and then the same SLOs of those before', () => {
    const values = told(['eu']);
    const definitions = define([EACH, defineSlo({ name: 'other' })]);
    const eachValue = createEachValue(values);
    const before = eachValue(definitions);
    expect(eachValue(definitions)).toBe(before);
    values.came('us');
    const after = eachValue(definitions);
    expect(allSlos(after).map(({ id }) => id)).toEqual([
      'orders/done',
      'orders/done@eu',
      'orders/done@us',
      'orders/other',
    ]);
    expect(allSlos(after)[1]).toBe(allSlos(before)[1]);
  });

  it('is the definitions themselves where no SLO asks for it', () => {
    const definitions = define([defineSlo()]);
    expect(createEachValue(told(['eu']))(definitions)).toBe(definitions);
  });

  it('has one for all further values once there are any, and only one', () => {
    const slos = allSlos(createEachValue(told(['eu', OTHER_VALUES], true))(define([EACH])));
    expect(slos.map(({ name }) => name)).toEqual(['done', 'done@eu', 'done@~other']);
  });
});
