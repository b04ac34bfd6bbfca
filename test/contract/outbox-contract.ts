import { QUIET } from '../../src/core/alerting/incident.ts';
import { describe, expect, it } from 'vitest';
import { NotLeader } from '../../src/core/ports/store/states.ts';
import type { OutboxRow } from '../../src/core/alerting/notification.ts';
import type { Claim, ClaimedTargets, RowPage, RowPlace } from '../../src/core/ports/store/outbox.ts';
import { HOUR, MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { outboxRow, tried, withFacts } from './outbox-rows.ts';
import { NOW } from './outcomes.ts';
import type { Place } from './place.ts';

const ME = 'replica-1';
const LEASE = 60_000;

/** What a store promises about notifications. */
export function outboxContract(place: Place): void {
  const lead = (): Promise<boolean> => place.store.lead(ME, LEASE);
  const claim = (now: number, limit = 10, busy: readonly string[] = []): Promise<readonly Claim[]> =>
    place.store.claim(ME, now, MINUTE, limit, { busy });
  const pending = async (): Promise<string[]> => (await place.store.outbox(100)).pending.map(({ id }) => id);

  it('only the leader claims', async () => {
    await place.store.enqueue([outboxRow('i', 1)], NOW);
    await expect(claim(NOW + MINUTE)).rejects.toThrow(NotLeader);
    await place.store.lead('another', LEASE);
    await expect(claim(NOW + MINUTE)).rejects.toThrow(NotLeader);
    await place.store.resign('another');
    await expect(claim(NOW + MINUTE)).rejects.toThrow(NotLeader);
  });

  it('also asks for the leader when there is nothing to claim', async () => {
    await expect(claim(NOW)).rejects.toThrow(NotLeader);
    await lead();
    expect(await claim(NOW)).toEqual([]);
  });

  it('D2: a claim holds every pending row of one conversation, oldest first', async () => {
    await lead();
    const rows = [outboxRow('i', 1), outboxRow('i', 1, 'mail'), outboxRow('i', 2), outboxRow('j', 1)];
    await place.store.enqueue(rows, NOW);
    const claims = await claim(NOW + MINUTE);
    expect(
      claims
        .map(({ conversation, target, rows }) => [conversation, target, rows.map(({ id }) => id)])
        .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    ).toEqual([
      ['i', 'mail', ['i/1/mail']],
      ['i', 'slack', ['i/1/slack', 'i/2/slack']],
      ['j', 'slack', ['j/1/slack']],
    ]);
    expect(claims.flatMap((one) => one.rows)).toContainEqual(rows[0]);
    expect(new Set(claims.map(({ token }) => token)).size).toBe(3);
  });

  it('D1: what is claimed is not claimed again until the claim runs out', async () => {
    await lead();
    await place.store.enqueue([outboxRow('i', 1)], NOW);
    const [first] = await claim(NOW + MINUTE);
    expect(await claim(NOW + 2 * MINUTE - 1)).toEqual([]);
    const [second] = await claim(NOW + 2 * MINUTE);
    expect(second!.rows).toEqual(first!.rows);
    // Whoever held the first claim may have sent it.
    expect([first!.mayRepeat, second!.mayRepeat]).toEqual([false, true]);
    expect(second!.token).not.toBe(first!.token);
    // Taken over: the first no longer says what becomes of it.
    const late = { result: 'retry', at: NOW + HOUR, rows: tried(first!, 'no') } as const;
    expect(await place.store.settle(first!, late, NOW + 2 * MINUTE)).toBe(false);
    expect((await place.store.outbox(1)).pending[0]).toMatchObject({ attempts: 0, lastError: null });
    expect(await place.store.settle(second!, { result: 'delivered' }, NOW + 2 * MINUTE)).toBe(true);
    expect(await pending()).toEqual([]);
  });

  it('a claim that has run out but was not taken over can still be settled, once', async () => {
    await lead();
    await place.store.enqueue([outboxRow('i', 1)], NOW);
    const [one] = await claim(NOW + MINUTE);
    expect(await place.store.settle(one!, { result: 'delivered' }, NOW + HOUR)).toBe(true);
    expect(await place.store.settle(one!, { result: 'delivered' }, NOW + HOUR)).toBe(false);
    expect(await claim(NOW + 2 * HOUR)).toEqual([]);
  });

  it('takes what is due longest first, no more than asked for, and passes over busy targets', async () => {
    await lead();
    await place.store.enqueue(
      [outboxRow('c', 3), outboxRow('a', 1), outboxRow('b', 2), outboxRow('d', 0, 'mail')],
      NOW,
    );
    const slack = await claim(NOW + MINUTE, 2, ['mail', 'another']);
    expect(slack.map(({ conversation }) => conversation)).toEqual(['a', 'b']);
    expect(await claim(NOW + MINUTE, 10, ['mail', 'slack'])).toEqual([]);
    const rest = await claim(NOW + MINUTE, 10);
    expect(rest.map(({ conversation }) => conversation)).toEqual(['d', 'c']);
  });

  it('D3: what wakes someone overtakes all else, however long that has waited', async () => {
    await lead();
    const tickets = Array.from({ length: 60 }, (_, at) => withFacts(`t${at}`, at, { severity: 'ticket' }));
    const reminder = withFacts('r', 61, { kind: 'reminder' });
    const pages = [withFacts('p', 70), withFacts('q', 69), withFacts('e', 71, { kind: 'escalated' })];
    await place.store.enqueue([...tickets, reminder, ...pages], NOW);
    const first = await claim(NOW + 2 * MINUTE, 5);
    expect(first.map(({ conversation }) => conversation)).toEqual(['q', 'p', 'e', 't0', 't1']);
    for (const one of first) await place.store.settle(one, { result: 'delivered' }, NOW + 2 * MINUTE);
    expect((await claim(NOW + 2 * MINUTE, 2)).map(({ conversation }) => conversation)).toEqual(['t2', 't3']);
  });

  it('D3: a ticket whose incident becomes a page overtakes as well, also after a retry', async () => {
    await lead();
    await place.store.enqueue(
      [withFacts('a', 1, { severity: 'ticket' }), withFacts('b', 2, { severity: 'ticket' })],
      NOW,
    );
    await place.store.enqueue([withFacts('b', 3, { kind: 'escalated' })], NOW);
    const [page] = await claim(NOW + MINUTE, 1);
    expect(page!.rows.map(({ id }) => id)).toEqual(['b/2/slack', 'b/3/slack']);
    const retry = { result: 'retry', at: NOW + MINUTE, rows: tried(page!, 'no') } as const;
    await place.store.settle(page!, retry, NOW + MINUTE);
    expect((await claim(NOW + MINUTE, 1))[0]!.conversation).toBe('b');
  });

  it('D3: of what was made at one moment, the fastest burn comes first', async () => {
    await lead();
    const rates = [3, 80, 0, 12, 900];
    await place.store.enqueue(
      rates.map((peakBurnRate) => withFacts(`b${peakBurnRate}`, 1, { peakBurnRate })),
      NOW,
    );
    const claims = await claim(NOW + MINUTE);
    expect(claims.map(({ conversation }) => conversation)).toEqual(['b900', 'b80', 'b12', 'b3', 'b0']);
  });

  it('claims up to the limit of each target, of one target only, or of some only what is urgent', async () => {
    await lead();
    const ticket = { severity: 'ticket' } as const;
    const rows = ['slack', 'mail'].flatMap((target) => [
      withFacts('t1', 1, ticket, target),
      withFacts('p1', 2, {}, target),
      withFacts('p2', 3, {}, target),
    ]);
    await place.store.enqueue(rows, NOW);
    const names = (claims: readonly Claim[]) =>
      claims.map(({ conversation, target }) => `${conversation} ${target}`).toSorted();
    const of = async (limit: number, where: ClaimedTargets) => {
      const claims = await place.store.claim(ME, NOW + MINUTE, MINUTE, limit, where);
      for (const one of claims) await place.store.settle(one, { result: 'released' }, NOW + MINUTE);
      return names(claims);
    };
    expect(await of(1, {})).toEqual(['p1 mail', 'p1 slack']);
    expect(await of(2, { only: 'mail' })).toEqual(['p1 mail', 'p2 mail']);
    expect(await of(9, { busy: ['mail'] })).toEqual(['p1 slack', 'p2 slack', 't1 slack']);
    expect(await of(9, { urgentOnly: ['mail'] })).toEqual([
      'p1 mail',
      'p1 slack',
      'p2 mail',
      'p2 slack',
      't1 slack',
    ]);
    expect(await of(9, { only: 'nowhere' })).toEqual([]);
  });

  it('D2: incidents of one conversation are claimed as one, and a page among them makes it urgent', async () => {
    await lead();
    const about = (incident: string, sequence: number, fields: object) => ({
      ...withFacts(incident, sequence, fields),
      conversation: 'a',
    });
    const rows = [
      about('a', 1, { severity: 'ticket' }),
      about('b', 2, { severity: 'ticket' }),
      about('c', 3, { severity: 'page' }),
    ];
    await place.store.enqueue([withFacts('x', 0, { severity: 'ticket' }), ...rows], NOW);
    const [one] = await claim(NOW + MINUTE, 1);
    expect(one).toMatchObject({ conversation: 'a', rows });
    await place.store.settle(one!, { result: 'delivered' }, NOW + MINUTE);
    expect((await claim(NOW + MINUTE)).map(({ conversation }) => conversation)).toEqual(['x']);
    // What comes later is of the same conversation.
    await place.store.enqueue([about('b', 4, { kind: 'resolved' })], NOW + MINUTE);
    expect((await claim(NOW + 2 * MINUTE)).map(({ conversation }) => conversation)).toEqual(['a', 'x']);
  });

  describe('what is kept to be sent again', () => {
    const keep = async (one: Claim, at: number): Promise<boolean> => {
      const row = { ...one.rows.at(-1)!, deliveredAt: NOW + MINUTE };
      return place.store.settle(one, { result: 'kept', at, row }, NOW + MINUTE);
    };

    it('is not pending any more, and due again when it was asked for, as it was kept', async () => {
      await lead();
      await place.store.enqueue([outboxRow('i', 1), outboxRow('i', 2)], NOW);
      const [one] = await claim(NOW + MINUTE);
      expect(await keep(one!, NOW + HOUR)).toBe(true);
      expect(await place.store.outbox(10)).toMatchObject({ pendingCount: 0, undeliverableCount: 0 });
      // It was delivered: the same row made again changes nothing.
      await place.store.enqueue([outboxRow('i', 1), outboxRow('i', 2)], NOW);
      expect(await claim(NOW + HOUR - 1)).toEqual([]);
      const [again] = await claim(NOW + HOUR);
      expect(again!.rows).toEqual([{ ...outboxRow('i', 2), deliveredAt: NOW + MINUTE }]);
      expect(await keep(again!, NOW + 2 * HOUR)).toBe(true);
      expect(await claim(NOW + 2 * HOUR - 1)).toEqual([]);
      expect(await claim(NOW + 2 * HOUR)).toHaveLength(1);
    });

    it('does not delay what is new, which goes with it', async () => {
      await lead();
      await place.store.enqueue([outboxRow('i', 1)], NOW);
      await keep((await claim(NOW + MINUTE))[0]!, NOW + 100 * HOUR);
      await place.store.enqueue([outboxRow('i', 65)], NOW + MINUTE);
      const [next] = await claim(NOW + 2 * MINUTE);
      expect(next!.rows.map(({ id, deliveredAt }) => [id, deliveredAt !== undefined])).toEqual([
        ['i/1/slack', true],
        ['i/65/slack', false],
      ]);
      expect(await pending()).toEqual(['i/65/slack']);
      // What comes while it is claimed waits for the end of the claim, and is due then.
      await place.store.enqueue([outboxRow('i', 66)], NOW + 2 * MINUTE);
      expect(await claim(NOW + 2 * MINUTE + SECOND)).toEqual([]);
      await keep(next!, NOW + 100 * HOUR);
      const [last] = await claim(NOW + 2 * MINUTE + SECOND);
      expect(last!.rows.map(({ id }) => id)).toEqual(['i/65/slack', 'i/66/slack']);
      await place.store.settle(last!, { result: 'delivered' }, NOW + 3 * MINUTE);
      expect(await claim(NOW + 1000 * HOUR)).toEqual([]);
    });

    it('that is claimed is claimed by one only, whatever comes meanwhile', async () => {
      await lead();
      await place.store.enqueue([outboxRow('i', 1)], NOW);
      await keep((await claim(NOW + MINUTE))[0]!, NOW + HOUR);
      const [again] = await claim(NOW + HOUR);
      await place.store.enqueue([outboxRow('i', 2)], NOW + HOUR);
      expect(await claim(NOW + HOUR + SECOND)).toEqual([]);
      expect(await keep(again!, NOW + 2 * HOUR)).toBe(true);
      expect((await claim(NOW + HOUR + SECOND))[0]!.rows).toHaveLength(2);
    });

    it('is gone when what came after it cannot be delivered, which alone is undeliverable', async () => {
      await lead();
      await place.store.enqueue([outboxRow('i', 1)], NOW);
      await keep((await claim(NOW + MINUTE))[0]!, NOW + HOUR);
      await place.store.enqueue([outboxRow('i', 2)], NOW + MINUTE);
      const [one] = await claim(NOW + 2 * MINUTE);
      const rows = tried(one!, 'no').filter(({ deliveredAt }) => deliveredAt === undefined);
      await place.store.settle(one!, { result: 'undeliverable', rows, instead: [] }, NOW + 2 * MINUTE);
      const view = await place.store.outbox(10);
      expect(view.undeliverable.map(({ id }) => id)).toEqual(['i/2/slack']);
      expect(view.pendingCount).toBe(0);
      expect(await claim(NOW + 100 * HOUR)).toEqual([]);
    });
  });

  it('D3: a retry counts the try, keeps what was said and waits', async () => {
    await lead();
    await place.store.enqueue([outboxRow('i', 1), outboxRow('i', 2)], NOW);
    const [one] = await claim(NOW + MINUTE);
    const reason = '503 from the other side';
    const retry = { result: 'retry', at: NOW + HOUR, rows: tried(one!, reason) } as const;
    expect(await place.store.settle(one!, retry, NOW + MINUTE)).toBe(true);
    expect(await claim(NOW + HOUR - 1)).toEqual([]);
    // What comes meanwhile waits with the rest of its conversation.
    await place.store.enqueue([outboxRow('i', 3)], NOW + 2 * MINUTE);
    expect(await claim(NOW + HOUR - 1)).toEqual([]);
    const [again] = await claim(NOW + HOUR);
    expect(again!.rows.map(({ attempts, lastError }) => [attempts, lastError])).toEqual([
      [1, reason],
      [1, reason],
      [0, null],
    ]);
  });

  it('rows that come while their conversation is claimed go with the next claim', async () => {
    await lead();
    await place.store.enqueue([outboxRow('i', 1)], NOW);
    const [one] = await claim(NOW + MINUTE);
    await place.store.enqueue([outboxRow('i', 2)], NOW + MINUTE);
    expect(await claim(NOW + MINUTE + SECOND)).toEqual([]);
    await place.store.settle(one!, { result: 'delivered' }, NOW + MINUTE + SECOND);
    const [next] = await claim(NOW + MINUTE + SECOND);
    expect(next!.rows.map(({ id }) => id)).toEqual(['i/2/slack']);
  });

  it('D3: what cannot be delivered is kept and shown, and goes to the fallback in the same write', async () => {
    await lead();
    await place.store.enqueue([outboxRow('i', 1), outboxRow('i', 2)], NOW);
    const [one] = await claim(NOW + MINUTE);
    const instead = [outboxRow('i', 1, 'mail')];
    const reason = '404 channel_not_found';
    const refused = { result: 'undeliverable', rows: tried(one!, reason), instead } as const;
    expect(await place.store.settle(one!, refused, NOW + MINUTE)).toBe(true);
    const view = await place.store.outbox(10);
    expect(view).toMatchObject({ pending: instead, pendingCount: 1, undeliverableCount: 2 });
    expect(view.undeliverable.map(({ id, attempts, lastError }) => [id, attempts, lastError])).toEqual([
      ['i/1/slack', 1, reason],
      ['i/2/slack', 1, reason],
    ]);
    const claims = await claim(NOW + MINUTE + SECOND);
    expect(claims.map(({ target }) => target)).toEqual(['mail']);
    await place.store.enqueue([outboxRow('i', 1)], NOW + HOUR);
    expect((await place.store.outbox(10)).pendingCount).toBe(1);
  });

  describe('D3: what is undeliverable', () => {
    /** Makes rows undeliverable, all that wait in the conversations of these. */
    const giveUp = async (...rows: readonly OutboxRow[]): Promise<void> => {
      await lead();
      await place.store.enqueue(rows, NOW);
      for (const one of await claim(NOW + HOUR, 100)) {
        const refused = { result: 'undeliverable', rows: tried(one, 'no'), instead: [] } as const;
        await place.store.settle(one, refused, NOW + HOUR);
      }
    };
    const again = (row: OutboxRow): OutboxRow => ({ ...row, createdAt: NOW + 2 * HOUR, attempts: 0 });

    it('can be sent again, in its order and before what waits there by now', async () => {
      await giveUp(outboxRow('i', 1), outboxRow('i', 2), outboxRow('j', 1));
      await place.store.enqueue([outboxRow('i', 3)], NOW);
      const rows = [again(outboxRow('i', 1)), again(outboxRow('i', 2))];
      expect(await place.store.retryUndeliverable(rows)).toBe(2);
      expect(await place.store.outbox(10)).toMatchObject({ pendingCount: 3, undeliverableCount: 1 });
      const [one] = await claim(NOW + 2 * HOUR);
      expect(one!.rows).toEqual([...rows, outboxRow('i', 3)]);
      // Another one who asked for the same changes nothing.
      expect(await place.store.retryUndeliverable(rows)).toBe(0);
      await place.store.settle(one!, { result: 'delivered' }, NOW + 2 * HOUR);
      expect(await place.store.retryUndeliverable(rows)).toBe(0);
      expect(await place.store.outbox(10)).toMatchObject({ pendingCount: 0, undeliverableCount: 1 });
    });

    it('is due at once, also where nothing waits, and goes with what is claimed only afterwards', async () => {
      await giveUp(outboxRow('i', 1));
      await place.store.enqueue([outboxRow('i', 2)], NOW);
      const [held] = await claim(NOW + HOUR);
      await place.store.retryUndeliverable([again(outboxRow('i', 1))]);
      expect(await claim(NOW + HOUR + SECOND)).toEqual([]);
      await place.store.settle(held!, { result: 'delivered' }, NOW + HOUR + SECOND);
      const [next] = await claim(NOW + 2 * HOUR);
      expect(next!.rows.map(({ id }) => id)).toEqual(['i/1/slack']);
    });

    it('overtakes what is not urgent when it wakes someone', async () => {
      await giveUp(withFacts('p', 1, { kind: 'opened' }));
      await place.store.enqueue([withFacts('t', 0, { severity: 'ticket' })], NOW);
      await place.store.retryUndeliverable([again(withFacts('p', 1, { kind: 'opened' }))]);
      expect((await claim(NOW + 3 * HOUR, 1))[0]!.conversation).toBe('p');
    });

    it('can be dropped for good', async () => {
      await giveUp(outboxRow('i', 1), outboxRow('j', 1));
      await place.store.enqueue([outboxRow('k', 1)], NOW);
      expect(await place.store.dropUndeliverable([])).toBe(0);
      expect(await place.store.dropUndeliverable(['i/1/slack', 'k/1/slack', 'none'])).toBe(1);
      expect(await place.store.dropUndeliverable(['i/1/slack'])).toBe(0);
      expect(await place.store.retryUndeliverable([again(outboxRow('i', 1))])).toBe(0);
      const { rows } = await place.store.outboxRows('undeliverable', null, 10);
      expect(rows.map(({ id }) => id)).toEqual(['j/1/slack']);
      expect(await pending()).toEqual(['k/1/slack']);
    });

    it('is listed page by page without a gap, although rows go and come in between', async () => {
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      await giveUp(...names.map((name) => outboxRow(name, 1)));
      const page = async (after: RowPlace | null) => {
        const { rows, next } = await place.store.outboxRows('undeliverable', after, 2);
        return { ids: rows.map(({ id }) => id), next };
      };
      const first = await page(null);
      expect(first.ids).toEqual(['a/1/slack', 'b/1/slack']);
      // The one that the list goes on after, and another one before it.
      await place.store.dropUndeliverable(['a/1/slack', 'b/1/slack', 'd/1/slack']);
      await giveUp(outboxRow('aa', 1), outboxRow('ca', 1));
      const second = await page(first.next);
      expect(second.ids).toEqual(['c/1/slack', 'ca/1/slack']);
      expect(await page(second.next)).toEqual({ ids: ['e/1/slack', 'f/1/slack'], next: null });
    });

    it('is listed page by page, each row once, also those made at the same moment', async () => {
      const rows = ['a', 'b', 'c', 'd', 'e'].flatMap((name) => [outboxRow(name, 1), outboxRow(name, 2)]);
      await giveUp(...rows);
      for (const limit of [1, 3, 4, 9]) {
        const seen: string[] = [];
        for (let after: RowPlace | null = null; ;) {
          const page: RowPage = await place.store.outboxRows('undeliverable', after, limit);
          seen.push(...page.rows.map(({ id }) => id));
          expect(page.rows.length).toBeLessThanOrEqual(limit);
          if (page.next === null) break;
          after = page.next;
        }
        expect(seen).toHaveLength(10);
        expect(new Set(seen).size).toBe(10);
      }
      expect(await place.store.outboxRows('undeliverable', null, 10)).toMatchObject({ next: null });
      expect(await place.store.outboxRows('pending', null, 10)).toEqual({ rows: [], next: null });
    });
  });

  it('what was released is due again at once, and no try is counted', async () => {
    await lead();
    await place.store.enqueue([outboxRow('i', 1)], NOW);
    const [one] = await claim(NOW + MINUTE);
    expect(await place.store.settle(one!, { result: 'released' }, NOW + MINUTE)).toBe(true);
    const [again] = await claim(NOW + MINUTE);
    expect(again!.rows).toEqual([outboxRow('i', 1)]);
  });

  it('D1: a row is added once, whether it is pending, claimed or delivered', async () => {
    await lead();
    const row = outboxRow('i', 1);
    await place.store.enqueue([row, row], NOW);
    await place.store.enqueue([{ ...row, createdAt: NOW + HOUR }], NOW);
    const [one] = await claim(NOW + MINUTE);
    expect(one!.rows).toEqual([row]);
    await place.store.enqueue([row], NOW);
    await place.store.settle(one!, { result: 'delivered' }, NOW + MINUTE);
    await place.store.enqueue([row], NOW + HOUR);
    await place.store.commit(ME, [{ slo: 's', revision: 0, state: QUIET, rows: [row] }]);
    expect(await pending()).toEqual([]);
    expect(await claim(NOW + 2 * HOUR)).toEqual([]);
  });

  it('shows the oldest first, as many as asked for, and counts all', async () => {
    await place.store.enqueue(
      [5, 3, 1, 4, 2].map((n) => outboxRow(`incident-${n}`, n)),
      NOW,
    );
    const view = await place.store.outbox(3);
    expect(view.pending.map(({ incident }) => incident)).toEqual(['incident-1', 'incident-2', 'incident-3']);
    expect(view).toMatchObject({ pendingCount: 5, undeliverable: [], undeliverableCount: 0 });
  });

  it('C2: claims outlive closing: another process does not take them before they run out', async () => {
    await lead();
    await place.store.enqueue([outboxRow('i', 1, 'a "quoted" __proto__')], NOW);
    const [one] = await claim(NOW + MINUTE);
    await place.reopen();
    expect(await claim(NOW + MINUTE + SECOND)).toEqual([]);
    expect(await place.store.settle(one!, { result: 'delivered' }, NOW + MINUTE + SECOND)).toBe(true);
    expect(await pending()).toEqual([]);
  });
}
