import { describe, expect, it } from 'vitest';
import { mappedWorkflows } from '../../../src/core/mapping/mapped-workflows.ts';
import { recordsOfSpan } from '../../../src/core/mapping/span-mapping.ts';
import type { TraceSpan } from '../../../src/core/mapping/telemetry.ts';
import { parseOutcome } from '../../../src/core/outcomes/outcome.ts';
import { isRejection } from '../../../src/core/outcomes/record-fields.ts';
import type { SpanRules } from '../../../src/core/slo/mapping-rules.ts';
import { DEFAULT_MAPPING } from '../../../src/core/slo/mapping-rules.ts';
import type { Workflow } from '../../../src/core/slo/slo.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { TRACE, aSpan } from '../../support/telemetry.ts';

interface Sketch {
  readonly spans?: Partial<SpanRules>;
  readonly steps?: readonly string[];
  readonly breakdown?: readonly string[];
}

/** Workflows of one SLO each, of which `orders` looks at the attribute `region`. */
function workflows(sketches: Readonly<Record<string, Sketch>> = { orders: {} }) {
  const slos = Object.keys(sketches).map((workflow) =>
    defineSlo({ workflow, sli: { where: { region: { op: 'in', values: ['eu'] } } } }),
  );
  const definitions = define(slos);
  const mapped = [...definitions.workflows].map(([name, workflow]): [string, Workflow] => {
    const { spans, steps = [], breakdown = [] } = sketches[name]!;
    const mapping = spans && { ...DEFAULT_MAPPING, spans: { ...DEFAULT_MAPPING.spans, ...spans } };
    return [name, { ...workflow, steps, breakdown, ...(mapping && { mapping }) }];
  });
  return mappedWorkflows({ ...definitions, workflows: new Map(mapped) });
}

const everything = (_workflow: string) => true;

function mapped(span: TraceSpan, sketches?: Readonly<Record<string, Sketch>>, mayReport = everything) {
  const found = recordsOfSpan(span, workflows(sketches), mayReport);
  return typeof found === 'string' ? found : found.records;
}

const child = { isRoot: false, spanId: '00f067aa0ba902b7', name: 'charge-card' };

