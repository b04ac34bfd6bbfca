import { gzipSync } from 'node:zlib';
import { CloudEvent, HTTP } from 'cloudevents';
import type { Message } from 'cloudevents';
import { array, assert, asyncProperty, constantFrom, dictionary, jsonValue, nat, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { anEvent } from '../../support/cloud-events.ts';
import { token } from '../../support/tokens.ts';
import { watchTurns } from '../../support/turns.ts';
import type { RunningServer } from '../running-server.ts';
import { startServer } from '../running-server.ts';

const EVENTS = '/v1/events';
const STRUCTURED = { 'Content-Type': 'application/cloudevents+json' };
const BATCH = { 'Content-Type': 'application/cloudevents-batch+json' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MIB = 1024 * 1024;

/** Of now, of the workflow that servers in tests have. */
const event = (changes: Readonly<Record<string, unknown>> = {}) =>
  anEvent({ type: 'com.example.order-fulfillment.completed', time: undefined, ...changes });
const structured = ({ post }: RunningServer, body: unknown, headers: Record<string, string> = STRUCTURED) =>
  post(JSON.stringify(body), headers, EVENTS);
const binary = (headers: Readonly<Record<string, string>> = {}) => ({
  'ce-specversion': '1.0',
  'ce-id': 'e-1',
  'ce-source': '/shop',
  'ce-type': 'com.example.order-fulfillment.completed',
  'ce-subject': 'order-17',
  ...headers,
});

/** What a sender that uses the SDK does with a message of it. */
function send({ url }: RunningServer, { headers, body }: Message): Promise<Response> {
  return fetch(`${url}${EVENTS}`, {
    method: 'POST',
    headers: headers as Record<string, string>,
    body: body as string,
  });
}

describe('events of the CloudEvents SDK', () => {
  const sent = (changes: object = {}) =>
    new CloudEvent({
      id: 'e-1',
      source: '/shop',
      type: 'com.example.order-fulfillment.failed',
      subject: 'Order 17 für Zoë',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      data: { error: 'declined' },
      ...changes,
    });

  it('C1: in structured, binary and batch mode are the same record, which counts once', async () => {
    const running = await startServer();
    const one = sent();
    const answers: unknown[] = [];
    for (const message of [HTTP.structured(one), HTTP.binary(one)])
      answers.push(await (await send(running, message)).json());
    answers.push(await (await structured(running, [one, sent()], BATCH)).json());
    expect(answers).toEqual([
      { accepted: 1, duplicates: 0, ignored: 0, rejected: [] },
      { accepted: 0, duplicates: 1, ignored: 0, rejected: [] },
      { accepted: 0, duplicates: 2, ignored: 0, rejected: [] },
    ]);
    for (const call of running.recorder.calls) {
      expect(call[0]).toEqual({
        workflow: 'order-fulfillment',
        execution: 'Order 17 für Zoë',
        status: 'failed',
        at: one.time,
        step: null,
        attempt: 1,
        willRetry: false,
        dependency: null,
        error: 'declined',
        failedStep: null,
        traceId: '0af7651916cd43dd8448eb211c80319c',
        attributes: undefined,
      });
    }
  });

  it('C1: without a subject an event counts once, however often and in which mode it comes', async () => {
    const running = await startServer();
    const one = sent({ subject: undefined });
    const another = sent({ subject: undefined, id: 'e-2' });
    for (const message of [HTTP.binary(one), HTTP.structured(one), HTTP.structured(another)])
      expect((await send(running, message)).status).toBe(200);
    const executions = running.recorder.calls
      .flat()
      .map((record) => (record as { execution: string }).execution);
    expect(executions[0]).toBe(executions[1]);
    expect(new Set(executions).size).toBe(2);
  });

  it('in binary mode may have data that is no JSON, or none', async () => {
    const running = await startServer();
    const text = HTTP.binary(sent({ datacontenttype: 'text/plain', data: 'it broke' }));
    expect((await send(running, text)).status).toBe(200);
    const none = await fetch(`${running.url}${EVENTS}`, { method: 'POST', headers: binary() });
    expect(await none.json()).toMatchObject({ accepted: 1 });
  });
});

describe('answers', () => {
  it('give rejections their places and codes, and say how many events were ignored', async () => {
    const running = await startServer();
    const batch = [
      event({ type: 'com.example.other.completed' }),
      event({ specversion: '0.3' }),
      event(),
      { ...event({ id: 'e-2', subject: 'order-18' }), time: 'yesterday' },
      event({ subject: undefined, type: 'order-fulfillment.started' }),
      7,
    ];
    const answer = await structured(running, batch, BATCH);
    expect(answer.status).toBe(200);
    const { accepted, ignored, rejected } = (await answer.json()) as {
      accepted: number;
      ignored: number;
      rejected: { index: number; code: string }[];
    };
    expect([accepted, ignored]).toEqual([1, 1]);
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'invalid-field'],
      [3, 'invalid-field'],
      [4, 'invalid-field'],
      [5, 'not-an-object'],
    ]);
    const metrics = await (await fetch(`${running.url}/metrics`)).text();
    expect(metrics).toContain('burnwatch_telemetry_total{signal="events",result="no-workflow"} 1');
    expect(metrics).toContain('burnwatch_telemetry_total{signal="events",result="rejected"} 4');
    expect(metrics).toContain('burnwatch_outcomes_rejected_total{code="not-an-object"} 1');
  });

  it('422 when nothing was accepted, 200 when it was ignored', async () => {
    const running = await startServer();
    const refused = await structured(running, event({ id: undefined }));
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { code: 'nothing-accepted', accepted: 0, rejected: [{ index: 0, code: 'missing-field' }] },
    ]);
    const ignored = await structured(running, event({ type: 'com.example.mail.opened' }));
    expect([ignored.status, await ignored.json()]).toEqual([
      200,
      { accepted: 0, duplicates: 0, ignored: 1, rejected: [] },
    ]);
    expect(running.recorder.calls).toEqual([]);
  });

  it('of requests that are none', async () => {
    const running = await startServer();
    const { post, url, recorder } = running;
    const codeOf = async (answer: Response) => [
      answer.status,
      ((await answer.json()) as { code: string }).code,
    ];
    const plain = await post('{}', {}, EVENTS);
    expect(plain.headers.get('accept')).toBe(
      'application/cloudevents+json, application/cloudevents-batch+json',
    );
    expect(await codeOf(plain)).toEqual([415, 'unsupported-media-type']);
    const foreign = { 'Content-Type': 'application/cloudevents+json; charset=utf-16' };
    expect(await codeOf(await post('{}', foreign, EVENTS))).toEqual([415, 'unsupported-media-type']);
    const avro = { 'Content-Type': 'application/cloudevents+avro' };
    expect(await codeOf(await post('x', avro, EVENTS))).toEqual([415, 'unsupported-media-type']);
    expect(await codeOf(await post('', STRUCTURED, EVENTS))).toEqual([400, 'empty-body']);
    expect(await codeOf(await post('{', STRUCTURED, EVENTS))).toEqual([400, 'invalid-json']);
    expect(await codeOf(await post('{', binary(), EVENTS))).toEqual([400, 'invalid-json']);
    expect((await fetch(`${url}${EVENTS}`)).status).toBe(405);
    recorder.before = () => {
      throw new StoreUnavailable('down');
    };
    const away = await structured(running, event());
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('G1: needs the scope ingest; events of workflows that a token may not report to are ignored or rejected', async () => {
    const tokens = [token('reader', 'read', 'r'), token('shop', 'ingest@shop-*', 's')];
    const running = await startServer({ tokens });
    const by = (secret: string) => ({ ...STRUCTURED, Authorization: `Bearer ${secret}` });
    expect((await structured(running, event())).status).toBe(401);
    expect((await structured(running, event(), by('r'))).status).toBe(403);
    expect(await (await structured(running, event(), by('s'))).json()).toMatchObject({ ignored: 1 });
    expect(running.recorder.calls).toEqual([]);
  });
});

