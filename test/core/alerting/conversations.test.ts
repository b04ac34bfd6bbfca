import { describe, expect, it } from 'vitest';
import type { Incident } from '../../../src/core/alerting/incident.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import {
  MAX_TOGETHER,
  conversationAt,
  createConversations,
} from '../../../src/core/alerting/conversations.ts';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { sketchFacts } from '../../support/outbox-rows.ts';

const WITHIN = 5 * MINUTE;

function incident(id: string, openedAt = START, fields: Partial<Incident> = {}): Incident {
  return {
    id,
    openedAt,
    began: openedAt,
    severity: 'page',
    tier: 'fast',
    peakBurnRate: 20,
    pagedAt: openedAt,
    stepsTaken: 0,
    lastNotifiedAt: openedAt,
    acknowledged: null,
    sequence: 1,
    notified: [],
    ...fields,
  };
}

function facts(workflow: string, fields: Partial<NotificationFacts> = {}): NotificationFacts {
  return sketchFacts({ workflow, slo: `${workflow}/done`, ...fields });
}

const cause = (dependency: string): NotificationFacts['likelyCause'] => ({
  dependency,
  failures: 1,
  usual: null,
  sla: 0.99,
  broken: true,
  lastHour: { good: 1, bad: 9 },
  today: { good: 1, bad: 9 },
});
const failing = (step: string | null, error: string | null, count = 10) => ({
  step,
  dependency: null,
  error,
  count,
});

/** Opens one incident of each, five seconds apart, and gives the conversations they are in. */
function opened(all: readonly NotificationFacts[], within: number | null = WITHIN, apart = 5000): string[] {
  const conversations = createConversations(new Map());
  return all.map((one, index) => {
    const opens = incident(`i${index}`, START + index * apart);
    return conversations.follow({ kind: 'opened', incident: opens }, one, within).conversation.id;
  });
}

describe('an incident that opens', () => {
  it('joins another one of its workflow, and no one of another', () => {
    expect(opened([facts('a'), facts('b'), facts('a', { slo: 'a/fast' })])).toEqual(['i0', 'i1', 'i0']);
  });

  it('joins one that the same dependency makes fail, in whatever workflow', () => {
    const [bank, mail] = [{ likelyCause: cause('bank') }, { likelyCause: cause('mail') }];
    expect(opened([facts('a', bank), facts('b', bank), facts('c', mail)])).toEqual(['i0', 'i0', 'i2']);
  });

  it('joins one of which most fails at the same step with the same error', () => {
    const charge = { failures: [failing('charge', 'timeout'), failing('ship', 'lost', 3)] };
    expect(opened([facts('a', charge), facts('b', charge)])).toEqual(['i0', 'i0']);
    const half = { failures: [failing('charge', 'timeout', 5), failing('ship', 'lost', 5)] };
    expect(opened([facts('a', half), facts('b', half)])).toEqual(['i0', 'i1']);
    const nameless = { failures: [failing(null, 'timeout')] };
    expect(opened([facts('a', nameless), facts('b', nameless)])).toEqual(['i0', 'i1']);
  });

  it('joins what a member of a conversation has in common with it, however that came there', () => {
    const bank = { likelyCause: cause('bank') };
    expect(opened([facts('a'), facts('a', bank), facts('b', bank)])).toEqual(['i0', 'i0', 'i0']);
  });

  it('joins the conversation within the time from its beginning, and stays alone where that is asked for', () => {
    const five = Array.from({ length: 5 }, () => facts('a'));
    expect(opened(five, WITHIN, 2 * MINUTE)).toEqual(['i0', 'i0', 'i0', 'i3', 'i3']);
    expect(opened(five.slice(0, 2), null)).toEqual(['i0', 'i1']);
  });

  it('begins another conversation where so many are in the first that they could not be sent as one', () => {
    const many = Array.from({ length: 2 * MAX_TOGETHER + 1 }, () => facts('a'));
    const ids = opened(many, WITHIN, 1);
    expect([...new Set(ids)]).toEqual(['i0', `i${MAX_TOGETHER}`, `i${2 * MAX_TOGETHER}`]);
    expect(ids.lastIndexOf('i0')).toBe(MAX_TOGETHER - 1);
  });

  it('joins also where the clock was set back since', () => {
    expect(opened([facts('a'), facts('a')], WITHIN, -MINUTE)).toEqual(['i0', 'i0']);
    expect(opened([facts('a'), facts('a')], WITHIN, -HOUR)).toEqual(['i0', 'i1']);
  });
});

