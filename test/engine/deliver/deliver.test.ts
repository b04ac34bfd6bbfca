import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { NotLeader } from '../../../src/core/ports/store/states.ts';
import type { Delivery } from '../../../src/core/ports/target.ts';
import { DAY, HOUR, SECOND } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { sketchRow } from '../../support/outbox-rows.ts';
import type { Post } from '../../support/post.ts';
import { openPost } from '../../support/post.ts';
import { until } from '../../support/until.ts';

const DELIVERED: Delivery = { result: 'delivered' };
const retryAfter = (after: number): Delivery => ({ result: 'retry', reason: 'slow down', after });

let post: Post;
beforeEach(async () => {
  post = await openPost();
});
afterEach(() => post.close());

describe('delivery', () => {
  it('sends what is due, once, and leaves nothing behind', async () => {
    await post.enqueue(['pager'], ['inbox']);
    await post.runOnce();
    await post.runOnce();
    for (const name of ['pager', 'inbox']) {
      expect(post.target(name).sent).toEqual([
        { facts: [sketchRow(name).facts], key: `incident-1/1/${name}` },
      ]);
    }
    expect(post.tries).toHaveLength(2);
    expect(post.tries).toContainEqual([['incident-1/1/pager'], 'delivered']);
    expect(post.tries).toContainEqual([['incident-1/1/inbox'], 'delivered']);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });

  it('claims only while it leads, and says so', async () => {
    const follower = post.newDeliverer('another process');
    await post.enqueue(['pager']);
    await expect(follower.run()).rejects.toThrow(NotLeader);
    post.wrapped.takeDown('claim');
    await expect(post.deliverer.run()).rejects.toThrow(StoreUnavailable);
    post.wrapped.bringUp();
    expect(post.target('pager').sent).toHaveLength(0);
    await post.runOnce();
    expect(post.target('pager').sent).toHaveLength(1);
    await follower.stop(0);
  });

  it('D2: tells in order, and in one notification what could not be told before', async () => {
    post.target('pager').answer = () => retryAfter(0);
    await post.enqueue(['pager', 1, { kind: 'opened' }]);
    await post.runOnce();
    await post.enqueue(
      ['pager', 2, { kind: 'escalated', at: START + 1 }],
      ['pager', 3, { kind: 'resolved', at: START + 2 }],
    );
    post.target('pager').answer = () => DELIVERED;
    post.clock.advance(2 * SECOND);
    await post.runOnce();
    const [failed, told] = post.target('pager').sent;
    expect(failed!.facts.map(({ kind }) => kind)).toEqual(['opened']);
    expect(told!.facts.map(({ kind }) => kind)).toEqual(['opened', 'escalated', 'resolved']);
    expect(post.target('pager').sent).toHaveLength(2);
    expect((await post.outbox()).pendingCount).toBe(0);
  });

  it('sends to one target one notification a second, and passes it over until then', async () => {
    await post.enqueue(
      ['pager', 1, { incident: 'a' }],
      ['pager', 1, { incident: 'b' }],
      ['pager', 1, { incident: 'c' }],
    );
    await post.runOnce();
    expect(post.target('pager').sent).toHaveLength(1);
    // The others were not even claimed.
    expect(post.results()).toEqual(['delivered']);
    post.clock.advance(SECOND - 1);
    await post.runOnce();
    expect(post.target('pager').sent).toHaveLength(1);
    post.clock.advance(1);
    await post.runOnce();
    post.clock.advance(SECOND);
    await post.runOnce();
    expect(new Set(post.target('pager').sent.map(({ key }) => key))).toEqual(
      new Set(['a/1/pager', 'b/1/pager', 'c/1/pager']),
    );
    expect(post.target('pager').sent).toHaveLength(3);
  });

  it('leaves each target the pause that its kind asks for', async () => {
    post.target('pager').interval = 3 * SECOND;
    await post.enqueue(
      ['pager', 1, { incident: 'a' }],
      ['pager', 1, { incident: 'b' }],
      ['inbox', 1, { incident: 'a' }],
      ['inbox', 1, { incident: 'b' }],
    );
    const sent = () => ['pager', 'inbox'].map((name) => post.target(name).sent.length);
    await post.runOnce();
    expect(sent()).toEqual([1, 1]);
    post.clock.advance(SECOND);
    await post.runOnce();
    expect(sent()).toEqual([1, 2]);
    post.clock.advance(2 * SECOND - 1);
    await post.runOnce();
    expect(sent()).toEqual([1, 2]);
    post.clock.advance(1);
    await post.runOnce();
    expect(sent()).toEqual([2, 2]);
  });
});

