import { afterEach, describe, expect, it } from 'vitest';
import { incidentHistory } from '../../../src/core/alerting/incident-history.ts';
import type { StoredIncident } from '../../../src/core/ports/store/incidents.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const tiers = [
  {
    kind: 'burnRate' as const,
    name: 'fast',
    severity: 'page' as const,
    long: HOUR,
    short: 5 * MINUTE,
    factor: 10,
    loweredFrom: null,
  },
];
const SLO = defineSlo({ name: 'done', alerts: { tiers, resolveAfter: 5 * MINUTE } });

async function open(): Promise<void> {
  world = await startWorld({ slos: [SLO], counted: 28 * DAY });
  await world.tick();
  await world.report(80, 20);
  await world.tick();
}

async function minutes(count: number, good: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    world.clock.advance(MINUTE);
    await world.report(good, 0);
    await world.tick();
  }
}

async function only(): Promise<StoredIncident> {
  const all = await world.store.incidents({ from: 0, to: Number.MAX_SAFE_INTEGER, before: null, limit: 9 });
  expect(all).toHaveLength(1);
  return all[0]!;
}

const kinds = ({ events }: StoredIncident) => events.map(({ kind }) => kind);

describe('the history of an incident', () => {
  it('D1: has its transitions, who acknowledged it, and what it cost', async () => {
    await open();
    const { id } = await only();
    const acknowledged = { at: world.clock.now(), by: 'eve', note: 'on it', actor: 'oncall' };
    await world.store.putRecord('acknowledgements', id, 0, acknowledged);
    await minutes(1, 100);
    expect(kinds(await only())).toEqual(['opened', 'acknowledged']);
    await minutes(1, 100);
    expect(kinds(await only())).toEqual(['opened', 'acknowledged']);
    await minutes(10, 100_000);
    const incident = await only();
    expect(kinds(incident)).toEqual(['opened', 'acknowledged', 'resolved']);
    expect(incident.events[1]).toEqual({ kind: 'acknowledged', ...acknowledged });
    const history = incidentHistory(incident.id, incident.events)!;
    expect(history).toMatchObject({
      severity: 'page',
      pagedAt: history.first.at,
      acknowledged: { by: 'eve' },
      resolvedAt: history.last.at,
      cause: null,
      first: { slo: SLO.id, tier: 'fast', during: { good: 80, bad: 20 }, notified: ['pager'] },
      last: { during: { bad: 20 } },
    });
    expect(history.worst.failures[0]).toMatchObject({ count: 20 });
    expect(history.first.budgetSpent).toBeGreaterThan(1);
  });

  it('D1: has the acknowledgement that came with the tick that resolved it', async () => {
    await open();
    await minutes(1, 1e6);
    const { id } = await only();
    for (let minute = 0; !kinds(await only()).includes('resolved'); minute++) {
      expect(minute).toBeLessThan(20);
      expect(kinds(await only())).toEqual(['opened']);
      world.clock.advance(MINUTE);
      await world.report(1e6, 0);
      if (minute === 4) await world.store.putRecord('acknowledgements', id, 0, { at: 1, by: 'eve' });
      await world.tick();
    }
    expect(kinds(await only()).slice(-2)).toEqual(['acknowledged', 'resolved']);
  });

  it('J5: ends with an SLO that no file defines any more', async () => {
    await open();
    world.redefine([]);
    await minutes(4, 0);
    expect((await only()).events.at(-1)).toMatchObject({ kind: 'resolved', cause: 'removed', slo: SLO.id });
  });
});
