import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery } from '../../../src/core/ports/target.ts';
import { HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { PAYMENTS } from '../../support/definitions.ts';
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

describe('D3: one broken target never delays another', () => {
  it('that hangs', async () => {
    post.target('pager').answer = () => new Promise(() => {});
    await post.enqueue(['pager'], ['inbox']);
    await post.deliverer.run();
    await until('the inbox to be told', () => post.results().length === 1);
    for (let incident = 0; incident < 5; incident++) {
      post.clock.advance(SECOND);
      await post.enqueue(
        ['pager', 1, { incident: `${incident}` }],
        ['inbox', 1, { incident: `${incident}` }],
      );
      await post.deliverer.run();
      await until('the inbox to be told', () => post.target('inbox').sent.length === incident + 2);
      await until('that to be settled', () => post.results().length === incident + 2);
    }
    expect(post.target('pager').sent).toHaveLength(1);
  });

  it('that fails: three times in a row, then it is left alone until it had time to recover', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'Date'], shouldAdvanceTime: true });
    try {
      post.target('pager').answer = () => ({ result: 'retry', reason: 'connection refused', after: null });
      await post.enqueue(['pager']);
      for (let minute = 0; minute < 6; minute++) {
        await post.runOnce();
        post.clock.advance(10 * MINUTE);
        await post.enqueue(['inbox', 1, { incident: `${minute}` }]);
      }
      expect(post.target('pager').sent).toHaveLength(3);
      expect(post.target('inbox').sent).toHaveLength(5);
      expect(
        post.log.filter(({ level, message }) => level === 'warn' && message.includes('left alone')),
      ).toHaveLength(1);
      post.target('pager').answer = () => DELIVERED;
      vi.advanceTimersByTime(15 * SECOND);
      await post.runOnce();
      expect(post.target('pager').sent).toHaveLength(4);
      expect((await post.outbox()).pendingCount).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('a target that refuses or asks for time is working, and is not left alone', async () => {
    post.target('pager').answer = () => retryAfter(1);
    await post.enqueue(['pager']);
    for (let tried = 0; tried < 8; tried++) {
      await post.runOnce();
      post.clock.advance(10 * MINUTE);
    }
    expect(post.target('pager').sent).toHaveLength(8);
  });
});

it('D2: a fallback that has the page already does not get it twice', async () => {
  await post.close();
  post = await openPost({ ...PAYMENTS, page: ['pager', 'mail'], fallback: ['mail', 'inbox'] });
  post.target('pager').answer = () => ({ result: 'refused', reason: 'no_service' });
  await post.enqueue(['pager', 1, { notified: ['pager', 'mail'] }]);
  await post.runOnce();
  expect((await post.outbox()).pending.map(({ target }) => target)).toEqual(['inbox']);
});

it('D3: a clock that is set back silences no target', async () => {
  await post.enqueue(['pager']);
  await post.runOnce();
  post.clock.advance(-60 * MINUTE);
  await post.enqueue(['pager', 1, { incident: 'another', at: post.clock.now() }]);
  await post.runOnce();
  expect(post.target('pager').sent).toHaveLength(2);
});

describe('D1: claims', () => {
  it('are given back unsent by a process that was paused since it claimed', async () => {
    await post.enqueue(['pager']);
    post.wrapped.before('claim', () => post.clock.advance(31 * SECOND));
    await post.runOnce();
    expect(post.target('pager').sent).toHaveLength(0);
    expect(post.results()).toEqual(['released']);
    post.wrapped.before('claim', () => {});
    await post.runOnce();
    expect(post.target('pager').sent).toHaveLength(1);
  });

  it('that ran out while sending are taken over, and the late answer changes nothing', async () => {
    let answer: (delivery: Delivery) => void = () => {};
    post.target('pager').answer = () => new Promise((resolve) => (answer = resolve));
    await post.enqueue(['pager']);
    await post.deliverer.run();
    post.clock.advance(MINUTE + 1);
    const successor = post.newDeliverer();
    post.target('pager').answer = () => retryAfter(HOUR);
    await successor.run();
    await until('the successor to settle', () => post.results().length === 1);
    answer(DELIVERED);
    await until('the late answer', () => post.wrapped.answers('settle').length === 2);
    expect(post.wrapped.answers('settle')).toEqual([true, false]);
    expect((await post.outbox()).pending).toMatchObject([{ attempts: 1 }]);
    await successor.stop(0);
  });

  it('of what was sent are settled when the store is back, and it is not sent again', async () => {
    post.wrapped.takeDown('settle');
    await post.enqueue(['pager']);
    await post.deliverer.run();
    await until('the first try to settle', () => post.wrapped.calls('settle').length === 1);
    post.wrapped.bringUp();
    await until('it to be settled', () => post.wrapped.answers('settle').length === 1);
    post.clock.advance(2 * MINUTE);
    await post.deliverer.run();
    expect(post.target('pager').sent).toHaveLength(1);
    expect((await post.outbox()).pendingCount).toBe(0);
  });
});

describe('stop', () => {
  it('waits for what is being sent', async () => {
    let answer: (delivery: Delivery) => void = () => {};
    post.target('pager').answer = () => new Promise((resolve) => (answer = resolve));
    await post.enqueue(['pager']);
    await post.deliverer.run();
    await until('the target to be called', () => post.target('pager').sent.length === 1);
    const stopped = post.deliverer.stop(MINUTE);
    answer(DELIVERED);
    await stopped;
    expect(post.results()).toEqual(['delivered']);
  });

  it('tells a target that takes too long, leaves one behind that does not listen, and gives both back', async () => {
    post.target('pager').answer = (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    post.target('inbox').answer = () => new Promise(() => {});
    await post.enqueue(['pager'], ['inbox']);
    await post.deliverer.run();
    await until(
      'both to be called',
      () => post.target('inbox').sent.length + post.target('pager').sent.length === 2,
    );
    await post.deliverer.stop(20);
    expect(post.results()).toEqual(['retry', 'retry']);
    post.clock.advance(MINUTE);
    for (const name of ['pager', 'inbox']) post.target(name).answer = () => DELIVERED;
    const successor = post.newDeliverer();
    await successor.run();
    await until('the successor to deliver', () => post.results().length === 4);
    await until('it to be settled', async () => (await post.outbox()).pendingCount === 0);
    await successor.stop(0);
  });

  it('gives back what a run had not begun to send', async () => {
    await post.enqueue(['pager']);
    let open: () => void = () => {};
    post.wrapped.before('claim', () => new Promise<void>((resolve) => (open = resolve)));
    const run = post.deliverer.run();
    const stopped = post.deliverer.stop(MINUTE);
    open();
    await stopped;
    await run;
    expect(post.target('pager').sent).toHaveLength(0);
    expect(post.wrapped.answers('settle')).toEqual([true]);
    expect(post.results()).toEqual(['released']);
  });

  it('does not wait for a store that is away longer than its grace', async () => {
    post.wrapped.takeDown('settle');
    await post.enqueue(['pager']);
    await post.deliverer.run();
    await until('the first try to settle', () => post.wrapped.calls('settle').length === 1);
    await post.deliverer.stop(0);
    expect(post.log.at(-1)).toMatchObject({
      level: 'error',
      message: 'what became of a notification could not be stored',
    });
  });

  it('may be called twice, and nothing is claimed after it', async () => {
    await post.deliverer.stop(0);
    await post.deliverer.stop(0);
    await post.enqueue(['pager']);
    await post.deliverer.run();
    expect(post.wrapped.calls('claim')).toHaveLength(0);
  });
});