describe('D3: retries', () => {
  it.each([
    ['shortest', 0, 0.5],
    ['longest', 0.999_999, 1],
  ])('back off twice as long each time up to 5 minutes, with the %s jitter', async (_, drawn, share) => {
    post.random = drawn;
    post.target('pager').answer = () => retryAfter(0);
    await post.enqueue(['pager']);
    const waits: number[] = [];
    for (let tried = 0; tried < 11; tried++) {
      await post.runOnce();
      const last = post.settlements().at(-1)!;
      if (last.result !== 'retry') throw new Error(`settled as ${last.result}`);
      waits.push(last.at - post.clock.now());
      expect((await post.outbox()).pending[0]).toMatchObject({
        attempts: tried + 1,
        lastError: 'slow down',
      });
      // Not a millisecond early.
      post.clock.set(last.at - 1);
      await post.runOnce();
      expect(post.target('pager').sent).toHaveLength(tried + 1);
      post.clock.set(Math.max(last.at, post.clock.now() + SECOND));
    }
    const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    waits.forEach((wait, index) => expect(wait / SECOND).toBeCloseTo(seconds[index]! * share, 2));
    const keys = post.target('pager').sent.map(({ key }) => key);
    expect(new Set(keys)).toEqual(new Set(['incident-1/1/pager']));
  });

  it('wait as long as the other side asked, for every incident of that target', async () => {
    post.target('pager').answer = () => retryAfter(30 * SECOND);
    await post.enqueue(['pager', 1, { incident: 'a' }]);
    await post.runOnce();
    await post.enqueue(['pager', 1, { incident: 'b' }], ['inbox', 1, { incident: 'b' }]);
    post.clock.advance(30 * SECOND - 1);
    await post.runOnce();
    expect(post.target('pager').sent).toHaveLength(1);
    expect(post.target('inbox').sent).toHaveLength(1);
    post.target('pager').answer = () => DELIVERED;
    post.clock.advance(1);
    await post.runOnce();
    post.clock.advance(SECOND);
    await post.runOnce();
    expect(post.target('pager').sent).toHaveLength(3);
  });

  it('follow an adapter that throws, and never repeat what it said', async () => {
    post.target('pager').answer = () => {
      throw new TypeError('https://hooks.example.com/secret');
    };
    await post.enqueue(['pager']);
    await post.runOnce();
    expect(post.settlements()).toMatchObject([
      { result: 'retry', rows: [{ lastError: 'the log target threw: TypeError', mayRepeat: true }] },
    ]);
    expect(JSON.stringify(post.log)).not.toContain('secret');
  });

  it('end after a day: undeliverable, and the fallback is told and has a day of its own', async () => {
    post.target('pager').answer = () => retryAfter(0);
    post.target('mail').answer = () => retryAfter(0);
    await post.enqueue(['pager', 1, { severity: 'ticket' }]);
    post.clock.set(START + DAY - 1);
    await post.runOnce();
    expect(post.results()).toEqual(['retry']);
    post.clock.set(START + DAY + HOUR);
    await post.runOnce();
    expect(post.results()).toEqual(['retry', 'undeliverable']);
    await post.runOnce();
    expect(post.results()).toEqual(['retry', 'undeliverable', 'retry']);
    post.clock.set(START + DAY + HOUR + DAY);
    await post.runOnce();
    expect(post.results().at(-1)).toBe('undeliverable');
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 2 });
  });
});

