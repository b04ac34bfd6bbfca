import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { conversationOfRow, isUrgent } from '../../../src/core/alerting/notification.ts';
import type { Silence } from '../../../src/core/alerting/silence.ts';
import { storedSilence } from '../../../src/core/alerting/stored-silence.ts';
import type { Slo, TargetDefinition, Team } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
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
  { kind: 'email', name: 'mailbox', to: ['team@example.com'] },
  { kind: 'alertmanager', name: 'manager', urls: ['https://alertmanager.example.com'] },
  {
    kind: 'slackApp',
    name: 'app',
    url: 'https://slack.com',
    botToken: 'xoxb-1',
    channel: 'C0123ABCD',
    signingSecret: null,
  },
];
const SLO = defineSlo({ alerts: { resolveAfter: 5 * MINUTE } });
/** Its tickets last longer than its pages. */
const SLOW = defineSlo();
let teams: readonly Team[];

let world: World;
beforeEach(async () => {
  world = await startWorld();
  paging(['pager', 'genie']);
});
afterEach(() => world.close());

const { failing, healthy, story } = alertStory(() => world);

function paging(page: readonly string[], fallback: readonly string[] = []): void {
  teams = [{ ...PAYMENTS, page, ticket: page, fallback }];
  world.redefine([SLO], teams, [], TARGETS);
}

async function acknowledge(
  by = 'eva',
  { slos = [SLO], conversation = false }: { slos?: readonly Slo[]; conversation?: boolean } = {},
): Promise<void> {
  const { store, clock, log } = world;
  const incidents = createManageIncidents({ store, clock, log, definitions: () => define(slos) });
  const [open] = await incidents.incidents();
  await incidents.acknowledge(open!.id, { by, ...(conversation && { conversation }) }, ANYONE);
}

const acknowledgements = async () => (await story()).filter((line) => line.includes('acknowledged'));

/** Silences everything from now on. */
async function silence(): Promise<void> {
  const now = world.clock.now();
  const made: Silence = {
    id: 'quiet',
    matching: { workflow: '*', slo: null, owner: null, severity: null, labels: {}, incident: null },
    within: null,
    when: { kind: 'once', from: now, to: now + HOUR },
    reason: 'a deploy',
    createdAt: now,
    createdBy: 'alice',
    actor: null,
    ended: null,
  };
  expect(await world.store.putRecord('silences', made.id, 0, storedSilence(made))).toBe(true);
}

/** Waits, while all is well, until the minute before the page is a ticket, and gives how many minutes that took. */
async function untilDeescalated(): Promise<number> {
  world.redefine([SLOW], teams, [], TARGETS);
  const probe = await startWorld();
  probe.redefine([SLOW]);
  const there = alertStory(() => probe);
  await there.failing(1);
  let minutes = 0;
  for (; (await probe.state(SLOW))!.incident!.severity === 'page'; minutes++) await there.healthy(1);
  await probe.close();
  await healthy(minutes - 1);
  return minutes - 1;
}

describe('an acknowledgement', () => {
  it('is sent with the next tick, once, to what manages incidents by itself and to those who read', async () => {
    paging(['pager', 'genie', 'mailbox', 'manager', 'app']);
    await failing(1);
    await acknowledge();
    await world.tick();
    const told = (await world.told()).filter(({ facts }) => facts.kind === 'acknowledged');
    expect(told.map(({ target }) => target)).toEqual(['genie', 'mailbox', 'pager']);
    expect(told[0]!.facts).toMatchObject({
      acknowledged: { by: 'eva' },
      incident: (await world.state(SLO))!.incident!.id,
      severity: 'page',
    });
    expect(told.some(({ facts }) => isUrgent(facts))).toBe(false);
    await failing(3);
    expect((await story()).filter((line) => line.includes('acknowledged'))).toHaveLength(3);
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

  it('is sent to the fallback, too: it may have what others would not take', async () => {
    paging(['app'], ['pager', 'mailbox']);
    await failing(1);
    await acknowledge();
    await world.tick();
    expect(await acknowledgements()).toEqual(['0 acknowledged mailbox', '0 acknowledged pager']);
  });

  it('is not sent where nobody was told', async () => {
    await silence();
    await failing(1);
    await acknowledge();
    await world.tick();
    expect(await story()).toEqual([]);
  });

  it.each([
    ['a silence', 0],
    ['a silence that keeps another change back', 1],
  ])('is sent in the very tick in which %s begins', async (_, changes) => {
    paging(['pager', 'mailbox']);
    await failing(1);
    let minutes = 0;
    if (changes > 0) minutes = await untilDeescalated();
    await acknowledge();
    await silence();
    await (changes > 0 ? healthy(1) : failing(1));
    expect((await world.state(SLO))!.incident).toMatchObject({
      severity: changes > 0 ? 'ticket' : 'page',
      acknowledged: { by: 'eva' },
      muted: { mute: { reason: 'silence' } },
    });
    expect((await story()).slice(2)).toEqual([
      `${minutes + 1} acknowledged mailbox`,
      `${minutes + 1} acknowledged pager`,
    ]);
    const sequences = (await world.told()).map(({ id, target }) => `${id.split('/')[1]} ${target}`);
    expect(new Set(sequences).size).toBe(4);
  });

  it('is told along with what changes in the same tick, and not once more', async () => {
    paging(['pager', 'mailbox']);
    await failing(1);
    const minutes = await untilDeescalated();
    await acknowledge();
    await healthy(1);
    expect((await story()).slice(2)).toEqual([
      `${minutes + 1} deescalated mailbox`,
      `${minutes + 1} deescalated pager`,
    ]);
    expect((await world.told()).at(-1)!.facts).toMatchObject({ acknowledged: { by: 'eva' } });
  });

  it('of a ticket is not sent in the tick in which that becomes a page: it does not hold any more', async () => {
    paging(['pager', 'mailbox']);
    await failing(1);
    await untilDeescalated();
    await healthy(1);
    await acknowledge();
    world.clock.advance(MINUTE);
    for (let report = 0; report < 40; report++) await world.report(0, 1_000_000);
    await world.tick();
    expect((await story()).slice(4).map((line) => line.split(' ')[1])).toEqual(['escalated', 'escalated']);
    expect((await world.state(SLO))!.incident!.acknowledged).toBeNull();
  });

  it('of a whole conversation is committed at once, so that it is sent as one message', async () => {
    const slos = ['ship', 'charge', 'pick'].map((name) =>
      defineSlo({ name, sli: { step: name }, alerts: { resolveAfter: 5 * MINUTE } }),
    );
    world.redefine(slos, [{ ...PAYMENTS, page: ['mailbox'], fallback: [] }], [], TARGETS);
    world.clock.advance(MINUTE);
    for (const { name } of slos) await world.report(0, 50, { step: name });
    await world.tick();
    await acknowledge('eva', { slos, conversation: true });
    const commits = () => world.wrapped.calls('commit').length;
    const before = commits();
    await world.tick();
    expect(commits()).toBe(before + 1);
    const told = (await world.told()).filter(({ facts }) => facts.kind === 'acknowledged');
    expect(told).toHaveLength(3);
    expect(new Set(told.map(conversationOfRow)).size).toBe(1);
    expect(conversationOfRow(told[0]!)).toBe(conversationOfRow((await world.told())[0]!));
  });
});
