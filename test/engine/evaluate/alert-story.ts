import { MINUTE } from '../../../src/core/time/duration.ts';
import type { World } from '../../support/world.ts';

/** Lets minutes pass in a world, and tells what became of them. */
export function alertStory(world: () => World) {
  /** Ticks once a minute while outcomes come. */
  async function minutes(count: number, good: number, bad: number): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      world().clock.advance(MINUTE);
      await world().report(good, bad);
      await world().tick();
    }
  }

  return {
    failing: (count: number) => minutes(count, 0, 50),
    healthy: (count: number) => minutes(count, 1_000_000, 0),
    /** What was told so far: minutes since it opened, what, to whom. */
    story: async (): Promise<string[]> => {
      const told = await world().told();
      return told.map(
        ({ facts, target }) => `${(facts.at - facts.openedAt) / MINUTE} ${facts.kind} ${target}`,
      );
    },
  };
}
