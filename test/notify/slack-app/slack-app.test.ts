import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import type { ToldReceipt, Receipts } from '../../../src/core/ports/receipts.ts';
import type { Store } from '../../../src/core/ports/store/store.ts';
import type { Notification, Target } from '../../../src/core/ports/target.ts';
import type { TargetDefinition } from '../../../src/core/slo/slo.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { createReceipts } from '../../../src/engine/deliver/receipts.ts';
import { createTarget } from '../../../src/notify/target-kinds.ts';
import type { ManualClock } from '../../support/clock.ts';
import { manualClock } from '../../support/clock.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { OUTBOUND } from '../../support/outbound.ts';
import {
  ESCALATED,
  LINKS,
  OPENED,
  REMINDER,
  RESOLVED,
  TEST,
  TICKET,
  notificationOf,
} from '../example-facts.ts';
import type { SlackWorkspace } from './slack-workspace.ts';
import { TOKEN, buttonsOf, failure, shownIn, startSlackWorkspace } from './slack-workspace.ts';

const NEVER = new AbortController().signal;
const ID = OPENED.incident;

let slack: SlackWorkspace;
let target: Target;
let receipts: Receipts;
let clock: ManualClock;
let store: Store;
let close: () => Promise<void>;
let count = 0;

beforeEach(async () => {
  slack = await startSlackWorkspace();
  clock = manualClock(OPENED.at);
  store = await openEmbeddedStore(1, clock);
  close = () => store.close();
  receipts = createReceipts(store, clock);
  target = anew();
});

afterEach(async () => {
  expect(slack.broken).toEqual([]);
  await target.close();
  await slack.close();
  await close();
});

/** The same target in another process, or after a restart. */
function anew(more: Partial<Extract<TargetDefinition, { kind: 'slackApp' }>> = {}): Target {
  const definition: TargetDefinition = {
    kind: 'slackApp',
    name: 'channel',
    url: slack.url,
    botToken: TOKEN,
    channel: 'C0123ABCD',
    signingSecret: '8f742231b10e8888abcd99eeeccc85a5',
    ...more,
  };
  const common = { ...LINKS, mailServer: null, mailFrom: 'burnwatch@example.com', outbound: OUTBOUND };
  return createTarget(definition, { ...common, clock, receipts });
}

/** A notification of its own, as the outbox makes one: another key for every one. */
function next(...facts: readonly NotificationFacts[]): Notification {
  return { ...notificationOf(...facts), key: `key-${count++}` };
}

const send = (notification: Notification) => target.send(notification, NEVER);
const DELIVERED = { result: 'delivered' };

/** Another incident, told in the conversation of the first. */
function beside(facts: NotificationFacts, incident: string, others: number): NotificationFacts {
  const conversation = { id: ID, openedAt: OPENED.openedAt, slo: OPENED.slo, others };
  return { ...facts, incident, slo: `order-fulfillment/${incident}`, conversation };
}

