import { describe, expect, it } from 'vitest';
import type { RejectionCount } from '../../../src/core/ports/rejections.ts';
import { token } from '../../support/tokens.ts';
import { sloDetail } from '../fakes.ts';
import { outcome, startServer } from '../running-server.ts';

const TOKENS = [token('all', 'read', 'all-secret'), token('narrow', 'read@order-*', 'narrow-secret')];

function counts(...rejections: readonly Partial<RejectionCount>[]): readonly RejectionCount[] {
  return rejections.map((rejection) => ({
    workflow: null,
    code: 'invalid-field',
    count: 1,
    message: 'no',
    ...rejection,
  }));
}

async function start(rejections: readonly RejectionCount[]) {
  const running = await startServer({
    tokens: TOKENS,
    rejections: { note: () => {}, lastHour: () => rejections },
  });
  running.queries.list = [sloDetail(), sloDetail({ workflow: 'billing' })];
  return async (secret: string) => {
    const answer = await fetch(running.url, { headers: { Authorization: `Bearer ${secret}` } });
    return (await answer.text()).replaceAll(/\s+/g, ' ');
  };
}

describe('rejected records on the dashboard', () => {
  it('are listed with what was likely meant, most first', async () => {
    const page = await start(
      counts(
        { workflow: 'order-fulfilment', code: 'unknown-workflow', count: 1234, message: '<b>unknown</b>' },
        { workflow: 'billing', code: 'too-old', count: 2 },
        { code: 'invalid-json' },
      ),
    );
    const text = await page('all-secret');
    expect(text).toContain('Rejected: 1,237 records in the last hour');
    expect(text).toContain(
      'order-fulfilment <small class="alarm">did you mean order-fulfillment?</small>'.replace(' <', '<'),
    );
    expect(text).toContain('&lt;b&gt;unknown&lt;/b&gt;');
    expect(text.match(/did you mean/g)).toHaveLength(1);
    expect(text.indexOf('order-fulfilment<')).toBeLessThan(text.indexOf('too-old'));
  });

  it('are not there when none were', async () => {
    expect(await (await start([]))('all-secret')).not.toContain('Rejected');
  });

  it('are twenty kinds at most', async () => {
    const page = await start(
      counts(...Array.from({ length: 25 }, (_, index) => ({ code: `code-${index}-` }))),
    );
    const text = await page('all-secret');
    expect(text.match(/code-\d+-/g)).toHaveLength(20);
    expect(text).toContain('And 5 more kinds');
  });

  it('G1: are those of the workflows that one may read', async () => {
    const page = await start(
      counts(
        { workflow: 'order-fulfillment' },
        { workflow: 'billing' },
        { workflow: 'ailing' },
        { code: 'invalid-json' },
      ),
    );
    const text = await page('narrow-secret');
    expect(text).toContain('Rejected: 1 record in the last hour');
    expect(text).not.toMatch(/billing|ailing|invalid-json/);
    expect(await page('all-secret')).toContain('Rejected: 4 records');
  });
});

describe('a request of which nothing was accepted', () => {
  it('is answered with 422, as a problem with what every answer has', async () => {
    const { post } = await startServer();
    for (const [body, type, code] of [
      ['{}', 'application/json', 'missing-field'],
      ['[{},{}]', 'application/json', 'missing-field'],
      [`[${'['.repeat(99)}\n{}`, 'application/x-ndjson', 'record-too-large'],
    ] as const) {
      const answer = await post(body, { 'Content-Type': type });
      expect(answer.status).toBe(422);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(await answer.json()).toMatchObject({
        type: 'urn:burnwatch:problem:nothing-accepted',
        title: 'Unprocessable Content',
        status: 422,
        code: 'nothing-accepted',
        accepted: 0,
        duplicates: 0,
        rejected: expect.arrayContaining([expect.objectContaining({ index: 0, code })]) as unknown[],
      });
    }
  });

  it('is none when some of it was, now or before, or nothing was sent', async () => {
    const { post } = await startServer();
    const some = JSON.stringify([outcome('a'), {}]);
    for (const body of [some, some, JSON.stringify(outcome('a')), '[]'])
      expect((await post(body)).status).toBe(200);
  });

  it('is noted line by line where lines could not be read', async () => {
    const noted: unknown[] = [];
    const { post } = await startServer({
      rejections: { note: ({ workflow, code }) => void noted.push([workflow, code]), lastHour: () => [] },
    });
    await post(`${JSON.stringify(outcome('a'))}\n{"a\nx`, { 'Content-Type': 'application/x-ndjson' });
    expect(noted).toEqual([
      [null, 'invalid-json'],
      [null, 'invalid-json'],
    ]);
  });
});
