import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery, TargetAdapter } from '../../../src/core/ports/target.ts';
import { slackTarget } from '../../../src/notify/slack/slack-target.ts';
import { composeMessage } from '../../../src/notify/message/message.ts';
import { slackPayload } from '../../../src/notify/slack/slack-blocks.ts';
import { guardedFetch } from '../../../src/outbound/guarded-fetch.ts';
import { startSlackReceiver } from '../../support/slack-receiver.ts';
import type { SlackAnswer, SlackReceiver } from '../../support/slack-receiver.ts';
import { until } from '../../support/until.ts';
import { LINKS, OPENED, notificationOf } from '../example-facts.ts';

const NOTIFICATION = notificationOf(OPENED);
const TOKEN = 'sEcReTwEbHoOk12345678';
const PATH = `/services/T0000AAAA/B0000BBBB/${TOKEN}`;
const NETWORK = guardedFetch({ http: 'loopback', hosts: null });
const NEVER = new AbortController().signal;

let slack: SlackReceiver;
let target: TargetAdapter;

beforeEach(async () => {
  slack = await startSlackReceiver(PATH);
  target = slackTarget('oncall', slack.url, { timeoutMs: 10_000, links: LINKS, fetch: NETWORK });
});

afterEach(async () => {
  await target.close();
  await slack.close();
});

function expectNoSecret(delivery: Delivery): void {
  const text = JSON.stringify(delivery);
  for (const secret of [TOKEN, 'T0000AAAA', 'B0000BBBB', '/services']) expect(text).not.toContain(secret);
}

describe('what becomes of one try to reach Slack', () => {
  it('sends the message as blocks, with a text for the push notification', async () => {
    expect(await target.send(NOTIFICATION, NEVER)).toEqual({ result: 'delivered' });
    expect(slack.requests).toHaveLength(1);
    const [{ method, path, headers, payload }] = slack.requests as [(typeof slack.requests)[0]];
    expect({ method, path, type: headers['content-type'] }).toEqual({
      method: 'POST',
      path: PATH,
      type: 'application/json',
    });
    expect(payload).toEqual({
      ...slackPayload(composeMessage(NOTIFICATION, LINKS)),
      // D4: Slack looks for names and links in nothing.
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
    });
  });

  const retry = (reason: string, after: number | null = null) => ({ result: 'retry', reason, after });
  const unanswered = (reason: string) => ({ ...retry(reason), mayHaveArrived: true });
  const refused = (reason: string) => ({ result: 'refused', reason });
  const json = (body: object): SlackAnswer => ({ status: 200, body: JSON.stringify(body) });
  const limited = (wait: string): SlackAnswer => ({
    status: 429,
    body: 'rate_limited',
    headers: { 'Retry-After': wait },
  });

  it.each<[string, SlackAnswer, object]>([
    ['429 with Retry-After', limited('17'), retry('Slack answered 429 rate_limited', 17_000)],
    ['429 with Retry-After 0', limited('0'), retry('Slack answered 429 rate_limited', 0)],
    ['429 with a wait of days', limited('999999'), retry('Slack answered 429 rate_limited', 3_600_000)],
    ['429 with a garbled Retry-After', limited('soon'), retry('Slack answered 429 rate_limited')],
    ['429 with a negative Retry-After', limited('-5'), retry('Slack answered 429 rate_limited')],
    ['429 with a date', limited('Sun, 22 Nov 2026 19:06:00 GMT'), retry('Slack answered 429 rate_limited')],
    ['429 without Retry-After', { status: 429, body: '' }, retry('Slack answered 429')],
    ['500', { status: 500, body: 'oops' }, retry('Slack answered 500')],
    [
      '503 with Retry-After',
      { status: 503, headers: { 'Retry-After': '5' } },
      retry('Slack answered 503', 5000),
    ],
    ['400', { status: 400, body: 'invalid_payload' }, refused('Slack answered 400 invalid_payload')],
    ['403', { status: 403, body: 'action_prohibited' }, refused('Slack answered 403 action_prohibited')],
    ['404', { status: 404, body: 'no_service' }, refused('Slack answered 404 no_service')],
    ['410', { status: 410, body: 'channel_is_archived' }, refused('Slack answered 410 channel_is_archived')],
    ['ok: true', json({ ok: true }), { result: 'delivered' }],
    ['ok: false', json({ ok: false, error: 'invalid_blocks' }), refused('Slack answered 200 invalid_blocks')],
    ['ok: false for now', json({ ok: false, error: 'ratelimited' }), retry('Slack answered 200 ratelimited')],
    ['ok: false, no more', json({ ok: false }), refused('Slack answered 200')],
    ['a login page', { status: 200, body: '<!doctype html>' }, retry('A web page answered instead of Slack')],
    ['a broken connection', 'reset', unanswered('Slack cannot be reached: ECONNRESET')],
  ])('D3: %s', async (_, answer, delivery) => {
    slack.answer(answer);
    expect(await target.send(NOTIFICATION, NEVER)).toEqual(delivery);
    // One try is one request: trying again is for others to decide.
    expect(slack.requests).toHaveLength(1);
  });

  it('refuses a redirect without following it', async () => {
    slack.answer({ status: 302, headers: { Location: `${slack.url}/elsewhere` } });
    expect(await target.send(NOTIFICATION, NEVER)).toEqual({
      result: 'refused',
      reason: 'Slack answered 302',
    });
    expect(slack.requests).toHaveLength(1);
  });

  it('D3: gives up on a server that does not answer, to try again', async () => {
    const hasty = slackTarget('oncall', slack.url, { timeoutMs: 400, links: LINKS, fetch: NETWORK });
    slack.answer('hang');
    expect(await hasty.send(NOTIFICATION, NEVER)).toEqual(unanswered('Slack did not answer within 400 ms'));
  });

  it('stops at once when it is told to, to try again', async () => {
    slack.answer('hang');
    const patient = slackTarget('oncall', slack.url, { timeoutMs: 600_000, links: LINKS, fetch: NETWORK });
    const stop = new AbortController();
    const sent = patient.send(NOTIFICATION, stop.signal);
    await until('the request', () => slack.requests.length === 1);
    stop.abort();
    expect(await sent).toEqual(unanswered('Stopped before Slack answered'));
  });

  it('D3: tries again when nobody listens', async () => {
    await slack.close();
    const delivery = await target.send(NOTIFICATION, NEVER);
    // What never got a connection was not sent.
    expect(delivery).toMatchObject({ result: 'retry', after: null, mayHaveArrived: false });
    expect(delivery).toHaveProperty('reason', expect.stringContaining('ECONNREFUSED'));
    expectNoSecret(delivery);
    slack = await startSlackReceiver(PATH);
  });
});

