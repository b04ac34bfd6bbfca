import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import type { ChartRenderer } from '../../../src/core/ports/chart-renderer.ts';
import type { OutboundRules } from '../../../src/core/ports/outbound.ts';
import type { Store } from '../../../src/core/ports/store/store.ts';
import type { Target } from '../../../src/core/ports/target.ts';
import { createReceipts } from '../../../src/engine/deliver/receipts.ts';
import { createMessagePictures } from '../../../src/notify/message/message-pictures.ts';
import { createTarget } from '../../../src/notify/target-kinds.ts';
import { createPngRenderer } from '../../../src/png/png-renderer.ts';
import { chartData } from '../../charts/chart-data.ts';
import { manualClock } from '../../support/clock.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { OUTBOUND } from '../../support/outbound.ts';
import { readPngSize } from '../../support/read-png.ts';
import { until } from '../../support/until.ts';
import { LINKS, OPENED, REMINDER, TEST, notificationOf } from '../example-facts.ts';
import type { SlackWorkspace } from './slack-workspace.ts';
import { TOKEN, failure, startSlackWorkspace } from './slack-workspace.ts';

const NEVER = new AbortController().signal;
const DELIVERED = { result: 'delivered' };

let slack: SlackWorkspace;
let renderer: ChartRenderer;
let store: Store;
let log: ReturnType<typeof memoryLog>;
let target: Target;
let count = 0;

beforeEach(async () => {
  slack = await startSlackWorkspace();
  renderer = createPngRenderer();
  store = await openEmbeddedStore(1, manualClock(OPENED.at));
  log = memoryLog();
  target = open();
});
afterEach(async () => {
  expect(slack.broken).toEqual([]);
  await target.close();
  await renderer.close();
  await slack.close();
  await store.close();
});

function open(charts: Pick<ChartRenderer, 'png'> = renderer, outbound: OutboundRules = OUTBOUND): Target {
  const clock = manualClock(OPENED.at);
  const read = async () => chartData();
  return createTarget(
    {
      kind: 'slackApp',
      name: 'channel',
      url: slack.url,
      botToken: TOKEN,
      channel: 'C0123ABCD',
      signingSecret: null,
    },
    {
      ...LINKS,
      mailServer: null,
      mailFrom: 'burnwatch@example.com',
      outbound,
      clock,
      receipts: createReceipts(store, clock),
      pictures: createMessagePictures({ read, charts, log, within: 10_000 }),
    },
  );
}

const send = (...facts: readonly NotificationFacts[]) =>
  target.send({ ...notificationOf(...facts), key: `key-${count++}` }, NEVER);
const reasons = () => log.entries.map(({ fields }) => (fields as { reason: string }).reason);
const logged = (most: number) => until('a line of the log', () => log.entries.length >= most);

describe('the picture of a message', () => {
  it('is the next in its thread, as a file of the right size with what it shows in words', async () => {
    expect(await send(OPENED)).toEqual(DELIVERED);
    await until('the picture', () => slack.files.length === 1);
    const [{ channel, thread, title, alt, content }] = slack.files as [SlackWorkspace['files'][number]];
    expect([channel, thread]).toEqual(['C0123ABCD', slack.messages[0]!.ts]);
    expect(readPngSize(content)).toEqual({ width: 1200, height: 860 });
    expect(title).toBe('Budget and failing share of order-fulfillment/fulfilled-in-10m');
    expect(alt).toMatch(/^Error budget: \d+% of the budget of 95% over 28d is left/);

    expect(await send(REMINDER)).toEqual(DELIVERED);
    await until('the picture of what came then', () => slack.files.length === 2);
    expect(slack.files[1]!.thread).toBe(slack.messages[0]!.ts);
    expect(log.entries).toEqual([]);
  });

  it('is none of a test', async () => {
    await send(TEST);
    await target.close();
    expect([slack.files, log.entries]).toEqual([[], []]);
  });

  it('keeps no message waiting: not while it is drawn, and not while Slack takes it', async () => {
    target = open({ png: () => new Promise(() => {}) });
    expect(await send(OPENED)).toEqual(DELIVERED);
    expect(await send(REMINDER)).toEqual(DELIVERED);
    expect(slack.messages).toHaveLength(2);
    await target.close();
    await logged(2);
    expect(reasons()).toEqual(Array(2).fill('It was stopped before its picture was made.'));
  });

  it('is not waited for without end where many are', async () => {
    target = open({ png: () => new Promise(() => {}) });
    for (let sent = 0; sent < 7; sent++) expect(await send(OPENED)).toEqual(DELIVERED);
    expect(reasons()).toEqual(['Too many pictures wait to be shown in Slack.']);
  });
});

describe('D3: what becomes of the picture is nothing to the message', () => {
  it('when it cannot be drawn', async () => {
    target = open({ png: () => Promise.reject(new Error('no thread')) });
    expect(await send(OPENED)).toEqual(DELIVERED);
    await logged(1);
    expect(reasons()).toEqual(['no thread']);
    expect(slack.receiver.requests).toHaveLength(1);
  });

  const posted = { status: 200, body: '{"ok":true,"channel":"C0123ABCD","ts":"1503435956.000001"}' };
  const reserved = (address: unknown) => ({
    status: 200,
    body: JSON.stringify({ ok: true, upload_url: address, file_id: 'F1' }),
  });
  it.each([
    ['the app lacks a scope', [failure('missing_scope')], 'Slack answered 200 missing_scope'],
    ['Slack says no in other words', [failure('<b>no</b>')], 'Slack answered 200'],
    ['Slack fails', [{ status: 500 }], 'Slack answered 500'],
    ['Slack names no address', [reserved(7)], 'Slack named no place for it'],
    ['the file is not taken', [null, { status: 413 }], 'Slack answered 413'],
    [
      'a proxy takes the file',
      [null, { status: 200, body: '<html>' }],
      'A web page answered instead of Slack',
    ],
    [
      'it is shown nowhere',
      [null, null, failure('channel_not_found')],
      'Slack answered 200 channel_not_found',
    ],
  ] as const)('when %s', async (_what, answers, reason) => {
    const place = { status: 200, body: `{"ok":true,"upload_url":"${slack.url}/upload/F1","file_id":"F1"}` };
    const usual = [place, { status: 200, body: 'OK - 1' }];
    slack.answer(posted, ...answers.map((answer, index) => answer ?? usual[index]!));
    expect(await send(OPENED)).toEqual(DELIVERED);
    await logged(1);
    expect(reasons()).toEqual([reason]);
    expect(slack.files).toEqual([]);
  });

  it.each(['http://169.254.169.254/latest', 'file:///etc/passwd', 'http://10.0.0.1/F1'])(
    'G1: sends no file to %s, whatever Slack says',
    async (address) => {
      slack.answer(posted, reserved(address));
      expect(await send(OPENED)).toEqual(DELIVERED);
      await logged(1);
      expect(reasons()[0]).toMatch(/^Not sent to Slack: /);
    },
  );
});
