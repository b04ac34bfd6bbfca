import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Silence } from '../../../src/core/alerting/silence.ts';
import { storedSilence } from '../../../src/core/alerting/stored-silence.ts';
import type { AlertPolicy } from '../../../src/core/slo/alert-policy.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { Evaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
let evaluator: Evaluator;
/** How far the clock was set from the time that passed. */
let setBy: number;

beforeEach(async () => {
  world = await startWorld();
  setBy = 0;
  evaluator = world.newEvaluator(undefined, undefined, () => world.clock.now() - setBy);
});
afterEach(() => world.close());

function policy(alerts: Partial<AlertPolicy>): void {
  world.redefine([defineSlo({ alerts: { resolveAfter: 5 * MINUTE, ...alerts } })]);
}

const EVERYTHING: Silence['matching'] = {
  workflow: '*',
  slo: null,
  owner: null,
  severity: null,
  labels: {},
  incident: null,
};

/** Silences everything from one minute after the start to another. */
async function silence(from: number, to: number, changes: Partial<Silence> = {}): Promise<void> {
  const made: Silence = {
    id: 'quiet',
    matching: EVERYTHING,
    within: null,
    when: { kind: 'once', from: START + from * MINUTE, to: START + to * MINUTE },
    reason: 'a deploy',
    createdAt: START,
    createdBy: 'alice',
    actor: null,
    ended: null,
    ...changes,
  };
  const revision = (await world.store.records('silences')).find(({ id }) => id === made.id)?.revision ?? 0;
  expect(await world.store.putRecord('silences', made.id, revision, storedSilence(made))).toBe(true);
}

/** Ticks once a minute while outcomes come. */
async function minutes(count: number, good: number, bad: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    world.clock.advance(MINUTE);
    if (good + bad > 0) await world.report(good, bad);
    await world.tick(evaluator);
  }
}

const failing = (count: number) => minutes(count, 0, 50);
const healthy = (count: number) => minutes(count, 1_000_000, 0);

/** What was notified so far: minutes since the start, as what, to whom. */
async function told(): Promise<string[]> {
  const rows = await world.told();
  return rows.map(({ facts, target }) => `${(facts.at - START) / MINUTE} ${facts.kind} ${target}`);
}

/** What the history of the only incident says: minutes since the start, and what. */
async function history(): Promise<string[]> {
  const found = await world.store.incidents({ from: 0, to: Infinity, before: null, limit: 10 });
  expect(found).toHaveLength(1);
  return found[0]!.events.map((event) => {
    const of = event.kind === 'silenced' || event.kind === 'unsilenced' ? ` (${event.of})` : '';
    return `${(event.at - START) / MINUTE} ${event.kind}${of}`;
  });
}

