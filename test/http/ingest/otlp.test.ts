import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { DAY, HOUR } from '../../../src/core/time/duration.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { WireSpan } from '../../support/otlp.ts';
import {
  attribute,
  double,
  fixed64,
  hex,
  jsonSpan,
  jsonTraces,
  message,
  num,
  text,
  wireSpan,
  wireTraces,
} from '../../support/otlp.ts';
import { token } from '../../support/tokens.ts';
import { startServer } from '../running-server.ts';
import type { RunningServer } from '../running-server.ts';

const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MIB = 1024 * 1024;
const TRACES = '/v1/traces';
const METRICS = '/v1/metrics';
const SERVICE = 'order-fulfillment';
const TRACE = '0af7651916cd43dd8448eb211c80319c';

const partial = (field: number, count: number, why: string) => message(1, num(field, count), text(2, why));
const empty = Buffer.alloc(0);

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

async function telemetry({ url }: RunningServer): Promise<readonly string[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith('burnwatch_telemetry_total') && !line.endsWith(' 0'));
}

/** Spans in both encodings, with their content type. */
const both = (service: string, ...spans: WireSpan[]) =>
  [
    ['protobuf', PROTOBUF, wireTraces(service, ...spans.map(wireSpan))],
    ['JSON', JSON_TYPE, JSON.stringify(jsonTraces(service, ...spans.map(jsonSpan)))],
  ] as const;

