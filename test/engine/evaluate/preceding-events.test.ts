import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../../src/core/alerting/notification.ts';
import { DAY, MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import { ANYONE } from '../../support/tokens.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const ORDERS = defineSlo();
let world: World;
beforeEach(async () => {
  world = await startWorld({ slos: [ORDERS, defineSlo({ workflow: 'refunds' })], counted: 28 * DAY });
  await world.report(1000, 0);
  world.clock.advance(2 * DAY);
});
afterEach(() => world.close());

async function note(text: string, about: object = { workflow: 'orders' }): Promise<void> {
  expect(await world.annotations.annotate({ text, kind: 'deploy', ...about }, ANYONE)).toMatchObject({
    text,
  });
}

/** Fails so many minutes from now, and gives what is notified of it. */
async function failIn(minutes: number): Promise<NotificationFacts> {
  world.clock.advance(minutes * MINUTE);
  await world.report(0, 50);
  await world.tick();
  const [row] = await world.told();
  return row!.facts;
}

describe('D4: a page names what was noted before it began', () => {
  it('the last of its workflow, its owner or everything, within half an hour', async () => {
    await note('1a2b');
    world.clock.advance(5 * MINUTE);
    await note('7f3c', { workflow: 'orders', link: 'https://git.example.com/7f3c' });
    const at = world.clock.now();
    world.clock.advance(MINUTE);
    await note('of refunds', { workflow: 'refunds' });
    const { after, began } = await failIn(3);
    expect(after).toEqual({ at, text: 'deploy 7f3c', link: 'https://git.example.com/7f3c' });
    expect(began! - at).toBe(4 * MINUTE);
  });

  it('none that is older, or of another workflow', async () => {
    await note('1a2b');
    await note('of refunds', { workflow: 'refunds' });
    expect(await failIn(31)).not.toHaveProperty('after');
  });

  it('none that came after it began', async () => {
    await world.report(0, 50);
    world.clock.advance(2 * MINUTE);
    await note('1a2b');
    await world.tick();
    expect((await world.told())[0]!.facts).not.toHaveProperty('after');
  });

  it('and goes out without it when annotations cannot be read', async () => {
    await note('1a2b');
    world.wrapped.before('records', (collection) => {
      if (collection === 'annotations') throw new Error('broken');
    });
    expect(await failIn(4)).not.toHaveProperty('after');
    expect(world.log.entries.some(({ message }) => message.includes('annotations could not be read'))).toBe(
      true,
    );
  });
});
