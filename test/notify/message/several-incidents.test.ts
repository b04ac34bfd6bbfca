import { describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { composeMessage } from '../../../src/notify/message/message.ts';
import { phraseText } from '../../../src/notify/message/phrase.ts';
import { LINKS, OPENED, OPENED_AT, RESOLVED, TICKET, notificationOf } from '../example-facts.ts';

const compose = (...facts: NotificationFacts[]) => composeMessage(notificationOf(...facts), LINKS);
const fieldsOf = (...facts: NotificationFacts[]) =>
  Object.fromEntries(compose(...facts).fields.map(({ label, value }) => [label, phraseText(value)]));
const of = (facts: NotificationFacts, incident: string, fields: Partial<NotificationFacts> = {}) => ({
  ...facts,
  incident,
  slo: `${incident}/done`,
  ...fields,
});

describe('a message of several incidents', () => {
  it('is that of the worst one: what pages before tickets, tickets before what is over, the fastest burn first', () => {
    const [page, ticket, over] = [of(OPENED, 'page'), of(TICKET, 'ticket'), of(RESOLVED, 'over')];
    const worse = of(OPENED, 'worse', { peakBurnRate: 900 });
    expect(compose(ticket, over, page, worse)).toMatchObject({
      incident: 'worse',
      event: 'opened',
      tone: 'page',
      headline: `4 incidents: ${compose(worse).headline}`,
    });
    expect(compose(over, ticket).incident).toBe('ticket');
    expect(compose(over, of(RESOLVED, 'other'))).toMatchObject({ event: 'resolved', tone: 'over' });
  });

  it('names the others by how they stand', () => {
    const facts = [of(OPENED, 'a'), of(OPENED, 'b'), of(TICKET, 'c'), of(RESOLVED, 'd')];
    expect(fieldsOf(...facts)).toMatchObject({
      'Also paging (1)': 'b/done',
      'Also as tickets (1)': 'c/done',
      'Also over (1)': 'd/done',
    });
  });

  it('puts what is folded in after what it is folded into, with why, whatever burns faster', () => {
    const folded = { incident: 'a', slo: 'bank/answers', because: '93% of its failures call bank' };
    const facts = [of(OPENED, 'b', { folded, peakBurnRate: 900 }), of(OPENED, 'a'), of(TICKET, 'c')];
    expect(compose(...facts)).toMatchObject({ incident: 'a', tone: 'page', severity: 'page' });
    expect(fieldsOf(...facts)).toMatchObject({
      'Also as tickets (1)': 'c/done',
      'Folded in (1)': 'b/done (93% of its failures call bank)',
    });
    // By itself it makes no noise.
    expect(compose(facts[0]!)).toMatchObject({ incident: 'b', tone: 'ticket', severity: 'ticket' });
  });

  it('sums up what does not fit, and links to all of them', () => {
    const facts = Array.from({ length: 500 }, (_, index) => of(OPENED, `i${index}`));
    expect(fieldsOf(...facts)['Also paging (499)']).toMatch(
      /^i1\/done, (i\d\/done, ){6}i8\/done and 491 more$/,
    );
    expect(compose(...facts).links.at(-1)).toEqual({
      label: 'Incidents',
      url: expect.stringMatching(/\/incidents$/),
    });
    expect(JSON.stringify(compose(...facts)).length).toBeLessThan(6000);
  });

  it('counts an incident once, however much happened to it', () => {
    expect(compose(of(TICKET, 'a'), of(OPENED, 'a', { kind: 'escalated' })).headline).not.toMatch(
      /incidents/,
    );
  });
});

it('an incident says which conversation it is of, and how much else of it is open', () => {
  const conversation = { id: 'i0', openedAt: OPENED_AT, slo: 'orders/first', others: 2 };
  const said = (others: number) =>
    fieldsOf(of(OPENED, 'a', { conversation: { ...conversation, others } }))['Together with'];
  expect(said(2)).toMatch(/^2 other open incidents of a conversation, which began with orders\/first \d/);
  expect(said(1)).toMatch(/^1 other open incident of/);
  expect(said(0)).toMatch(/^no other open incident of/);
  expect(fieldsOf(of(OPENED, 'a'))['Together with']).toBeUndefined();
  expect(fieldsOf(of(RESOLVED, 'a', { conversation }))['Together with']).toMatch(/^2 other/);
});
