import { describe, expect, it } from 'vitest';
import { mappedWorkflows } from '../../../src/core/mapping/mapped-workflows.ts';
import { recordsOfPoint } from '../../../src/core/mapping/point-mapping.ts';
import type { MetricPoint } from '../../../src/core/mapping/telemetry.ts';
import { Unusable } from '../../../src/core/mapping/telemetry.ts';
import { parseMeasurement } from '../../../src/core/outcomes/measurement.ts';
import { parseOutcome } from '../../../src/core/outcomes/outcome.ts';
import { isRejection } from '../../../src/core/outcomes/record-fields.ts';
import type { MetricRules } from '../../../src/core/slo/mapping-rules.ts';
import { DEFAULT_MAPPING } from '../../../src/core/slo/mapping-rules.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { aPoint } from '../../support/telemetry.ts';

const depth = defineSlo({
  name: 'depth',
  sli: { kind: 'measurement', name: 'dlq-depth', where: {}, op: '<=', limit: 100, sums: false },
});
const done = defineSlo({ name: 'done', sli: { where: { region: { op: 'in', values: ['eu'] } } } });
const rule = { status: null, statusFrom: null, step: null, dependency: [], error: [] };

function mapped(
  point: MetricPoint,
  metrics: Partial<MetricRules> = {},
  mayReport = (_workflow: string) => true,
) {
  const definitions = define([depth, done]);
  const [name, workflow] = [...definitions.workflows][0]!;
  const mapping = { ...DEFAULT_MAPPING, metrics: { ...DEFAULT_MAPPING.metrics, ...metrics } };
  const workflows = new Map([[name, { ...workflow, mapping }]]);
  return recordsOfPoint(point, mappedWorkflows({ ...definitions, workflows }), mayReport);
}
const only = (found: ReturnType<typeof mapped>) => {
  if (typeof found === 'string') throw new Error(found);
  return found.records[0]!;
};

const counts = { 'orders.done': { ...rule, status: 'succeeded' as const } };

describe('sums', () => {
  it('a delta that the file names is so many outcomes', () => {
    const found = mapped(aPoint({ attributes: { region: 'eu' } }), { counts });
    expect(found).toMatchObject({
      kind: 'outcomes',
      records: [
        {
          workflow: 'orders',
          status: 'succeeded',
          count: 3,
          at: 1_772_366_400_000,
          step: null,
          attributes: { region: 'eu' },
        },
      ],
    });
    const record = only(found);
    expect(isRejection(parseOutcome(record, 1_772_366_400_000))).toBe(false);
  });

  it('C1: the same point has the same identity in any order of its attributes, every other one another', () => {
    const identity = (changes: Parameters<typeof aPoint>[0]) =>
      only(mapped(aPoint(changes), { counts }))['execution'];
    const first = identity({ attributes: { a: 1, b: 2 } });
    expect(identity({ attributes: { b: 2, a: 1 }, value: 4 })).toBe(first);
    const others = [
      identity({ attributes: { a: 1, b: 3 } }),
      identity({ attributes: { a: 1 } }),
      identity({ attributes: { a: 1, b: 2 }, timeNs: 1_772_366_460e9 }),
      identity({ attributes: { a: 1, b: 2 }, startNs: 0 }),
      identity({ attributes: { a: 1, b: 2 }, resource: { 'service.name': 'orders', 'host.name': 'b' } }),
    ];
    expect(new Set([first, ...others]).size).toBe(6);
  });

  it('an attribute may say how they ended, in many words', () => {
    const byResult = {
      'orders.done': { ...rule, statusFrom: 'result', step: 'ship', error: ['why'], dependency: ['to'] },
    };
    const record = (attributes: Record<string, string>) =>
      only(mapped(aPoint({ attributes }), { counts: byResult }));
    expect(record({ result: 'ok' })).toMatchObject({ status: 'succeeded', step: 'ship' });
    expect(record({ result: 'Timed out', why: 'late', to: 'dhl' })).toMatchObject({
      status: 'failed',
      error: 'late',
      dependency: 'dhl',
    });
    expect(record({ result: 'odd' })).toMatchObject({ status: 'odd' });
    expect(() => record({})).toThrow(
      new Unusable('orders.done has no attribute result, which says what it counts.'),
    );
  });

  it('burnwatch.outcomes needs no configuration', () => {
    const point = {
      metric: 'burnwatch.outcomes',
      attributes: { 'burnwatch.status': 'error', 'error.type': 'timeout' },
    };
    expect(only(mapped(aPoint(point)))).toMatchObject({
      workflow: 'orders',
      status: 'failed',
      error: 'timeout',
      count: 3,
    });
    const named = { ...point, resource: { 'burnwatch.workflow': 'oders' } };
    expect(only(mapped(aPoint(named)))).toMatchObject({ workflow: 'oders' });
  });

  it('C1: what is cumulative is refused, since a restart or another replica would count it wrongly', () => {
    expect(() => mapped(aPoint({ kind: 'total' }), { counts })).toThrow(/orders\.done is cumulative.*delta/);
    expect(mapped(aPoint({ kind: 'total' }))).toBe('not-mapped');
  });

  it('counts whole numbers from 0', () => {
    expect(() => mapped(aPoint({ value: 1.5 }), { counts })).toThrow(Unusable);
    expect(() => mapped(aPoint({ value: Number.NaN }), { counts })).toThrow(Unusable);
    expect(mapped(aPoint({ value: 0 }), { counts })).toEqual({ kind: 'outcomes', records: [] });
  });
});

describe('gauges', () => {
  it('are measurements that an SLO counts, by their own name or another', () => {
    const point = aPoint({ metric: 'dlq-depth', kind: 'value', value: 512 });
    const found = mapped(point);
    expect(found).toMatchObject({
      kind: 'measurements',
      records: [{ workflow: 'orders', name: 'dlq-depth', value: 512 }],
    });
    expect(isRejection(parseMeasurement(only(found), 1_772_366_400_000))).toBe(false);
    const measurements = { 'queue.dead': 'dlq-depth' };
    expect(only(mapped(aPoint({ metric: 'queue.dead', kind: 'value' }), { measurements }))).toMatchObject({
      name: 'dlq-depth',
    });
    expect(mapped(aPoint({ metric: 'queue.dead', kind: 'value' }))).toBe('not-mapped');
  });

  it('C1: two programs may measure the same thing at the same time, and each counts once', () => {
    const id = (host: string) =>
      only(
        mapped(aPoint({ metric: 'dlq-depth', kind: 'value', resource: { 'service.name': 'orders', host } })),
      )['id'];
    expect(id('a')).toBe(id('a'));
    expect(id('a')).not.toBe(id('b'));
  });

  it('what only says by how much a value changed is refused', () => {
    expect(() => mapped(aPoint({ metric: 'dlq-depth', kind: 'change' }))).toThrow(
      /use cumulative temporality/,
    );
  });
});

it('G1: says nothing of workflows that the sender may not report to, and nothing of strangers', () => {
  expect(mapped(aPoint(), { counts }, () => false)).toBe('no-workflow');
  expect(mapped(aPoint({ resource: {} }), { counts })).toBe('no-workflow');
  expect(mapped(aPoint({ attributes: { 'burnwatch.workflow': 'other' } }), { counts })).toBe('no-workflow');
});
