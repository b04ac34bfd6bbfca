import { afterEach, describe, expect, it } from 'vitest';
import type { Counts } from '../../../src/core/counters/cells.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { readRecent } from '../../../src/engine/queries/recent-counts.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const sum = (counts: readonly Counts[]) => counts.reduce((all, { good, bad }) => all + good + bad, 0);

async function recentOf(slos: readonly Slo[]) {
  const adjustments = createAdjustments(world.store, world.log);
  const reader = world.newReader({ excluded: adjustments.excluded });
  return readRecent(reader, adjustments, slos, world.clock.now());
}

describe('what SLOs counted lately', () => {
  it('is of 30 days and 24 hours, today and this hour last, also where the window of the SLO is shorter', async () => {
    const short = defineSlo({ name: 'short', window: '7d' });
    world = await startWorld({ slos: [short], counted: 40 * DAY });
    const start = Math.ceil(world.clock.now() / DAY) * DAY;
    world.clock.set(start + HOUR);
    await world.report(5, 2);
    world.clock.set(start + 20 * DAY + HOUR);
    await world.report(7, 0);
    world.clock.set(start + 20 * DAY + 3 * HOUR);
    await world.report(1, 1);
    const { days, hours } = (await recentOf([short])).get(short.id)!;
    expect([days.length, hours.length]).toEqual([30, 24]);
    expect(days.at(-1)).toEqual({ good: 8, bad: 1 });
    expect(days.at(-21)).toEqual({ good: 5, bad: 2 });
    expect(sum(days)).toBe(16);
    expect([hours.at(-1), hours.at(-3)]).toEqual([
      { good: 1, bad: 1 },
      { good: 7, bad: 0 },
    ]);
    expect(sum(hours)).toBe(9);
    world.clock.set(start + 31 * DAY + HOUR);
    const later = (await recentOf([short])).get(short.id)!;
    expect(sum(later.days)).toBe(9);
    expect(sum(later.hours)).toBe(0);
  });

  it('is nothing of SLOs that counted nothing', async () => {
    const slo = defineSlo();
    world = await startWorld({ slos: [slo] });
    const { days } = (await recentOf([slo])).get(slo.id)!;
    expect(sum(days)).toBe(0);
  });
});
