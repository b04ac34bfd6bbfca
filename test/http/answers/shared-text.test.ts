import { describe, expect, it } from 'vitest';
import { pageChunks, sharedText } from '../../../src/http/answers/shared-text.ts';
import { sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

describe('a text that many ask for', () => {
  it('G2: is made once, and lets others run between its pieces', async () => {
    const of = {};
    let turns = 0;
    const turn = setInterval(() => turns++, 0);
    let made = 0;
    const pieces = function* () {
      made++;
      for (let piece = 0; piece < 50; piece++) {
        const until = performance.now() + 2;
        while (performance.now() < until);
        yield `${piece},`;
      }
    };
    const [one, other] = await Promise.all([sharedText(of, 'a', pieces), sharedText(of, 'a', pieces)]);
    clearInterval(turn);
    expect(other).toBe(one);
    expect(made).toBe(1);
    expect(turns).toBeGreaterThan(5);
    expect(await sharedText(of, 'b', pieces)).not.toBe(one);
    expect(await sharedText({}, 'a', pieces)).not.toBe(one);
  });

  it('has a tag that changes with it', async () => {
    const tag = async (text: string) => (await sharedText({}, '', () => [text])).etag;
    expect(await tag('x')).toBe(await tag('x'));
    expect(await tag('x')).not.toBe(await tag('y'));
    expect(await tag('x')).toMatch(/^W\/"[\w-]{27}"$/);
  });

  it.each([0, 1, 2, 3, 4, 5])('is a page of %i items as JSON, cut anywhere', (length) => {
    const items = Array.from({ length }, (_, index) => ({ index }));
    for (const size of [1, 2, 3, 10])
      expect(JSON.parse([...pageChunks({ items, next: null }, (item) => item, size)].join(''))).toEqual({
        items,
        next: null,
      });
  });
});

describe('GET /v1/slos', () => {
  it('is not sent again to who has it, and is to who has another list', async () => {
    const { url, queries } = await startServer();
    const reports = await queries.slos();
    queries.slos = () => Promise.resolve(reports);
    const first = await fetch(`${url}/v1/slos`);
    const etag = first.headers.get('etag')!;
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const ask = (path: string, tag: string) => fetch(url + path, { headers: { 'If-None-Match': tag } });
    const again = await ask('/v1/slos', etag);
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await ask('/v1/slos', '"another"')).status).toBe(200);
    expect((await ask('/v1/slos?alert=page', etag)).status).toBe(200);
    queries.slos = () => Promise.resolve([{ ...reports[0]!, dataThrough: 1 }]);
    expect((await ask('/v1/slos', etag)).status).toBe(200);
  });

  it.each(['/v1/slos', '/metrics', '/'])('%s: many SLOs are packed for who can unpack them', async (path) => {
    const { url, queries } = await startServer();
    queries.list = Array.from({ length: 300 }, (_, index) => ({ ...sloDetail(), id: `orders/slo-${index}` }));
    const length = async (encoding: string) => {
      const answer = await fetch(url + path, { headers: { 'Accept-Encoding': encoding } });
      expect(answer.headers.get('content-encoding')).toBe(encoding === 'gzip' ? 'gzip' : null);
      expect(answer.headers.get('vary')).toContain('Accept-Encoding');
      return (await answer.text()).length;
    };
    // Metrics of the process change between two looks, by a digit here and there.
    const [packed, plain] = [await length('gzip'), await length('identity')];
    expect(Math.abs(packed - plain) / plain).toBeLessThan(0.01);
  });
});