describe('binary mode', () => {
  it('reads percent-encoded headers, and takes no data from them', async () => {
    const running = await startServer();
    const headers = binary({
      'ce-subject': 'order%2017%20%C3%BC',
      'ce-data': '{"error":"forged"}',
      'ce-type': 'order-fulfillment.failed',
      'Content-Type': 'application/vnd.shop+json; charset=utf-8',
    });
    await running.post('{"error":"real"}', headers, EVENTS);
    await running.post('{"error":"real"}', { ...headers, 'ce-subject': '100%' }, EVENTS);
    expect(running.recorder.calls.flat()).toMatchObject([
      { execution: 'order 17 ü', error: 'real' },
      { execution: '100%', error: 'real' },
    ]);
  });

  it('structured mode goes before headers', async () => {
    const running = await startServer();
    await structured(running, event({ subject: 'inside' }), {
      ...binary({ 'ce-subject': 'outside' }),
      ...STRUCTURED,
    });
    expect(running.recorder.calls).toMatchObject([[{ execution: 'inside' }]]);
  });
});

describe('G2: hostile events', () => {
  it.each<[what: string, body: string, headers: Record<string, string>, status: number]>([
    ['events without end', `[${'{},'.repeat(MIB)}{}]`, BATCH, 413],
    ['as many as are taken', `[${'7,'.repeat(49_999)}7]`, BATCH, 422],
    ['brackets', `[${'['.repeat(2 * MIB)}${']'.repeat(2 * MIB)}]`, BATCH, 422],
    ['unclosed brackets', '['.repeat(4 * MIB), BATCH, 400],
    ['a huge event', JSON.stringify(event({ data: 'x'.repeat(MIB) })), STRUCTURED, 413],
    ['a huge attribute', JSON.stringify(event({ region: 'x'.repeat(60_000) })), STRUCTURED, 200],
    [
      'deep data',
      `{"specversion":"1.0","id":"1","source":"/","type":"order-fulfillment.completed","data":${'['.repeat(7000)}${']'.repeat(7000)}}`,
      STRUCTURED,
      200,
    ],
    ['deep binary data', '['.repeat(30_000) + ']'.repeat(30_000), binary(JSON_TYPE), 200],
    ['huge binary data', `"${'x'.repeat(MIB)}"`, binary(JSON_TYPE), 413],
    ['huge data of another type', 'x'.repeat(4 * MIB), binary({ 'Content-Type': 'image/png' }), 200],
    ['prototypes', '{"__proto__":{"id":"1"},"constructor":1,"specversion":"1.0"}', STRUCTURED, 422],
  ])('%s', async (_what, body, headers, status) => {
    const { post } = await startServer();
    const packed = body.length > 8 * MIB;
    const watch = watchTurns();
    const answer = await post(packed ? gzipSync(body) : body, headers, EVENTS);
    await answer.arrayBuffer();
    expect(answer.status).toBe(status);
    expect(watch.stop()).toBeLessThan(100);
  });

  it('no JSON crashes it', async () => {
    const running = await startServer();
    const known = constantFrom(
      'specversion',
      'id',
      'source',
      'type',
      'subject',
      'time',
      'data',
      'burnwatchattempt',
    );
    await assert(
      asyncProperty(
        array(dictionary(known, jsonValue()), { maxLength: 3 }),
        nat(1),
        async (changes, mode) => {
          const events = changes.map((each) => event(each));
          const body = mode === 0 ? events : (events[0] ?? {});
          const answer = await structured(running, body, mode === 0 ? BATCH : STRUCTURED);
          expect([200, 422]).toContain(answer.status);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('no headers crash it', async () => {
    const running = await startServer();
    const printable = string({ unit: 'binary-ascii' }).map((text) => text.replaceAll(/[^ -~]/g, '~').trim());
    const names = constantFrom(
      'ce-id',
      'ce-source',
      'ce-type',
      'ce-time',
      'ce-__proto__',
      'ce-data',
      'ce-burnwatchstep',
    );
    await assert(
      asyncProperty(dictionary(names, printable), printable, async (headers, body) => {
        const answer = await running.post(body, binary(headers), EVENTS);
        expect([200, 400, 422]).toContain(answer.status);
      }),
      { numRuns: 200 },
    );
  });
});
