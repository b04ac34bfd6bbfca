import { describe, expect, it } from 'vitest';
import { RendererBusy } from '../../../src/core/ports/chart-renderer.ts';
import { allElements, readChart } from '../../charts/read-xml.ts';
import { token } from '../../support/tokens.ts';
import { sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';

const SLO = '/v1/slos/order-fulfillment/fulfilled-in-10m';
const SECRET = 'embed-secret-embed';

const texts = (svg: string): string =>
  allElements(readChart(svg))
    .map(({ text }) => text)
    .join('\n');

describe('a badge', () => {
  it('says the state of an SLO in words, and is not sent again to who has it', async () => {
    const { url } = await startServer();
    const response = await fetch(`${url}${SLO}/badge.svg`);
    expect(response.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
    expect(texts(await response.text())).toContain('fulfilled-in-10m: ● 42% left');
    const etag = response.headers.get('etag')!;
    const again = await fetch(`${url}${SLO}/badge.svg`, { headers: { 'If-None-Match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('may be shown in pages of others', async () => {
    const { url } = await startServer();
    const { headers } = await fetch(`${url}${SLO}/badge.svg`);
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect((await fetch(`${url}${SLO}`)).headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });
});

describe('the picture of a budget', () => {
  it('is a chart with a ground of its own, as wide as is asked for, in the zone that is asked for', async () => {
    const { url } = await startServer();
    const response = await fetch(`${url}${SLO}/budget.svg?width=400&zone=Asia/Kolkata&theme=dark`);
    const svg = await response.text();
    expect(readChart(svg).attributes.get('width')).toBe('400');
    expect(texts(svg)).toContain('order-fulfillment/fulfilled-in-10m');
    expect(texts(svg)).toContain('28 Oct 19:30');
    expect(svg).toContain('<rect width="400" height="260" class="f-ground" fill="#1f1c19"/>');
  });

  it('is a bitmap of the same, drawn once for who has it', async () => {
    const drawn: [string, number][] = [];
    const png = async (svg: string, scale: number): Promise<Uint8Array> => {
      drawn.push([svg, scale]);
      return new Uint8Array([1, 2, 3]);
    };
    const { url } = await startServer({ charts: { png, close: async () => {} } });
    const response = await fetch(`${url}${SLO}/budget.png?scale=3`);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(drawn).toEqual([[await (await fetch(`${url}${SLO}/budget.svg`)).text(), 3]]);
    const held = { 'If-None-Match': response.headers.get('etag')! };
    expect((await fetch(`${url}${SLO}/budget.png?scale=3`, { headers: held })).status).toBe(304);
    expect((await fetch(`${url}${SLO}/budget.png?scale=2`, { headers: held })).status).toBe(200);
    expect(drawn).toHaveLength(2);
  });

  it('is refused for now while too many others are drawn', async () => {
    const png = () => Promise.reject(new RendererBusy('Too many.'));
    const { url } = await startServer({ charts: { png, close: async () => {} } });
    const response = await fetch(`${url}${SLO}/budget.png`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      503,
      'queue-full',
    ]);
  });

  it.each([
    ['budget.svg?width=12', 'width must be a whole number of pixels from 240 to 1600.'],
    ['budget.svg?width=9e9', 'width must be'],
    ['budget.svg?zone=Mars/Olympus', 'zone must be the name of a time zone'],
    ['budget.svg?theme=sepia', 'theme must be light or dark.'],
    ['budget.png?scale=9', 'scale must be 1, 2 or 3.'],
    ['badge.svg?style=flat', 'There is no parameter "style"'],
  ])('refuses %s', async (path, sentence) => {
    const { url } = await startServer();
    const response = await fetch(`${url}${SLO}/${path}`);
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      400,
      expect.stringContaining(sentence) as string,
    ]);
  });
});

describe('the summary of an SLO', () => {
  it('may be shown in a frame by the origins that are set, and by no other page of ours', async () => {
    const { url } = await startServer({ frameAncestors: ['https://wiki.example.com'] });
    const { headers } = await fetch(`${url}/summary/order-fulfillment/fulfilled-in-10m`);
    expect(headers.get('content-security-policy')).toContain('frame-ancestors https://wiki.example.com');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.has('x-frame-options')).toBe(false);
    const other = await fetch(`${url}/slos/order-fulfillment/fulfilled-in-10m`);
    expect(other.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(other.headers.get('x-frame-options')).toBe('DENY');
  });

  it('is framed by none when none is set', async () => {
    const { url } = await startServer();
    const { headers } = await fetch(`${url}/summary/order-fulfillment/fulfilled-in-10m`);
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it('keeps the names of others as text', async () => {
    const { url, queries } = await startServer();
    queries.list = [{ ...sloDetail(), owner: '<script>alert(1)</script>' }];
    const text = await (await fetch(`${url}/summary/order-fulfillment/fulfilled-in-10m`)).text();
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;script&gt;');
  });
});

describe('a token for embedding', () => {
  const tokens = [
    token('wiki', 'embed@order-*', SECRET),
    token('reader', 'read', 'reader-secret-reader'),
    token('producer', 'ingest', 'ingest-secret-ingest'),
  ];

  it('G1: stands in a URL, and opens pictures and summaries of its workflows and nothing else', async () => {
    const { url, queries, recorder } = await startServer({ tokens });
    queries.list = [sloDetail(), { ...sloDetail(), id: 'payroll/paid', workflow: 'payroll', name: 'paid' }];
    const status = async (path: string, method = 'GET') =>
      (await fetch(`${url}/embed/${SECRET}${path}`, { method, redirect: 'manual' })).status;
    for (const path of ['badge.svg', 'budget.svg', 'budget.png']) {
      expect(await status(`${SLO}/${path}`)).toBe(200);
      expect(await status(`/v1/slos/payroll/paid/${path}`)).toBe(404);
    }
    expect(await status('/summary/order-fulfillment/fulfilled-in-10m')).toBe(200);
    expect(await status('/summary/payroll/paid')).toBe(404);
    for (const path of [SLO, `${SLO}/charts`, `${SLO}/history`, '/v1/slos', '/', '/metrics', '/v1/audit'])
      expect([path, await status(path)]).toEqual([path, 403]);
    expect(await status('/v1/outcomes', 'POST')).toBe(403);
    expect(recorder.calls).toEqual([]);
  });

  it('G1: is the only one that may stand there', async () => {
    const { url } = await startServer({ tokens });
    const status = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect(await status(`/embed/reader-secret-reader${SLO}/badge.svg`)).toBe(403);
    expect(await status(`/embed/ingest-secret-ingest${SLO}/badge.svg`)).toBe(403);
    expect(await status(`/embed/wrong-secret-wrong${SLO}/badge.svg`)).toBe(401);
    expect(await status(`/v1/ping/${SECRET}/order-fulfillment/a/ok`)).toBe(403);
    expect(await status(`${SLO}/badge.svg`)).toBe(401);
  });
});
