import { ALL_GRANTS } from '../../../src/core/ports/token.ts';
import { describe, expect, it } from 'vitest';
import { adjustmentJson } from '../../../src/http/answers/report-json.ts';
import { adjustment } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

function post(
  url: string,
  body: string | Buffer,
  headers: Record<string, string> = JSON_TYPE,
): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers });
}

async function told(response: Response): Promise<unknown> {
  return [response.status, await response.json()];
}

/** Who asks, without tokens. */
const LOCAL = { name: null, address: '127.0.0.1', grants: ALL_GRANTS };

describe('adjustments', () => {
  it('are listed, created, ended and withdrawn', async () => {
    const { url, operator } = await startServer();
    const path = `${url}/v1/adjustments`;
    expect(await told(await fetch(path))).toEqual([
      200,
      { items: [adjustmentJson(adjustment())], next: null },
    ]);
    const request = { slo: 'a/b', reason: 'x', by: 'sam', from: 1, to: 2 };
    expect(await told(await post(path, JSON.stringify(request)))).toEqual([
      201,
      adjustmentJson(adjustment()),
    ]);
    for (const [verb, kind] of [
      ['end', 'ended'],
      ['withdraw', 'withdrawn'],
    ]) {
      const answer = await post(`${path}/mk2x1-1a2b3c4d/${verb}`, '{"by":"kim"}');
      expect(await told(answer)).toEqual([200, adjustmentJson(adjustment())]);
      expect(operator.asked.at(-1)).toEqual(['endAdjustment', 'mk2x1-1a2b3c4d', kind, { by: 'kim' }, LOCAL]);
    }
    expect(operator.asked[0]).toEqual(['adjust', request, LOCAL]);
  });

  it('that cannot be are refused with a code and every problem', async () => {
    const { url, operator } = await startServer();
    const path = `${url}/v1/adjustments`;
    for (const [refused, status, code] of [
      ['invalid', 400, 'invalid-fields'],
      ['unknown', 404, 'unknown-adjustment'],
      ['over', 409, 'adjustment-over'],
      ['too-many', 409, 'too-many-adjustments'],
    ] as const) {
      operator.answer = { refused, problems: ['One.', 'Two.'] };
      const problem = [status, { status, code, detail: 'One. Two.' }];
      expect(await told(await post(`${path}/x/end`, '{}'))).toMatchObject(problem);
      expect(await told(await post(path, '{}'))).toMatchObject(problem);
    }
  });

  it('G2: take nothing but a small JSON body, sent on purpose', async () => {
    const { url, operator } = await startServer();
    const path = `${url}/v1/adjustments`;
    const code = async (answer: Promise<Response>) =>
      ((await (await answer).json()) as { code: string }).code;
    expect(await code(post(path, '{}', {}))).toBe('unsupported-media-type');
    // What a form or a page of another origin can send without being asked about.
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/json',
    ]) {
      expect(await code(post(path, '{}', { 'Content-Type': type }))).toBe('unsupported-media-type');
    }
    expect(await code(post(path, '{}', { ...JSON_TYPE, 'Content-Encoding': 'gzip' }))).toBe(
      'unsupported-encoding',
    );
    expect(await code(post(path, ''))).toBe('empty-body');
    expect(await code(post(path, '{"by":'))).toBe('invalid-json');
    expect(await code(post(path, Buffer.from([0x22, 0xff, 0x22])))).toBe('invalid-utf8');
    expect(await code(post(path, `"${'x'.repeat(70_000)}"`))).toBe('body-too-large');
    expect(operator.asked).toEqual([]);
    const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    expect((await post(path, nested)).status).toBe(201);
    expect((await post(path, '{}', { 'Content-Type': 'Application/JSON; charset=utf-8' })).status).toBe(201);
  });

  it('answer 405 with what they can be asked', async () => {
    const { url } = await startServer();
    for (const [path, allow] of [
      ['/v1/adjustments', 'GET, HEAD, POST'],
      ['/v1/adjustments/x/end', 'POST'],
      ['/v1/adjustments/x/withdraw', 'POST'],
      ['/v1/incidents', 'GET, HEAD'],
      ['/v1/incidents/x/ack', 'POST'],
    ] as const) {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const response = await fetch(`${url}${path}`, { method });
        expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, allow]);
      }
    }
    expect((await fetch(`${url}/v1/adjustments/x`)).status).toBe(404);
  });
});