describe('without configuration', () => {
  it('a root span is an execution of the workflow called like its service, under the trace id', () => {
    expect(mapped(aSpan())).toEqual([
      {
        workflow: 'orders',
        execution: TRACE,
        status: 'succeeded',
        at: 1_772_366_401_000,
        startedAt: 1_772_366_400_000,
        step: null,
        attempt: 1,
        willRetry: false,
        dependency: null,
        error: null,
        failedStep: null,
        traceId: TRACE,
        attributes: undefined,
      },
    ]);
  });

  it.each<[what: string, span: Parameters<typeof aSpan>[0], expected: object]>([
    ['a server span', { ...child, kind: 'server' }, { step: null }],
    ['a consumer span', { ...child, kind: 'consumer' }, { step: null }],
    ['an inner span', child, { step: 'charge-card' }],
    ['an inner span called like the workflow', { ...child, name: 'orders' }, { step: null }],
    ['a span whose name is no name', { ...child, name: 'GET /a b/{id}?' }, { step: 'GET-/a-b/-id' }],
    ['an error', { failed: true }, { status: 'failed', error: null }],
    [
      'an error with a type',
      { failed: true, exception: 'TypeError', attributes: { 'error.type': 'timeout' } },
      { error: 'timeout' },
    ],
    [
      'an error of another type',
      { failed: true, exception: 'TypeError', attributes: { 'error.type': '_OTHER' } },
      { error: 'TypeError' },
    ],
    ['an exception', { failed: true, exception: 'TypeError' }, { error: 'TypeError' }],
    [
      'a status code of an older instrumentation',
      { failed: true, attributes: { 'http.status_code': 503 } },
      { error: '503' },
    ],
    ['an exception that was handled', { exception: 'TypeError' }, { status: 'succeeded', error: null }],
    [
      'a peer',
      { ...child, kind: 'client', attributes: { 'peer.service': 'bank api' } },
      { dependency: 'bank-api' },
    ],
    [
      'a database',
      { ...child, kind: 'client', attributes: { 'db.system': 'redis' } },
      { dependency: 'redis' },
    ],
    [
      'a database of today',
      { ...child, kind: 'client', attributes: { 'db.system': 'x', 'db.system.name': 'postgresql' } },
      { dependency: 'postgresql' },
    ],
    [
      'a broker',
      { ...child, kind: 'producer', attributes: { 'messaging.system': 'kafka' } },
      { dependency: 'kafka' },
    ],
    [
      'what sent a message to a consumer',
      { kind: 'consumer', attributes: { 'messaging.system': 'kafka', 'peer.service': 'shop' } },
      { dependency: null },
    ],
    ['a resend', { ...child, attributes: { 'http.request.resend_count': 2 } }, { attempt: 3 }],
    [
      'an attempt that is tried again',
      { ...child, failed: true, attributes: { 'burnwatch.attempt': '2', 'burnwatch.will_retry': true } },
      { attempt: 2, willRetry: true },
    ],
    [
      'what it says itself',
      {
        ...child,
        attributes: {
          'burnwatch.workflow': 'orders',
          'burnwatch.execution': 'order-17',
          'burnwatch.step': 'ship',
          'burnwatch.status': 'cancelled',
          'burnwatch.dependency': 'dhl',
        },
        resource: {},
      },
      { workflow: 'orders', execution: 'order-17', step: 'ship', status: 'cancelled', dependency: 'dhl' },
    ],
    [
      'where an execution failed',
      { failed: true, attributes: { 'burnwatch.failed_step': 'ship', 'burnwatch.error': 'lost' } },
      { failedStep: 'ship', error: 'lost' },
    ],
    ['a clock that stepped back', { startedAt: 1_772_366_402_000 }, { startedAt: 1_772_366_401_000 }],
    [
      'what SLOs look at, of the span or its resource',
      { attributes: { region: 'e\nu', other: 'x' }, resource: { 'service.name': 'orders', region: 'us' } },
      { attributes: { region: 'e u' } },
    ],
  ])('maps %s', (_what, span, expected) => {
    expect(mapped(aSpan(span))).toEqual([expect.objectContaining(expected)]);
  });

  it('attributes are those of the breakdown as well', () => {
    const span = aSpan({ attributes: { tenant: 'acme', region: 'eu', other: 'x' } });
    expect(mapped(span, { orders: { breakdown: ['tenant'] } })).toMatchObject([
      { attributes: { tenant: 'acme', region: 'eu' } },
    ]);
  });

  it('a long value is cut where no character is', () => {
    const region = `${'x'.repeat(255)}\u{1f525}`;
    expect(mapped(aSpan({ attributes: { region } }))).toMatchObject([
      { attributes: { region: `${'x'.repeat(255)}\ufffd` } },
    ]);
  });

  it('every record is one that POST /v1/outcomes takes', () => {
    for (const span of [aSpan(), aSpan({ ...child, failed: true, exception: 'E\u0000x' })]) {
      const [record] = mapped(span) as object[];
      expect(isRejection(parseOutcome(record, span.endedAt))).toBe(false);
    }
  });

  it('with steps in the file only those are steps; with none every span is', () => {
    const steps = { orders: { steps: ['charge-card'] } };
    expect(mapped(aSpan(child), steps)).toMatchObject([{ step: 'charge-card' }]);
    expect(mapped(aSpan({ ...child, name: 'dns.lookup' }), steps)).toBe('not-mapped');
    expect(mapped(aSpan({ ...child, name: 'dns.lookup' }))).toMatchObject([{ step: 'dns.lookup' }]);
  });

  it('a root span called like a workflow is an execution of it, whatever the service', () => {
    const jobs = { 'service.name': 'jobs' };
    expect(mapped(aSpan({ name: 'orders', resource: jobs }))).toMatchObject([
      { workflow: 'orders', step: null },
    ]);
    expect(mapped(aSpan({ ...child, name: 'orders', resource: jobs }))).toBe('no-workflow');
    expect(mapped(aSpan({ name: 'other', resource: jobs }))).toBe('no-workflow');
    expect(mapped(aSpan({ name: 'other', resource: {} }))).toBe('no-workflow');
  });

  it('a workflow that a span names and no file defines comes back as it is, to be rejected', () => {
    expect(mapped(aSpan({ attributes: { 'burnwatch.workflow': 'oders' } }))).toMatchObject([
      { workflow: 'oders' },
    ]);
  });

  it('G1: says nothing of workflows that the sender may not report to', () => {
    const none = () => false;
    expect(mapped(aSpan(), undefined, none)).toBe('no-workflow');
    expect(mapped(aSpan({ name: 'orders', resource: {} }), undefined, none)).toBe('no-workflow');
  });
});