describe('a conversation', () => {
  const first = incident('i0');
  const second = incident('i1', START + MINUTE);

  it('is known from the states of another leader, also when the incident that it began with is over', () => {
    const before = createConversations(new Map());
    before.follow({ kind: 'opened', incident: first }, facts('a'), WITHIN);
    const { conversation } = before.follow({ kind: 'opened', incident: second }, facts('a'), WITHIN);
    const state = { ...QUIET, incident: { ...second, conversation } };
    const after = createConversations(
      new Map([
        ['a/done', { state }],
        ['x/y', { state: null }],
      ]),
    );
    const third = after.follow(
      { kind: 'opened', incident: incident('i2', START + 2 * MINUTE) },
      facts('a'),
      WITHIN,
    );
    expect(third).toMatchObject({ conversation: { id: 'i0' }, said: { conversation: { others: 1 } } });
  });

  it('keeps its members whatever is known of them later, and counts the others that are open', () => {
    const conversations = createConversations(new Map());
    const said = (kind: 'opened' | 'escalated' | 'resolved', one: Incident, of: NotificationFacts) => {
      const followed = conversations.follow({ kind, incident: one }, of, WITHIN);
      return [{ ...one, conversation: followed.conversation }, followed.said] as const;
    };
    const [one, alone] = said('opened', first, facts('a'));
    expect(alone).toEqual({});
    const [two, joined] = said('opened', second, facts('a'));
    const conversation = { id: 'i0', openedAt: START, slo: 'a/done', others: 1 };
    expect(joined).toEqual({ conversation });
    expect(said('escalated', two, facts('b'))[1]).toEqual({ conversation });
    expect(said('resolved', one, facts('a'))[1]).toEqual({ conversation });
    expect(said('resolved', two, facts('a'))[1]).toEqual({ conversation: { ...conversation, others: 0 } });
  });

  it('is of no incident that a silence mutes: what nothing is sent of is neither joined nor counted', () => {
    const mute = { reason: 'silence', silence: 's', by: 'sam', because: 'b', until: START + HOUR } as const;
    const muted = { since: START, mute: { ...mute, untilResolved: false }, notifiedAs: null };
    const silenced = incident('i0', START, { muted });
    const open = (id: string, ...before: readonly Incident[]) => {
      const states = before.map((one) => [`a/${one.id}`, { state: { ...QUIET, incident: one } }] as const);
      const conversations = createConversations(new Map(states));
      conversations.follow(
        { kind: 'opened', incident: incident('i1', START, { muted }) },
        facts('a'),
        WITHIN,
      );
      return conversations.follow({ kind: 'opened', incident: incident(id) }, facts('a'), WITHIN);
    };
    const signs = [JSON.stringify(['workflow', 'a'])];
    const joined = { ...silenced, conversation: { id: 'i0', openedAt: START, slo: 'a/i0', signs } };
    expect(open('i2', joined)).toMatchObject({ conversation: { id: 'i2' }, said: {} });
    const { muted: _, ...heard } = joined;
    expect(open('i2', heard)).toMatchObject({ conversation: { id: 'i0' } });
  });

  it('is one at a target where people read, and none where the receiver groups by itself', () => {
    const conversation = { id: 'i0', openedAt: START, slo: 'a/done', others: 1 };
    expect(conversationAt('slack', { conversation })).toEqual({ conversation: 'i0' });
    expect(conversationAt('pagerduty', { conversation })).toEqual({});
    expect(conversationAt(undefined, { conversation })).toEqual({});
    expect(conversationAt('slack', {})).toEqual({});
  });
});
