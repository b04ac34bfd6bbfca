import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRefused } from '../../../src/core/ports/refused.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createSignedLinks } from '../../../src/engine/incidents/signed-links.ts';
import type { LinkedIncidents } from '../../support/linked-incidents.ts';
import { LINK_SECRET, linkIncidents } from '../../support/linked-incidents.ts';
import { ANYONE, callerWith } from '../../support/tokens.ts';

let linked: LinkedIncidents;
beforeEach(async () => {
  linked = await linkIncidents();
});
afterEach(() => linked.world.close());

const asking = (by: string, more: object = {}) => ({
  by,
  reason: '',
  span: { for: '1h' },
  ...more,
});
const follow = (text: string, by = 'eva', more: object = {}) =>
  linked.links.followLink(text, asking(by, more), '192.0.2.7');
const stateOf = async (text: string) => (await linked.links.lookAtLink(text)).state;
const takenBy = async () =>
  Object.fromEntries(
    (await linked.incidents.incidents()).map(({ workflow, acknowledged }) => [
      workflow,
      acknowledged?.by ?? null,
    ]),
  );
const silencesMade = async () =>
  (await linked.silences.silences({ state: null, after: null, limit: 10 }, ANYONE)).items;

describe('a link of a message', () => {
  it('acknowledges the one incident that it is of, once: then it says by whom and when, and changes nothing', async () => {
    const link = linked.link('acknowledge');
    expect(await linked.links.lookAtLink(link)).toMatchObject({ state: 'usable' });
    expect(await takenBy(), 'to look acts on nothing').toEqual({ orders: null, carts: null, mails: null });

    const at = linked.world.clock.now();
    expect(await follow(link)).toMatchObject({
      view: { state: 'used', by: 'eva', at, slo: 'orders/done' },
      who: 'link:eva',
      done: [{ what: 'incident.acknowledged', about: 'orders-1' }],
    });
    linked.world.clock.advance(5 * MINUTE);
    expect(await follow(link, 'mallory')).toMatchObject({
      state: 'used',
      by: 'eva',
      at,
    });
    expect(await takenBy()).toEqual({ orders: 'eva', carts: null, mails: null });
    const [record] = await linked.world.store.records('acknowledgements');
    expect(record!.value).toMatchObject({ by: 'eva', actor: 'link:eva' });
  });

  it('silences once, also after that silence was ended', async () => {
    const link = linked.link('silence');
    const answer = await follow(link, 'eva', { reason: ' a deploy ', span: { for: '4h' } });
    const [made, ...more] = await silencesMade();
    expect(more).toEqual([]);
    expect(made).toMatchObject({
      createdBy: 'eva',
      actor: 'link:eva',
      reason: 'a deploy',
      matching: { incident: 'orders-1', slo: 'orders/done' },
      within: [{ by: 'workflow', pattern: 'orders' }],
      state: 'active',
    });
    expect(answer).toMatchObject({ done: [{ what: 'silence.created', about: made!.id }] });
    expect(await follow(link, 'mallory')).toMatchObject({ state: 'used', by: 'eva' });
    await linked.silences.endSilence(made!.id, ANYONE);
    expect(await follow(link, 'mallory')).toMatchObject({ state: 'used', silence: { state: 'ended' } });
    expect((await silencesMade()).map(({ state }) => state)).toEqual(['ended']);
    expect(await stateOf(linked.link('acknowledge')), 'each link is for one thing').toBe('usable');
  });

  it('that two people follow at once does it once, in the name of one of them', async () => {
    for (const action of ['acknowledge', 'silence'] as const) {
      const link = linked.link(action);
      const answers = await Promise.all(['eva', 'leo', 'kim'].map((by) => follow(link, by)));
      const named = answers.map((answer) => ('view' in answer ? answer.view : answer));
      expect(new Set(named.map((view) => ('by' in view ? view.by : null))).size).toBe(1);
      expect(answers.flatMap((answer) => ('done' in answer ? answer.done : []))).toHaveLength(1);
    }
    expect(await silencesMade()).toHaveLength(1);
  });

  it('says that the incident was acknowledged otherwise', async () => {
    await linked.incidents.acknowledge('orders-1', { by: 'sam' }, ANYONE);
    expect(await follow(linked.link('acknowledge'))).toMatchObject({ state: 'used', by: 'sam' });
  });

  it('expires', async () => {
    const link = linked.link('acknowledge');
    linked.world.clock.advance(DAY - 1);
    expect(await stateOf(link)).toBe('usable');
    linked.world.clock.advance(1);
    expect(await follow(link)).toEqual({ state: 'expired' });
    expect(await takenBy()).toMatchObject({ orders: null });
  });

  it('does nothing once its incident is over, nor to the next one of the SLO', async () => {
    const links = [linked.link('acknowledge'), linked.link('silence')];
    await linked.stands('orders', null);
    for (const link of links) expect(await follow(link)).toEqual({ state: 'over' });
    expect(await silencesMade()).toEqual([]);
  });

  it('of a ticket is none of the page that it became', async () => {
    await linked.stands('orders', 'ticket');
    const links = [
      linked.link('acknowledge', 'orders', 'ticket'),
      linked.link('silence', 'orders', 'ticket'),
    ];
    expect(await stateOf(links[0]!)).toBe('usable');
    await linked.stands('orders', 'page');
    for (const link of links) expect(await follow(link)).toEqual({ state: 'became-page' });
    expect([await takenBy(), await silencesMade()]).toEqual([expect.objectContaining({ orders: null }), []]);
  });

  it('of a page holds for the ticket that it came down to', async () => {
    const link = linked.link('acknowledge');
    await linked.stands('orders', 'ticket');
    expect(await follow(link)).toMatchObject({ view: { by: 'eva' } });
  });

  it.each([
    ['nothing', () => ''],
    ['another key', () => linked.link('acknowledge', 'orders', 'page', 'another secret, as long')],
    ['another incident', () => linked.link('acknowledge').replace('orders', 'mails')],
    ['another action', () => linked.link('acknowledge').replace(/^a/, 's')],
    ['another severity', () => linked.link('acknowledge').replace(/^ap/, 'at')],
    ['a later end', () => linked.link('acknowledge').replace(/\.(\w)/, '.z$1')],
    ['no seal', () => linked.link('acknowledge').replace(/[^.]+$/, '')],
    ['a seal cut short', () => linked.link('acknowledge').slice(0, -1)],
    // The last character of base64url stands for four bits, so that four of them decode to the same bytes.
    ['the same seal in other letters', () => respelled(linked.link('silence'))],
    ['something after it', () => `${linked.link('acknowledge')}=`],
  ])('is not taken with %s', async (_what, made) => {
    expect(await follow(made())).toEqual({ state: 'forged' });
    expect([await takenBy(), await silencesMade()]).toEqual([{ orders: null, carts: null, mails: null }, []]);
  });

  it('does not do what its form cannot ask for', async () => {
    const link = linked.link('silence');
    for (const [by, more] of [
      [' ', {}],
      ['x'.repeat(201), {}],
      ['eva\r\nBcc: all@example.com', {}],
      ['eva', { span: {} }],
      ['eva', { reason: 'a\u0000b' }],
    ] as const) {
      expect(isRefused(await follow(link, by, more)), JSON.stringify([by, more])).toBe(true);
    }
    expect(await silencesMade()).toEqual([]);
    expect(await stateOf(link), 'and can be followed still').toBe('usable');
  });

  it('is of an id that can stand in a path, or there is none', () => {
    const { sign } = createSignedLinks([LINK_SECRET]);
    const link = { action: 'acknowledge', severity: 'page', expiresAt: 1 } as const;
    for (const incident of ['', 'a/b', 'a.b', 'a?b', 'ä', 'x'.repeat(101)])
      expect(sign({ ...link, incident }), incident).toBeNull();
  });
});

