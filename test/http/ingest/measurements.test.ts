import { token } from '../../support/tokens.ts';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { openConnection, startServer } from '../running-server.ts';

const PATH = '/v1/measurements';
const NDJSON = { 'Content-Type': 'application/x-ndjson' };

function measurement(value: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { workflow: 'order-fulfillment', name: 'dlq-depth', value, at: Date.now(), ...changes };
}

describe('POST /v1/measurements', () => {
  it('takes one object, an array, NDJSON and gzip, and hands on the records as they are', async () => {
    const { post, recorder } = await startServer();
    const [one, two, three, four] = [1, 2, 3, 4].map((value) => measurement(value, { id: `m-${value}` }));
    const answer = await post(JSON.stringify(one), {}, PATH);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    const again = await post(JSON.stringify([one, two]), {}, PATH);
    expect(await again.json()).toEqual({ accepted: 1, duplicates: 1, rejected: [] });
    await post(`${JSON.stringify(three)}\n\n`, NDJSON, `${PATH}?source=test`);
    await post(gzipSync(JSON.stringify(four)), { 'Content-Encoding': 'gzip' }, PATH);
    expect(recorder.calls).toEqual([[one], [one, two], [three], [four]]);
  });

  it('says by position which records were rejected', async () => {
    const { post } = await startServer();
    const body = [measurement(1), measurement(Number.NaN), { ...measurement(2), execution: 'e' }];
    const answer = (await (await post(JSON.stringify(body), {}, PATH)).json()) as {
      accepted: number;
      rejected: { index: number; code: string }[];
    };
    expect(answer.accepted).toBe(1);
    expect(answer.rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'missing-field'],
      [2, 'unknown-field'],
    ]);
  });

  it('answers what cannot be taken as outcomes do', async () => {
    const { post, url, recorder } = await startServer({ ingest: { maxBodyBytes: 1000, maxRecords: 2 } });
    const codeOf = async (response: Promise<Response>) => {
      const { code } = (await (await response).json()) as { code: string };
      return [(await response).status, code];
    };
    expect(await codeOf(fetch(`${url}${PATH}`))).toEqual([405, 'method-not-allowed']);
    expect(await codeOf(post('{', {}, PATH))).toEqual([400, 'invalid-json']);
    expect(await codeOf(post('', {}, PATH))).toEqual([400, 'empty-body']);
    expect(await codeOf(post('[{},{},{}]', {}, PATH))).toEqual([413, 'too-many-records']);
    expect(await codeOf(post('x'.repeat(1001), {}, PATH))).toEqual([413, 'body-too-large']);
    recorder.before = () => {
      throw new StoreUnavailable('down');
    };
    expect(await codeOf(post('{}', {}, PATH))).toEqual([503, 'store-unavailable']);
  });

  it('needs the scope ingest', async () => {
    const tokens = [token('reader', 'read', 'r')];
    const { post, recorder } = await startServer({ tokens });
    expect((await post('{}', {}, PATH)).status).toBe(401);
    expect((await post('{}', { Authorization: 'Bearer r' }, PATH)).status).toBe(403);
    expect(recorder.calls).toEqual([]);
  });

  it('G2: shares the memory for bodies with outcomes', async () => {
    const { port, post } = await startServer({ ingest: { maxHeldBytes: 600 } });
    const held = await openConnection(port);
    held.send(
      `POST /v1/outcomes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n${'x'.repeat(500)}`,
    );
    const answers = [];
    // Until the half of the other body has arrived there is room.
    do answers.push((await post(JSON.stringify(measurement(1)).padEnd(200), {}, PATH)).status);
    while (answers.at(-1) === 200 && answers.length < 1000);
    expect(answers.at(-1)).toBe(503);
  });
});
