import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { QueueFull } from '../../../src/core/ports/recorder.ts';
import { NothingLoaded, StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { until } from '../../support/until.ts';
import { openConnection, outcome, startServer } from '../running-server.ts';

const NDJSON = { 'Content-Type': 'application/x-ndjson' };

async function problem(response: Response): Promise<[number, string]> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = (await response.json()) as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'code', 'detail']);
  expect(body['status']).toBe(response.status);
  expect(body['type']).toBe(`urn:burnwatch:problem:${String(body['code'])}`);
  return [response.status, String(body['code'])];
}

describe('what counts', () => {
  it('takes one object, an array and NDJSON, and hands on the records as they are', async () => {
    const { post, recorder } = await startServer();
    const one = await post(JSON.stringify(outcome('a')));
    expect(one.status).toBe(200);
    expect(await one.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    const two = await post(JSON.stringify([outcome('a'), outcome('b')]));
    expect(await two.json()).toEqual({ accepted: 1, duplicates: 1, rejected: [] });
    const lines = `\uFEFF${JSON.stringify(outcome('c'))}\r\n\n  \n${JSON.stringify(outcome('d'))}\n`;
    expect(await (await post(lines, NDJSON)).json()).toMatchObject({ accepted: 2 });
    expect(recorder.calls).toEqual([
      [outcome('a')],
      [outcome('a'), outcome('b')],
      [outcome('c'), outcome('d')],
    ]);
  });

  it('takes an empty array as nothing to count', async () => {
    const { post } = await startServer();
    expect(await (await post('[]')).json()).toMatchObject({ accepted: 0, rejected: [] });
  });

  it.each([
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
    'application/x-ndjson; charset=UTF8',
  ])('takes %s', async (type) => {
    const { post } = await startServer();
    expect((await post(JSON.stringify(outcome('a')), { 'Content-Type': type })).status).toBe(200);
  });

  it('unpacks gzip, of several members too', async () => {
    const { post } = await startServer();
    const body = Buffer.concat([gzipSync(`[${JSON.stringify(outcome('a'))},`), gzipSync('{}]')]);
    const answer = await post(body, { 'Content-Encoding': 'gzip' });
    expect(await answer.json()).toMatchObject({ accepted: 1, rejected: [{ index: 1 }] });
  });

  it('rejects malformed lines one by one, and gives every record its position in the body', async () => {
    const { post } = await startServer();
    const lines = [
      '{"workflow":',
      JSON.stringify(outcome('a')),
      '',
      '[]',
      'x',
      JSON.stringify({ status: 'no' }),
    ];
    const answer = await post(lines.join('\n'), NDJSON);
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { accepted: number; rejected: { index: number; code: string }[] };
    expect(body.accepted).toBe(1);
    expect(body.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'invalid-json'],
      [2, 'not-an-object'],
      [3, 'invalid-json'],
      [4, 'invalid-field'],
    ]);
  });

  it('parses long bodies in slices to the same records as JSON.parse', async () => {
    const { post, recorder } = await startServer();
    const records = Array.from({ length: 3000 }, (_, index) =>
      outcome(`id "${index}" \\ ]},{[ é😀 ${createHash('md5').update(String(index)).digest('hex')}`, {
        attributes: { note: '\\"[{' },
      }),
    );
    for (const text of [
      JSON.stringify(records),
      JSON.stringify(records, null, 2),
      ` \n${JSON.stringify(records)} \n`,
    ]) {
      expect((await post(text)).status).toBe(200);
    }
    expect((await post(records.map((record) => JSON.stringify(record)).join('\n'), NDJSON)).status).toBe(200);
    expect(recorder.calls).toHaveLength(4);
    for (const call of recorder.calls) expect(call).toEqual(records);
  });

  it('lists at most 1000 rejected records and says how many there are', async () => {
    const { post } = await startServer();
    const answer = await post(`[${Array(1500).fill('1').join(',')}]`);
    const body = (await answer.json()) as { rejected: unknown[]; rejectedCount: number };
    expect([body.rejected.length, body.rejectedCount]).toEqual([1000, 1500]);
  });

  it('rejects a record that is too long, and counts those around it', async () => {
    const { post } = await startServer();
    const long = JSON.stringify(outcome('long', { error: 'x'.repeat(200_000) }));
    const records = [JSON.stringify(outcome('a')), long, JSON.stringify(outcome('b'))];
    const rejected = [{ index: 1, code: 'record-too-large' }];
    expect(await (await post(`[${records.join(',')}]`)).json()).toMatchObject({ accepted: 2, rejected });
    expect(await (await post(records.join('\n'), NDJSON)).json()).toMatchObject({ duplicates: 2, rejected });
  });
});