it('what must not be connected to is refused at once: another try would meet the same rules', async () => {
  for (const webhook of [
    `http://169.254.169.254${PATH}`,
    `https://[fe80::1]${PATH}`,
    `http://8.8.8.8${PATH}`,
  ]) {
    const forbidden = slackTarget('oncall', webhook, { timeoutMs: 10_000, links: LINKS, fetch: NETWORK });
    const delivery = await forbidden.send(NOTIFICATION, NEVER);
    expect(delivery).toEqual({
      result: 'refused',
      reason: expect.stringMatching(
        /^Not sent to Slack: (its address is link-local|plain http goes only)/,
      ) as string,
    });
    expectNoSecret(delivery);
  }
});

describe('no reason tells how to use the webhook', () => {
  const address = (port: string) => `http://user:passw0rd-x@127.0.0.1:${port}${PATH}`;

  it.each<[string, (url: string) => string]>([
    ['the address', (url) => url],
    ['the path', () => PATH],
    ['its parts', () => `T0000AAAA and B0000BBBB with ${TOKEN}`],
    ['an address with a password', (url) => address(new URL(url).port)],
    ['the address among others', (url) => `moved from ${url} to https://example.com${PATH}?x#y`],
    ['the end of it', () => `${'x'.repeat(180)} ${PATH}`],
  ])('when the server repeats %s', async (_, body) => {
    for (const status of [500, 404, 200]) {
      const text = body(slack.url);
      slack.answer({ status, body: status === 200 ? JSON.stringify({ ok: false, error: text }) : text });
      const delivery = await target.send(NOTIFICATION, NEVER);
      expect(delivery.result).not.toBe('delivered');
      expectNoSecret(delivery);
      expect(JSON.stringify(delivery)).not.toContain('passw0rd-x');
    }
  });

  it('when fetch throws it', async () => {
    const failing = slackTarget('oncall', slack.url, {
      timeoutMs: 10_000,
      links: LINKS,
      fetch: (url) =>
        Promise.reject(new TypeError('fetch failed', { cause: new Error(`cannot reach ${url}`) })),
    });
    const delivery = await failing.send(NOTIFICATION, NEVER);
    expect(delivery).toEqual({
      result: 'retry',
      reason: 'Slack cannot be reached: unknown',
      after: null,
      mayHaveArrived: true,
    });
  });

  it('when it is not an address at all', async () => {
    const broken = slackTarget('oncall', `not-an-address-${TOKEN}`, {
      timeoutMs: 10_000,
      links: LINKS,
      fetch: NETWORK,
    });
    const delivery = await broken.send(NOTIFICATION, NEVER);
    expect(delivery.result).not.toBe('delivered');
    expectNoSecret(delivery);
  });

  it('when tokens stand in the query, escaped', async () => {
    const webhook = `${new URL(slack.url).origin}/hook?token=${encodeURIComponent('to/ken=12345')}`;
    const other = slackTarget('oncall', webhook, { timeoutMs: 10_000, links: LINKS, fetch: NETWORK });
    slack.answer({ status: 500, body: 'no to/ken=12345 here, nor to%2Fken%3D12345' });
    const delivery = await other.send(NOTIFICATION, NEVER);
    expect(JSON.stringify(delivery)).not.toContain('12345');
  });
});
