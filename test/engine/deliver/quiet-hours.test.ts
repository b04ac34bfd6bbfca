import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowsFor } from '../../../src/core/alerting/conversations.ts';
import { changedEvent } from '../../../src/core/alerting/incident-event.ts';
import type { Acknowledgement, Incident, Muted } from '../../../src/core/alerting/incident.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import type { Severity } from '../../../src/core/slo/alert-policy.ts';
import type { TargetDefinition } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { createManageOutbox } from '../../../src/engine/deliver/manage-outbox.ts';
import { composeMessage } from '../../../src/notify/message/message.ts';
import { plainText } from '../../../src/notify/message/plain-text.ts';
import { START } from '../../support/clock.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sketchFacts } from '../../support/outbox-rows.ts';
import type { Post } from '../../support/post.ts';
import { openPost } from '../../support/post.ts';

// Tests begin at noon UTC: quiet from 11:00 until 20:00.
const MORNING = START + 8 * HOUR;
const quiet = {
  from: 11 * HOUR,
  until: 20 * HOUR,
  timeZone: 'UTC',
  days: [0, 1, 2, 3, 4, 5, 6],
  pages: false,
};
const INBOX: TargetDefinition = { kind: 'log', name: 'inbox', quiet };
const PAGER: TargetDefinition = { kind: 'pagerduty', name: 'pager', routingKey: 'k', url: 'u', quiet };
const definitions = (inbox: TargetDefinition = INBOX) => ({
  targets: new Map<string, TargetDefinition>([
    ['inbox', inbox],
    ['pager', PAGER],
  ]),
});

let post: Post;
let sequence = 0;
beforeEach(async () => {
  post = await openPost();
  Object.assign(post.target('inbox'), { pace: { burst: 6, refill: 12 * SECOND } });
});
afterEach(() => post.close());

/** Notifies a target of what happens to an incident now, as evaluation does. */
async function notify(
  incident: string,
  facts: Partial<NotificationFacts> = {},
  { to = 'inbox', inbox = INBOX }: { to?: string; inbox?: TargetDefinition } = {},
): Promise<void> {
  const at = post.clock.now();
  const whole = sketchFacts({ severity: 'ticket', slo: `orders/${incident}`, at, incident, ...facts });
  await post.wrapped.store.enqueue(rowsFor(definitions(inbox), [to], ++sequence, whole), at);
}

/** Has an incident open as this; as over, without a severity. */
async function stands(
  id: string,
  severity: Severity | null,
  muted?: Muted,
  acknowledged: Acknowledgement | null = null,
): Promise<void> {
  const known = (await post.wrapped.store.loadStates()).get(`orders/${id}`);
  const incident = severity && ({ id, severity, acknowledged, ...(muted && { muted }) } as Incident);
  const opened = changedEvent(sketchFacts({ incident: id }), 'opened', 'fast');
  const history = { incident: id, openedAt: START, events: known ? [] : [opened] };
  const change = { slo: `orders/${id}`, revision: known?.revision ?? 0, rows: [], history };
  await post.wrapped.store.commit('this process', [{ ...change, state: { ...QUIET, incident } }]);
}

const sent = (name: string) =>
  post.target(name).sent.map(({ facts }) => facts.map(({ incident, kind }) => `${incident} ${kind}`));

async function runUntil(at: number): Promise<void> {
  post.clock.set(at);
  for (let round = 0; round < 4; round++) {
    await post.runOnce();
    post.clock.advance(SECOND);
  }
}

describe('an acknowledgement', () => {
  const acknowledged = { at: START, by: 'sam' };

  it('of a ticket is no message of its own in quiet hours, and the digest says who gave it', async () => {
    await notify('i1');
    await notify('i2');
    await stands('i1', 'ticket', undefined, acknowledged);
    await stands('i2', 'ticket');
    await notify('i1', { kind: 'acknowledged', acknowledged });
    await runUntil(MORNING - 10 * SECOND);
    expect(sent('inbox')).toEqual([]);
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([['i1 opened', 'i1 acknowledged', 'i2 opened']]);
    const message = composeMessage(post.target('inbox').sent[0]!, { publicUrl: null, traceUrl: null });
    const said = plainText(message);
    expect(said).toContain('2 incidents');
    expect(said).toContain('acknowledged by sam');
  });

  it('that evaluation found before there was anything to tell it is in the digest, too', async () => {
    await notify('i1');
    await stands('i1', 'ticket', undefined, acknowledged);
    await runUntil(MORNING);
    expect(post.target('inbox').sent[0]!.facts[0]).toMatchObject({ kind: 'opened', acknowledged });
  });

  it('of a page is never held back, also where pages are; what is held back says it', async () => {
    const inbox = { ...INBOX, quiet: { ...quiet, pages: true } };
    await notify('i1', { severity: 'page' }, { inbox });
    await stands('i1', 'page', undefined, acknowledged);
    await notify('i1', { severity: 'page', kind: 'acknowledged', acknowledged }, { inbox });
    const rows = (await post.outbox()).pending;
    expect(rows.map(({ facts, createdAt }) => [facts.kind, createdAt])).toEqual([
      ['acknowledged', START],
      ['opened', MORNING],
    ]);
    await runUntil(START);
    expect(sent('inbox')).toEqual([]);
    await runUntil(MORNING);
    expect(post.target('inbox').sent.at(-1)!.facts).toMatchObject([{ kind: 'opened', acknowledged }]);
  });

  it('is never held back from what would wake others until it knows', async () => {
    await notify('i1', { kind: 'acknowledged', acknowledged }, { to: 'pager' });
    await runUntil(START);
    expect(sent('pager')).toEqual([['i1 acknowledged']]);
  });
});