describe('an incident', () => {
  it('is one message that is changed in place, with what happens as its thread', async () => {
    expect(await send(next(TICKET))).toEqual(DELIVERED);
    expect(slack.messages).toHaveLength(1);
    expect(slack.messages[0]).toMatchObject({ channel: 'C0123ABCD', thread: null, edits: 0 });
    expect(buttonsOf(slack.messages[0]!)).toEqual(['Acknowledge', 'Silence for 1 h', 'Runbook']);

    const same = { slo: TICKET.slo, incident: TICKET.incident };
    target = anew();
    expect(await send(next({ ...ESCALATED, ...same }))).toEqual(DELIVERED);
    expect(await send(next({ ...REMINDER, ...same }))).toEqual(DELIVERED);
    expect(await send(next({ ...RESOLVED, ...same }))).toEqual(DELIVERED);
    const [root, ...thread] = slack.messages;
    expect(root).toMatchObject({ edits: 3 });
    expect(root!.text).toContain('RESOLVED');
    expect(buttonsOf(root!)).toEqual([]);
    expect(thread.map((one) => [one.thread, one.broadcast])).toEqual([
      // What wakes someone is shown in the channel as well.
      [root!.ts, true],
      [root!.ts, false],
      [root!.ts, false],
    ]);
    expect(thread.map(({ text }) => text.split(' ')[0])).toEqual(['PAGE', 'STILL', 'RESOLVED']);
    // What can be pressed stands in one place.
    expect(thread.flatMap(buttonsOf)).toEqual([]);
  });

  it('has no buttons that no one would hear of, and none where nothing is wrong', async () => {
    target = anew({ signingSecret: null });
    await send(next(OPENED));
    expect(buttonsOf(slack.messages[0]!)).toEqual(['Runbook']);
    target = anew();
    await send(next(TEST));
    expect(buttonsOf(slack.messages[1]!)).toEqual([]);
    await send(next(TEST));
    expect(slack.messages[2]).toMatchObject({ thread: null });
  });

  it('D2: a late trigger and its end are one message, without buttons', async () => {
    expect(await send(next(OPENED, RESOLVED))).toEqual(DELIVERED);
    expect(slack.messages).toHaveLength(1);
    expect(slack.messages[0]!.text).toContain('fired and recovered');
    expect(buttonsOf(slack.messages[0]!)).toEqual([]);
  });

  it('a message that was deleted is posted anew, and goes on there', async () => {
    await send(next(OPENED));
    slack.messages.length = 0;
    slack.messages.push({
      ts: '1503435900.000000',
      channel: 'C0123ABCD',
      thread: null,
      broadcast: false,
      text: '',
      blocks: [],
      edits: 0,
    });
    expect(await send(next(REMINDER))).toEqual(DELIVERED);
    expect(slack.messages).toHaveLength(2);
    expect(slack.messages[1]).toMatchObject({ thread: null });
    await send(next(RESOLVED));
    expect(slack.messages[1]).toMatchObject({ edits: 1 });
    expect(slack.messages[2]).toMatchObject({ thread: slack.messages[1]!.ts });
  });

  it('a change that lacks only its answer in the thread is not lost, nor said twice in the message', async () => {
    await send(next(OPENED));
    const change = next(REMINDER);
    slack.answer(
      { status: 200, body: JSON.stringify({ ok: true, channel: 'C0123ABCD', ts: '1503435956.000000' }) },
      { status: 503 },
    );
    expect(await send(change)).toMatchObject({ result: 'retry' });
    expect(await send({ ...change, mayRepeat: true })).toEqual(DELIVERED);
    expect(slack.messages.map(({ thread }) => thread)).toEqual([null, slack.messages[0]!.ts]);
  });
});

describe('D3: faults', () => {
  it.each([
    ['channel_not_found', 'refused'],
    ['invalid_auth', 'refused'],
    ['is_archived', 'refused'],
    ['not_in_channel', 'refused'],
    ['missing_scope', 'refused'],
    ['ratelimited', 'retry'],
    ['internal_error', 'retry'],
  ])('%s with status 200: %s', async (error, result) => {
    slack.answer(failure(error));
    expect(await send(next(OPENED))).toEqual(
      expect.objectContaining({ result, reason: `Slack answered 200 ${error}` }),
    );
    expect(slack.receiver.requests).toHaveLength(1);
  });

  it('repeats no word that is not known to be of Slack', async () => {
    slack.answer(failure('call +1 555 0100'));
    expect(await send(next(OPENED))).toEqual({ result: 'refused', reason: 'Slack answered 200' });
  });

  it('429 with Retry-After, also on a change and in the thread', async () => {
    const limited = {
      status: 429,
      headers: { 'Retry-After': '17' },
      body: '{"ok":false,"error":"ratelimited"}',
    };
    slack.answer(limited);
    const asked = { result: 'retry', after: 17_000, reason: 'Slack answered 429 ratelimited' };
    expect(await send(next(OPENED))).toEqual(asked);
    await send(next(OPENED));
    slack.answer(limited);
    expect(await send(next(REMINDER))).toMatchObject(asked);
    slack.answer(
      { status: 200, body: '{"ok":true,"channel":"C0123ABCD","ts":"1503435956.000000"}' },
      limited,
    );
    expect(await send(next(REMINDER))).toMatchObject(asked);
  });

  it.each(['invalid_blocks', 'msg_blocks_too_long'])('%s: all of it goes as plain text', async (error) => {
    slack.answer(failure(error));
    expect(await send(next(OPENED))).toEqual(DELIVERED);
    expect(slack.messages[0]!.blocks).toEqual([]);
    for (const words of [
      '41% budget left',
      'Failing most',
      'order-918260',
      'https://wiki.example.com/runbooks',
    ])
      expect(slack.messages[0]!.text).toContain(words);
    slack.answer(failure(error));
    expect(await send(next(RESOLVED))).toEqual(DELIVERED);
    expect(slack.messages[0]!.text).toContain('RESOLVED');
  });

  it('a reply that was lost: the next try says that it may be a repeat', async () => {
    slack.loseNextReply();
    const opened = next(OPENED);
    expect(await send(opened)).toMatchObject({ result: 'retry', mayHaveArrived: true });
    expect(await send({ ...opened, mayRepeat: true })).toEqual(DELIVERED);
    expect(slack.messages).toHaveLength(2);
    expect(shownIn(slack.messages[1]!)).toContain('may be a repeat');
  });

  it('a reply that was lost to a change of the message: nothing was said twice', async () => {
    await send(next(OPENED));
    slack.loseNextReply();
    expect(await send(next(REMINDER))).toMatchObject({ result: 'retry', mayHaveArrived: false });
  });

  it('what was told, and not written down as delivered, is not told again', async () => {
    const opened = next(OPENED);
    await send(opened);
    target = anew();
    expect(await send({ ...opened, mayRepeat: true })).toEqual(DELIVERED);
    expect(slack.messages).toHaveLength(1);
  });

  it('an answer that is longer than is read is understood', async () => {
    slack.answer({
      status: 200,
      body: `{"ok":true,"channel":"C0123ABCD","ts":"1503435956.000247","message":{"text":"${'x'.repeat(40_000)}"}}`,
    });
    expect(await send(next(OPENED))).toEqual(DELIVERED);
    expect((await receipts.read('channel', ID))?.receipt.place).toEqual({
      channel: 'C0123ABCD',
      message: '1503435956.000247',
    });
  });

  it('a store that does not answer: it is tried again, and nothing was sent', async () => {
    const away: Receipts = {
      read: () => Promise.reject(new Error('away')),
      write: () => Promise.resolve(false),
    };
    receipts = away;
    target = anew();
    expect(await send(next(OPENED))).toMatchObject({ result: 'retry', mayHaveArrived: false });
    expect(slack.messages).toEqual([]);
  });

  it('what could be posted and not remembered was delivered, and what is next begins anew', async () => {
    receipts = { ...receipts, write: () => Promise.reject(new Error('away')) };
    target = anew();
    expect(await send(next(OPENED))).toEqual(DELIVERED);
    expect(await send(next(RESOLVED))).toEqual(DELIVERED);
    expect(slack.messages.map(({ thread }) => thread)).toEqual([null, null]);
  });
});