describe('with rules', () => {
  const rules = {
    checkout: {
      steps: ['charge-card', 'ship'],
      spans: {
        services: ['shop', 'pay-*'],
        executions: ['POST /checkout'],
        steps: [
          ['POST /v?/charges', 'charge-card'],
          ['ship *', 'ship'],
        ] as const,
        execution: ['order.id'],
        attempt: ['try'],
        dependency: ['server.address'],
        error: ['reason'],
        attributes: { region: 'cloud.region' },
      },
    },
    refund: { spans: { services: ['shop'], where: { kind: { op: 'in', values: ['refund'] } as const } } },
  };
  const shop = { 'service.name': 'shop' };

  it('takes what the file says', () => {
    const pay = { 'service.name': 'pay-eu', 'cloud.region': 'eu' };
    expect(mapped(aSpan({ name: 'POST /checkout', isRoot: false, resource: shop }), rules)).toMatchObject([
      { workflow: 'checkout', step: null, execution: TRACE },
    ]);
    const charge = aSpan({
      name: 'POST /v1/charges',
      kind: 'server',
      failed: true,
      attributes: { 'order.id': 17, try: 2, 'server.address': 'api.bank.example', reason: 'declined' },
      resource: pay,
    });
    expect(mapped(charge, rules)).toMatchObject([
      {
        workflow: 'checkout',
        step: 'charge-card',
        execution: '17',
        attempt: 2,
        dependency: 'api.bank.example',
        error: 'declined',
        attributes: { region: 'eu' },
      },
    ]);
    expect(mapped(aSpan({ name: 'ship', resource: shop }), rules)).toMatchObject([{ step: 'ship' }]);
    expect(mapped(aSpan({ name: 'GET /healthz', resource: shop }), rules)).toBe('not-mapped');
    expect(mapped(aSpan({ name: 'POST /checkout', resource: { 'service.name': 'checkout' } }), rules)).toBe(
      'no-workflow',
    );
  });

  it('a span that names its workflow and is called like it is an execution, whatever the file says of others', () => {
    const sketches = { orders: { spans: { executions: ['POST /orders'] } } };
    expect(mapped(aSpan({ name: 'orders', isRoot: false }), sketches)).toMatchObject([{ step: 'orders' }]);
    const span = aSpan({ name: 'orders', isRoot: false, attributes: { 'burnwatch.workflow': 'orders' } });
    expect(mapped(span, sketches)).toMatchObject([{ step: null }]);
  });

  it('a span may belong to several workflows', () => {
    const span = aSpan({ name: 'POST /checkout', attributes: { kind: 'refund' }, resource: shop });
    expect(mapped(span, rules)).toMatchObject([{ workflow: 'checkout' }, { workflow: 'refund' }]);
    const onlyRefunds = (workflow: string) => workflow === 'refund';
    expect(mapped(span, rules, onlyRefunds)).toMatchObject([{ workflow: 'refund' }]);
  });
});
