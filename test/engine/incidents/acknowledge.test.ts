import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Incident } from '../../../src/core/alerting/incident.ts';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { upgradeAcknowledgement } from '../../../src/core/alerting/stored-acknowledgement.ts';
import type { Severity } from '../../../src/core/slo/alert-policy.ts';
import { acknowledged } from '../../../src/engine/evaluate/acknowledged.ts';
import { createManageIncidents } from '../../../src/engine/incidents/open-incidents.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { ANYONE } from '../../support/tokens.ts';
import { startWorld } from '../../support/world.ts';
import type { World } from '../../support/world.ts';

const SLO = defineSlo();

let world: World;
let revision: number;
beforeEach(async () => {
  world = await startWorld();
  revision = 0;
});
afterEach(() => world.close());

const incidentOf = (severity: Severity): Incident => ({
  id: 'i-1',
  openedAt: 1,
  began: 1,
  severity,
  tier: 'fast',
  peakBurnRate: 1,
  pagedAt: severity === 'page' ? 1 : null,
  stepsTaken: 0,
  lastNotifiedAt: 1,
  acknowledged: null,
  sequence: 1,
  notified: [],
});

async function stands(severity: Severity): Promise<void> {
  const change = { slo: SLO.id, revision, state: { ...QUIET, incident: incidentOf(severity) }, rows: [] };
  expect(await world.store.commit('this process', [change])).toEqual([true]);
  revision++;
}

/** Whom the next tick takes the incident to be acknowledged by, as it stands with this severity. */
async function taken(severity: Severity): Promise<string | null> {
  const records = await world.store.records('acknowledgements');
  const known = new Map(
    records.map(({ id, revision: of, value }) => [
      id,
      { id, revision: of, value: upgradeAcknowledgement(value)! },
    ]),
  );
  const { state } = acknowledged({ ...QUIET, incident: incidentOf(severity) }, known);
  return state.incident!.acknowledged?.by ?? null;
}

it('an acknowledgement of a ticket is none of the page that it becomes, which another one takes on', async () => {
  const incidents = createManageIncidents({
    store: world.store,
    definitions: () => define([SLO]),
    clock: world.clock,
    log: world.log,
  });
  const take = (by: string) => incidents.acknowledge('i-1', { by }, ANYONE);
  const shown = async () => (await incidents.incidents())[0]!.acknowledged?.by ?? null;

  await stands('ticket');
  expect(await take('eva')).toMatchObject({ by: 'eva' });
  expect(await take('leo'), 'the first one stays').toMatchObject({ by: 'eva' });
  expect([await shown(), await taken('ticket')]).toEqual(['eva', 'eva']);

  await stands('page');
  expect([await shown(), await taken('page')]).toEqual([null, null]);
  expect(await take('kim')).toEqual({
    incident: 'i-1',
    at: world.clock.now(),
    by: 'kim',
    note: null,
    actor: ANYONE.name,
  });
  expect(await take('leo'), 'the first one stays').toMatchObject({ by: 'kim' });
  expect([await shown(), await taken('page')]).toEqual(['kim', 'kim']);

  await stands('ticket');
  expect([await shown(), await taken('ticket')], 'for the whole episode').toEqual(['kim', 'kim']);
});