describe('D3: a refusal', () => {
  const refuse = (name: string) => {
    post.target(name).answer = () => ({ result: 'refused', reason: 'channel_is_archived' });
  };

  it('goes to the fallback at once, and is kept', async () => {
    refuse('pager');
    await post.enqueue(['pager']);
    await post.runOnce();
    await post.runOnce();
    expect(post.target('mail').sent).toEqual([
      {
        facts: [
          { ...sketchRow('pager').facts, insteadOf: { target: 'pager', reason: 'channel_is_archived' } },
        ],
        key: 'incident-1/1/pager/mail',
      },
    ]);
    const { undeliverable } = await post.outbox();
    expect(undeliverable).toMatchObject([
      { id: 'incident-1/1/pager', attempts: 1, lastError: 'channel_is_archived' },
    ]);
  });

  it('takes every unsent notification of the incident along, in order', async () => {
    refuse('pager');
    await post.enqueue(['pager', 1, { kind: 'opened' }], ['pager', 2, { kind: 'resolved', at: START }]);
    await post.runOnce();
    await post.runOnce();
    expect(post.target('mail').sent.map(({ facts }) => facts.map(({ kind }) => kind))).toEqual([
      ['opened', 'resolved'],
    ]);
  });

  it('by the fallback too ends there, and so does one of a test notification', async () => {
    for (const name of ['pager', 'mail']) refuse(name);
    await post.enqueue(
      ['pager'],
      ['mail', 1, { incident: 'direct' }],
      ['pager', 1, { incident: 'try', kind: 'test' }],
    );
    for (let round = 0; round < 6; round++) {
      await post.runOnce();
      post.clock.advance(SECOND);
    }
    expect(new Set(post.target('mail').sent.map(({ key }) => key))).toEqual(
      new Set(['direct/1/mail', 'incident-1/1/pager/mail']),
    );
    expect(post.target('mail').sent).toHaveLength(2);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 4 });
  });

  it('is what a target that no file defines any more amounts to', async () => {
    await post.enqueue(['gone']);
    await post.runOnce();
    await post.runOnce();
    expect(post.target('mail').sent[0]!.facts[0]!.insteadOf).toEqual({
      target: 'gone',
      reason: 'no SLO file defines the target gone any more',
    });
  });
});

describe('D3: a notification that reached some', () => {
  const partly = (result: 'retry' | 'refused'): Delivery => ({
    ...(result === 'retry' ? { result, after: 0 } : { result }),
    reason: 'mailbox is full',
    recipients: ['lead@example.com'],
  });

  it('goes again to the others only', async () => {
    post.target('pager').answer = () => partly('retry');
    await post.enqueue(['pager']);
    await post.runOnce();
    post.target('pager').answer = () => DELIVERED;
    post.clock.advance(2 * SECOND);
    await post.runOnce();
    const [first, second] = post.target('pager').sent;
    expect(first).not.toHaveProperty('recipients');
    expect(second).toMatchObject({ recipients: ['lead@example.com'] });
    expect(second).not.toHaveProperty('mayRepeat');
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });

  it('goes to the fallback for those that refused it, and is kept with their names', async () => {
    post.target('pager').answer = () => partly('refused');
    await post.enqueue(['pager']);
    await post.runOnce();
    await post.runOnce();
    expect(post.target('mail').sent[0]!.facts[0]!.insteadOf).toEqual({
      target: 'pager (lead@example.com)',
      reason: 'mailbox is full',
    });
    const { undeliverable } = await post.outbox();
    expect(undeliverable).toMatchObject([{ target: 'pager', recipients: ['lead@example.com'] }]);
  });
});

describe('D3: a try that was cut off', () => {
  it('is followed by one that says it may be a repeat', async () => {
    post.target('pager').answer = () => ({ ...retryAfter(0), mayHaveArrived: true }) as Delivery;
    await post.enqueue(['pager']);
    await post.runOnce();
    post.clock.advance(2 * SECOND);
    await post.runOnce();
    expect(post.target('pager').sent.map(({ mayRepeat }) => mayRepeat)).toEqual([undefined, true]);
  });

  it('also when the process that made it is gone', async () => {
    await post.enqueue(['pager']);
    const [claim] = await post.wrapped.store.claim('this process', post.clock.now(), SECOND, 1);
    expect(claim!.mayRepeat).toBe(false);
    post.clock.advance(2 * SECOND);
    await post.deliverer.run();
    await until('the successor sends it', () => post.target('pager').sent.length === 1);
    expect(post.target('pager').sent).toMatchObject([{ mayRepeat: true }]);
  });
});

describe('D3: a probe', () => {
  const { signal } = new AbortController();

  it('goes through the outbox and nowhere else', async () => {
    const back = post.deliverer.probe(signal);
    await until('it to be written', async () => (await post.outbox()).pendingCount === 1);
    await post.deliverer.run();
    expect(await back).toBe(true);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
    expect(post.tries).toEqual([]);
  });

  it.each(['enqueue', 'claim'] as const)('does not come back while the store cannot %s', async (call) => {
    post.wrapped.takeDown(call);
    const giveUp = new AbortController();
    const back = post.deliverer.probe(giveUp.signal);
    await post.deliverer.run().catch(() => {});
    giveUp.abort();
    expect(await back).toBe(false);
    expect(await post.deliverer.probe(giveUp.signal)).toBe(false);
  });
});
