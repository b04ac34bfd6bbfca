import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Delivery } from '../../../src/core/ports/target.ts';
import type { Definitions, TargetDefinition, Team } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { FailingTargets } from '../../../src/engine/deliver/failing-targets.ts';
import { createFailingTargets } from '../../../src/engine/deliver/failing-targets.ts';
import { composeMessage } from '../../../src/notify/message/message.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sketchRow } from '../../support/outbox-rows.ts';
import type { Post } from '../../support/post.ts';
import { openPost } from '../../support/post.ts';

const REFUSED: Delivery = { result: 'refused', reason: 'answered 404' };
const AGAIN: Delivery = { result: 'retry', reason: 'answered 500', after: null };
const DELIVERED: Delivery = { result: 'delivered' };

const team = (name: string, fields: Partial<Team>): Team => ({
  name,
  page: [],
  ticket: [],
  fallback: [],
  timeZone: null,
  ...fields,
});
const PAYMENTS = team('payments', { page: ['pager', 'mail'], ticket: ['mail'] });
const target = (name: string): [string, TargetDefinition] => [name, { kind: 'log', name }];

let post: Post;
let teams: Team[];
let names: string[];
let elapsed: number;
let failing: FailingTargets;
const watcher = (): FailingTargets =>
  createFailingTargets({
    store: post.wrapped.store,
    definitions: (): Definitions => ({
      ...define([defineSlo()], teams),
      targets: new Map(names.map(target)),
    }),
    leading: () => true,
    clock: post.clock,
    elapsed: () => elapsed,
    log: memoryLog(),
  });
beforeEach(async () => {
  post = await openPost();
  teams = [PAYMENTS];
  names = ['pager', 'mail', 'admin-mail', 'inbox'];
  elapsed = 0;
  failing = watcher();
});
afterEach(() => post.close());

const page = (to: string) => [sketchRow(to)];
const word = async () =>
  (await post.outbox()).pending.map(({ facts, target: to, id }) => ({ id, to, kind: facts.kind }));
function pass(duration: number): void {
  elapsed += duration;
  post.clock.advance(duration);
}

it('D3: a target that refuses is reported at once, through another one, and its end as well', async () => {
  await failing.note(page('pager'), REFUSED);
  expect(failing.current()).toMatchObject([{ target: 'pager', reason: 'answered 404', reported: false }]);
  expect(await word()).toMatchObject([{ to: 'mail', kind: 'delivery-failing' }]);
  const [row] = (await post.outbox()).pending;
  const links = { publicUrl: null, traceUrl: null };
  const message = composeMessage({ facts: [row!.facts], key: 'k' }, links);
  expect(message).toMatchObject({
    headline: 'NOTIFICATIONS FAIL burnwatch/notifications: pager does not take them',
    severity: 'page',
    incident: 'delivery/pager',
  });
  // Another one that fails says nothing new.
  await failing.note(page('pager'), REFUSED);
  expect(await word()).toHaveLength(1);
  await failing.note([row!], DELIVERED);
  expect(failing.current()).toMatchObject([{ target: 'pager', reported: true }]);
  await failing.note(page('pager'), DELIVERED);
  expect(failing.current()).toEqual([]);
  const [, end] = (await post.outbox()).pending;
  expect(end).toMatchObject({
    target: 'mail',
    incident: 'delivery/pager',
    facts: { kind: 'delivery-restored' },
  });
  expect(composeMessage({ facts: [end!.facts], key: 'k' }, links).tone).toBe('over');
});

it('D3: a target that is tried in vain fails after five minutes, not after one bad try', async () => {
  await failing.note(page('pager'), AGAIN);
  pass(4 * MINUTE);
  await failing.note(page('pager'), AGAIN);
  expect(failing.current()).toEqual([]);
  // Anything that it takes begins that time anew.
  await failing.note(page('pager'), DELIVERED);
  pass(MINUTE);
  await failing.note(page('pager'), AGAIN);
  pass(5 * MINUTE - 1);
  await failing.note(page('pager'), AGAIN);
  expect(failing.current()).toEqual([]);
  pass(1);
  await failing.note(page('pager'), AGAIN);
  expect(failing.current()).toMatchObject([{ since: post.clock.now() - 5 * MINUTE }]);
});

it('tells the team admins, else who is left, and no target that fails itself', async () => {
  teams = [PAYMENTS, team('admins', { ticket: ['admin-mail'] })];
  await failing.note(page('pager'), REFUSED);
  expect(await word()).toMatchObject([{ to: 'admin-mail' }]);
  await failing.note(page('admin-mail'), REFUSED);
  expect((await word()).map(({ to }) => to).toSorted()).toEqual(['admin-mail', 'mail']);
  await failing.note(page('mail'), REFUSED);
  expect(await word()).toHaveLength(2);
  expect(failing.current().map(({ target: name, notified }) => [name, notified])).toEqual([
    ['admin-mail', ['mail']],
    ['mail', []],
    ['pager', ['admin-mail']],
  ]);
});

it('a target that comes and goes is reported once an hour', async () => {
  for (let times = 0; times < 5; times++) {
    await failing.note(page('pager'), REFUSED);
    await failing.note(page('pager'), DELIVERED);
    pass(MINUTE);
  }
  expect(await word()).toHaveLength(2);
  pass(HOUR);
  await failing.note(page('pager'), REFUSED);
  expect((await word()).at(-1)).toMatchObject({ kind: 'delivery-failing' });
  expect(await word()).toHaveLength(3);
});

it('D1: the next leader goes on from what the store knows, and says nothing twice', async () => {
  await failing.note(page('pager'), REFUSED);
  const next = watcher();
  await next.refresh();
  expect(next.current()).toHaveLength(1);
  await next.note(page('pager'), REFUSED);
  expect(await word()).toHaveLength(1);
  await next.note(page('pager'), DELIVERED);
  expect((await word()).map(({ kind }) => kind)).toEqual(['delivery-failing', 'delivery-restored']);
});

it('a target that no file defines any more fails no more', async () => {
  await failing.note(page('pager'), REFUSED);
  names = [];
  await failing.refresh();
  expect(failing.current(), 'no file has loaded').toHaveLength(1);
  names = ['mail'];
  await failing.refresh();
  await failing.refresh();
  expect(failing.current()).toEqual([]);
  expect((await word()).map(({ kind }) => kind)).toEqual(['delivery-failing', 'delivery-restored']);
});

it('what the store does not take is written down with the next try', async () => {
  post.wrapped.takeDown('enqueue');
  await failing.note(page('pager'), REFUSED);
  expect(failing.current()).toEqual([]);
  post.wrapped.bringUp();
  await failing.note(page('pager'), REFUSED);
  expect(failing.current()).toHaveLength(1);
  expect(await word()).toHaveLength(1);
});

it('a test of a target says nothing of it', async () => {
  await failing.note([sketchRow('pager', 1, { kind: 'test' })], REFUSED);
  expect(failing.current()).toEqual([]);
});
