import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { watchTurns } from '../support/turns.ts';
import { openConnection, outcome, startServer } from './running-server.ts';
import type { RunningServer } from './running-server.ts';

const NDJSON = { 'Content-Type': 'application/x-ndjson' };
const MIB = 1024 * 1024;

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
/** Whatever was sent, the server answers the next request as ever. */
afterEach(async () => {
  const answer = await running.post(JSON.stringify(outcome('afterwards')));
  expect(await answer.json()).toMatchObject({ accepted: 1 });
});

async function codes(body: string): Promise<unknown> {
  const answer = (await (await running.post(body)).json()) as {
    rejected?: { code: string }[];
    code?: string;
  };
  return answer.rejected?.map(({ code }) => code) ?? answer.code;
}

describe('records', () => {
  it.each([
    ['wrong types', '[null,1,true,"x",[],[[]]]', Array(6).fill('not-an-object')],
    [
      'absurd numbers',
      `[${['1e400', '-1', '0.5', '1e308', '-0', '9007199254740993'].map((at) => JSON.stringify(outcome('a')).replace('}', `,"count":${at}}`)).join(',')}]`,
      Array(6).fill('invalid-field'),
    ],
    ['a huge id', JSON.stringify([outcome('x'.repeat(60_000))]), ['invalid-field']],
    ['a nul in an id', JSON.stringify([outcome('a\u0000b')]), ['invalid-field']],
    ['half a character', `[{"workflow":"w","execution":"\\ud800","status":"failed"}]`, ['invalid-field']],
    ['a prototype', '[{"__proto__":{"workflow":"w","execution":"e","status":"failed"}}]', ['unknown-field']],
    ['a constructor', '[{"constructor":{"prototype":{"polluted":1}}}]', ['unknown-field']],
    [
      'many fields',
      `[{${Array.from({ length: 1000 }, (_, i) => `"f${i}":1`).join(',')}}]`,
      ['unknown-field'],
    ],
    [
      'deep nesting',
      `[{"workflow":${'['.repeat(30_000)}${']'.repeat(30_000)},"execution":"e","status":"failed"}]`,
      ['record-too-large'],
    ],
    ['deeper nesting', `[${'['.repeat(2_000_000)}${']'.repeat(2_000_000)}]`, ['record-too-large']],
    ['unclosed nesting', '['.repeat(4_000_000), 'invalid-json'],
    ['a short deep object', `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`, ['unknown-field']],
    ['deep objects', `[${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}]`, ['record-too-large']],
  ])('G2: rejects %s', async (_what, body, expected) => {
    expect(await codes(body)).toEqual(expected);
  });

  it('G2: nothing in a record reaches the prototype of objects', async () => {
    await codes('[{"__proto__":{"polluted":1}}]');
    await codes(
      JSON.stringify(outcome('a')).replace('}', ',"attributes":{"__proto__":"x","constructor":"y"}}'),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(running.recorder.calls).toHaveLength(2);
  });

  it('G2: tells nesting from brackets in a text, in lines and in arrays', async () => {
    const texts = ['['.repeat(100), '\\"[{'.repeat(20), '}'.repeat(50)].map((error, index) =>
      outcome(`t${index}`, { error }),
    );
    const deep = { ...outcome('deep'), error: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) as unknown };
    const records = [...texts, deep, ...Array.from({ length: 500 }, (_, index) => outcome(`e${index}`))];
    const expected = { accepted: 503, rejected: [{ index: 3, code: 'record-too-large' }] };
    const lines = records.map((record) => JSON.stringify(record)).join('\n');
    expect(await (await running.post(lines, NDJSON)).json()).toMatchObject(expected);
    expect(await (await running.post(JSON.stringify(records))).json()).toMatchObject({
      ...expected,
      accepted: 0,
      duplicates: 503,
    });
  });

  it('G2: refuses an array of 100,000', async () => {
    expect(await codes(`[${Array(100_000).fill('{}').join(',')}]`)).toBe('too-many-records');
  });
});

