import { describe, expect, it } from 'vitest';
import { readCloudEvent } from '../../../src/core/mapping/cloud-event.ts';
import { recordsOfEvent } from '../../../src/core/mapping/event-mapping.ts';
import { mappedWorkflows } from '../../../src/core/mapping/mapped-workflows.ts';
import { parseOutcome } from '../../../src/core/outcomes/outcome.ts';
import { isRejection } from '../../../src/core/outcomes/record-fields.ts';
import type { EventRules } from '../../../src/core/slo/mapping-rules.ts';
import { DEFAULT_MAPPING } from '../../../src/core/slo/mapping-rules.ts';
import type { Workflow } from '../../../src/core/slo/slo.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { anEvent } from '../../support/cloud-events.ts';

interface Sketch {
  readonly events?: Partial<EventRules>;
  readonly steps?: readonly string[];
}

/** Workflows of one SLO each, which looks at the attribute `region`. */
function workflows(sketches: Readonly<Record<string, Sketch>>) {
  const slos = Object.keys(sketches).map((workflow) =>
    defineSlo({ workflow, sli: { where: { region: { op: 'in', values: ['eu'] } } } }),
  );
  const definitions = define(slos);
  const mapped = [...definitions.workflows].map(([name, workflow]): [string, Workflow] => {
    const { events, steps = [] } = sketches[name]!;
    const mapping = events && { ...DEFAULT_MAPPING, events: { ...DEFAULT_MAPPING.events, ...events } };
    return [name, { ...workflow, steps, ...(mapping && { mapping }) }];
  });
  return mappedWorkflows({ ...definitions, workflows: new Map(mapped) });
}

const CHECKOUT = { checkout: { steps: ['charge-card', 'ship'] } };
const everything = (_workflow: string) => true;

function mapped(
  changes: Readonly<Record<string, unknown>>,
  sketches: Readonly<Record<string, Sketch>> = CHECKOUT,
  mayReport = everything,
) {
  const event = readCloudEvent(anEvent(changes));
  if (isRejection(event)) return event.code;
  const found = recordsOfEvent(event, workflows(sketches), mayReport);
  return typeof found === 'string' ? found : found.records;
}

