import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../../src/core/alerting/incident-event.ts';
import { changedEvent } from '../../../src/core/alerting/incident-event.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import type { Delivery } from '../../../src/core/ports/target.ts';
import { MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { sketchFacts, sketchRow } from '../../support/outbox-rows.ts';
import type { Post } from '../../support/post.ts';
import { openPost } from '../../support/post.ts';
import { until } from '../../support/until.ts';

const ACKNOWLEDGED = { kind: 'acknowledged', acknowledged: { at: START, by: 'sam' } } as const;
const DELIVERED: Delivery = { result: 'delivered' };
const AWAY: Delivery = { result: 'retry', reason: 'connection refused', after: 0 };

let post: Post;
beforeEach(async () => {
  post = await openPost();
  Object.assign(post.target('inbox'), { pace: { burst: 6, refill: 12 * SECOND } });
});
afterEach(() => post.close());

/** Writes rows for a target with what happened to their incident. */
async function commit(
  target: string,
  sequence: number,
  fields: Partial<NotificationFacts>,
  events: readonly IncidentEvent[] = [],
): Promise<void> {
  const facts = sketchFacts(fields);
  const slo = `orders/${facts.incident}`;
  const known = (await post.wrapped.store.loadStates()).get(slo);
  const { kind } = facts;
  const changed = kind === 'opened' || kind === 'resolved' ? [changedEvent(facts, kind, 'fast')] : [];
  const history = { incident: facts.incident, openedAt: facts.openedAt, events: [...changed, ...events] };
  const rows = [sketchRow(target, sequence, fields)];
  const change = { slo, revision: known?.revision ?? 0, state: QUIET, rows, history };
  expect(await post.wrapped.store.commit('this process', [change])).toEqual([true]);
}

async function run(rounds = 1): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    post.clock.advance(2 * SECOND);
    await post.runOnce();
  }
}

const sent = (name: string) =>
  post.target(name).sent.map(({ facts }) => facts.map(({ incident, kind }) => `${incident} ${kind}`));