describe('POST /v1/traces', () => {
  it('takes protobuf and JSON, gzip or not, as the same records', async () => {
    const { post, recorder } = await startServer();
    const end = Date.now();
    const spans: WireSpan[] = [
      {
        traceId: TRACE,
        name: 'charge-card',
        parent: 'ab'.repeat(8),
        kind: 3,
        end,
        failed: true,
        exception: 'E',
        attributes: { 'peer.service': 'bank' },
      },
      { traceId: TRACE, parent: '0'.repeat(16), end, start: end - 5000, spanId: '00'.repeat(7) + '01' },
    ];
    for (const [, type, body] of both(SERVICE, ...spans)) {
      for (const packed of [false, true]) {
        const headers = packed ? { ...type, 'Content-Encoding': 'gzip' } : type;
        const answer = await post(packed ? gzipSync(body) : body, headers, TRACES);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-type')).toBe(type['Content-Type']);
        expect((await bytesOf(answer)).toString()).toBe(type === PROTOBUF ? '' : '{}');
      }
    }
    expect(recorder.calls).toHaveLength(4);
    for (const call of recorder.calls) {
      expect(call).toMatchObject([
        {
          workflow: SERVICE,
          execution: TRACE,
          status: 'failed',
          step: 'charge-card',
          dependency: 'bank',
          error: 'E',
          at: end,
          startedAt: end - 1000,
        },
        {
          workflow: SERVICE,
          execution: TRACE,
          status: 'succeeded',
          step: null,
          at: end,
          startedAt: end - 5000,
          traceId: TRACE,
        },
      ]);
      expect(call).toEqual(recorder.calls[0]);
    }
  });

  it('reads every kind of value, and passes over what it does not know', async () => {
    const definitions = define([
      defineSlo({
        workflow: 'w',
        sli: {
          where: Object.fromEntries(
            ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, { op: 'in', values: ['x'] }]),
          ),
        },
      }),
    ]);
    const { post, recorder } = await startServer({ definitions });
    const now = Date.now();
    const span = message(
      2,
      num(99, 1),
      hex(1, TRACE),
      hex(2, 'cd'.repeat(8)),
      text(5, 'work'),
      fixed64(8, BigInt(now) * 1_000_000n),
      attribute(9, 'a', 'x'),
      attribute(9, 'b', -5n),
      attribute(9, 'c', 1.5),
      attribute(9, 'd', true),
      // A list and a map, which are no values to select by.
      message(9, text(1, 'e'), message(2, message(5, message(1, text(1, 'x'))))),
      message(9, text(1, 'f'), message(2, message(6, message(1, text(1, 'k'), message(2, text(1, 'x')))))),
      message(10, text(1, 'dropped')).subarray(0, 0),
      message(13, hex(1, TRACE), hex(2, 'cd'.repeat(8))),
      fixed64(100, 1n),
    );
    // The resource stands behind what it made, and again in another form.
    const body = message(
      1,
      message(2, span),
      text(3, 'https://schema'),
      message(1, attribute(1, 'service.name', 'w')),
    );
    expect((await post(body, PROTOBUF, TRACES)).status).toBe(200);
    const json = {
      resourceSpans: [
        {
          scopeSpans: [
            { spans: null },
            {
              spans: [
                {
                  traceId: TRACE.toUpperCase(),
                  spanId: 'cd'.repeat(8),
                  name: 'work',
                  kind: 'SPAN_KIND_INTERNAL',
                  endTimeUnixNano: `${now}000000`,
                  attributes: [
                    { key: 'a', value: { stringValue: 'x' } },
                    { key: 'b', value: { intValue: '-5' } },
                    { key: 'c', value: { doubleValue: 1.5 } },
                    { key: 'd', value: { boolValue: true } },
                    { key: 'e', value: { arrayValue: { values: [] } } },
                    { key: 'f', value: { kvlistValue: {} } },
                  ],
                },
              ],
            },
          ],
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'w' } }] },
        },
      ],
    };
    expect((await post(JSON.stringify(json, null, 2), JSON_TYPE, TRACES)).status).toBe(200);
    for (const call of recorder.calls)
      expect(call).toMatchObject([{ at: now, attributes: { a: 'x', b: '-5', c: '1.5', d: 'true' } }]);
    expect(recorder.calls).toHaveLength(2);
  });

  it('says as a partial success how many were rejected and why, in the encoding of the request', async () => {
    const running = await startServer();
    const old: WireSpan = { end: Date.now() - DAY - HOUR };
    const unknown: WireSpan = { attributes: { 'burnwatch.workflow': 'oders' } };
    const broken: WireSpan = { traceId: '0'.repeat(32) };
    const [protobuf, json] = both(SERVICE, {}, old, old, unknown, broken);
    const answer = await running.post(protobuf[2], protobuf[1], TRACES);
    expect(answer.status).toBe(200);
    const written = await bytesOf(answer);
    const inJson = await running.post(json[2], json[1], TRACES);
    const { partialSuccess } = (await inJson.json()) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string };
    };
    expect(partialSuccess.rejectedSpans).toBe('3');
    expect(partialSuccess.errorMessage).toMatch(
      /^3 spans were rejected\. 2 too-old, such as: at is .* 1 invalid-field, such as: A span has a trace id/,
    );
    expect(written.toString().replace(/at is [^,]*/, '')).toEqual(
      partial(1, 3, partialSuccess.errorMessage)
        .toString()
        .replace(/at is [^,]*/, ''),
    );
    expect(await telemetry(running)).toEqual([
      'burnwatch_telemetry_total{signal="spans",result="mapped"} 4',
      'burnwatch_telemetry_total{signal="spans",result="rejected"} 6',
    ]);
  });

  it.each([
    ['no', ''],
    ['a short', 'cd'],
    ['an empty', '0'.repeat(16)],
    ['a huge', 'cd'.repeat(MIB / 4)],
  ])('%s span id is rejected, and not quoted', async (_what, spanId) => {
    const { post, recorder } = await startServer();
    for (const [, type, body] of both(SERVICE, { spanId })) {
      const answer = await bytesOf(await post(body, type, TRACES));
      expect(answer.length).toBeLessThan(1024);
      expect(answer.toString()).toContain('invalid-field');
    }
    expect(recorder.calls).toEqual([]);
  });

  it('ignores spans of no workflow, and counts them and those that are alike', async () => {
    const running = await startServer();
    const strange = wireTraces('stranger', wireSpan(), wireSpan());
    const alike = wireTraces(
      SERVICE,
      wireSpan({ spanId: '01'.repeat(8) }),
      wireSpan({ spanId: '02'.repeat(8) }),
      wireSpan({ spanId: '01'.repeat(8) }),
    );
    expect(
      (await bytesOf(await running.post(Buffer.concat([strange, alike]), PROTOBUF, TRACES))).length,
    ).toBe(0);
    expect(await telemetry(running)).toEqual([
      'burnwatch_telemetry_total{signal="spans",result="no-workflow"} 2',
      'burnwatch_telemetry_total{signal="spans",result="mapped"} 3',
      'burnwatch_telemetry_total{signal="spans",result="alike"} 1',
    ]);
  });

  it('takes a request without spans', async () => {
    const { post, recorder } = await startServer();
    expect((await post(empty, PROTOBUF, TRACES)).status).toBe(200);
    expect((await post('{}', JSON_TYPE, TRACES)).status).toBe(200);
    expect((await post('{"resourceSpans":null}', JSON_TYPE, TRACES)).status).toBe(200);
    expect((await post('{"resourceSpans":[]}', JSON_TYPE, TRACES)).status).toBe(200);
    expect(recorder.calls).toEqual([]);
  });
});

