import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import type { Post } from '../../support/post.ts';
import { openPost } from '../../support/post.ts';

let post: Post;
beforeEach(async () => {
  post = await openPost();
  post.target('pager').answer = () => ({ result: 'retry', reason: 'connection refused', after: 0 });
  post.target('inbox').answer = post.target('pager').answer;
});
afterEach(() => post.close());

/** Tries at these minutes after the beginning, and sends what comes of that. */
async function tryAt(...minutes: readonly number[]): Promise<void> {
  for (const minute of minutes) {
    post.clock.set(START + minute * MINUTE);
    await post.runOnce();
    post.clock.advance(1000);
    await post.runOnce();
  }
}

const atFallback = () => post.target('mail').sent.map(({ facts }) => facts.map(({ kind }) => kind).join());

it('that someone acknowledged is kept where it is refused, and is no news to the fallback', async () => {
  post.target('pager').answer = () => ({ result: 'refused', reason: '400' });
  await post.enqueue(['pager', 1, { kind: 'acknowledged' }]);
  await tryAt(0, 6);
  expect(atFallback()).toEqual([]);
  expect(await post.outbox()).toMatchObject({ undeliverableCount: 1 });
});

describe('a page that its target does not take', () => {
  it('goes to the fallback once five minutes have passed, once, and is still tried where it was to go', async () => {
    await post.enqueue(['pager']);
    await tryAt(0, 2, 4);
    expect(atFallback()).toEqual([]);
    await tryAt(6, 12, 20, 40);
    expect(atFallback()).toEqual(['opened']);
    const [copy] = post.target('mail').sent;
    expect(copy!.facts[0]!.insteadOf).toEqual({ target: 'pager', reason: 'connection refused' });
    post.target('pager').answer = () => ({ result: 'delivered' });
    await tryAt(60);
    expect(
      post
        .target('pager')
        .sent.at(-1)!
        .facts.map(({ kind }) => kind),
    ).toEqual(['opened']);
    expect(await post.outbox()).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
  });

  it('is followed there by what happens to its incident later, each once', async () => {
    await post.enqueue(['pager']);
    await tryAt(0, 6);
    await post.enqueue(['pager', 2, { kind: 'resolved', at: START + 7 * MINUTE }]);
    await tryAt(12, 20, 30);
    expect(atFallback()).toEqual(['opened', 'resolved']);
  });

  it('does not go there again when it is given up after a day, or refused', async () => {
    await post.enqueue(['pager']);
    await tryAt(0, 6);
    await tryAt((DAY + MINUTE) / MINUTE);
    expect(post.results().at(-1)).toBe('undeliverable');
    await tryAt((DAY + 2 * MINUTE) / MINUTE);
    expect(atFallback()).toEqual(['opened']);
  });

  it('is not lost where the store is away as the fallback is written', async () => {
    await post.enqueue(['pager']);
    await tryAt(0);
    post.wrapped.takeDown('enqueue');
    await tryAt(6);
    post.wrapped.bringUp();
    expect(atFallback()).toEqual([]);
    await tryAt(12);
    expect(atFallback()).toEqual(['opened']);
  });

  it('has company of tickets and reminders that wait for a day', async () => {
    await post.enqueue(
      ['inbox', 1, { severity: 'ticket', incident: 'ticket' }],
      ['pager', 3, { kind: 'reminder' }],
    );
    await tryAt(0, 6, 30, 300);
    expect(atFallback()).toEqual([]);
  });
});