describe('the secrets of links', () => {
  const OLD = 'the secret of last year, as long';
  const link = { action: 'acknowledge', severity: 'page', expiresAt: 1, incident: 'orders-1' } as const;

  it('can be replaced while links are out: the first signs, all of them are read', () => {
    const before = createSignedLinks([OLD]);
    const during = createSignedLinks([LINK_SECRET, OLD]);
    const after = createSignedLinks([LINK_SECRET]);
    expect(during.read(before.sign(link)!)).toEqual(link);
    expect(during.sign(link)).toBe(after.sign(link));
    expect(after.read(during.sign(link)!)).toEqual(link);
    expect(before.read(during.sign(link)!)).toBeNull();
    expect(after.read(before.sign(link)!)).toBeNull();
  });

  it('are none: no links, and none is read', () => {
    const { sign, read } = createSignedLinks([]);
    expect(sign(link)).toBeNull();
    expect(read(createSignedLinks([LINK_SECRET]).sign(link)!)).toBeNull();
  });

  it('sign with a key made for links alone', () => {
    const text = createSignedLinks([LINK_SECRET]).sign(link)!;
    const [claims, seal] = [text.slice(0, text.lastIndexOf('.')), text.slice(text.lastIndexOf('.') + 1)];
    expect(createHmac('sha256', LINK_SECRET).update(claims).digest('base64url')).not.toBe(seal);
  });
});