describe('errors', () => {
  it('have a google.rpc.Status in the encoding of the request; only 429 and 503 may be retried', async () => {
    const { post, recorder } = await startServer();
    const broken = await post(Buffer.from([0x0a, 0x05]), PROTOBUF, TRACES);
    expect([broken.status, broken.headers.get('retry-after')]).toEqual([400, null]);
    expect(await bytesOf(broken)).toEqual(
      Buffer.concat([
        num(1, 3),
        text(
          2,
          'invalid-protobuf: The body is not the protobuf message of this path: it ends within a field.',
        ),
      ]),
    );
    const notJson = await post('{"resourceSpans":[}', JSON_TYPE, TRACES);
    expect([notJson.status, await notJson.json()]).toEqual([
      400,
      { code: 3, message: 'invalid-json: The body is not JSON: a value is missing at byte 18.' },
    ]);
    recorder.before = () => {
      throw new StoreUnavailable('down');
    };
    for (const [, type, body] of both(SERVICE, {})) {
      const away = await post(body, type, TRACES);
      expect([away.status, away.headers.get('retry-after'), away.headers.get('content-type')]).toEqual([
        503,
        '1',
        type['Content-Type'],
      ]);
      expect((await bytesOf(away)).toString()).toContain('store-unavailable');
    }
  });

  it('of another content type are problems, as everywhere', async () => {
    const { post, url } = await startServer();
    const answer = await post('x', { 'Content-Type': 'text/plain' }, TRACES);
    expect([answer.status, answer.headers.get('accept')]).toEqual([
      415,
      'application/x-protobuf, application/json',
    ]);
    expect(await answer.json()).toMatchObject({ code: 'unsupported-media-type' });
    expect((await fetch(`${url}${TRACES}`)).status).toBe(405);
    expect((await post('', JSON_TYPE, TRACES)).status).toBe(400);
  });

  it('G1: needs the scope ingest; spans of workflows that a token may not report to are rejected or ignored', async () => {
    const tokens = [token('reader', 'read', 'r'), token('shop', 'ingest@shop-*', 's')];
    const { post, recorder } = await startServer({ tokens });
    const body = wireTraces(SERVICE, wireSpan());
    const denied = await post(body, PROTOBUF, TRACES);
    expect([denied.status, denied.headers.get('content-type')]).toEqual([401, 'application/x-protobuf']);
    expect((await post(body, { ...PROTOBUF, Authorization: 'Bearer r' }, TRACES)).status).toBe(403);
    const foreign = await post(body, { ...PROTOBUF, Authorization: 'Bearer s' }, TRACES);
    expect([foreign.status, (await bytesOf(foreign)).length]).toEqual([200, 0]);
    expect(recorder.calls).toEqual([]);
  });
});

