import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ManageSilences, SilenceReport } from '../../../src/core/ports/silences.ts';
import type { Refused } from '../../../src/core/ports/refused.ts';
import type { Caller, Grant } from '../../../src/core/ports/token.ts';
import { ALL_GRANTS } from '../../../src/core/ports/token.ts';
import { HOUR } from '../../../src/core/time/duration.ts';
import { createRecurrences } from '../../../src/engine/adjustments/recurrence.ts';
import { createManageIncidents } from '../../../src/engine/incidents/open-incidents.ts';
import { createManageSilences } from '../../../src/engine/silences/manage-silences.ts';
import { createSilences } from '../../../src/engine/silences/silences.ts';
import { START } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const SLOS = [
  defineSlo({ workflow: 'orders', name: 'done', owner: 'payments' }),
  defineSlo({ workflow: 'carts', name: 'done', owner: 'shop' }),
];

let world: World;
let manage: ManageSilences;
beforeEach(async () => {
  world = await startWorld({ slos: SLOS });
  const { store, clock, log } = world;
  const definitions = () => define(SLOS);
  const recurrences = createRecurrences(log);
  const open = createManageIncidents({ store, definitions, clock, log });
  const silences = createSilences({ store, recurrences, log });
  manage = createManageSilences({
    store,
    silences,
    recurrences,
    definitions,
    incidents: () => open.incidents(),
    clock,
    log,
  });
});
afterEach(() => world.close());

const caller = (name: string | null, grants: readonly Grant[]): Caller => ({ name, address: '::1', grants });
const ADMIN = caller('root', ALL_GRANTS);
const respondFor = (owner: string): Caller =>
  caller(`${owner}-oncall`, [
    { scope: 'respond', only: { by: 'owner', pattern: owner } },
    { scope: 'read', only: { by: 'owner', pattern: owner } },
  ]);

function made(answer: SilenceReport | Refused): SilenceReport {
  if ('refused' in answer) throw new Error(answer.problems.join(' '));
  return answer;
}
const listed = async (who: Caller) =>
  (await manage.silences({ state: null, after: null, limit: 10 }, who)).items.map(({ id, state }) => [
    id,
    state,
  ]);

describe('who may silence what', () => {
  it('a token of one team silences what is of that team only, whatever it matches', async () => {
    const silence = made(
      await manage.createSilence({ workflow: '*', for: '1h', reason: 'x' }, respondFor('shop')),
    );
    expect(silence).toMatchObject({
      createdBy: 'shop-oncall',
      within: [{ by: 'owner', pattern: 'shop' }],
      mutes: { slos: ['carts/done'], sloCount: 1 },
    });
    expect(
      await manage.createSilence({ workflow: 'orders', for: '1h', reason: 'x' }, respondFor('shop')),
    ).toMatchObject({ refused: 'invalid' });
  });

  it('a team neither sees nor ends what is of others', async () => {
    const { id } = made(await manage.createSilence({ workflow: 'orders', for: '1h', reason: 'x' }, ADMIN));
    expect(await listed(respondFor('shop'))).toEqual([]);
    expect(await manage.silence(id, respondFor('shop'))).toBeNull();
    expect(await manage.endSilence(id, respondFor('shop'))).toMatchObject({ refused: 'unknown' });
    expect(await listed(respondFor('payments'))).toEqual([[id, 'active']]);
    expect(made(await manage.endSilence(id, respondFor('payments')))).toMatchObject({
      state: 'ended',
      ended: { at: START, by: 'payments-oncall' },
    });
  });

  it('what mutes other teams as well is ended by none of them', async () => {
    const { id } = made(await manage.createSilence({ workflow: '*', for: '1h', reason: 'x' }, ADMIN));
    expect(await manage.endSilence(id, respondFor('shop'))).toMatchObject({ refused: 'forbidden' });
  });

  it('who may read, but not respond, is refused', async () => {
    const reader = caller('reader', [
      { scope: 'read', only: null },
      { scope: 'respond', only: { by: 'owner', pattern: 'shop' } },
    ]);
    expect(await manage.createSilence({ workflow: 'orders', for: '1h', reason: 'x' }, reader)).toMatchObject({
      refused: 'forbidden',
    });
  });
});

describe('silences', () => {
  it('are previewed without being made: which SLOs and open incidents they would mute', async () => {
    world.clock.advance(60_000);
    await world.report(0, 50);
    await world.tick();
    const preview = await manage.previewSilence({ workflow: 'ord*', for: '1h', reason: 'x' }, ADMIN);
    expect(preview).toMatchObject({
      state: 'active',
      mutes: {
        slos: ['orders/done'],
        sloCount: 1,
        incidents: [{ slo: 'orders/done', severity: 'page' }],
        incidentCount: 1,
      },
    });
    expect(await manage.previewSilence({ owner: 'shop', for: '1h', reason: 'x' }, ADMIN)).toMatchObject({
      mutes: { incidents: [], incidentCount: 0 },
    });
    expect(await listed(ADMIN)).toEqual([]);
  });

  it('are listed by what they are: those that hold, to come, ended', async () => {
    const ended = made(await manage.createSilence({ slo: '*', for: '1h', reason: 'x' }, ADMIN)).id;
    await manage.endSilence(ended, ADMIN);
    world.clock.advance(1000);
    const coming = made(
      await manage.createSilence(
        { slo: '*', from: START + HOUR, until: START + 2 * HOUR, reason: 'x' },
        ADMIN,
      ),
    ).id;
    const active = made(await manage.createSilence({ slo: '*', for: '5m', reason: 'x' }, ADMIN)).id;
    expect(await listed(ADMIN)).toEqual([
      [active, 'active'],
      [coming, 'coming'],
      [ended, 'ended'],
    ]);
    const first = await manage.silences({ state: null, after: null, limit: 1 }, ADMIN);
    // What a list goes on after may have moved, or be gone.
    await manage.endSilence(active, ADMIN);
    const rest = await manage.silences({ state: null, after: first.next, limit: 5 }, ADMIN);
    expect(rest.items.map(({ id }) => id)).toEqual([coming, active, ended]);
    expect(rest.next).toBeNull();
    const only = await manage.silences({ state: 'coming', after: null, limit: 5 }, ADMIN);
    expect(only.items.map(({ id }) => id)).toEqual([coming]);
  });

  it('of an incident are of its SLO, and over with it', async () => {
    world.clock.advance(60_000);
    await world.report(0, 50);
    await world.tick();
    const { incident } = (await world.told())[0]!;
    const request = { incident, untilResolved: true, reason: 'known' };
    const silence = made(await manage.createSilence(request, ADMIN));
    expect(silence).toMatchObject({ state: 'active', matching: { incident, slo: 'orders/done' } });
    for (let minute = 0; minute < 200; minute++) {
      world.clock.advance(60_000);
      await world.report(100_000, 0);
      await world.tick();
    }
    expect(await listed(ADMIN)).toEqual([[silence.id, 'ended']]);
    expect(await manage.createSilence(request, ADMIN)).toMatchObject({ refused: 'unknown' });
  });

  it('of what no SLO matches are refused with what there is', async () => {
    const answer = await manage.createSilence({ slo: 'cart/*', for: '1h', reason: 'x' }, ADMIN);
    expect(answer).toEqual({
      refused: 'invalid',
      problems: [expect.stringContaining('There are: orders/done, carts/done.')],
    });
  });
});
