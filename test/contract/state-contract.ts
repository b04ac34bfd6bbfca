import { expect, it } from 'vitest';
import { QUIET } from '../../src/core/alerting/incident.ts';
import type { AlertState } from '../../src/core/alerting/incident.ts';
import { NotLeader } from '../../src/core/ports/store/states.ts';
import { until } from '../support/until.ts';
import { outboxRow } from './outbox-rows.ts';
import type { Place } from './place.ts';

const LEASE = 60_000;
const BURNING: AlertState = {
  pages: [1],
  firing: { fast: { since: 1, belowSince: null }, __slow: { since: 2, belowSince: 3.5 } },
  incident: {
    id: 'abc-1',
    openedAt: 1,
    began: 0,
    pagedAt: 1,
    stepsTaken: 0,
    lastNotifiedAt: 1,
    acknowledged: { at: 2, by: 'eve' },
    severity: 'page',
    tier: 'fast',
    peakBurnRate: 14.400000000000002,
    sequence: 2,
    notified: ['slack', 'mail "ops"'],
  },
  definition: {
    sli: 'f1',
    conditions: 'c1',
    owner: 'payments "eu"',
    description: null,
    runbook: null,
    objective: 0.999,
    errorBudget: 0.001,
    window: '28d',
  },
};

/** What a store promises about who leads and what evaluation remembers. */
export function stateContract(place: Place): void {
  it('one owner leads until it resigns', async () => {
    const other = await place.openAnother();
    expect(await place.store.lead('a', LEASE)).toBe(true);
    expect(await other.lead('b', LEASE)).toBe(false);
    expect(await place.store.lead('a', LEASE)).toBe(true);
    await other.resign('b');
    expect(await other.lead('b', LEASE)).toBe(false);
    await place.store.resign('a');
    expect(await other.lead('b', LEASE)).toBe(true);
    expect(await place.store.lead('a', LEASE)).toBe(false);
  });

  it('a lease that is not renewed runs out', async () => {
    expect(await place.store.lead('a', 150)).toBe(true);
    await until('the lease to run out', () => place.store.lead('b', LEASE));
    const change = { slo: 's', revision: 0, state: QUIET, rows: [] };
    await expect(place.store.commit('a', [change])).rejects.toThrow(NotLeader);
  });

  it('only the leader commits', async () => {
    const change = { slo: 's', revision: 0, state: QUIET, rows: [outboxRow('i', 1)] };
    await expect(place.store.commit('a', [change])).rejects.toThrow(NotLeader);
    await place.store.lead('b', LEASE);
    await expect(place.store.commit('a', [change])).rejects.toThrow(NotLeader);
    expect((await place.store.loadStates()).size).toBe(0);
    expect((await place.store.outbox(10)).pendingCount).toBe(0);
  });

  it('D1: a state is written over the revision it was made from, together with its rows', async () => {
    await place.store.lead('a', LEASE);
    const first = { slo: 'orders/fast', revision: 0, state: BURNING, rows: [outboxRow('i', 1)] };
    const other = { slo: '__proto__', revision: 0, state: QUIET, rows: [] };
    expect(await place.store.commit('a', [first, other])).toEqual([true, true]);
    const states = await place.store.loadStates();
    expect(states.get('orders/fast')).toEqual({ revision: 1, state: BURNING });
    expect(states.get('__proto__')).toEqual({ revision: 1, state: QUIET });
    expect(states.size).toBe(2);
    expect((await place.store.outbox(10)).pending).toEqual([outboxRow('i', 1)]);
  });

  it('D1: a conflict writes neither the state nor its rows, and the others go through', async () => {
    await place.store.lead('a', LEASE);
    await place.store.commit('a', [{ slo: 's', revision: 0, state: BURNING, rows: [] }]);
    const answers = await place.store.commit('a', [
      { slo: 's', revision: 0, state: QUIET, rows: [outboxRow('lost', 1)] },
      { slo: 'new', revision: 3, state: QUIET, rows: [outboxRow('lost', 2)] },
      { slo: 't', revision: 0, state: QUIET, rows: [outboxRow('kept', 1)] },
    ]);
    expect(answers).toEqual([false, false, true]);
    const states = await place.store.loadStates();
    expect(states.get('s')).toEqual({ revision: 1, state: BURNING });
    expect([...states.keys()].toSorted()).toEqual(['s', 't']);
    expect((await place.store.outbox(10)).pending.map(({ incident }) => incident)).toEqual(['kept']);
    expect(await place.store.commit('a', [{ slo: 's', revision: 1, state: QUIET, rows: [] }])).toEqual([
      true,
    ]);
    expect((await place.store.loadStates()).get('s')).toEqual({ revision: 2, state: QUIET });
  });

  it('D1: of two writers from the same revision one succeeds', async () => {
    const other = await place.openAnother();
    await place.store.lead('a', LEASE);
    const change = (incident: string) => ({
      slo: 's',
      revision: 0,
      state: QUIET,
      rows: [outboxRow(incident, 1)],
    });
    const answers = await Promise.all([
      place.store.commit('a', [change('one')]),
      other.commit('a', [change('two')]),
    ]);
    expect(answers.flat().filter((written) => written)).toHaveLength(1);
    expect((await other.outbox(10)).pendingCount).toBe(1);
  });

  it('C2: states and rows outlive closing', async () => {
    await place.store.lead('a', LEASE);
    await place.store.commit('a', [{ slo: 's', revision: 0, state: BURNING, rows: [outboxRow('i', 1)] }]);
    await place.reopen();
    expect(await place.store.loadStates()).toEqual(new Map([['s', { revision: 1, state: BURNING }]]));
    expect((await place.store.outbox(10)).pending).toEqual([outboxRow('i', 1)]);
  });

  it('writes many hundred changes in one call, each answered', async () => {
    await place.store.lead('a', LEASE);
    const changes = Array.from({ length: 450 }, (_, i) => ({
      slo: `workflow/slo-${i}`,
      revision: i === 300 ? 7 : 0,
      state: QUIET,
      rows: [outboxRow(`i${i}`, 1)],
    }));
    const answers = await place.store.commit('a', changes);
    expect(answers).toEqual(changes.map((_, i) => i !== 300));
    expect((await place.store.outbox(1)).pendingCount).toBe(449);
  });
}
