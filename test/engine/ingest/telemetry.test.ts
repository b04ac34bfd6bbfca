import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetricPoint, TraceSpan } from '../../../src/core/mapping/telemetry.ts';
import { ALL_GRANTS, type Caller } from '../../../src/core/ports/token.ts';
import { MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { createTelemetryRecorder } from '../../../src/engine/ingest/telemetry.ts';
import { readCloudEvent } from '../../../src/core/mapping/cloud-event.ts';
import { isRejection } from '../../../src/core/outcomes/record-fields.ts';
import { anEvent } from '../../support/cloud-events.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { shuffled } from '../../support/random.ts';
import { aPoint, aSpan } from '../../support/telemetry.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const done = defineSlo({ name: 'done' });
const quick = defineSlo({ name: 'quick', sli: { withinMs: 10 * SECOND } });
const charged = defineSlo({ name: 'charged', sli: { step: 'charge-card' } });
const tries = defineSlo({ name: 'tries', sli: { step: 'charge-card', per: 'attempt' } });
const calls = defineSlo({ name: 'calls', sli: { dependency: 'bank' } });
const depth = defineSlo({
  name: 'depth',
  sli: { kind: 'measurement', name: 'dlq-depth', where: {}, op: '<=', limit: 100, sums: false },
});
const slos = [done, quick, charged, tries, calls, depth];
const CALLER: Caller = { name: 'collector', address: '10.0.0.1', grants: ALL_GRANTS };

let world: World;
beforeEach(async () => {
  world = await startWorld({ slos });
});
afterEach(() => world.close());

/** Another replica: it knows nothing of what the others were sent. */
const replica = () => createTelemetryRecorder({ recorder: world.recorder, definitions: () => define(slos) });

async function sendSpans(spans: readonly TraceSpan[], to = replica()) {
  const batch = to.spans(CALLER);
  for (const span of spans) batch.add(span);
  return batch.record();
}

async function sendPoints(points: readonly MetricPoint[], to = replica()) {
  const batch = to.points(CALLER);
  for (const point of points) batch.add(point);
  return batch.record();
}

/** A trace: a request that charges a card, at the second attempt where `i` is odd; a tenth fails, and every seventh is slow. */
function trace(i: number, now: number): TraceSpan[] {
  const traceId = i.toString(16).padStart(31, '0').padStart(32, 'b');
  const endedAt = now - i * 20;
  const failed = i % 10 === 0;
  const took = i % 7 === 0 ? 20 * SECOND : SECOND;
  const charge = (attempt: number, error: boolean) =>
    aSpan({
      traceId,
      spanId: `${i}-${attempt}`,
      isRoot: false,
      name: 'charge-card',
      kind: 'client',
      startedAt: endedAt - 500,
      endedAt: endedAt - 400 + attempt,
      failed: error,
      attributes: { 'peer.service': 'bank', 'http.request.resend_count': attempt - 1 },
    });
  return [
    aSpan({ traceId, spanId: `${i}`, kind: 'server', startedAt: endedAt - took, endedAt, failed }),
    ...(i % 2 === 1 ? [charge(1, true), charge(2, failed)] : [charge(1, failed)]),
  ];
}

describe('spans', () => {
  it('C1: in any order, in parts, repeated and at several replicas count as a recount of the traces', async () => {
    const now = world.clock.now();
    const traces = Array.from({ length: 200 }, (_, i) => trace(i, now));
    const sent = shuffled(
      [...traces.flat(), ...traces.slice(0, 120).flat(), ...traces.slice(50, 90).flat()],
      7,
    );
    const replicas = [replica(), replica()];
    let accepted = 0;
    for (let at = 0; at < sent.length; at += 37) {
      const result = await sendSpans(sent.slice(at, at + 37), replicas[at % 2]);
      expect(result.rejected).toEqual([]);
      accepted += result.accepted;
    }
    expect(accepted).toBe(traces.flat().length);
    const failed = traces.filter((_, i) => i % 10 === 0).length;
    expect(await world.counted(done)).toEqual({ good: 200 - failed, bad: failed });
    expect(await world.counted(charged)).toEqual({ good: 200 - failed, bad: failed });
    const bad = traces.filter((_, i) => i % 10 === 0 || i % 7 === 0).length;
    expect(await world.counted(quick)).toEqual({ good: 200 - bad, bad });
    expect(await world.counted(tries)).toEqual({ good: 200 - failed, bad: failed + 100 });
    expect(await world.counted(calls)).toEqual({ good: 200 - failed, bad: failed });
    const [failure] = await world.store.readFailures(calls, now - MINUTE, now);
    expect(failure).toMatchObject({ step: 'charge-card', dependency: 'bank' });
  });

  it('says which of them were rejected, once each, and what was ignored', async () => {
    const now = world.clock.now();
    const at = { startedAt: now - SECOND, endedAt: now };
    const result = await sendSpans([
      aSpan({ ...at, resource: { 'service.name': 'stranger' } }),
      aSpan({ ...at, attributes: { 'burnwatch.workflow': 'oders' } }),
      aSpan(at),
      aSpan({ ...at, spanId: 'another', failed: true }),
      aSpan({ ...at, traceId: 'b'.repeat(32), attributes: { 'burnwatch.status': 'odd' } }),
    ]);
    expect(result.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'unknown-workflow'],
      [3, 'conflict'],
      [4, 'invalid-field'],
    ]);
    expect(result).toMatchObject({ accepted: 1, duplicates: 0, conflicts: 1, alike: 1 });
    expect([...result.ignored]).toEqual([['no-workflow', 1]]);
  });

  it('follow the definitions of the moment', async () => {
    let current = define([defineSlo({ workflow: 'other' })]);
    const telemetry = createTelemetryRecorder({ recorder: world.recorder, definitions: () => current });
    const now = world.clock.now();
    const span = aSpan({ startedAt: now, endedAt: now });
    expect((await sendSpans([span], telemetry)).accepted).toBe(0);
    current = define(slos);
    expect((await sendSpans([span], telemetry)).accepted).toBe(1);
  });
});