describe('a conversation of several incidents', () => {
  it('is one message with a list; they come and go in its thread', async () => {
    await send(next(OPENED));
    expect(await send(next(beside(TICKET, 'second', 1)))).toEqual(DELIVERED);
    expect(await send(next(beside(OPENED, 'third', 2)))).toEqual(DELIVERED);
    const [root, second, third] = slack.messages;
    expect(root!.blocks[0]!.text!.text).toBe('🔴 3 incidents, 3 open');
    for (const line of [
      `🔴 \`${OPENED.slo}\` pages`,
      '🔴 `order-fulfillment/third` pages',
      '🟠 `order-fulfillment/second` is a ticket',
      // What the first one is about stays.
      'order-918260',
    ])
      expect(shownIn(root!)).toContain(line);
    expect([second, third].map((one) => [one!.thread, one!.broadcast])).toEqual([
      [root!.ts, false],
      [root!.ts, true],
    ]);
    await send(next({ ...RESOLVED, conversation: { ...beside(OPENED, 'x', 2).conversation! } }));
    expect(root!.blocks[0]!.text!.text).toBe('🔴 3 incidents, 2 open');
    expect(buttonsOf(root!)).toContain('Acknowledge');
    await send(next(beside(RESOLVED, 'third', 1)));
    expect(root!.blocks[0]!.text!.text).toBe('🟠 3 incidents, 1 open');
    await send(next(beside(RESOLVED, 'second', 0)));
    expect(root!.blocks[0]!.text!.text).toBe('🟢 3 incidents, all over');
    expect(buttonsOf(root!)).toEqual([]);
    expect(slack.messages.filter(({ thread }) => thread === null)).toHaveLength(1);
  });

  it('of hundreds stays within what Slack takes and what is remembered', async () => {
    await send(next(OPENED));
    const many = Array.from({ length: 499 }, (_, index) =>
      beside(OPENED, `${'long-'.repeat(20)}${index}`, 499),
    );
    expect(await send(next(...many))).toEqual(DELIVERED);
    const [root] = slack.messages;
    expect(root!.blocks[0]!.text!.text).toBe('🔴 500 incidents, 30 or more open');
    expect(root!.blocks.at(-1)!.type).toBe('actions');
    expect(shownIn(root!)).toMatch(/… and \d+ more/);
    await send(next({ ...RESOLVED, conversation: { ...many[0]!.conversation! } }));
    expect(buttonsOf(root!)).toContain('Acknowledge');
  });

  it('several conversations in a storm are a list; their own messages follow, and what is new answers to it', async () => {
    await send(next(OPENED));
    const others = ['b', 'c'].map((incident) => ({ ...OPENED, incident, slo: `billing/${incident}` }));
    expect(await send(next(...others, RESOLVED))).toEqual(DELIVERED);
    const [root, list] = slack.messages;
    expect(root!.text).toContain('RESOLVED');
    expect(list).toMatchObject({ thread: null });
    expect(list!.text).toMatch(/^3 incidents/);
    await send(next({ ...RESOLVED, incident: 'b', slo: 'billing/b' }));
    expect(slack.messages[2]).toMatchObject({ thread: list!.ts });
    expect(list).toMatchObject({ edits: 0 });
  });
});