describe('what does not', () => {
  const cases: [
    what: string,
    body: string | Buffer,
    headers: Record<string, string>,
    expected: [number, string],
  ][] = [
    ['nothing', '', {}, [400, 'empty-body']],
    ['nothing in gzip', gzipSync(''), { 'Content-Encoding': 'gzip' }, [400, 'empty-body']],
    ['blank lines', ' \n\n', NDJSON, [400, 'empty-body']],
    ['a cut object', '{"a":', {}, [400, 'invalid-json']],
    ['a cut long array', `[${'{},'.repeat(9000)}`, {}, [400, 'invalid-json']],
    ['a long array closed by a brace', `[${'{},'.repeat(9000)}{}}`, {}, [400, 'invalid-json']],
    ['a long array with more behind it', `[${'{},'.repeat(9000)}{}]]`, {}, [400, 'invalid-json']],
    ['a long array with a hole', `[${'{},'.repeat(9000)},{}]`, {}, [400, 'invalid-json']],
    ['a long array with an open string', `[${'{},'.repeat(9000)}"]`, {}, [400, 'invalid-json']],
    ['no line of JSON', 'workflow=a\nstatus=b', NDJSON, [400, 'invalid-json']],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), {}, [400, 'invalid-utf8']],
    ['a lone surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), {}, [400, 'invalid-utf8']],
    ['cut gzip', gzipSync('[]').subarray(0, -4), { 'Content-Encoding': 'gzip' }, [400, 'invalid-gzip']],
    ['no gzip', '[]', { 'Content-Encoding': 'gzip' }, [400, 'invalid-gzip']],
    ['text', 'a', { 'Content-Type': 'text/plain' }, [415, 'unsupported-media-type']],
    ['no type', Buffer.from('[]'), { 'Content-Type': '' }, [415, 'unsupported-media-type']],
    ['UTF-16', '[]', { 'Content-Type': 'application/json; charset=utf-16' }, [415, 'unsupported-media-type']],
    ['brotli', '[]', { 'Content-Encoding': 'br' }, [415, 'unsupported-encoding']],
    ['gzip twice', '[]', { 'Content-Encoding': 'gzip, gzip' }, [415, 'unsupported-encoding']],
    ['too many records', `[${Array(101).fill('{}').join(',')}]`, {}, [413, 'too-many-records']],
    ['too many lines', '{}\n'.repeat(101), NDJSON, [413, 'too-many-records']],
    ['too many bytes', 'x'.repeat(100_001), {}, [413, 'body-too-large']],
    [
      'a gzip bomb',
      gzipSync('x'.repeat(10_000_000)),
      { 'Content-Encoding': 'gzip' },
      [413, 'body-too-large'],
    ],
    ['one long object', JSON.stringify({ a: 'x'.repeat(70_000) }), {}, [413, 'body-too-large']],
  ];
  it.each(cases)('answers %s with a problem and counts nothing', async (_what, body, headers, expected) => {
    const { post, recorder } = await startServer({
      ingest: {
        maxBodyBytes: 100_000,
        maxUnpackedBytes: 200_000,
        maxRecords: expected[0] === 413 ? 100 : 50_000,
      },
    });
    expect(await problem(await post(body, headers))).toEqual(expected);
    expect(recorder.calls).toEqual([]);
  });

  it.each([
    [new StoreUnavailable('redis://user:secret@host'), 'store-unavailable'],
    [new NothingLoaded('secret.yaml'), 'nothing-loaded'],
    [new QueueFull('full'), 'queue-full'],
  ])('C2: answers 503 with Retry-After when it could not be stored', async (error, code) => {
    const { post, recorder } = await startServer();
    recorder.before = () => {
      throw error;
    };
    const response = await post('{}');
    expect(response.headers.get('retry-after')).toBe('1');
    const text = await response.clone().text();
    expect(text).not.toContain('secret');
    expect(await problem(response)).toEqual([503, code]);
  });

  it('answers 500 without a word of what went wrong when the recorder throws something else', async () => {
    const { post, recorder } = await startServer();
    recorder.before = () => {
      throw new Error('inner secret');
    };
    const response = await post('{}');
    expect(await response.clone().text()).not.toMatch(/secret|at .*\.ts/);
    expect(await problem(response)).toEqual([500, 'internal-error']);
  });

  it('answers other methods with 405 and Allow', async () => {
    const { url } = await startServer();
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const response = await fetch(`${url}/v1/outcomes?a=b`, { method });
      expect(response.headers.get('allow')).toBe('POST');
      expect(await problem(response)).toEqual([405, 'method-not-allowed']);
    }
  });
});