describe('events', () => {
  /** An order that charges a card; a tenth fails, every seventh is slow. */
  function order(i: number, now: number): unknown[] {
    const failed = i % 10 === 0;
    const began = now - 60 * SECOND;
    const took = i % 7 === 0 ? 20 * SECOND : SECOND;
    const about = (type: string, at: number, more: object = {}) =>
      anEvent({
        id: `${i} ${type}`,
        type: `com.example.orders.${type}`,
        subject: `order-${i}`,
        time: new Date(at).toISOString(),
        ...more,
      });
    const data = { error: 'declined' };
    return [
      about('started', began),
      about(failed ? 'charge-card.failed' : 'charge-card.completed', began + 10, {
        burnwatchdependency: 'bank',
        data,
      }),
      about(failed ? 'failed' : 'completed', began + took, { data }),
    ];
  }

  async function sendEvents(events: readonly unknown[], to = replica()) {
    const batch = to.events(CALLER);
    for (const raw of events) {
      const event = readCloudEvent(raw);
      if (isRejection(event)) batch.reject(event);
      else batch.add(event);
    }
    return batch.record();
  }

  it('C1: in any order, repeated and at several replicas count as a recount of the orders', async () => {
    const now = world.clock.now();
    const orders = Array.from({ length: 100 }, (_, i) => order(i, now));
    const sent = shuffled([...orders.flat(), ...orders.slice(20, 70).flat()], 11);
    const replicas = [replica(), replica()];
    let accepted = 0;
    for (let at = 0; at < sent.length; at += 17) {
      const result = await sendEvents(sent.slice(at, at + 17), replicas[at % 2]);
      expect(result).toMatchObject({ rejected: [], alike: 0 });
      accepted += result.accepted;
    }
    expect(accepted).toBe(orders.flat().length);
    expect(await world.counted(done)).toEqual({ good: 90, bad: 10 });
    expect(await world.counted(charged)).toEqual({ good: 90, bad: 10 });
    expect(await world.counted(calls)).toEqual({ good: 90, bad: 10 });
    const bad = orders.filter((_, i) => i % 10 === 0 || i % 7 === 0).length;
    expect(await world.counted(quick)).toEqual({ good: 100 - bad, bad });
  });

  it('says which of them were rejected, and which of a request stand for the same', async () => {
    const at = { time: new Date(world.clock.now()).toISOString(), type: 'orders.completed' };
    const result = await sendEvents([
      anEvent({ ...at, burnwatchworkflow: 'oders' }),
      anEvent({ ...at, specversion: '2.0' }),
      anEvent(at),
      anEvent(at),
      anEvent({ ...at, id: 'another' }),
      anEvent({ ...at, id: 'third', type: 'orders.failed' }),
      anEvent({ ...at, id: 'fourth', type: 'orders.started' }),
    ]);
    expect(result.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'unknown-workflow'],
      [1, 'invalid-field'],
      [5, 'conflict'],
    ]);
    expect(result).toMatchObject({ accepted: 2, duplicates: 2, conflicts: 1, alike: 2 });
  });
});

