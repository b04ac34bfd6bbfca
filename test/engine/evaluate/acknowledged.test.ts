import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TargetDefinition } from '../../../src/core/slo/slo.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { createManageIncidents } from '../../../src/engine/incidents/open-incidents.ts';
import { PAYMENTS, define, defineSlo } from '../../support/definitions.ts';
import { ANYONE } from '../../support/tokens.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';
import { alertStory } from './alert-story.ts';

const TARGETS: readonly TargetDefinition[] = [
  {
    kind: 'pagerduty',
    name: 'pager',
    routingKey: 'e93facc04764012d7bfb002500d5d1a7',
    url: 'https://events.pagerduty.com',
  },
  { kind: 'opsgenie', name: 'genie', apiKey: 'a-key', url: 'https://api.opsgenie.com' },
];
const SLO = defineSlo({ alerts: { resolveAfter: 5 * MINUTE } });

let world: World;
beforeEach(async () => {
  world = await startWorld();
  paging(['pager', 'genie', 'mailbox']);
});
afterEach(() => world.close());

const { failing, healthy, story } = alertStory(() => world);

function paging(page: readonly string[], fallback: readonly string[] = []): void {
  world.redefine([SLO], [{ ...PAYMENTS, page, ticket: page, fallback }], [], TARGETS);
}

async function acknowledge(by = 'eva'): Promise<void> {
  const { store, clock, log } = world;
  const incidents = createManageIncidents({ store, clock, log, definitions: () => define([SLO]) });
  const [open] = await incidents.incidents();
  await incidents.acknowledge(open!.id, { by }, ANYONE);
}

describe('an acknowledgement', () => {
  it('is sent with the next tick to what manages incidents by itself, once, and to nobody who reads', async () => {
    await failing(1);
    await acknowledge();
    await world.tick();
    const told = (await world.told()).filter(({ facts }) => facts.kind === 'acknowledged');
    expect(told.map(({ target }) => target)).toEqual(['genie', 'pager']);
    expect(told[0]!.facts).toMatchObject({
      acknowledged: { by: 'eva' },
      incident: (await world.state(SLO))!.incident!.id,
      severity: 'page',
    });
    await failing(3);
    expect((await story()).filter((line) => line.includes('acknowledged'))).toHaveLength(2);
  });

  it('has it sent without waiting for anything else', async () => {
    await failing(1);
    await acknowledge();
    let wakes = 0;
    const result = await world.newEvaluator().tick(world.clock.now(), () => void wakes++);
    expect(result).toMatchObject({ transitions: 0, notifications: 2 });
    expect(wakes).toBe(1);
  });

  it('comes after what opened it and before what ends it, each in its order', async () => {
    paging(['pager']);
    await failing(1);
    await acknowledge();
    await failing(1);
    await healthy(10);
    expect((await world.told()).map(({ facts }) => facts.kind)).toEqual([
      'opened',
      'acknowledged',
      'resolved',
    ]);
    const sequences = (await world.told()).map(({ id }) => Number(id.split('/')[1]));
    expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
    expect(new Set(sequences).size).toBe(3);
  });

  it('of what ends in the same moment is not sent: nothing follows a resolve', async () => {
    const probe = await startWorld();
    probe.redefine([SLO]);
    const there = alertStory(() => probe);
    await there.failing(1);
    let minutes = 0;
    for (; (await probe.state(SLO))!.incident; minutes++) await there.healthy(1);
    await probe.close();

    paging(['pager']);
    await failing(1);
    await healthy(minutes - 1);
    await acknowledge();
    await healthy(1);
    expect((await world.told()).map(({ facts }) => facts.kind)).toEqual(['opened', 'resolved']);
    expect(await world.tick()).toMatchObject({ notifications: 0 });
  });

  it('D1: is sent although the store was away as it was to be committed', async () => {
    await failing(1);
    await acknowledge();
    world.wrapped.takeDown('commit');
    await expect(world.tick()).rejects.toThrow();
    expect((await story()).filter((line) => line.includes('acknowledged'))).toEqual([]);
    world.wrapped.bringUp();
    await world.tick();
    await world.tick();
    expect((await story()).filter((line) => line.includes('acknowledged'))).toEqual([
      '0 acknowledged genie',
      '0 acknowledged pager',
    ]);
  });

  it('is sent to a fallback that manages incidents, too: it may have what others would not take', async () => {
    paging(['mailbox'], ['pager']);
    await failing(1);
    await acknowledge();
    await world.tick();
    expect((await story()).filter((line) => line.includes('acknowledged'))).toEqual(['0 acknowledged pager']);
  });
});
