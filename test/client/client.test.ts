import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context, ContextManager } from '@opentelemetry/api';
import { ROOT_CONTEXT, TraceFlags, context, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import type { Burnwatch, ClientOptions, ClientProblem, OutcomeReport } from '../../src/client/client.ts';
import { createClient } from '../../src/client/client.ts';
import { until } from '../support/until.ts';
import type { AcceptingPeer } from './accepting-peer.ts';
import { startAcceptingPeer } from './accepting-peer.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** A peer that takes everything, and a client of it that sends at once and keeps its problems to itself. */
async function connected(
  options: ClientOptions = {},
): Promise<Pick<AcceptingPeer, 'records'> & { readonly client: Burnwatch }> {
  const peer = await startAcceptingPeer();
  const { url, records } = peer;
  undo.push(() => peer.close());
  const client = createClient({ url, flushAfterMs: 1, onProblem: () => undefined, ...options });
  undo.push(() => client.close(100));
  return { client, records };
}

/** The error class under which what is thrown is reported. */
async function classOf(thrown: unknown, options: ClientOptions = {}): Promise<unknown> {
  const { client, records } = await connected(options);
  await client
    .run('checkout', '1', () => {
      throw thrown;
    })
    .catch(() => undefined);
  await client.flush();
  return records.find(({ status }) => status === 'failed')!['error'];
}

describe('the class of an error', () => {
  class Unnamed extends Error {}
  const card = 'the card of bob@example.com was refused';
  it.each<[string, unknown, string | undefined]>([
    ['an error by its code', Object.assign(new Error(card), { code: 'ECONNRESET' }), 'ECONNRESET'],
    ['by its name', Object.assign(new Error(card), { name: 'TimeoutError' }), 'TimeoutError'],
    ['a subclass that sets no name', new Unnamed(card), 'Unnamed'],
    ['what a plain error wraps', new Error(card, { cause: new RangeError(card) }), 'RangeError'],
    [
      'a failed fetch',
      new TypeError('fetch failed', { cause: Object.assign(new Error(card), { code: 'ENOTFOUND' }) }),
      'ENOTFOUND',
    ],
    ['a plain error', new Error(card), 'Error'],
    ['a code that is a message', Object.assign(new Error(card), { code: card }), 'Error'],
    ['a name that is a message', Object.assign(new Error(card), { name: card }), 'unknown'],
    ['a text', card, 'unknown'],
    ['a text that looks like a class', 'bob', 'unknown'],
    ['nothing', undefined, undefined],
    [
      'something that throws when it is looked at',
      Object.defineProperty(new Error(card), 'code', {
        get() {
          throw new Error(card);
        },
      }),
      'unknown',
    ],
  ])('of %s', async (_what, thrown, expected) => {
    expect(await classOf(thrown)).toBe(expected);
  });

  it('is what errorOf says, when it says something', async () => {
    const errorOf = (thrown: unknown): string | undefined =>
      thrown instanceof Error && thrown.message === card ? 'card-refused' : undefined;
    expect(await classOf(new Error(card), { errorOf })).toBe('card-refused');
    expect(await classOf(new RangeError('other'), { errorOf })).toBe('RangeError');
    expect(
      await classOf(new RangeError(card), {
        errorOf() {
          throw new Error('a broken hook');
        },
      }),
    ).toBe('RangeError');
  });
});

/** What an application with OpenTelemetry registers. */
function contextManager(): ContextManager {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active, work, self, ...args) => storage.run(active, () => work.call(self as never, ...args)),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

describe('the trace id', () => {
  const traceIds = async (report: (client: Burnwatch) => void): Promise<unknown[]> => {
    const { client, records } = await connected();
    report(client);
    await client.flush();
    return records.map(({ traceId }) => traceId);
  };

  it('comes from a traceparent, and invalid ones are left out', async () => {
    const valid = `00-${TRACE}-00f067aa0ba902b7-01`;
    const invalid = [
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `00-${TRACE}-1`,
      TRACE,
      `00-${TRACE}x-00f067aa0ba902b7-01`,
    ];
    const found = await traceIds((client) => {
      for (const traceparent of [valid, valid.toUpperCase(), `${valid}-what-comes-later`, ...invalid]) {
        client.report({ workflow: 'a', execution: '1', status: 'started', traceparent });
        client.start('a', '2', { traceparent });
      }
    });
    expect(found).toEqual([...Array<string>(6).fill(TRACE), ...Array<undefined>(8).fill(undefined)]);
  });

  it('comes from the active span of a registered OpenTelemetry, in steps too', async () => {
    context.setGlobalContextManager(contextManager());
    undo.push(() => context.disable());
    const span = trace.wrapSpanContext({
      traceId: TRACE,
      spanId: '00f067aa0ba902b7',
      traceFlags: TraceFlags.SAMPLED,
    });
    const { client, records } = await connected();
    await context.with(trace.setSpan(context.active(), span), () =>
      client.run('a', '1', (run) => run.step('b', () => 1)),
    );
    await client.run('a', '2', () => 1);
    await client.flush();
    const first = records.filter(({ execution }) => execution === '1');
    const second = records.filter(({ execution }) => execution === '2');
    expect(first.map(({ traceId }) => traceId)).toEqual([TRACE, TRACE, TRACE, TRACE]);
    expect(second.map(({ traceId }) => traceId)).toEqual([undefined, undefined]);
  });

  it('may be missing because OpenTelemetry fails', async () => {
    context.setGlobalContextManager({
      ...contextManager(),
      active() {
        throw new Error('broken');
      },
    });
    undo.push(() => context.disable());
    expect(await traceIds((client) => void client.start('a', '1'))).toEqual([undefined]);
  });
});

describe('what is sent later', () => {
  it('does so outside of the context of the caller that was first', async () => {
    const storage = new AsyncLocalStorage<string>();
    const stores: unknown[] = [];
    const client = createClient({
      url: 'http://127.0.0.1:9',
      flushAfterMs: 1,
      onProblem: () => stores.push(storage.getStore()),
    });
    undo.push(() => client.close(0));
    storage.run('of the caller', () => client.report({ workflow: 'a', execution: '1', status: 'started' }));
    await until('a request to fail', () => stores.length > 0);
    expect(stores[0]).toBeUndefined();
  });

  it('is what was reported, though the application changes it afterwards', async () => {
    const { client, records } = await connected();
    const attributes = { region: 'eu' };
    client.report({ workflow: 'a', execution: '1', status: 'started', attributes });
    attributes.region = 'us';
    await client.flush();
    expect(records).toMatchObject([{ attributes: { region: 'eu' } }]);
  });

  it('has the attributes of the client, of the execution and of the step, the nearer ones first', async () => {
    const { client, records } = await connected({ attributes: { region: 'eu', tier: 'free' } });
    const run = client.start('a', '1', { attributes: { tier: 'paid', tenant: 'x' } });
    run.startStep('b', { attributes: { tenant: 'y' } });
    await client.flush();
    expect(records.map(({ attributes }) => attributes)).toEqual([
      { region: 'eu', tier: 'paid', tenant: 'x' },
      { region: 'eu', tier: 'paid', tenant: 'y' },
    ]);
  });

  it('has times that a clock set back does not turn around', async () => {
    const { client, records } = await connected();
    const real = Date.now;
    const run = client.start('a', '1');
    Date.now = () => real() - 3_600_000;
    undo.push(() => (Date.now = real));
    run.succeeded();
    Date.now = real;
    await client.flush();
    const { startedAt, at } = records[1]!;
    expect(Number(at) - Number(startedAt)).toBeGreaterThanOrEqual(0);
    expect(Number(at) - Number(startedAt)).toBeLessThan(60_000);
  });
});

it('waits as long as it is asked to, whatever the clock is set to meanwhile', async () => {
  let refused = 0;
  const server = createServer((_request, response) => {
    if (refused++ === 0) response.writeHead(503, { 'Retry-After': '1' }).end('{}');
    else response.end(JSON.stringify({ accepted: 1, duplicates: 0, rejected: [] }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  undo.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ url, flushAfterMs: 1, onProblem: () => undefined });
  undo.push(() => client.close(0));
  client.report({ workflow: 'a', execution: '1', status: 'succeeded' });
  await until('the first answer', () => client.stats().lastProblem !== null);
  const real = Date.now;
  Date.now = () => real() - 3_600_000;
  undo.push(() => (Date.now = real));
  expect(await client.flush(20_000)).toBe(true);
  expect(client.stats()).toMatchObject({ accepted: 1, dropped: 0 });
});

describe('nothing of it throws', () => {
  it.each<[string, unknown]>([
    ['a record that holds itself', circular()],
    ['a number that JSON has not', { workflow: 'a', execution: '1', status: 'started', count: 1n }],
    ['an id that is no text', { workflow: 'a', execution: Object.create(null), status: 'started' }],
    ['no record at all', null],
  ])('%s is counted as dropped', async (_what, record) => {
    const { client } = await connected();
    client.report(record as OutcomeReport);
    expect(client.stats()).toMatchObject({
      reported: 1,
      dropped: 1,
      lastProblem: { code: 'unreadable-record' },
    });
  });

  it.each<[string, ClientOptions, string | null]>([
    ['no address', { url: '' }, null],
    ['an address that is none', { url: 'burnwatch' }, 'invalid-url'],
    ['another protocol', { url: 'ftp://burnwatch.example.com' }, 'invalid-url'],
    ['a password in the address', { url: 'http://me:secret@burnwatch.example.com' }, 'invalid-url'],
    ['a token with a line break', { url: 'http://127.0.0.1:9', token: 'secret\nX: y' }, 'invalid-token'],
  ])('with %s it only counts', async (_what, options, code) => {
    const problems: ClientProblem[] = [];
    const client = createClient({ ...options, onProblem: (problem) => problems.push(problem) });
    expect(await client.run('a', '1', (run) => run.step('b', { attempt: 3 }, () => 7))).toBe(7);
    expect(client.stats()).toMatchObject({ reported: 4, dropped: 4 });
    expect(problems.map((problem) => problem.code)).toEqual(code === null ? [] : [code]);
    expect(JSON.stringify(problems)).not.toContain('secret');
    expect(await client.flush()).toBe(true);
  });

  it('null for options is as good as none', async () => {
    const { client, records } = await connected();
    const none = null as unknown as undefined;
    const run = client.start('a', '1', none);
    run.startStep('b', none).failed(null, none);
    run.failed(null, none);
    await client.flush();
    expect(records.map(({ status }) => status)).toEqual(['started', 'started', 'failed', 'failed']);
  });

  it('what is reported after close is dropped, and close may be called again', async () => {
    const { client, records } = await connected();
    client.start('a', '1');
    expect(await client.close()).toMatchObject({ accepted: 1, dropped: 0 });
    client.start('a', '2');
    expect(await client.close()).toMatchObject({ reported: 2, accepted: 1, dropped: 1 });
    expect(records).toHaveLength(1);
  });

  it('a record too large for Burnwatch is dropped', async () => {
    const { client } = await connected();
    client.report({ workflow: 'a', execution: 'x'.repeat(70_000), status: 'started' });
    expect(client.stats()).toMatchObject({ dropped: 1, lastProblem: { code: 'record-too-large' } });
  });
});

function circular(): object {
  const attributes: Record<string, unknown> = {};
  attributes['self'] = attributes;
  return { workflow: 'a', execution: '1', status: 'started', attributes };
}

describe('the caller', () => {
  it('waits for no network: a run ends while nothing answers', async () => {
    const server = createServer(() => undefined);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    undo.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createClient({ url, batchSize: 1, timeoutMs: 60_000, onProblem: () => undefined });
    undo.push(() => client.close(0));
    for (let n = 0; n < 50; n++) expect(await client.run('a', `${n}`, () => n)).toBe(n);
    expect(client.stats()).toMatchObject({ reported: 100, buffered: 100 });
  });

  it('is warned once of each kind of problem, by a warning of the process', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning);
    const others = process.listeners('warning');
    process.removeAllListeners('warning').on('warning', listen);
    undo.push(() => {
      process.off('warning', listen);
      for (const other of others) process.on('warning', other);
    });
    for (const url of ['nowhere', 'nowhere']) {
      const client = createClient({ url, bufferSize: 1 });
      for (let n = 0; n < 3; n++) client.start('a', `${n}`);
    }
    await until('the warnings', () => warnings.length >= 2);
    expect(warnings.map(({ name }) => name)).toEqual(['BurnwatchWarning', 'BurnwatchWarning']);
  });
});
