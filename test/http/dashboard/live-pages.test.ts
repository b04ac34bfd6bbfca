import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ServiceStatus } from '../../../src/core/ports/service-status.ts';
import { fixedReport, fixedStatus, keptRecords, NOW, sloDetail } from '../fakes.ts';
import { startServer } from '../running-server.ts';
import { createLivePages } from '../../../src/http/dashboard/live-pages.ts';
import { createRequestShares } from '../../../src/http/guard/request-shares.ts';
import { ANYONE, token } from '../../support/tokens.ts';

/** No beat comes between the ticks that a test waits for. */
const RHYTHM = { look: 20, beat: 600_000 };
const BEATING = { look: 20, beat: 200 };

/** A service whose last evaluation can be moved, which is what open pages are told of. */
function evaluatingStatus() {
  let status = fixedStatus();
  return {
    get: () => status,
    set: (changes: Partial<ServiceStatus>) => void (status = { ...status, ...changes }),
    evaluate: (lastAt: number) => void (status = { ...status, evaluation: { ...status.evaluation, lastAt } }),
  };
}

/** The events of a stream as they come: `[name, data]`. */
async function openStream(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const response = await fetch(`${url}/live`, { headers, signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  async function next(): Promise<[string, string] | null> {
    for (;;) {
      const match = /event: (\w+)\ndata: (.*)\n\n/.exec(text);
      if (match) {
        text = text.slice(match.index + match[0].length);
        return [match[1]!, match[2]!];
      }
      const { value, done } = await reader.read();
      if (done) return null;
      text += value;
    }
  }
  return { response, next, stop: () => stop.abort() };
}

describe('the stream of an open page', () => {
  it('says when there is something new, and that it still lives when there is not', async () => {
    const status = evaluatingStatus();
    const { url } = await startServer({ status: status.get, rhythm: BEATING });
    const stream = await openStream(url, { 'Accept-Encoding': 'gzip' });
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('content-encoding')).toBeNull();
    const [name, first] = (await stream.next())!;
    expect(name).toBe('tick');
    status.evaluate(NOW + 5000);
    expect(await stream.next()).toEqual(['tick', String(Number(first) + 1)]);
    status.set({ checks: { store: { ok: false, message: 'refused' } } });
    expect(await stream.next()).toEqual(['tick', String(Number(first) + 2)]);
    status.set({ checks: { store: { ok: true, message: 'answers' } } });
    expect(await stream.next()).toEqual(['tick', String(Number(first) + 3)]);
    expect(await stream.next()).toEqual(['beat', String(Number(first) + 3)]);
  });

  it('goes on about what has failed for long: how long that is, is news', async () => {
    const status = evaluatingStatus();
    status.set({ checks: { store: { ok: false, message: 'refused' } } });
    const { url } = await startServer({ status: status.get, rhythm: BEATING });
    const stream = await openStream(url);
    const [, first] = (await stream.next())!;
    expect(await stream.next()).toEqual(['tick', String(Number(first) + 1)]);
  });

  it('counts: one who opens too many leaves room for others', async () => {
    const { url } = await startServer({ rhythm: RHYTHM, maxStreams: 6 });
    const streams = await Promise.all(Array.from({ length: 4 }, () => openStream(url)));
    expect(streams.map(({ response }) => response.status)).toEqual([200, 200, 200, 200]);
    const refused = await fetch(`${url}/live`);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      429,
      'too-many-requests',
    ]);
    expect((await fetch(url)).status).toBe(200);
    streams[0]!.stop();
    await expect
      .poll(async () => {
        const { response, stop } = await openStream(url);
        stop();
        return response.status;
      })
      .toBe(200);
  });

  it('ends when the service stops, which need not wait for it', async () => {
    const { url, server } = await startServer({ rhythm: RHYTHM });
    const stream = await openStream(url);
    await stream.next();
    const closed = server.close();
    expect(await stream.next()).toEqual(['end', 'stopping']);
    expect(await stream.next()).toBeNull();
    await closed;
  });

  it('G1: ends with the session or the token that it was opened with', async () => {
    let tokens = [token('viewer', 'read', 'read-secret')];
    const status = evaluatingStatus();
    const { url } = await startServer({
      tokens,
      access: { tokens: () => tokens },
      status: status.get,
      rhythm: RHYTHM,
      records: keptRecords(),
    });
    const signIn = await fetch(`${url}/login`, {
      method: 'POST',
      body: new URLSearchParams({ token: 'read-secret' }),
      headers: { 'Sec-Fetch-Site': 'same-origin' },
      redirect: 'manual',
    });
    const cookie = signIn.headers.get('set-cookie')!.split(';')[0]!;
    expect((await fetch(`${url}/live`)).status).toBe(401);
    const inBrowser = await openStream(url, { Cookie: cookie });
    const byToken = await openStream(url, { Authorization: 'Bearer read-secret' });
    expect([(await inBrowser.next())![0], (await byToken.next())![0]]).toEqual(['tick', 'tick']);
    await fetch(`${url}/logout`, {
      method: 'POST',
      headers: { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' },
      redirect: 'manual',
    });
    status.evaluate(NOW + 5000);
    expect(await inBrowser.next()).toEqual(['end', 'signed-out']);
    expect(await inBrowser.next()).toBeNull();
    expect((await byToken.next())![0]).toBe('tick');
    tokens = [];
    status.evaluate(NOW + 10_000);
    expect(await byToken.next()).toEqual(['end', 'signed-out']);
  });

  it('G2: one that is not read is cut before what waits for it is much', async () => {
    const status = evaluatingStatus();
    const shares = createRequestShares(10, () => {});
    const live = createLivePages({ status: status.get, shares, rhythm: { look: 1, beat: 1 } });
    onTestFinished(() => live.close());
    const unread = new ServerResponse(new IncomingMessage(new Socket()));
    live.open(unread, ANYONE, async () => true);
    // Nothing takes what is written to a response without a connection.
    await expect.poll(() => unread.destroyed, { timeout: 20_000 }).toBe(true);
    expect(unread.writableLength).toBeLessThan(20_000);
  });

  it('answers HEAD without beginning a stream', async () => {
    const { url } = await startServer();
    const response = await fetch(`${url}/live`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('open pages', () => {
  it('that ask because of the same tick share one rendering; who asks by hand gets a new one', async () => {
    const queries = fixedReport([sloDetail()]);
    let asked = 0;
    const status = evaluatingStatus();
    const { url } = await startServer({
      status: status.get,
      rhythm: RHYTHM,
      queries: {
        ...queries,
        async slos() {
          asked++;
          return queries.slos();
        },
      },
    });
    const stream = await openStream(url);
    const [, tick] = (await stream.next())!;
    const get = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(url + path, { headers })).text();
    const live = { 'Burnwatch-Tick': tick };
    const pages = await Promise.all(Array.from({ length: 20 }, () => get('/', live)));
    expect([asked, new Set(pages).size]).toEqual([1, 1]);
    await get('/?q=x', live);
    expect(asked).toBe(2);
    await get('/');
    await get('/', { 'Burnwatch-Tick': '999' });
    expect(asked).toBe(4);
    status.evaluate(NOW + 5000);
    const [, next] = (await stream.next())!;
    await get('/', live);
    await Promise.all([get('/', { 'Burnwatch-Tick': next }), get('/', { 'Burnwatch-Tick': next })]);
    expect(asked).toBe(6);
  });
});
