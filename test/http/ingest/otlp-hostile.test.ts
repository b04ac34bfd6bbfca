import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attribute,
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
import { pointsOf } from '../../../src/http/ingest/otlp/metrics-protobuf.ts';
import { watchTurns } from '../../support/turns.ts';
import { startServer } from '../running-server.ts';

const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };
const GZIP = { 'Content-Encoding': 'gzip' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const SERVICE = 'order-fulfillment';
const MIB = 1024 * 1024;
const TRACES = '/v1/traces';
const METRICS = '/v1/metrics';

/** Repeats bytes up to about so many. */
const filled = (unit: Buffer, size: number) =>
  Buffer.alloc(Math.ceil(size / unit.length) * unit.length, unit);

/** Posts a body, and expects that nobody else had to wait for it. */
async function statusOf(body: Buffer, type: Record<string, string>, path = TRACES): Promise<number> {
  // The fake would check all records at once; what is measured here is HTTP alone.
  const taken = (records: readonly unknown[]) =>
    Promise.resolve({ accepted: records.length, duplicates: 0, rejected: [] });
  const { post } = await startServer({
    recorder: {
      record: taken,
      recordMeasurements: taken,
      refusal: () => null,
      drain: () => Promise.resolve(),
      queued: 0,
    },
  });
  // Unpacking runs on a thread of its own, which counts as processor time as well.
  const packed = body.length > 8 * MIB;
  const sent = packed ? gzipSync(body) : body;
  const watch = watchTurns();
  const answer = await post(sent, packed ? { ...type, ...GZIP } : type, path);
  await answer.arrayBuffer();
  expect(watch.stop()).toBeLessThan(100);
  return answer.status;
}

describe('G2: hostile protobuf', () => {
  const empty = message(1);
  const emptySpan = message(2);
  const manyAttributes = filled(attribute(1, 'a', 'b'), 900 * 12);
  it.each<[what: string, body: Buffer, status: number]>([
    ['resources without end', filled(empty, 4 * MIB), 413],
    ['unknown fields without end', filled(num(9, 1), 4 * MIB), 413],
    ['scopes without end', message(1, filled(message(2), 4 * MIB)), 413],
    ['unknown fields of a scope', message(1, message(2, filled(num(9, 1), 8 * MIB))), 413],
    ['spans without end', message(1, message(2, filled(emptySpan, MIB))), 413],
    ['a huge resource', message(1, message(1, filled(attribute(1, 'a', 'b'), 2 * MIB))), 413],
    [
      'a huge span',
      wireTraces(SERVICE, message(2, hex(1, 'ab'.repeat(16)), text(5, 'x'.repeat(2 * MIB)))),
      200,
    ],
    ['a span of attributes', wireTraces(SERVICE, message(2, filled(attribute(9, 'a', 'b'), MIB - 20))), 200],
    ['a span of events', wireTraces(SERVICE, message(2, filled(message(11, text(2, 'x')), MIB - 20))), 200],
    ['a span of unknown fields', wireTraces(SERVICE, message(2, filled(num(99, 1), MIB - 20))), 200],
    ['resources of many attributes', filled(message(1, message(1, manyAttributes)), 8 * MIB), 200],
    ['resources said over and over', message(1, filled(message(1, manyAttributes), 8 * MIB)), 200],
    ['an attribute of keys', wireTraces(SERVICE, message(2, message(9, filled(text(1, ''), MIB - 40)))), 200],
    ['an attribute of values', wireTraces(SERVICE, message(2, message(9, filled(emptySpan, MIB - 40)))), 200],
    ['an event of names', wireTraces(SERVICE, message(2, message(11, filled(text(2, ''), MIB - 40)))), 200],
    [
      'lists in lists',
      wireTraces(SERVICE, message(2, message(9, text(1, 'a'), message(2, nested(20_000))))),
      200,
    ],
    ['a length beyond the end', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]), 400],
    ['a number without end', Buffer.alloc(20, 0xff), 400],
    ['a group of old', Buffer.from([0x0b]), 400],
    ['a field 0', Buffer.from([0x00, 0x00]), 400],
    ['a text where a number belongs', wireTraces(SERVICE, message(2, text(6, 'x'))), 400],
  ])('%s', async (_what, body, status) => {
    expect(await statusOf(body, PROTOBUF)).toBe(status);
  });

  it('no bytes crash it, cut short or changed', async () => {
    const { post } = await startServer();
    const body = wireTraces(SERVICE, wireSpan({ exception: 'E', attributes: { a: 'b' } }));
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length), fc.nat(body.length - 1), fc.nat(255), async (end, at, byte) => {
        const changed = Buffer.from(body.subarray(0, end));
        if (at < end) changed[at] = byte;
        expect([200, 400, 413]).toContain((await post(changed, PROTOBUF, TRACES)).status);
      }),
      { numRuns: 200 },
    );
  });
});

