import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertPolicy } from '../../../src/core/slo/alert-policy.ts';
import type { OnCallSchedule } from '../../../src/core/slo/on-call.ts';
import type { Team } from '../../../src/core/slo/slo.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { PAYMENTS, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';
import { alertStory } from './alert-story.ts';

const TEAM: Team = { ...PAYMENTS, page: ['oncall'], ticket: ['inbox'] };

let world: World;
let start: number;
beforeEach(async () => {
  world = await startWorld();
  start = world.clock.now();
});
afterEach(() => world.close());

/** Anna, then Ben, an hour each in UTC, from a time after the test begins. */
function turns(first: number, name = 'oncall', people = ['anna', 'ben']): OnCallSchedule {
  return {
    kind: 'rotation',
    name,
    timeZone: 'UTC',
    every: HOUR,
    starting: start + first - HOUR,
    people: people.map((person) => ({ name: person, targets: [person] })),
    overrides: [],
    source: 'a.yaml:1',
  };
}

function policy(alerts: Partial<AlertPolicy>, ...schedules: readonly OnCallSchedule[]): void {
  world.redefine([defineSlo({ alerts: { resolveAfter: 5 * MINUTE, ...alerts } })], [TEAM], schedules);
}

const { failing, healthy, story } = alertStory(() => world);

describe('a page to a schedule', () => {
  it('goes to who is on call as it is made, and its end to the same one after the hand-over', async () => {
    policy({}, turns(10 * MINUTE));
    await failing(5);
    expect(await story()).toEqual(['0 opened anna']);
    await failing(10);
    await healthy(10);
    const told = await world.told();
    expect(told.map(({ facts, target }) => [facts.kind, target])).toEqual([
      ['opened', 'anna'],
      ['resolved', 'anna'],
    ]);
  });

  it('goes to the next one when it opens after the hand-over', async () => {
    policy({}, turns(0));
    await failing(1);
    expect(await story()).toEqual(['0 opened ben']);
  });

  it('escalates to who is on call by then', async () => {
    const escalation = [{ after: 20 * MINUTE, to: ['oncall'] }];
    policy({ escalation }, turns(10 * MINUTE));
    await failing(25);
    expect(await story()).toEqual(['0 opened anna', '20 unacknowledged ben']);
    await healthy(10);
    const ends = (await world.told()).slice(2);
    expect(ends.map(({ facts, target }) => `${facts.kind} ${target}`)).toEqual([
      'resolved anna',
      'resolved ben',
    ]);
  });

  it('is brought to the mind of those who have it, and of who is on call by then, also by a step', async () => {
    const escalation = [{ after: 5 * MINUTE, to: ['second'] }];
    const second = turns(10 * MINUTE, 'second', ['carl', 'dora']);
    policy({ repeat: 15 * MINUTE, escalation }, turns(10 * MINUTE), second);
    await failing(23);
    expect(await story()).toEqual([
      '0 opened anna',
      '5 unacknowledged carl',
      '20 reminder anna',
      '20 reminder ben',
      '20 reminder carl',
      '20 reminder dora',
    ]);
  });

  it('goes to who is on call, with those who had it, where the one that it went to is gone from the files', async () => {
    policy({ repeat: 15 * MINUTE }, turns(10 * MINUTE));
    await failing(5);
    policy({ repeat: 15 * MINUTE }, turns(10 * MINUTE, 'oncall', ['eva', 'ben']));
    await failing(13);
    expect((await story()).slice(1)).toEqual(['15 reminder ben']);
  });

  it('keeps a target of the same person once', async () => {
    const both = [{ after: 5 * MINUTE, to: ['oncall', 'anna'] }];
    policy({ escalation: both }, turns(60 * MINUTE));
    await failing(8);
    expect(await story()).toEqual(['0 opened anna', '5 unacknowledged anna']);
  });
});