describe('time', () => {
  const attributes = Object.fromEntries(
    Array.from({ length: 16 }, (_, index) => [`attribute-${index}`, 'some value']),
  );
  const longOutcomes = () =>
    Array.from({ length: 50_000 }, (_, index) => outcome(`e-${index}`, { attributes }));
  const filler = (bytes: number, text: string) => text.repeat(Math.floor(bytes / text.length));
  const bodies: [what: string, body: () => string | Buffer, headers: Record<string, string>][] = [
    [
      '50,000 outcomes',
      () =>
        JSON.stringify(
          Array.from({ length: 50_000 }, (_, i) =>
            outcome(`e-${i}`, { step: 'charge-card', attributes: { region: 'eu' } }),
          ),
        ),
      {},
    ],
    [
      '50,000 lines',
      () =>
        Array.from({ length: 50_000 }, (_, i) =>
          JSON.stringify(outcome(`e-${i}`, { step: 'charge-card' })),
        ).join('\n'),
      NDJSON,
    ],
    ['50,000 long outcomes', () => gzipSync(JSON.stringify(longOutcomes())), { 'Content-Encoding': 'gzip' }],
    [
      '50,000 long lines',
      () =>
        gzipSync(
          longOutcomes()
            .map((record) => JSON.stringify(record))
            .join('\n'),
        ),
      { ...NDJSON, 'Content-Encoding': 'gzip' },
    ],
    ['short lines that are not JSON', () => filler(8 * MIB, 'x\n'), NDJSON],
    ['blank lines', () => `{}${filler(8 * MIB - 2, '\n')}`, NDJSON],
    ['one endless line', () => filler(8 * MIB, 'x'), NDJSON],
    ['nested lines', () => filler(8 * MIB, `${'['.repeat(20_000)}${']'.repeat(20_000)}\n`), NDJSON],
    ['short elements', () => `[${filler(8 * MIB - 3, '{},')}1]`, {}],
    ['nested elements', () => `[${filler(8 * MIB - 3, `${'['.repeat(30_000)}${']'.repeat(30_000)},`)}1]`, {}],
    ['nothing but brackets', () => filler(8 * MIB, '['), {}],
    ['nothing but blanks', () => ` ${filler(8 * MIB - 1, ' ')}`, {}],
    ['one endless string', () => `["${filler(8 * MIB - 4, '\\"')}"]`, {}],
    [
      'a bomb of brackets',
      () => gzipSync(filler(31 * MIB, '['.repeat(1000))),
      { 'Content-Encoding': 'gzip' },
    ],
    [
      'a bomb of lines',
      () => gzipSync(filler(31 * MIB, '[[[[[[[[\n')),
      { ...NDJSON, 'Content-Encoding': 'gzip' },
    ],
    [
      'a bomb that is too large',
      () => gzipSync(filler(200 * MIB, 'x'.repeat(1024))),
      { 'Content-Encoding': 'gzip' },
    ],
  ];

  it.each(bodies)('G2: %s of the largest size block nobody for 100 ms', async (_what, make, headers) => {
    // The fake would check all records at once; what is measured here is HTTP alone.
    const { post } = await startServer({
      recorder: {
        record: (records) => Promise.resolve({ accepted: records.length, duplicates: 0, rejected: [] }),
        recordMeasurements: (records) =>
          Promise.resolve({ accepted: records.length, duplicates: 0, rejected: [] }),
        refusal: () => null,
        drain: () => Promise.resolve(),
        queued: 0,
      },
    });
    const body = make();
    const watch = watchTurns();
    const response = await post(body, headers);
    expect([200, 400, 413, 422]).toContain(response.status);
    await response.arrayBuffer();
    expect(watch.stop()).toBeLessThan(100);
  });
});

describe('requests', () => {
  const request = (head: string, body = '') =>
    `POST /v1/outcomes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${head}\r\n${body}`;

  it.each([
    ['what is not HTTP', 'hello\r\n\r\n', 'invalid-request'],
    ['TLS', Buffer.from('1603010200010001fc0303', 'hex'), 'invalid-request'],
    ['a header line without a colon', request('no header\r\n'), 'invalid-request'],
    ['a blank in a header name', request('a b: c\r\n'), 'invalid-request'],
    ['a length that is no number', request('Content-Length: x\r\n'), 'invalid-request'],
    ['a negative length', request('Content-Length: -1\r\n'), 'invalid-request'],
    ['two lengths', request('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'), 'invalid-request'],
    [
      'a length and chunks',
      request('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\n\r\n'),
      'invalid-request',
    ],
    [
      'a chunk of a wrong length',
      request('Transfer-Encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n'),
      'invalid-request',
    ],
    [
      'a chunk of no length',
      request('Transfer-Encoding: chunked\r\n', 'x\r\n{}\r\n0\r\n\r\n'),
      'invalid-request',
    ],
    [
      'a length beyond all numbers',
      request('Content-Length: 99999999999999999999999\r\n'),
      'invalid-request',
    ],
    ['a length beyond the limit', request('Content-Length: 999999999999\r\n'), 'body-too-large'],
    ['long headers', request(`X: ${'x'.repeat(20_000)}\r\n`), 'headers-too-large'],
    ['a long path', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 'headers-too-large'],
  ])('G2: answers %s with a problem and counts nothing', async (_what, bytes, code) => {
    const connection = await openConnection(running.port);
    connection.send(bytes);
    const text = await until('an answer', () => /"code":"([a-z-]+)"/.exec(connection.received()));
    expect(text[1]).toBe(code);
    expect(running.recorder.calls).toEqual([]);
  });

  it('answers what was asked before the garbage, once', async () => {
    const connection = await openConnection(running.port);
    const body = JSON.stringify(outcome('first'));
    connection.send(request(`Content-Length: ${body.length}\r\n`, body));
    await until('the answer', () => connection.received().includes('"accepted":1'));
    connection.send('garbage\r\n\r\n');
    const all = await connection.ended;
    expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('C2: does not give garbage that follows a request the answer of that request', async () => {
    const connection = await openConnection(running.port);
    const body = JSON.stringify(outcome('first'));
    const reached = new Promise<void>((resolve) => {
      running.recorder.before = () => {
        resolve();
        return connection.ended;
      };
    });
    connection.send(`${request(`Content-Length: ${body.length}\r\n`, body)}garbage\r\n\r\n`);
    await reached;
    expect(await connection.ended).toBe('');
    await until('the outcome to be counted all the same', () => running.recorder.calls.length === 1);
  });

  it('does not count a body that ends before its length', async () => {
    const connection = await openConnection(running.port);
    connection.send(request('Content-Length: 100\r\n', JSON.stringify(outcome('short'))));
    connection.socket.end();
    await connection.ended;
    expect(running.recorder.calls).toEqual([]);
  });
});
