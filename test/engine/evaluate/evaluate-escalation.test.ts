import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertPolicy } from '../../../src/core/slo/alert-policy.ts';
import type { Team } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { PAYMENTS, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';
import { alertStory } from './alert-story.ts';

const LEADS: Team = {
  name: 'leads',
  page: ['lead', 'boss'],
  ticket: ['board'],
  fallback: [],
  timeZone: null,
};
const escalation = [
  { after: 10 * MINUTE, to: ['lead'] },
  { after: 20 * MINUTE, to: ['boss'] },
];

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

/** Puts one SLO in force, with a policy that differs in these parts. */
function policy(alerts: Partial<AlertPolicy>): void {
  world.redefine([defineSlo({ alerts: { resolveAfter: 5 * MINUTE, ...alerts } })], [PAYMENTS, LEADS]);
}

const { failing, healthy, story } = alertStory(() => world);

async function acknowledge(by: string): Promise<string> {
  const { incident } = (await world.told())[0]!;
  const value = { at: world.clock.now(), by };
  expect(await world.store.putRecord('acknowledgements', incident, 0, value)).toBe(true);
  return incident;
}

describe('a page that nobody acknowledges', () => {
  it('D2: goes to the targets of one step after another, and all of them hear the end', async () => {
    policy({ escalation });
    await failing(25);
    await healthy(10);
    const told = await story();
    expect(told.slice(0, 3)).toEqual(['0 opened pager', '10 unacknowledged lead', '20 unacknowledged boss']);
    const ends = (await world.told()).slice(3);
    expect(ends.map(({ facts, target }) => [facts.kind, target])).toEqual([
      ['resolved', 'boss'],
      ['resolved', 'lead'],
      ['resolved', 'pager'],
    ]);
  });

  it('tells how long it waited', async () => {
    policy({ escalation });
    await failing(12);
    const [, step] = await world.told();
    expect(step!.facts).toMatchObject({ kind: 'unacknowledged', waited: 10 * MINUTE, notified: ['lead'] });
  });

  it('goes no further once somebody has, who is named when it ends; nothing of it stays behind', async () => {
    policy({ escalation });
    await failing(5);
    const incident = await acknowledge('eva');
    await failing(30);
    expect((await world.state(defineSlo()))!.incident).toMatchObject({ acknowledged: { by: 'eva' } });
    expect(await story()).toEqual(['0 opened pager', '5 acknowledged mail', '5 acknowledged pager']);
    await healthy(10);
    const end = (await world.told()).at(-1)!;
    expect(end.facts).toMatchObject({ kind: 'resolved', incident, acknowledged: { by: 'eva' } });
    expect(await world.store.records('acknowledgements')).toEqual([]);
  });

  it('is acknowledged for a process that leads later, too', async () => {
    policy({ escalation });
    await failing(5);
    await acknowledge('eva');
    await failing(1);
    world.clock.advance(30 * MINUTE);
    await world.report(0, 50);
    expect(await world.tick(world.newEvaluator())).toMatchObject({ transitions: 0 });
  });
});

describe('a reminder', () => {
  it('goes to those who were told, as often as the policy says, until somebody acknowledges', async () => {
    policy({ repeat: 15 * MINUTE });
    await failing(40);
    expect(await story()).toEqual(['0 opened pager', '15 reminder pager', '30 reminder pager']);
    await acknowledge('eva');
    await failing(40);
    expect((await story()).slice(3)).toEqual(['40 acknowledged mail', '40 acknowledged pager']);
  });
});

describe('the route of a policy', () => {
  it('overrides the targets of the owner by severity', async () => {
    policy({ route: { page: ['lead'], ticket: null } });
    await failing(1);
    expect(await story()).toEqual(['0 opened lead']);
  });

  it('for tickets is where pages go that have no target of their own', async () => {
    const ticketsOnly: Team = { ...PAYMENTS, page: [] };
    const slo = defineSlo({ alerts: { route: { page: null, ticket: ['board'] } } });
    world.redefine([slo], [ticketsOnly, LEADS]);
    await failing(1);
    expect(await story()).toEqual(['0 opened board']);
  });
});

describe('missed ticks', () => {
  it('J4: the next one evaluates now and goes on with the same incident', async () => {
    policy({ escalation, repeat: 15 * MINUTE });
    await failing(5);
    const before = (await world.state(defineSlo()))!.incident!;
    const restarted = world.newEvaluator();
    world.clock.advance(6 * HOUR);
    await world.report(0, 50);
    // One transition a tick, in their order.
    for (const kind of ['unacknowledged', 'unacknowledged']) {
      await world.tick(restarted);
      expect((await world.told()).at(-1)!.facts.kind).toBe(kind);
    }
    const after = (await world.state(defineSlo()))!.incident!;
    expect(after.id).toBe(before.id);
    expect(after.sequence).toBe(before.sequence + 2);
  });
});
