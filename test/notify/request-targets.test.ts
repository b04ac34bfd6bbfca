import { systemClock } from '../support/clock.ts';
import { createGzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { groupsByItself } from '../../src/core/alerting/conversations.ts';
import type { Target } from '../../src/core/ports/target.ts';
import { createTarget, type TargetOptions } from '../../src/notify/target-kinds.ts';
import type { HttpAnswer } from '../support/http-receiver.ts';
import { OUTBOUND } from '../support/outbound.ts';
import { until } from '../support/until.ts';
import * as examples from './example-facts.ts';
import { LINKS, OPENED, RESOLVED, notificationOf } from './example-facts.ts';
import { type FormatReceiver, RECEIVER_KINDS, type RequestKind, startReceiverOf } from './http/kinds.ts';

const NOTIFICATION = notificationOf(OPENED);
const NEVER = new AbortController().signal;
const OPTIONS: TargetOptions = {
  ...LINKS,
  mailServer: null,
  clock: systemClock,
  mailFrom: 'burnwatch@example.com',
  outbound: OUTBOUND,
};
const KINDS = Object.keys(RECEIVER_KINDS) as RequestKind[];

const reset: HttpAnswer = (response) => response.socket!.resetAndDestroy();
const hang: HttpAnswer = () => {};
/** The head at once, a little of the body, and then nothing. */
const stall: HttpAnswer = (response) => void response.writeHead(200).write('{');
const endless: HttpAnswer = (response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
  };
  response.on('drain', more);
  more();
};
const bomb: HttpAnswer = (response) => {
  response.writeHead(200, { 'Content-Encoding': 'gzip' });
  const gzip = createGzip();
  gzip.pipe(response);
  gzip.end(Buffer.alloc(50 * 1024 * 1024));
};

