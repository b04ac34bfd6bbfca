import { ANYONE } from '../../support/tokens.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isRefused } from '../../../src/core/ports/refused.ts';
import type { Team } from '../../../src/core/slo/slo.ts';
import { DAY, MINUTE } from '../../../src/core/time/duration.ts';
import { createDataLosses } from '../../../src/engine/incidents/data-losses.ts';
import type { DataLosses } from '../../../src/engine/incidents/data-losses.ts';
import type { Evaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { composeMessage } from '../../../src/notify/message/message.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { startWorld } from '../../support/world.ts';
import type { World } from '../../support/world.ts';

const LINKS = { publicUrl: null, traceUrl: null };
const WIPED = { kind: 'wiped', part: null } as const;

const team = (name: string, fields: Partial<Team>): Team => ({
  name,
  page: [],
  ticket: [],
  fallback: [],
  timeZone: null,
  ...fields,
});
const TEAMS = [
  team('payments', { page: ['oncall'], ticket: ['mail'] }),
  team('search', { page: ['oncall'], ticket: ['mail', 'search-mail'] }),
];

let world: World;
let evaluator: Evaluator;
let leads: boolean;
beforeEach(async () => {
  world = await startWorld();
  evaluator = world.newEvaluator();
  leads = true;
});
afterEach(() => world.close());

function process(teams: readonly Team[] | null): DataLosses {
  const { store, clock, log } = world;
  return createDataLosses({
    store,
    definitions: () => (teams ? define([defineSlo()], teams) : null),
    leading: () => leads,
    openIncidents: () => evaluator.openIncidents(),
    clock,
    log,
  });
}

const rows = async () => (await world.store.outbox(100)).pending;

it('J2: a loss pages the team admins once, however many replicas find it and however often they look', async () => {
  const teams = [...TEAMS, team('admins', { page: ['admins-pager'], ticket: ['admins-mail'] })];
  const [one, other] = [process(teams), process(teams)];
  // The other one finds it in the next ten minutes of the clock.
  world.clock.advance(10 * MINUTE - (world.clock.now() % (10 * MINUTE)) - 1);
  await one.note([WIPED]);
  world.clock.advance(MINUTE);
  await other.note([WIPED]);
  for (const replica of [one, other, one]) await replica.refresh();
  const [row, ...more] = await rows();
  expect(more).toEqual([]);
  expect(row).toMatchObject({ target: 'admins-pager', facts: { severity: 'page', kind: 'data-loss' } });
  const { headline, sentence } = composeMessage({ facts: [row!.facts], key: row!.id }, LINKS);
  expect(headline).toBe('DATA LOSS burnwatch/store: counted outcomes are gone');
  expect(sentence.slice(0, 2)).toEqual([
    'The store of Burnwatch',
    expect.stringContaining('was wiped or replaced') as string,
  ]);
  world.clock.advance(DAY);
  await one.note([WIPED]);
  expect(await one.losses(), 'another one, later').toHaveLength(2);
});

it('without such a team it goes to whoever gets tickets, as soon as that is known and this replica leads', async () => {
  await process(null).note([{ kind: 'rolled-back', part: '10.0.0.1:6379' }]);
  await process(null).refresh();
  leads = false;
  await process(TEAMS).refresh();
  expect(await rows()).toEqual([]);
  leads = true;
  await process(TEAMS).refresh();
  expect((await rows()).map(({ target }) => target).toSorted()).toEqual(['mail', 'search-mail']);
  const { facts } = (await rows())[0]!;
  expect(composeMessage({ facts: [facts], key: 'k' }, LINKS).sentence).toContainEqual({
    name: '10.0.0.1:6379',
  });
});

it('the conversation of an incident that was open hears of it, although the store has forgotten it', async () => {
  await world.report(80, 20);
  await world.tick(evaluator);
  const [page] = await world.told();
  expect(page!.facts.kind).toBe('opened');
  world.wrapped.replace(await openEmbeddedStore(1, world.clock));
  world.clock.advance(MINUTE);
  await world.store.lead('this process', DAY);
  await world.tick(evaluator);
  expect(await world.state(world.slos()[0]!)).toBeUndefined();
  const losses = process(TEAMS);
  await losses.note([WIPED]);
  await losses.refresh();
  const told = (await rows()).filter(({ incident }) => incident === page!.incident);
  expect(told.map(({ target }) => target)).toEqual([page!.target]);
  expect(told[0]!.facts).toMatchObject({ slo: page!.facts.slo, loss: { ofIncident: true } });
});

it('stays until it is acknowledged, over restarts; the first one who did stays', async () => {
  await process(TEAMS).note([WIPED]);
  const restarted = process(TEAMS);
  await restarted.refresh();
  const [loss] = restarted.open();
  expect(loss).toMatchObject({
    ...WIPED,
    acknowledged: null,
    message: expect.stringContaining('wiped') as string,
  });
  expect(await restarted.acknowledgeLoss('unknown', { by: 'sam' }, ANYONE)).toMatchObject({
    refused: 'unknown',
  });
  expect(await restarted.acknowledgeLoss(loss!.id, {}, ANYONE)).toMatchObject({ refused: 'invalid' });
  const first = await restarted.acknowledgeLoss(loss!.id, { by: 'sam', note: 'a new disk' }, ANYONE);
  expect(isRefused(first)).toBe(false);
  expect(await restarted.acknowledgeLoss(loss!.id, { by: 'kim' }, ANYONE)).toEqual(first);
  expect(restarted.open()).toEqual([]);
  const later = process(TEAMS);
  await later.refresh();
  expect(later.open()).toEqual([]);
  expect(await later.losses()).toMatchObject([{ acknowledged: { by: 'sam', note: 'a new disk' } }]);
  world.clock.advance(91 * DAY);
  await later.refresh();
  expect(await later.losses()).toEqual([]);
});

it('stays however long nobody acknowledges it', async () => {
  await process(TEAMS).note([WIPED]);
  world.clock.advance(400 * DAY);
  const later = process(TEAMS);
  for (let look = 0; look < 2; look++) await later.refresh();
  expect(await later.losses()).toMatchObject([WIPED]);
});
