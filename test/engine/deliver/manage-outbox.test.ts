import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Acknowledgement } from '../../../src/core/alerting/incident.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import type { ManageOutbox } from '../../../src/core/ports/outbox-reports.ts';
import type { Delivery } from '../../../src/core/ports/target.ts';
import { DAY, HOUR, SECOND } from '../../../src/core/time/duration.ts';
import { define } from '../../support/definitions.ts';
import { createManageOutbox } from '../../../src/engine/deliver/manage-outbox.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sketchRow } from '../../support/outbox-rows.ts';
import type { Post } from '../../support/post.ts';
import { openPost } from '../../support/post.ts';

const REFUSED: Delivery = { result: 'refused', reason: 'no such channel' };
const DELIVERED: Delivery = { result: 'delivered' };

let post: Post;
let outbox: ManageOutbox;
beforeEach(async () => {
  post = await openPost();
  const { store } = post.wrapped;
  outbox = createManageOutbox({ store, definitions: () => define([]), clock: post.clock, log: memoryLog() });
});
afterEach(() => post.close());

/** Has the pager refuse these. */
async function refused(...rows: readonly Parameters<typeof sketchRow>[]): Promise<void> {
  post.target('pager').answer = () => REFUSED;
  for (const row of rows) {
    await post.enqueue(row);
    await post.runOnce();
    post.clock.advance(2 * SECOND);
  }
  post.target('pager').answer = () => DELIVERED;
}

/** Leaves an incident open. */
async function open(id: string, acknowledged: Acknowledgement | null = null): Promise<void> {
  const incident = {
    id,
    openedAt: 1,
    began: 1,
    severity: 'page',
    tier: 'fast',
    peakBurnRate: 1,
    pagedAt: 1,
    stepsTaken: 0,
    lastNotifiedAt: 1,
    acknowledged,
    sequence: 1,
    notified: [],
  } as const;
  const change = { slo: 'orders/done', revision: 0, state: { ...QUIET, incident }, rows: [] };
  await post.wrapped.store.commit('this process', [change]);
}

const BEGINNING = { after: null, limit: 10 };

const sentIds = (): string[] => post.target('pager').sent.map(({ key }) => key);

it('D3: sends again what was refused, with all of its conversation, once its target works', async () => {
  await open('incident-1');
  await refused(['pager', 1], ['pager', 2, { kind: 'escalated' }], ['pager', 1, { incident: 'other' }]);
  const listed = await outbox.notifications('undeliverable', BEGINNING);
  expect(listed).toMatchObject({
    items: [
      { id: 'incident-1/1/pager', state: 'undeliverable', attempts: 1, lastError: 'no such channel' },
      { id: 'incident-1/2/pager', kind: 'escalated' },
      { id: 'other/1/pager' },
    ],
    next: null,
    undeliverableCount: 3,
  });
  const before = post.target('pager').sent.length;
  post.clock.advance(2 * DAY);
  const report = await outbox.retryNotifications({ id: 'incident-1/2/pager' });
  expect(report).toEqual({ id: 'incident-1/2/pager', retried: 2, left: 0, reasons: [], next: null });
  await post.runOnce();
  expect(sentIds().slice(before)).toEqual(['incident-1/1/pager+incident-1/2/pager']);
  expect(await outbox.notifications('undeliverable', BEGINNING)).toMatchObject({ undeliverableCount: 1 });
});

it('D3: has a whole day again to be delivered in', async () => {
  await open('incident-1');
  await refused(['pager', 1]);
  post.clock.advance(3 * DAY);
  await outbox.retryNotifications({ id: 'all' });
  post.target('pager').answer = () => ({ result: 'retry', reason: 'busy', after: null });
  await post.runOnce();
  expect(await post.outbox()).toMatchObject({ pendingCount: 1, undeliverableCount: 0 });
});

it('D2: a page is not sent after its incident is over, unless the end of it goes with it', async () => {
  await refused(
    ['pager', 1],
    ['pager', 1, { incident: 'whole' }],
    ['pager', 2, { incident: 'whole', kind: 'resolved' }],
  );
  const before = post.target('pager').sent.length;
  expect(await outbox.retryNotifications({ id: 'all' })).toEqual({
    id: 'all',
    retried: 2,
    left: 1,
    reasons: [
      {
        id: 'incident-1/1/pager',
        code: 'incident-over',
        message: 'The incident incident-1 is over; drop this.',
      },
    ],
    next: null,
  });
  post.clock.advance(HOUR);
  await post.runOnce();
  expect(
    post
      .target('pager')
      .sent.slice(before)
      .map(({ facts }) => facts.map(({ kind }) => kind)),
  ).toEqual([['opened', 'resolved']]);
});

it('drops one alone, or all, and goes on where many are looked at', async () => {
  await refused(['pager', 1], ['pager', 2]);
  expect(await outbox.dropNotifications({ id: 'incident-1/1/pager' })).toMatchObject({ dropped: 1 });
  expect(await outbox.notifications('undeliverable', BEGINNING)).toMatchObject({
    items: [{ id: 'incident-1/2/pager' }],
  });
  expect(await outbox.dropNotifications({ id: 'all' })).toEqual({ id: 'all', dropped: 1, next: null });
  // Of the same moment, and more than one request goes through.
  const rows = Array.from({ length: 1001 }, (_, at): OutboxRow => sketchRow('inbox', at, { incident: 'x' }));
  await post.wrapped.store.enqueue(rows, 0);
  const [claim] = await post.wrapped.store.claim('this process', post.clock.now(), HOUR, 1);
  await post.wrapped.store.settle(claim!, { result: 'undeliverable', rows, instead: [] }, 0);
  const first = await outbox.dropNotifications({ id: 'all' });
  expect(first).toMatchObject({ dropped: 1000, next: expect.any(String) as string });
  const { next } = first as { next: string };
  expect(await outbox.dropNotifications({ id: 'all', after: next })).toMatchObject({
    dropped: 1,
    next: null,
  });
});

it('says what is wrong with a request', async () => {
  expect(await outbox.retryNotifications({ id: 'none' })).toMatchObject({ refused: 'unknown' });
  for (const request of [
    null,
    {},
    { id: 1 },
    { id: 'all', after: 'x' },
    { id: 'all', after: 1 },
    { id: 'all', x: 1 },
  ])
    expect(await outbox.dropNotifications(request)).toMatchObject({ refused: 'invalid' });
});

it('says of what is sent again who took it meanwhile', async () => {
  const acknowledged = { at: 2, by: 'sam' };
  await open('incident-1', acknowledged);
  await refused(['pager', 1]);
  await outbox.retryNotifications({ id: 'all' });
  post.clock.advance(2 * SECOND);
  await post.runOnce();
  expect(post.target('pager').sent.at(-1)!.facts).toMatchObject([{ kind: 'opened', acknowledged }]);
});