describe.each(KINDS)('%s', (kind) => {
  const { confirms, secrets, limited } = RECEIVER_KINDS[kind];
  let receiver: FormatReceiver;
  let target: Target;

  beforeEach(async () => {
    receiver = await startReceiverOf(kind);
    target = createTarget(receiver.definition, OPTIONS);
  });

  afterEach(async () => {
    await target.close();
    await receiver.close();
  });

  it('connects to nothing before the first notification', () => {
    expect(receiver.connections()).toBe(0);
    expect(target).toMatchObject({ kind, name: receiver.definition.name });
  });

  it('D2: delivers every kind of transition in the published format', async () => {
    const facts = Object.values(examples).filter(
      (example): example is typeof OPENED => typeof example === 'object' && 'kind' in example,
    );
    expect(facts.length).toBeGreaterThan(20);
    for (const one of facts) {
      const delivery = await target.send(notificationOf(one), NEVER);
      const notice = { report: 'a report', 'gate-overridden': 'word of an override' }[one.kind as string];
      const isApart = notice !== undefined && groupsByItself(kind);
      const refused = { result: 'refused', reason: `${notice} goes where people read, not to ${kind}` };
      expect([one.kind, receiver.broken, delivery]).toEqual([
        one.kind,
        [],
        isApart ? refused : { result: 'delivered' },
      ]);
    }
    const both = notificationOf(OPENED, RESOLVED);
    expect(await target.send({ ...both, mayRepeat: true }, NEVER)).toEqual({ result: 'delivered' });
    // What an operator wrote, and what has no links.
    const acknowledged = { ...OPENED, acknowledged: { by: 'ana', at: OPENED.at } };
    const bare = createTarget(receiver.definition, { ...OPTIONS, publicUrl: null, traceUrl: null });
    expect(await bare.send(notificationOf({ ...acknowledged, runbook: null }), NEVER)).toEqual({
      result: 'delivered',
    });
    expect(receiver.broken).toEqual([]);
  });

  it.each<[string, HttpAnswer, object]>([
    [
      '429 with Retry-After',
      { status: 429, headers: { 'Retry-After': '17' } },
      { result: 'retry', after: 17_000 },
    ],
    [
      '429 with a wait of days',
      { status: 429, headers: { 'Retry-After': '999999' } },
      { result: 'retry', after: 3_600_000 },
    ],
    ['429 without', { status: 429 }, { result: 'retry', after: null }],
    ['408', { status: 408 }, { result: 'retry' }],
    ['500', { status: 500, body: 'oops' }, { result: 'retry', after: null }],
    ['503', { status: 503, headers: { 'Retry-After': '5' } }, { result: 'retry', after: 5000 }],
    ['400', { status: 400, body: '{}' }, { result: 'refused' }],
    ['403', { status: 403 }, { result: 'refused' }],
    ['404', { status: 404 }, { result: 'refused' }],
    ['410', { status: 410 }, { result: 'refused' }],
    ['a redirect', { status: 307, headers: { Location: 'http://127.0.0.1:1/' } }, { result: 'refused' }],
    ['a login page', { status: 200, body: '<!doctype html>' }, { result: 'retry' }],
    ['a broken connection, the reply lost', reset, { result: 'retry', after: null, mayHaveArrived: true }],
    [
      'garbage with status 200',
      { status: 200, body: 'garbage' },
      { result: confirms ? 'retry' : 'delivered' },
    ],
    ['an endless answer', endless, { result: confirms ? 'retry' : 'delivered' }],
    ['a packed answer', bomb, { result: confirms ? 'retry' : 'delivered' }],
    ...(limited
      ? [
          ['429 in its own words', limited, { result: 'retry', after: 16_500 }] as [
            string,
            HttpAnswer,
            object,
          ],
        ]
      : []),
  ])('D3: %s', async (_, answer, delivery) => {
    receiver.answer(answer);
    expect(await target.send(NOTIFICATION, NEVER)).toMatchObject(delivery);
    // One try is one request: trying again is for others to decide.
    expect(receiver.requests).toHaveLength(1);
  });

  it.each<[string, HttpAnswer]>([
    ['hangs', hang],
    ['stops within its answer', stall],
  ])('D3: gives up on a receiver that %s, to try again', async (_, answer) => {
    const hasty = createTarget(receiver.definition, { ...OPTIONS, timeoutMs: 400 });
    receiver.answer(answer);
    expect(await hasty.send(NOTIFICATION, NEVER)).toMatchObject({ result: 'retry', mayHaveArrived: true });
  });

  it('D3: stops at once when it is told to, to try again', async () => {
    receiver.answer(hang);
    const stop = new AbortController();
    const sent = target.send(NOTIFICATION, stop.signal);
    await until('the request', () => receiver.requests.length === 1);
    stop.abort();
    expect(await sent).toMatchObject({ result: 'retry', mayHaveArrived: true });
  });

  it('D3: what no one listens to was not sent', async () => {
    await receiver.close();
    expect(await target.send(NOTIFICATION, NEVER)).toMatchObject({
      result: 'retry',
      mayHaveArrived: false,
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
    receiver = await startReceiverOf(kind);
  });

  it('goes only where the rules allow', async () => {
    const rules = createTarget(receiver.definition, { ...OPTIONS, outbound: { http: 'never', hosts: null } });
    expect(await rules.send(NOTIFICATION, NEVER)).toMatchObject({ result: 'refused' });
    expect(receiver.connections()).toBe(0);
  });

  it('repeats no secret, whatever the receiver says', async () => {
    const text = `moved: ${secrets.join(' ')} ${receiver.url}/hooks/sEcReT-path-1`;
    for (const status of [500, 400, 200, 429]) {
      receiver.answer({ status, body: text, headers: { 'Retry-After': text } });
      const said = JSON.stringify(await target.send(NOTIFICATION, NEVER));
      for (const secret of secrets) expect(said).not.toContain(secret);
    }
    const throwing = createTarget(receiver.definition, {
      ...OPTIONS,
      fetch: (url) => Promise.reject(new TypeError(`cannot reach ${url} with ${secrets.join(' ')}`)),
    });
    const said = JSON.stringify(await throwing.send(NOTIFICATION, NEVER));
    for (const secret of secrets) expect(said).not.toContain(secret);
  });
});