describe('points', () => {
  it('C1: count once each, however often and in whatever parts they are sent', async () => {
    const timeNs = world.clock.now() * 1e6;
    const count = (status: string, value: number, host: string) =>
      aPoint({
        metric: 'burnwatch.outcomes',
        value,
        timeNs,
        startNs: timeNs - 60e9,
        attributes: { 'burnwatch.status': status },
        resource: { 'service.name': 'orders', 'host.name': host },
      });
    const gauge = (value: number, host: string) =>
      aPoint({
        metric: 'dlq-depth',
        kind: 'value',
        value,
        timeNs,
        resource: { 'service.name': 'orders', host },
      });
    const points = [
      count('ok', 70, 'a'),
      count('ok', 20, 'b'),
      count('error', 3, 'a'),
      gauge(5, 'a'),
      gauge(500, 'b'),
    ];
    expect(await sendPoints(points)).toMatchObject({ accepted: 5, duplicates: 0, rejected: [] });
    expect(await sendPoints(points.toReversed())).toMatchObject({ accepted: 0, duplicates: 5 });
    expect(await world.counted(done)).toEqual({ good: 90, bad: 3 });
    expect(await world.counted(depth)).toEqual({ good: 1, bad: 1 });
  });

  it('notes what never reaches the recorder, with who sent it', async () => {
    const noted: unknown[] = [];
    const telemetry = createTelemetryRecorder({
      recorder: world.recorder,
      definitions: () => define(slos),
      onRejected: (rejection, caller) => noted.push([rejection.code, rejection.message, caller]),
    });
    const batch = telemetry.points(CALLER);
    batch.reject({ code: 'invalid-field', message: 'of no use' });
    batch.add(aPoint({ metric: 'burnwatch.outcomes', kind: 'total' }));
    await batch.record();
    expect(noted).toEqual([
      ['invalid-field', 'of no use', CALLER],
      ['invalid-field', expect.stringContaining('cumulative'), CALLER],
    ]);
  });

  it('gives rejections their places among points of both kinds', async () => {
    const timeNs = world.clock.now() * 1e6;
    const result = await sendPoints([
      aPoint({ metric: 'dlq-depth', kind: 'value', timeNs: 1e9 }),
      aPoint({ metric: 'other', timeNs }),
      aPoint({ metric: 'burnwatch.outcomes', kind: 'total', timeNs }),
      aPoint({ metric: 'burnwatch.outcomes', attributes: { 'burnwatch.status': 'odd' }, timeNs }),
    ]);
    expect(result.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'too-old'],
      [2, 'invalid-field'],
      [3, 'invalid-field'],
    ]);
  });
});