describe('what people do', () => {
  const note = {
    conversation: ID,
    words: ['Acknowledged by ', { name: 'ana *<!channel>*' }, ' at 19:12 UTC.'],
    acknowledged: true,
    only: null,
  };

  it('is shown in the message and said in its thread; what is acknowledged cannot be pressed again', async () => {
    await send(next(OPENED));
    expect(await target.say!(note, NEVER)).toEqual(DELIVERED);
    const [root, said] = slack.messages;
    const text = 'Acknowledged by `ana *&lt;!channel&gt;*` at 19:12 UTC.';
    expect(shownIn(root!)).toContain(text);
    expect(said).toMatchObject({ thread: root!.ts, text });
    expect(buttonsOf(root!)).toEqual(['Silence for 1 h', 'Runbook']);
    // What is next leaves it there; what opens anew wants someone again.
    await send(next({ ...REMINDER, acknowledged: { by: 'ana', at: OPENED.at } }));
    expect(shownIn(root!)).toContain(text);
    expect(buttonsOf(root!)).toEqual(['Silence for 1 h', 'Runbook']);
    await send(next(beside(OPENED, 'second', 1)));
    expect(buttonsOf(root!)).toContain('Acknowledge');
  });

  it('is said to one person alone', async () => {
    await send(next(OPENED));
    await target.say!({ ...note, only: 'U0123' }, NEVER);
    expect(slack.whispered).toEqual([
      { user: 'U0123', text: expect.stringContaining('Acknowledged') as string },
    ]);
    expect(slack.messages[0]).toMatchObject({ edits: 0 });
  });

  it('is said nowhere where nothing was told', async () => {
    expect(await target.say!(note, NEVER)).toEqual(DELIVERED);
    expect(slack.receiver.requests).toEqual([]);
  });

  it('is not lost when a notification is told in the same moment', async () => {
    await send(next(OPENED));
    const real = receipts;
    let between: (() => Promise<unknown>) | null = () => anew().say!(note, NEVER);
    receipts = {
      ...real,
      async write(receipt, revision) {
        const first = between;
        between = null;
        await first?.();
        return real.write(receipt, revision);
      },
    };
    await anew().send(next({ ...REMINDER, acknowledged: null }), NEVER);
    expect(shownIn(slack.messages[0]!)).toContain('Acknowledged by');
    expect(slack.messages[0]!.text).toContain('STILL BURNING');
  });
});

describe('what is remembered', () => {
  const kept = async () => (await receipts.read('channel', ID))?.receipt ?? null;

  it('is forgotten two days after the end, or 90 days without a change', async () => {
    await send(next(OPENED));
    clock.advance(89 * 24 * 60 * MINUTE);
    expect(await kept()).toMatchObject({ over: false } satisfies Partial<ToldReceipt>);
    await send(next(RESOLVED));
    clock.advance(47 * 60 * MINUTE);
    expect(await kept()).toMatchObject({ over: true } satisfies Partial<ToldReceipt>);
    clock.advance(2 * 60 * MINUTE);
    await kept();
    expect(await kept()).toBe(null);
  });

  it('by a newer version is left alone: what is next begins anew', async () => {
    await send(next(OPENED));
    const [record] = await store.records('receipts');
    const newer = { ...(record!.value as object), v: 99 };
    await store.putRecord('receipts', record!.id, record!.revision, newer);
    expect(await send(next(REMINDER))).toEqual(DELIVERED);
    expect(slack.messages.map(({ thread }) => thread)).toEqual([null, null]);
    expect((await store.records('receipts'))[0]!.value).toEqual(newer);
  });

  it('is of one target', async () => {
    await send(next(OPENED));
    await anew({ name: 'another' }).send(next(REMINDER), NEVER);
    expect(slack.messages.map(({ thread }) => thread)).toEqual([null, null]);
  });
});