describe('a silence', () => {
  it('keeps an incident from being notified, which opens all the same, and notifies it when it ends', async () => {
    await silence(0, 10);
    await failing(9);
    expect(await told()).toEqual([]);
    expect((await world.state(world.slos()[0]!))?.incident).toMatchObject({ severity: 'page', notified: [] });
    await failing(3);
    expect(await told()).toEqual(['10 opened pager']);
    const [row] = await world.told();
    expect(row!.facts).toMatchObject({
      openedAt: START + MINUTE,
      silenced: { since: START + MINUTE, until: START + 10 * MINUTE, by: 'alice', because: 'a deploy' },
    });
    expect(await history()).toEqual(['1 opened', '1 silenced (opened)', '10 unsilenced (opened)']);
  });

  it('says nothing of an incident that opened and resolved in it, to anyone', async () => {
    await silence(0, 60);
    await failing(3);
    await healthy(80);
    expect(await told()).toEqual([]);
    expect((await world.state(world.slos()[0]!))?.incident ?? null).toBeNull();
    expect((await history()).map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'opened',
      'silenced (opened)',
      'resolved',
    ]);
  });

  it('does not keep those who were notified before from hearing the end', async () => {
    await failing(2);
    await silence(2, 60);
    await healthy(30);
    expect((await told()).map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'opened pager',
      'resolved pager',
    ]);
  });

  it('that ended early counts from then on', async () => {
    await silence(0, 60);
    await failing(3);
    await silence(0, 60, { ended: { at: START + 3 * MINUTE, by: 'alice', actor: null, reason: null } });
    await failing(1);
    expect(await told()).toEqual(['4 opened pager']);
  });

  it('of tickets does not mute pages: what it kept back as a ticket pages as soon as it is one', async () => {
    policy({
      tiers: [
        {
          kind: 'burnRate',
          name: 'slow',
          severity: 'ticket',
          factor: 1,
          long: HOUR,
          short: 5 * MINUTE,
          loweredFrom: null,
        },
        {
          kind: 'burnRate',
          name: 'fast',
          severity: 'page',
          factor: 30,
          long: HOUR,
          short: 5 * MINUTE,
          loweredFrom: null,
        },
      ],
    });
    await silence(0, 600, { matching: { ...EVERYTHING, severity: 'ticket' } });
    await minutes(3, 90, 10);
    expect(await told()).toEqual([]);
    await failing(3);
    const [first, ...more] = await told();
    expect(first).toMatch(/opened pager$/);
    expect(more).toEqual([]);
  });

  it('reminds those who were notified before it that it still burns, when it ends', async () => {
    await failing(2);
    await silence(2, 30);
    await failing(30);
    expect(await told()).toEqual(['1 opened pager', '30 reminder pager']);
    expect((await history()).slice(1)).toEqual(['3 silenced (null)', '30 unsilenced (reminder)']);
  });

  it('stops reminders and escalation, which go on after it from where they were', async () => {
    policy({ escalation: [{ after: 10 * MINUTE, to: ['lead'] }], repeat: null });
    await failing(5);
    await silence(5, 65);
    await failing(75);
    // Of the ten minutes five were over at the first tick that saw it.
    expect(await told()).toEqual(['1 opened pager', '65 reminder pager', '70 unacknowledged lead']);
  });

  it('gives a page that no one heard of the whole time until its escalation', async () => {
    policy({ escalation: [{ after: 10 * MINUTE, to: ['lead'] }] });
    await silence(0, 60);
    await failing(75);
    expect(await told()).toEqual(['60 opened pager', '70 unacknowledged lead']);
  });

  it('of one incident does not mute the next one', async () => {
    await failing(2);
    const incident = (await world.told())[0]!.incident;
    await silence(2, 600, {
      matching: { ...EVERYTHING, incident },
      when: { kind: 'until-resolved', from: START + 2 * MINUTE, to: START + 600 * MINUTE },
    });
    await failing(20);
    await healthy(30);
    world.clock.advance(3 * HOUR);
    await failing(5);
    expect((await told()).map((line) => line.split(' ')[1])).toEqual(['opened', 'resolved', 'opened']);
  });

  it('counts what it kept from being sent', async () => {
    await silence(0, 60);
    world.clock.advance(MINUTE);
    await world.report(0, 50);
    expect(await world.tick(evaluator)).toMatchObject({ transitions: 1, notifications: 0, suppressed: 1 });
  });

  it('of a newer version does not hold, and says so once', async () => {
    await world.store.putRecord('silences', 'later', 0, { v: 99, everything: true });
    await failing(3);
    expect(await told()).toEqual(['1 opened pager']);
    expect(world.log.entries.filter(({ message }) => message.includes('stored a silence'))).toHaveLength(1);
  });
});

describe('J4: a silence and a clock that is set', () => {
  /** Sets the clock, which takes no time. */
  function setClock(by: number): void {
    world.clock.advance(by);
    setBy += by;
  }

  it('forward over its end ends only once the new time is believed', async () => {
    await silence(0, 60);
    await failing(5);
    setClock(2 * HOUR);
    await failing(1);
    expect(await told()).toEqual([]);
    await failing(3);
    expect((await told()).map((line) => line.split(' ')[1])).toEqual(['opened']);
  });

  it('forward and back again has lost nothing', async () => {
    await silence(0, 60);
    await failing(5);
    setClock(2 * HOUR);
    await failing(1);
    setClock(-2 * HOUR);
    await failing(20);
    expect(await told()).toEqual([]);
  });

  it('back behind its beginning goes on, until the time that it was given', async () => {
    await silence(0, 60);
    await failing(5);
    setClock(-2 * HOUR);
    await failing(30);
    expect(await told()).toEqual([]);
    world.clock.set(START + 60 * MINUTE);
    await failing(4);
    expect((await told()).map((line) => line.split(' ')[1])).toEqual(['opened']);
  });

  it('back before the end of one that was ended does not revive it', async () => {
    await silence(0, 60, { ended: { at: START + 30 * MINUTE, by: 'alice', actor: null, reason: null } });
    setClock(-HOUR);
    await failing(5);
    expect((await told()).map((line) => line.split(' ')[1])).toEqual(['opened']);
  });
});