describe('POST /v1/metrics', () => {
  const at = Date.now();
  const point = (value: Buffer, ...more: Buffer[]) =>
    message(
      1,
      fixed64(2, BigInt(at - 60_000) * 1_000_000n),
      fixed64(3, BigInt(at) * 1_000_000n),
      value,
      ...more,
    );
  const metrics = (...list: Buffer[]) =>
    message(1, message(1, attribute(1, 'service.name', SERVICE)), message(2, ...list));
  const sum = (name: string, temporality: number, monotonic: boolean, ...points: Buffer[]) =>
    message(
      2,
      text(1, name),
      text(2, 'about it'),
      text(3, '1'),
      message(7, ...points, num(2, temporality), num(3, monotonic ? 1 : 0)),
    );
  const gauge = (name: string, ...points: Buffer[]) => message(2, text(1, name), message(5, ...points));
  const definitions = define([
    defineSlo({ workflow: SERVICE }),
    defineSlo({
      workflow: SERVICE,
      name: 'depth',
      sli: { kind: 'measurement', name: 'dlq-depth', where: {}, op: '<=', limit: 100, sums: false },
    }),
  ]);
  const jsonPoint = (value: object, attributes: object[] = []) => ({
    startTimeUnixNano: `${at - 60_000}000000`,
    timeUnixNano: `${at}000000`,
    attributes,
    ...value,
  });
  const failed = attribute(7, 'burnwatch.status', 'failed');
  const jsonFailed = [{ key: 'burnwatch.status', value: { stringValue: 'failed' } }];

  it('takes deltas as counts and gauges as measurements, in both encodings the same', async () => {
    const running = await startServer({ definitions });
    const body = metrics(
      sum('burnwatch.outcomes', 1, true, point(fixed64(6, 7n), failed)),
      gauge(
        'dlq-depth',
        point(double(4, 12.5)),
        point(fixed64(6, -3n), attribute(7, 'q', 'b')),
        point(double(4, 1), num(8, 1)),
      ),
      // Non-monotonic and cumulative: how much there is, such as an UpDownCounter.
      sum('dlq-depth', 2, false, point(fixed64(6, 4n), attribute(7, 'q', 'c'))),
      message(2, text(1, 'latency'), message(9, message(1, fixed64(3, 1n)), num(2, 1))),
    );
    const json = {
      resourceMetrics: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: SERVICE } }] },
          scopeMetrics: [
            {
              metrics: [
                {
                  name: 'burnwatch.outcomes',
                  sum: {
                    dataPoints: [jsonPoint({ asInt: '7' }, jsonFailed)],
                    aggregationTemporality: 1,
                    isMonotonic: true,
                  },
                },
                {
                  name: 'dlq-depth',
                  gauge: {
                    dataPoints: [
                      jsonPoint({ asDouble: 12.5 }),
                      jsonPoint({ asInt: -3 }, [{ key: 'q', value: { stringValue: 'b' } }]),
                      jsonPoint({ asDouble: 1, flags: 1 }),
                    ],
                  },
                },
                {
                  name: 'dlq-depth',
                  sum: {
                    dataPoints: [jsonPoint({ asInt: '4' }, [{ key: 'q', value: { stringValue: 'c' } }])],
                    aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
                  },
                },
                { name: 'latency', histogram: { dataPoints: [{ count: '1' }] } },
              ],
            },
          ],
        },
      ],
    };
    expect(await bytesOf(await running.post(body, PROTOBUF, METRICS))).toEqual(empty);
    expect(await (await running.post(JSON.stringify(json), JSON_TYPE, METRICS)).json()).toEqual({});
    const [outcomes, measurements, ...again] = running.recorder.calls;
    expect(outcomes).toMatchObject([{ workflow: SERVICE, status: 'failed', count: 7, at }]);
    expect(measurements).toMatchObject([{ name: 'dlq-depth', value: 12.5, at }, { value: -3 }, { value: 4 }]);
    expect(again).toEqual([outcomes, measurements]);
    expect(await telemetry(running)).toEqual([
      'burnwatch_telemetry_total{signal="points",result="mapped"} 8',
    ]);
  });

  it('rejects cumulative sums that would have to be counted, and says what to do', async () => {
    const { post } = await startServer({ definitions });
    const body = metrics(sum('burnwatch.outcomes', 2, true, point(fixed64(6, 7n), failed)));
    const answer = (await bytesOf(await post(body, PROTOBUF, METRICS))).toString();
    expect(answer).toContain(
      '1 data point was rejected. 1 invalid-field, such as: burnwatch.outcomes is cumulative',
    );
    expect(answer).toContain('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta');
  });
});
