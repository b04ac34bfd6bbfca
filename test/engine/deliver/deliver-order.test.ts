import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import type { Post } from '../../support/post.ts';
import { openPost } from '../../support/post.ts';
import type { sketchRow } from '../../support/outbox-rows.ts';

let post: Post;
beforeEach(async () => {
  post = await openPost();
});
afterEach(() => post.close());

const sentTo = (target: string) =>
  post.target(target).sent.map(({ facts }) => facts.map(({ kind, incident }) => `${kind} ${incident}`));

it('D3: a page behind 60 tickets goes out within one tick and a second', async () => {
  const tickets = Array.from({ length: 60 }, (_, index) => `t${index}`);
  await post.enqueue(
    ...tickets.map((incident): Parameters<typeof sketchRow> => [
      'pager',
      1,
      { incident, severity: 'ticket' },
    ]),
  );
  await post.runOnce();
  expect(post.target('pager').sent).toHaveLength(1);
  await post.enqueue(['pager', 1, { incident: 'the-page', at: post.clock.now() }]);
  const asked = post.clock.now();
  while (post.target('pager').sent.length < 2) {
    post.clock.advance(100);
    await post.runOnce();
  }
  expect(sentTo('pager')[1]).toEqual(['opened the-page']);
  expect(post.clock.now() - asked).toBeLessThanOrEqual(SECOND);
});

describe('a target that is to get open incidents again', () => {
  beforeEach(() => Object.assign(post.target('pager'), { resendEvery: MINUTE }));

  const runFor = async (time: number) => {
    for (let left = time; left > 0; left -= 10 * SECOND) {
      post.clock.advance(10 * SECOND);
      await post.runOnce();
    }
  };

  it('gets how they stand every minute until they are over, also from another process', async () => {
    await post.enqueue(['pager', 1, { severity: 'ticket' }]);
    await post.runOnce();
    await runFor(2 * MINUTE);
    expect(sentTo('pager')).toEqual(Array.from({ length: 3 }, () => ['opened incident-1']));
    expect(await post.outbox()).toMatchObject({ pendingCount: 0 });
    // What is said again was delivered once.
    expect(post.tries).toHaveLength(1);
    post.clock.advance(SECOND);
    await post.enqueue(['pager', 2, { kind: 'escalated', at: post.clock.now() }]);
    await post.runOnce();
    expect(sentTo('pager').at(-1)).toEqual(['escalated incident-1']);
    await post.deliverer.stop(0);
    const successor = post.newDeliverer();
    post.clock.advance(MINUTE);
    await successor.run();
    await successor.stop(SECOND);
    expect(sentTo('pager').slice(3)).toEqual([['escalated incident-1'], ['escalated incident-1']]);
    const last = post.newDeliverer();
    await post.enqueue(['pager', 3, { kind: 'resolved', at: post.clock.now() }]);
    post.clock.advance(SECOND);
    await last.run();
    await last.stop(SECOND);
    expect(sentTo('pager').at(-1)).toEqual(['resolved incident-1']);
    const count = post.target('pager').sent.length;
    const after = post.newDeliverer();
    post.clock.advance(10 * MINUTE);
    await after.run();
    await after.stop(SECOND);
    expect(post.target('pager').sent).toHaveLength(count);
  });

  it('goes on after a try that failed, and drops them when it wants nothing twice any more', async () => {
    await post.enqueue(['pager']);
    await post.runOnce();
    post.target('pager').answer = () => ({ result: 'refused', reason: 'no' });
    await runFor(MINUTE);
    expect((await post.outbox()).undeliverableCount).toBe(0);
    post.target('pager').answer = () => ({ result: 'delivered' });
    await runFor(MINUTE);
    expect(post.target('pager').sent).toHaveLength(3);
    Object.assign(post.target('pager'), { resendEvery: undefined });
    await runFor(2 * MINUTE);
    expect(post.target('pager').sent).toHaveLength(3);
  });

  it('gets no test again', async () => {
    await post.enqueue(['pager', 1, { kind: 'test' }]);
    await post.runOnce();
    await runFor(2 * MINUTE);
    expect(post.target('pager').sent).toHaveLength(1);
  });
});