describe('tickets to a target with quiet hours', () => {
  it('wait until they end, and then come as one message, however many they are', async () => {
    const names = Array.from({ length: 9 }, (_, index) => `i${index}`);
    for (const name of names) {
      await notify(name);
      await stands(name, 'ticket');
      post.clock.advance(MINUTE);
    }
    await runUntil(MORNING - 10 * SECOND);
    expect(sent('inbox')).toEqual([]);
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([names.map((name) => `${name} opened`)]);
    expect((await post.outbox()).pendingCount).toBe(0);
  });

  it('that came and went are told with the others, as what is over', async () => {
    await notify('gone');
    await notify('stays');
    await stands('stays', 'ticket');
    post.clock.advance(HOUR);
    await notify('gone', { kind: 'resolved' });
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([['gone opened', 'gone resolved', 'stays opened']]);
  });

  it('that became a page meanwhile page at once, and what waited is not told any more', async () => {
    await notify('worse');
    await notify('stays');
    await stands('stays', 'ticket');
    post.clock.advance(HOUR);
    await notify('worse', { kind: 'escalated', severity: 'page' });
    await stands('worse', 'page');
    await runUntil(post.clock.now());
    expect(sent('inbox')).toEqual([['worse escalated']]);
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([['worse escalated'], ['stays opened']]);
    expect((await post.outbox()).pendingCount).toBe(0);
  });

  it('and pages that are folded into another incident wait, too; those that were told since on their own are dropped', async () => {
    const folded = { incident: 'bank', slo: 'payments/bank', because: '93% of its failures call bank' };
    const mute = {
      silence: 'bank',
      by: 'payments/bank',
      because: folded.because,
      until: 0,
      untilResolved: false,
    };
    const muted: Muted = { since: 0, mute: { ...mute, reason: 'dependency' }, notifiedAs: null };
    for (const name of ['explained', 'told']) await notify(name, { severity: 'page', folded });
    await stands('explained', 'page', muted);
    await stands('told', 'page');
    await runUntil(MORNING - 10 * SECOND);
    expect(sent('inbox')).toEqual([]);
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([['explained opened']]);
    expect((await post.outbox()).pendingCount).toBe(0);
  });

  it('are dropped whole where nothing of them is so any more', async () => {
    await notify('worse');
    await notify('worse', { kind: 'escalated', severity: 'page' });
    await runUntil(post.clock.now());
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([['worse escalated']]);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });

  it('of a receiver that groups by itself come one by one, each under its own key', async () => {
    for (const name of ['a', 'b']) {
      await notify(name, {}, { to: 'pager' });
      await stands(name, 'ticket');
    }
    await runUntil(MORNING);
    expect(sent('pager')).toEqual([['a opened'], ['b opened']]);
  });

  it('have a day to be delivered in from then on', async () => {
    await notify('stays');
    await stands('stays', 'ticket');
    post.target('inbox').answer = () => ({ result: 'retry', reason: 'busy', after: 0 });
    await runUntil(MORNING + 20 * HOUR);
    expect(post.results()).toContain('retry');
    expect((await post.outbox()).undeliverableCount).toBe(0);
  });

  it('stay for the next try where the states cannot be read as they end', async () => {
    await notify('stays');
    await stands('stays', 'ticket');
    post.wrapped.takeDown('loadStates');
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([]);
    post.wrapped.bringUp();
    await runUntil(MORNING + MINUTE);
    expect(sent('inbox')).toEqual([['stays opened']]);
  });

  it('are listed with the time that they wait for', async () => {
    await notify('stays');
    const outbox = createManageOutbox({
      store: post.wrapped.store,
      definitions,
      clock: post.clock,
      log: memoryLog(),
    });
    const page = await outbox.notifications('pending', { after: null, limit: 10 });
    expect(page).toMatchObject({
      items: [{ createdAt: START, waitsUntil: { at: MORNING, timeZone: 'UTC' }, lastError: null }],
    });
  });
});

describe('pages to a target with quiet hours', () => {
  it('do not wait', async () => {
    await notify('bad', { severity: 'page' });
    await post.runOnce();
    expect(sent('inbox')).toEqual([['bad opened']]);
  });

  it('wait where that was asked for', async () => {
    await notify('bad', { severity: 'page' }, { inbox: { ...INBOX, quiet: { ...quiet, pages: true } } });
    await stands('bad', 'page');
    await runUntil(MORNING - 10 * SECOND);
    expect(sent('inbox')).toEqual([]);
    await runUntil(MORNING);
    expect(sent('inbox')).toEqual([['bad opened']]);
  });
});
