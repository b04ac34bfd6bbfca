import { expect, it } from 'vitest';
import type { IncidentChanged, IncidentEvent } from '../../src/core/alerting/incident-event.ts';
import { QUIET } from '../../src/core/alerting/incident.ts';
import { MAX_INCIDENT_EVENTS } from '../../src/core/ports/store/incidents.ts';
import type { IncidentRange } from '../../src/core/ports/store/incidents.ts';
import { MINUTE } from '../../src/core/time/duration.ts';
import { outboxRow } from './outbox-rows.ts';
import { NOW } from './outcomes.ts';
import type { Place } from './place.ts';

const ME = 'replica-1';
const ALL = { from: 0, to: NOW + 1e9, before: null as IncidentRange['before'], limit: 100 };

/** A transition; its numbers and texts are such that a store might change them. */
export function changed(kind: IncidentChanged['kind'], at: number): IncidentChanged {
  return {
    kind,
    at,
    tier: 'fast',
    cause: null,
    slo: 'orders/fast',
    workflow: 'orders',
    owner: 'payments "eu"',
    runbook: null,
    severity: 'page',
    objective: 0.999,
    window: '28d',
    openedAt: NOW,
    began: NOW - MINUTE,
    failedUntil: null,
    during: { good: 0, bad: 12_345_678_901_234 },
    peakBurnRate: 14.400000000000002,
    stuck: [],
    likelyCause: null,
    standsOut: null,
    notified: [],
    postmortem: null,
    budgetRemaining: -0.3,
    budgetSpent: 0.1 + 0.2,
    failures: [{ step: 'ship', dependency: null, error: 'time\u2028out "x"', count: 3 }],
    lastFailed: [],
  };
}

function note(text: string): IncidentEvent {
  return { kind: 'note', at: NOW, by: 'eve', text, actor: null };
}

/** What a store promises about the history of incidents. */
export function incidentContract(place: Place): void {
  async function open(incident: string, openedAt = NOW): Promise<void> {
    await place.store.lead(ME, MINUTE);
    const history = { incident, openedAt, events: [changed('opened', openedAt)] };
    await place.store.commit(ME, [{ slo: incident, revision: 0, state: QUIET, rows: [], history }]);
  }

  it('D1: history is written with the state it is of, in its order, or not at all', async () => {
    await open('a');
    const later = { incident: 'a', openedAt: NOW, events: [note('1'), changed('resolved', NOW + 1)] };
    const lost = { incident: 'a', openedAt: NOW, events: [note('lost')] };
    expect(
      await place.store.commit(ME, [
        { slo: 'a', revision: 1, state: QUIET, rows: [], history: later },
        { slo: 'a', revision: 1, state: QUIET, rows: [], history: lost },
      ]),
    ).toEqual([true, false]);
    await place.reopen();
    const events = [changed('opened', NOW), note('1'), changed('resolved', NOW + 1)];
    expect(await place.store.incident('a')).toEqual({ id: 'a', events });
    expect(await place.store.incidents(ALL)).toEqual([{ id: 'a', openedAt: NOW, events }]);
    expect(await place.store.incident('b')).toBeNull();
  });

  it('D1: what became of a notification is written as its claim is settled, once', async () => {
    await open('i');
    await place.store.enqueue([outboxRow('i', 1), outboxRow('unknown', 1)], NOW);
    const claims = await place.store.claim(ME, NOW + MINUTE, MINUTE, 10);
    for (const claim of claims) {
      const event = {
        kind: 'delivered' as const,
        at: NOW,
        target: claim.target,
        of: ['opened' as const],
        tries: 1,
        reason: null,
      };
      const settlement = {
        result: 'delivered' as const,
        events: [{ incident: claim.rows[0]!.incident, event }],
      };
      expect(await place.store.settle(claim, settlement, NOW)).toBe(true);
      expect(await place.store.settle(claim, settlement, NOW)).toBe(false);
    }
    expect(claims).toHaveLength(2);
    expect((await place.store.incident('i'))?.events.map(({ kind }) => kind)).toEqual([
      'opened',
      'delivered',
    ]);
    expect(await place.store.incident('unknown')).toBeNull();
  });

  it('lists the latest first, by when they opened, and goes on after one of them', async () => {
    for (const [id, openedAt] of [
      ['b', NOW],
      ['a', NOW],
      ['c', NOW - 2],
      ['d', NOW + 5],
      ['ab', NOW],
    ] as const)
      await open(id, openedAt);
    const at = (id: string) => ({ id, openedAt: NOW });
    const ids = async (range: Partial<typeof ALL>): Promise<string[]> =>
      (await place.store.incidents({ ...ALL, ...range })).map(({ id }) => id);
    expect(await ids({})).toEqual(['d', 'b', 'ab', 'a', 'c']);
    expect(await ids({ limit: 2 })).toEqual(['d', 'b']);
    expect(await ids({ limit: 2, before: at('b') })).toEqual(['ab', 'a']);
    expect(await ids({ before: at('a') })).toEqual(['c']);
    // Whether or not something is there any more.
    expect(await ids({ before: at('aba') })).toEqual(['ab', 'a', 'c']);
    expect(await ids({ before: { id: 'x', openedAt: NOW - 1 } })).toEqual(['c']);
    expect(await ids({ before: { id: 'x', openedAt: NOW - 3 } })).toEqual([]);
    expect(await ids({ from: NOW, to: NOW + 5 })).toEqual(['b', 'ab', 'a']);
    expect(await ids({ from: NOW - 1, before: at('b') })).toEqual(['ab', 'a']);
  });

  it('adds an event once, to an incident that it knows', async () => {
    await open('a');
    expect(await place.store.addIncidentEvent('a', note('1'))).toBe(true);
    expect(await place.store.addIncidentEvent('a', note('1'))).toBe(true);
    expect(await place.store.addIncidentEvent('a', note('2'))).toBe(true);
    expect(await place.store.addIncidentEvent('b', note('1'))).toBe(false);
    expect((await place.store.incident('a'))?.events.slice(1)).toEqual([note('1'), note('2')]);
    expect(await place.store.incident('b')).toBeNull();
  });

  it('keeps a bounded number of events, and beyond it those that decide what the incident is', async () => {
    await open('a');
    const events = Array.from({ length: MAX_INCIDENT_EVENTS + 20 }, (_, index) => note(String(index)));
    const history = { incident: 'a', openedAt: NOW, events: [...events, changed('resolved', NOW + 9)] };
    await place.store.commit(ME, [{ slo: 'a', revision: 1, state: QUIET, rows: [], history }]);
    expect(await place.store.addIncidentEvent('a', note('too many'))).toBe(false);
    const kept = (await place.store.incident('a'))!.events;
    expect(kept).toHaveLength(MAX_INCIDENT_EVENTS + 1);
    expect(kept.at(-1)).toEqual(changed('resolved', NOW + 9));
  });

  it('forgets the oldest', async () => {
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) await open(id, NOW + index);
    const left = async (): Promise<string[]> => (await place.store.incidents(ALL)).map(({ id }) => id);
    expect(await place.store.forgetIncidents(4)).toBe(0);
    expect(await place.store.forgetIncidents(3)).toBe(1);
    expect(await left()).toEqual(['d', 'c', 'b']);
    expect(await place.store.forgetIncidents(1)).toBe(2);
    expect(await left()).toEqual(['d']);
    expect(await place.store.incident('a')).toBeNull();
    expect(await place.store.addIncidentEvent('a', note('late'))).toBe(false);
  });
}