describe('without configuration', () => {
  it('the type says the workflow and what happened, the subject which execution', () => {
    expect(mapped({})).toEqual([
      {
        workflow: 'checkout',
        execution: 'order-17',
        status: 'succeeded',
        at: '2026-03-01T12:00:00Z',
        step: null,
        attempt: 1,
        willRetry: false,
        dependency: null,
        error: null,
        failedStep: null,
        traceId: null,
        attributes: undefined,
      },
    ]);
  });

  it.each([
    ['com.example.checkout.started', 'started'],
    ['com.example.checkout.queued', 'queued'],
    ['com.example.checkout.succeeded', 'succeeded'],
    ['com.example.checkout.completed', 'succeeded'],
    ['com.example.checkout.completed.v1', 'succeeded'],
    ['com.example.checkout.failed', 'failed'],
    ['com.example.checkout.canceled', 'cancelled'],
    ['com.example.checkout.Skipped', 'skipped'],
    ['checkout.failed', 'failed'],
    ['com/example/checkout/failed', 'failed'],
  ])('the type %s reports %s', (type, status) => {
    expect(mapped({ type })).toMatchObject([{ workflow: 'checkout', step: null, status }]);
  });

  it.each<[what: string, changes: Readonly<Record<string, unknown>>, record: object]>([
    [
      'a step',
      { type: 'com.example.checkout.charge-card.failed' },
      { step: 'charge-card', status: 'failed' },
    ],
    [
      'a step by the source',
      { type: 'com.example.ship.completed', source: '/services/checkout' },
      { workflow: 'checkout', step: 'ship' },
    ],
    [
      'an execution by the source',
      { type: 'order.completed', source: 'https://shop.example/checkout/' },
      { workflow: 'checkout', step: null },
    ],
    ['a source as a URN', { type: 'order.completed', source: 'urn:shop:checkout' }, { workflow: 'checkout' }],
    [
      'extension attributes',
      {
        type: 'something',
        source: '/',
        burnwatchworkflow: 'checkout',
        burnwatchstatus: 'FAILED',
        burnwatchstep: 'ship',
        burnwatchexecution: 'e1',
        burnwatchattempt: 2,
        burnwatchwillretry: true,
        burnwatchdependency: 'parcel service',
        burnwatcherror: 'timeout',
      },
      {
        workflow: 'checkout',
        status: 'failed',
        step: 'ship',
        execution: 'e1',
        attempt: 2,
        willRetry: true,
        dependency: 'parcel-service',
        error: 'timeout',
      },
    ],
    [
      'where an execution failed',
      { type: 'checkout.failed', burnwatchfailedstep: 'ship' },
      { failedStep: 'ship' },
    ],
    ['an error in the data', { type: 'checkout.failed', data: { error: 'declined' } }, { error: 'declined' }],
    [
      'the type of an error in the data',
      { type: 'checkout.failed', data: { error: { type: 'Declined', code: 7 } } },
      { error: 'Declined' },
    ],
    ['no error on what succeeded', { data: { error: 'none' } }, { error: null }],
    [
      'the trace',
      { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      { traceId: '0af7651916cd43dd8448eb211c80319c' },
    ],
    [
      'no trace of something else',
      { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` },
      { traceId: null },
    ],
    ['an attribute of the event', { region: 'eu', data: { region: 'us' } }, { attributes: { region: 'eu' } }],
    ['an attribute of the data', { data: { region: 'us' } }, { attributes: { region: 'us' } }],
  ])('%s', (_what, changes, record) => {
    expect(mapped(changes)).toMatchObject([record]);
  });

  it('where the file lists no steps, what stands behind the workflow is one', () => {
    const type = 'com.example.checkout.pack.completed';
    expect(mapped({ type }, { checkout: {} })).toMatchObject([{ step: 'pack' }]);
    expect(mapped({ type, source: '/checkout' }, CHECKOUT)).toBe('not-mapped');
    const written = { checkout: { events: { steps: [['x', 'ship']] as const } } };
    expect(mapped({ type }, written)).toBe('no-workflow');
    const order = { type: 'com.example.order.completed', source: '/checkout' };
    expect(mapped(order, { checkout: {} })).toMatchObject([{ step: null }]);
  });

  it('every record is one that POST /v1/outcomes takes', () => {
    const arrival = Date.parse('2026-03-01T12:01:00Z');
    for (const changes of [{}, { subject: undefined }, { type: 'checkout.failed', data: { error: 'x' } }]) {
      for (const record of mapped(changes) as readonly object[])
        expect(isRejection(parseOutcome(record, arrival))).toBe(false);
    }
  });

  it.each([
    [{ type: 'com.example.checkout.viewed' }, 'not-mapped'],
    [{ type: 'com.example.refund.completed' }, 'no-workflow'],
    [{ type: 'completed' }, 'no-workflow'],
    [{ type: 'com.example.checkout.unknown.completed' }, 'no-workflow'],
  ])('%j belongs to nothing', (changes, why) => {
    expect(mapped(changes)).toBe(why);
  });

  it('C1: without a subject each event is an execution, the same for a repeat and for no other', () => {
    const executionOf = (changes: object) => {
      const [record] = mapped({ subject: undefined, ...changes }) as { execution: string }[];
      return record!.execution;
    };
    expect(executionOf({})).toBe(executionOf({ time: undefined, data: 1 }));
    const all = [
      {},
      { id: 'another' },
      { source: '/elsewhere' },
      { id: '7x', source: '/shop' },
      { id: 'x', source: '/shop7' },
    ];
    expect(new Set(all.map(executionOf)).size).toBe(all.length);
    expect(() => mapped({ type: 'checkout.started', subject: undefined })).toThrow('has no subject');
    expect(() => mapped({ type: 'checkout.queued', subject: '' })).toThrow('has no subject');
  });

  it('what is for Burnwatch is not taken from data', () => {
    const data = {
      burnwatchworkflow: 'other',
      burnwatchstatus: 'failed',
      burnwatchexecution: 'e',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    expect(mapped({ data }, { ...CHECKOUT, other: {} })).toMatchObject([
      { workflow: 'checkout', status: 'succeeded', execution: 'order-17', traceId: null },
    ]);
  });

  it('a workflow that an event names and no file defines comes back as it is, to be rejected', () => {
    expect(mapped({ burnwatchworkflow: 'chekout' })).toMatchObject([{ workflow: 'chekout' }]);
  });

  it('G1: says nothing of workflows that the sender may not report to', () => {
    expect(mapped({}, CHECKOUT, () => false)).toBe('no-workflow');
    const sketches = { checkout: { events: { sources: ['/shop'] } } };
    expect(mapped({}, sketches, () => false)).toBe('no-workflow');
  });
});

describe('with a mapping', () => {
  const events: Partial<EventRules> = {
    sources: ['/shop*'],
    statuses: [
      ['com.shop.order.placed', 'started'],
      ['com.shop.order.delivered', 'succeeded'],
    ],
    executions: ['com.shop.order.*'],
    steps: [['com.shop.payment.*', 'charge-card']],
    where: { tenant: { op: 'in', values: ['acme'] } },
    execution: ['data.order.id'],
    attempt: ['data.try'],
    dependency: ['data.bank'],
    error: ['data.reason'],
    attributes: { region: 'data.shop.region' },
  };
  const sketches = { checkout: { events, steps: ['charge-card', 'ship'] } };
  const data = { order: { id: 17 }, tenant: 'acme', shop: { region: 'eu' } };

  it('takes what the file says', () => {
    expect(mapped({ type: 'com.shop.order.placed', data }, sketches)).toMatchObject([
      { workflow: 'checkout', execution: '17', status: 'started', step: null, attributes: { region: 'eu' } },
    ]);
    const failed = { ...data, try: 2, bank: 'acme bank', reason: 'declined' };
    expect(mapped({ type: 'com.shop.payment.failed', data: failed }, sketches)).toMatchObject([
      { execution: '17', step: 'charge-card', attempt: 2, dependency: 'acme-bank', error: 'declined' },
    ]);
    expect(mapped({ type: 'com.shop.ship.completed', data }, sketches)).toMatchObject([{ step: 'ship' }]);
  });

  it('leaves out what it does not take', () => {
    expect(mapped({ type: 'com.shop.mail.failed', data }, sketches)).toBe('not-mapped');
    expect(mapped({ type: 'com.shop.order.placed', data: { tenant: 'b' } }, sketches)).toBe('not-mapped');
    expect(mapped({ source: '/elsewhere', data }, sketches)).toBe('no-workflow');
  });

  it('looks at nothing that data inherits', () => {
    const inherited = {
      checkout: { events: { execution: ['data.constructor.name', 'data.toString.length'] } },
    };
    expect(mapped({ data: { a: 1 } }, inherited)).toMatchObject([{ execution: 'order-17' }]);
  });
});

describe('events', () => {
  it.each<[what: string, raw: unknown, code: string]>([
    ['a number', 7, 'not-an-object'],
    ['a list', [], 'not-an-object'],
    ['null', null, 'not-an-object'],
    ['no version', anEvent({ specversion: undefined }), 'missing-field'],
    ['another version', anEvent({ specversion: '0.3' }), 'invalid-field'],
    ['no id', anEvent({ id: undefined }), 'missing-field'],
    ['an empty id', anEvent({ id: '' }), 'missing-field'],
    ['an id that is a number', anEvent({ id: 7 }), 'invalid-field'],
    ['a long source', anEvent({ source: 'x'.repeat(1025) }), 'invalid-field'],
    ['a type that is an object', anEvent({ type: {} }), 'invalid-field'],
    ['a subject that is a list', anEvent({ subject: [] }), 'invalid-field'],
    [
      'attributes without end',
      anEvent(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`a${i}`, 1]))),
      'invalid-field',
    ],
  ])('%s is rejected', (_what, raw, code) => {
    expect(readCloudEvent(raw)).toMatchObject({ code });
  });
});
