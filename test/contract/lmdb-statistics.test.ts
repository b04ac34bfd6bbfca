import { expect, it } from 'vitest';
import { SPANS, cellsAt, statisticExpiry } from '../../src/core/statistics/statistic-cells.ts';
import { manualClock } from '../support/clock.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import { HOME, NOW, WORKFLOW, done, sweepAll } from './outcomes.ts';

it('a sweep of the embedded store removes statistics that no window needs, and no sooner', async () => {
  const store = await openEmbeddedStore(1, manualClock(NOW));
  await store.record({ ...HOME, now: NOW, groups: [done(['a'], NOW)] });
  const cells = cellsAt(NOW);
  const kept = async () => (await store.readStatistics(WORKFLOW, cells)).map((found) => found.length);
  for (const [index, cell] of cells.entries()) {
    const before = cells.map((_, other) => (other < index ? 0 : 1));
    await sweepAll(store, statisticExpiry(cell) - SPANS[index]!.length - 1);
    expect(await kept()).toEqual(before);
    await sweepAll(store, statisticExpiry(cell));
    expect(await kept()).toEqual(before.with(index, 0));
  }
  await store.close();
});