describe('a whole conversation', () => {
  it('is acknowledged with one request: what is open then, and nothing else', async () => {
    const request = { by: 'eva', conversation: true };
    const answer = await linked.incidents.acknowledge('orders-1', request, ANYONE);
    expect(answer).toMatchObject({ others: [{ incident: 'carts-1', by: 'eva', isNew: true }] });
    expect(await takenBy()).toEqual({ orders: 'eva', carts: 'eva', mails: null });
  });

  it('is acknowledged as one request, but those that have an acknowledgement keep it', async () => {
    await linked.incidents.acknowledge('carts-1', { by: 'sam' }, ANYONE);
    linked.world.clock.advance(HOUR);
    const at = linked.world.clock.now();
    const answer = await linked.incidents.acknowledge('orders-1', { by: 'eva', conversation: true }, ANYONE);
    expect(answer).toMatchObject({
      incident: 'orders-1',
      at,
      others: [{ incident: 'carts-1', slo: 'carts/done', by: 'sam', at: at - HOUR, isNew: false }],
    });
    expect(await takenBy()).toEqual({ orders: 'eva', carts: 'sam', mails: null });
  });

  it('is acknowledged as far as a token may respond', async () => {
    const caller = callerWith('read+respond@orders');
    expect(await linked.incidents.incidentsBeside('orders-1', caller)).toEqual([]);
    const answer = await linked.incidents.acknowledge('orders-1', { by: 'eva', conversation: true }, caller);
    expect(answer).toMatchObject({ others: [] });
    expect(await takenBy()).toEqual({ orders: 'eva', carts: null, mails: null });
  });

  it('is asked for with true or false', async () => {
    const answer = await linked.incidents.acknowledge('orders-1', { by: 'eva', conversation: 'yes' }, ANYONE);
    expect(answer).toEqual({ refused: 'invalid', problems: ['conversation must be true or false.'] });
  });

  it('is not acknowledged for what joins it later', async () => {
    await linked.stands('carts', null);
    await linked.incidents.acknowledge('orders-1', { by: 'eva', conversation: true }, ANYONE);
    await linked.stands('carts', 'page');
    expect(await takenBy()).toEqual({ orders: 'eva', carts: null, mails: null });
  });
});

function respelled(link: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(link.at(-1)!);
  const other = letters[(last & ~3) | ((last + 1) & 3)]!;
  const otherwise = `${link.slice(0, -1)}${other}`;
  const bytes = (text: string) =>
    Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url').toString('hex');
  expect(bytes(otherwise)).toBe(bytes(link));
  return otherwise;
}