describe('an acknowledgement', () => {
  it('is sent to who was told of the incident, once', async () => {
    await commit('inbox', 1, {});
    await run();
    await commit('inbox', 2, ACKNOWLEDGED);
    await run(3);
    expect(sent('inbox')).toEqual([['incident-1 opened'], ['incident-1 acknowledged']]);
  });

  it('is not sent to who was told nothing, and nothing of it stays behind', async () => {
    await commit('inbox', 1, {});
    await run();
    // That of a fallback which was not needed.
    await commit('mail', 2, ACKNOWLEDGED);
    await run(3);
    expect(sent('mail')).toEqual([]);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });

  it('is not sent where what was told could not be delivered', async () => {
    post.target('inbox').answer = () => ({ result: 'refused', reason: '404' });
    await commit('inbox', 1, {});
    await run();
    post.target('inbox').answer = () => DELIVERED;
    await commit('inbox', 2, ACKNOWLEDGED);
    await run(3);
    expect(sent('inbox')).toEqual([['incident-1 opened']]);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 1 });
  });

  it('is not sent once the incident is over, also where the end is told elsewhere', async () => {
    await commit('inbox', 1, {});
    await run();
    post.target('inbox').answer = () => AWAY;
    await commit('inbox', 2, ACKNOWLEDGED);
    await run();
    await commit('pager', 3, { kind: 'resolved' });
    post.target('inbox').answer = () => DELIVERED;
    post.clock.advance(MINUTE);
    await run(3);
    expect(sent('inbox')).toEqual([['incident-1 opened'], ['incident-1 acknowledged']]);
    expect(post.results().filter((result) => result === 'retry')).toHaveLength(1);
  });

  it('is told with what still waits, in one message', async () => {
    post.target('inbox').answer = () => AWAY;
    await commit('inbox', 1, {});
    await run();
    await commit('inbox', 2, ACKNOWLEDGED);
    post.target('inbox').answer = () => DELIVERED;
    post.clock.advance(MINUTE);
    await run(3);
    expect(sent('inbox').slice(1)).toEqual([['incident-1 opened', 'incident-1 acknowledged']]);
  });

  it('that comes while the page is being sent follows it', async () => {
    let answer: (delivery: Delivery) => void = () => {};
    post.target('inbox').answer = () => new Promise((resolve) => (answer = resolve));
    await commit('inbox', 1, {});
    await post.deliverer.run();
    await commit('inbox', 2, ACKNOWLEDGED);
    await post.deliverer.run();
    answer(DELIVERED);
    post.target('inbox').answer = () => DELIVERED;
    await run(3);
    expect(sent('inbox')).toEqual([['incident-1 opened'], ['incident-1 acknowledged']]);
  });

  it('of several of a conversation is one message; one that nobody was told of is not in it', async () => {
    const conversation = { id: 'incident-1', openedAt: START, slo: 'orders/done', others: 2 };
    const store = post.wrapped.store;
    for (const incident of ['incident-1', 'incident-2']) await commit('inbox', 1, { incident, conversation });
    await run(2);
    const rows = ['incident-1', 'incident-2', 'incident-3'].map((incident) => ({
      ...sketchRow('inbox', 2, { ...ACKNOWLEDGED, incident, conversation }),
      conversation: 'incident-1',
    }));
    await commit('mail', 1, { incident: 'incident-3' });
    await store.enqueue(rows, post.clock.now());
    const before = sent('inbox').length;
    await run(3);
    expect(sent('inbox').slice(before)).toEqual([['incident-1 acknowledged', 'incident-2 acknowledged']]);
  });

  it('comes after every page that is due at its target', async () => {
    await commit('inbox', 1, {});
    await run();
    await commit('inbox', 2, ACKNOWLEDGED);
    await commit('inbox', 1, { incident: 'incident-2', at: post.clock.now() });
    await run(3);
    expect(sent('inbox')).toEqual([
      ['incident-1 opened'],
      ['incident-2 opened'],
      ['incident-1 acknowledged'],
    ]);
  });

  it('is waited with while the store does not say who was told', async () => {
    await commit('inbox', 1, {});
    await run();
    await commit('inbox', 2, ACKNOWLEDGED);
    post.wrapped.takeDown('incident');
    await run();
    expect(sent('inbox')).toEqual([['incident-1 opened']]);
    post.wrapped.bringUp();
    await run(3);
    expect(sent('inbox').slice(1)).toEqual([['incident-1 acknowledged']]);
  });

  it('of which nothing is left in a list that has to be tried again is done with', async () => {
    Object.assign(post.target('inbox'), { pace: { burst: 2, refill: MINUTE } });
    await commit('mail', 1, {});
    await commit('inbox', 1, { incident: 'incident-0' });
    await run(2);
    await commit('inbox', 2, ACKNOWLEDGED);
    await commit('inbox', 1, { incident: 'incident-2' });
    post.target('inbox').answer = () => AWAY;
    post.clock.advance(2 * SECOND);
    await post.deliverer.run();
    await until('one to be settled', async () => (await post.outbox()).pendingCount === 1);
    expect(sent('inbox').slice(1)).toEqual([['incident-2 opened']]);
    post.target('inbox').answer = () => DELIVERED;
    post.clock.advance(MINUTE);
    await run(2);
    expect(sent('inbox').slice(2)).toEqual([['incident-2 opened']]);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });
});

it('the fallback that gets a page instead is told who looks after it', async () => {
  post.target('pager').answer = () => AWAY;
  await commit('pager', 1, {});
  await run();
  await commit('pager', 2, ACKNOWLEDGED);
  post.clock.set(START + 6 * MINUTE);
  await run(2);
  expect(sent('mail')).toEqual([['incident-1 opened']]);
  expect(post.target('mail').sent[0]!.facts[0]).toMatchObject({
    acknowledged: { by: 'sam' },
    insteadOf: { target: 'pager' },
  });
});