describe('how bodies arrive', () => {
  const head = 'POST /v1/outcomes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

  it('C2: answers only after the recorder has', async () => {
    const { post, recorder, url } = await startServer();
    let store: () => void = () => null;
    const stored = new Promise<void>((resolve) => (store = resolve));
    const reached = new Promise<void>((resolve) => {
      recorder.before = () => {
        resolve();
        return stored;
      };
    });
    let answered = false;
    const pending = post(JSON.stringify(outcome('a'))).then((response) => {
      answered = true;
      return response.status;
    });
    await reached;
    // An answer that did not wait would be here before that of a request sent after it.
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(answered).toBe(false);
    store();
    expect(await pending).toBe(200);
  });

  it('takes a chunked body, byte by byte', async () => {
    const { port, recorder } = await startServer();
    const connection = await openConnection(port);
    connection.send(`${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n`);
    for (const byte of JSON.stringify(outcome('é'))) {
      connection.send(`${Buffer.byteLength(byte).toString(16)}\r\n${byte}\r\n`);
    }
    connection.send('0\r\n\r\n');
    expect(await connection.ended).toContain('"accepted":1');
    expect(recorder.calls).toEqual([[outcome('é')]]);
  });

  it('stops a chunked body that grows too long', async () => {
    const { port, recorder } = await startServer({ ingest: { maxBodyBytes: 1000 } });
    const connection = await openConnection(port);
    connection.send(`${head}Transfer-Encoding: chunked\r\n\r\n3e8\r\n${'x'.repeat(1000)}\r\n1\r\nx\r\n`);
    await until('the answer', () => connection.received().includes('body-too-large'));
    expect(recorder.calls).toEqual([]);
  });

  it('asks for the body when it is expected to, and refuses it before it is sent', async () => {
    const { port } = await startServer({ ingest: { maxBodyBytes: 1000 } });
    const welcome = await openConnection(port);
    const body = JSON.stringify(outcome('a'));
    welcome.send(
      `${head}Expect: 100-continue\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
    );
    await until('100 Continue', () => welcome.received() === 'HTTP/1.1 100 Continue\r\n\r\n');
    welcome.send(body);
    expect(await welcome.ended).toContain('HTTP/1.1 200 OK');
    const refused = await openConnection(port);
    refused.send(`${head}Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n`);
    await until('the refusal', () => refused.received().includes('body-too-large'));
    expect(refused.received()).not.toContain('100 Continue');
  });

  it('C2: does not count a request whose client goes away in the middle of the body, and holds nothing of it', async () => {
    const { port, recorder, post } = await startServer({ ingest: { maxHeldBytes: 100 } });
    for (let attempt = 0; attempt < 5; attempt++) {
      const connection = await openConnection(port);
      connection.send(`${head}Content-Length: 101\r\n\r\n${JSON.stringify(outcome('gone'))}`);
      await until('the body to be held', async () => (await post(`"${'x'.repeat(60)}"`)).status === 503);
      connection.socket.destroy();
      await until('it to be let go', async () => (await post(`"${'x'.repeat(60)}"`)).status === 422);
    }
    expect(recorder.calls.flat()).not.toContainEqual(outcome('gone'));
  });

  it('G2: holds only so many bytes of bodies at once, and asks to come again with more', async () => {
    const { post, recorder } = await startServer({
      ingest: { maxHeldBytes: 1000, maxUnpackedBytes: 10_000 },
    });
    const packed = gzipSync(`[${'{},'.repeat(500)}{}]`);
    const response = await post(packed, { 'Content-Encoding': 'gzip' });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await problem(response)).toEqual([503, 'queue-full']);
    expect(recorder.calls).toEqual([]);
    expect((await post(`[${'{},'.repeat(300)}{}]`)).status).toBe(422);
  });
});
