import { afterEach, describe, expect, it } from 'vitest';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { ALL_GRANTS } from '../../../src/core/ports/token.ts';
import type { Caller } from '../../../src/core/ports/token.ts';
import { createManageIncidents } from '../../../src/engine/incidents/open-incidents.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { define, defineSlo } from '../../support/definitions.ts';
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
const BOSS: Caller = { name: 'boss', address: '127.0.0.1', grants: ALL_GRANTS };
const ALL = {
  state: null,
  severity: null,
  workflow: null,
  owner: null,
  slo: null,
  text: '',
  from: 0,
  to: Number.MAX_SAFE_INTEGER,
  after: null,
  limit: 10,
};

async function start() {
  world = await startWorld({ slos: [SLO], counted: 28 * DAY });
  const incidents = createManageIncidents({
    store: world.store,
    definitions: () => define(world.slos()),
    clock: world.clock,
    log: world.log,
  });
  return incidents;
}

async function minutes(count: number, good: number, bad: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    world.clock.advance(MINUTE);
    await world.report(good, bad);
    await world.tick();
  }
}

describe('what is known of incidents', () => {
  it('is read while they are open and when they are over, with the earlier ones that are like them', async () => {
    const incidents = await start();
    await minutes(1, 80, 20);
    const open = await incidents.incidentPage({ ...ALL, state: 'open' }, BOSS);
    expect(open).toMatchObject({ items: [{ slo: SLO.id, state: 'open', cost: { bad: 20 } }], next: null });
    const { id } = open.items[0]!;
    const note = await incidents.noteIncident(id, { by: 'sam', note: 'rolled back' }, BOSS);
    expect(note).toMatchObject({ by: 'sam', text: 'rolled back', actor: 'boss' });
    await minutes(12, 100_000, 0);
    expect(await incidents.incidentPage({ ...ALL, state: 'open' }, BOSS)).toEqual({ items: [], next: null });
    await minutes(1, 0, 1_000_000);
    const all = await incidents.incidentPage(ALL, BOSS);
    expect(all.items.map(({ state }) => state)).toEqual(['open', 'resolved']);
    expect(await incidents.incident(id, BOSS)).toMatchObject({
      state: 'resolved',
      events: [{ kind: 'opened' }, { kind: 'note' }, { kind: 'resolved' }],
      similar: [],
    });
    expect(await incidents.incident(all.items[0]!.id, BOSS)).toMatchObject({ similar: [{ id }] });
  });

  it('G1: is kept from who may not read its workflow, and is added to by who may respond', async () => {
    const incidents = await start();
    await minutes(1, 80, 20);
    const { id } = (await incidents.incidentPage(ALL, BOSS)).items[0]!;
    const stranger = (scope: 'read' | 'respond', pattern: string): Caller => ({
      ...BOSS,
      grants: [{ scope, only: { by: 'workflow', pattern } }],
    });
    const other = stranger('read', 'not-it-*');
    expect(await incidents.incidentPage(ALL, other)).toEqual({ items: [], next: null });
    expect(await incidents.incident(id, other)).toBeNull();
    const said = { by: 'sam', note: 'x' };
    expect(await incidents.noteIncident(id, said, other)).toMatchObject({ refused: 'unknown' });
    expect(await incidents.noteIncident(id, said, stranger('read', '*'))).toMatchObject({
      refused: 'forbidden',
    });
    expect(await incidents.noteIncident(id, { by: 'sam' }, BOSS)).toMatchObject({ refused: 'invalid' });
    expect(await incidents.noteIncident('none', said, BOSS)).toMatchObject({ refused: 'unknown' });
  });

  it('says so of one whose state the store lost', async () => {
    const incidents = await start();
    await minutes(1, 80, 20);
    world.redefine([]);
    expect(await incidents.incidentPage(ALL, BOSS)).toMatchObject({ items: [{ state: 'open', firing: [] }] });
    const { revision } = (await world.store.loadStates()).get(SLO.id)!;
    await world.store.commit('this process', [{ slo: SLO.id, revision, state: QUIET, rows: [] }]);
    expect(await incidents.incidentPage(ALL, BOSS)).toMatchObject({ items: [{ state: 'lost' }] });
  });
});