describe('G2: hostile metrics', () => {
  const metrics = (...list: Buffer[]) =>
    message(1, message(1, attribute(1, 'service.name', SERVICE)), message(2, ...list));
  const sum = (...fields: Buffer[]) => message(2, text(1, 'burnwatch.outcomes'), message(7, ...fields));
  const failed = attribute(7, 'burnwatch.status', 'failed');
  it.each<[what: string, body: Buffer, status: number]>([
    ['metrics without end', metrics(filled(message(2), 8 * MIB)), 413],
    ['names of a metric', metrics(message(2, filled(text(1, ''), 8 * MIB))), 413],
    ['sums of a metric', metrics(message(2, filled(message(7), 8 * MIB))), 413],
    ['temporalities of a sum', metrics(sum(filled(num(2, 1), 8 * MIB))), 413],
    ['empty points without end', metrics(sum(filled(message(1), 16 * MIB), num(2, 1), num(3, 1))), 413],
    ['points without end', metrics(sum(num(2, 1), num(3, 1), filled(message(1, fixed64(6, 1n)), MIB))), 413],
    ['a huge point', metrics(sum(message(1, fixed64(6, 1n), filled(failed, 2 * MIB)))), 200],
    [
      'points of many attributes',
      metrics(sum(filled(message(1, fixed64(6, 1n), filled(failed, 20_000)), 8 * MIB))),
      200,
    ],
    ['a text where a number belongs', metrics(sum(text(2, 'x'))), 400],
  ])('%s', async (_what, body, status) => {
    expect(await statusOf(body, PROTOBUF, METRICS)).toBe(status);
  });

  it('holds no points that it has not come to yet', () => {
    const body = metrics(sum(filled(message(1), 8 * MIB), num(2, 1), num(3, 1)));
    const before = process.memoryUsage().heapUsed;
    let most = 0;
    let steps = 0;
    for (const thing of pointsOf(body)) {
      if (thing !== null) throw new Error('an empty point has no value');
      if (++steps % MIB === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect(steps).toBeGreaterThan(4 * MIB - 1);
    expect(most).toBeLessThan(64 * MIB);
  });
});

/** An `AnyValue` of lists in each other. */
function nested(depth: number): Buffer {
  let value = text(1, 'x');
  // Bytes grow with the square of the depth otherwise.
  for (let at = 0; at < Math.min(depth, 500); at++) value = message(5, message(1, value));
  return value;
}

describe('G2: hostile JSON', () => {
  const within = (spans: string) => `{"resourceSpans":[{"scopeSpans":[{"spans":${spans}}]}]}`;
  it.each<[what: string, body: string, status: number]>([
    ['spans without end', within(`[${'{},'.repeat(MIB)}{}]`), 413],
    ['brackets', within(`[${'['.repeat(2 * MIB)}${']'.repeat(2 * MIB)}]`), 200],
    ['unclosed brackets', '['.repeat(4 * MIB), 400],
    ['unclosed objects', '{"resourceSpans":['.repeat(MIB / 4), 400],
    ['other members without end', `{${'"a":1,'.repeat(MIB)}"b":1}`, 413],
    ['a huge name', within(JSON.stringify([{ ...jsonSpan(), name: 'x'.repeat(2 * MIB) }])), 200],
    ['a huge resource', `{"resourceSpans":[{"resource":{"a":"${'x'.repeat(MIB)}"}}]}`, 413],
    ['spaces', `{${' '.repeat(8 * MIB)}}`, 400],
    ['resources without end', `{"resourceSpans":[${'{},'.repeat(MIB)}{}]}`, 413],
    ['wrong types', '{"resourceSpans":{"a":1}}', 400],
    ['another document', '[]', 400],
    ['something behind it', '{} {}', 400],
    ['spans of wrong types', within('[null,1,"x",[],{"traceId":1},{"attributes":{}}]'), 200],
    [
      'values of wrong types',
      within(
        JSON.stringify([
          {
            ...jsonSpan(),
            attributes: [null, { key: 1 }, { key: 'a', value: [] }],
            events: [null],
            status: 7,
          },
        ]),
      ),
      200,
    ],
    ['prototypes', '{"__proto__":{"resourceSpans":[]},"constructor":1}', 200],
  ])('%s', async (_what, body, status) => {
    expect(await statusOf(Buffer.from(body), JSON_TYPE)).toBe(status);
  });

  it('no text crashes it, cut short or changed', async () => {
    const { post } = await startServer();
    const body = JSON.stringify(jsonTraces(SERVICE, jsonSpan({ exception: 'E', attributes: { a: 'b' } })));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(body.length),
        fc.nat(body.length),
        fc.constantFrom('"', '{', ']', ',', ':', '\\', 'é', '0'),
        async (end, at, put) => {
          const changed = body.slice(0, at) + put + body.slice(at + 1, Math.max(end, at + 1));
          expect([200, 400]).toContain((await post(changed, JSON_TYPE, TRACES)).status);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('G2: the largest bodies', () => {
  const attributes = { 'http.route': 'x'.repeat(600), 'db.query.text': 'y'.repeat(100) };
  it('of protobuf', async () => {
    const spans = filled(wireSpan({ attributes }), 31 * MIB);
    expect(await statusOf(wireTraces(SERVICE, spans), PROTOBUF)).toBe(200);
  });

  it('of JSON', async () => {
    const span = jsonSpan({ attributes });
    const spans = Array.from({ length: (30 * MIB) / JSON.stringify(span).length }, () => span);
    expect(await statusOf(Buffer.from(JSON.stringify(jsonTraces(SERVICE, ...spans))), JSON_TYPE)).toBe(200);
  });
});
