import { afterEach, expect, it } from 'vitest';
import { CELL_LIMIT } from '../../../src/core/counters/cells.ts';
import type { Queries } from '../../../src/core/ports/queries.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, minuteOf } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { readSeries } from '../../../src/engine/counters/block-reader.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const slo = defineSlo({ window: '7d' });
const other = defineSlo({ name: 'other', workflow: 'shipping', window: '7d' });
let world: World;
afterEach(() => world.close());

/** Fills the counter of a minute so many milliseconds ago to its limit, as reports of that many would. */
async function fill(
  { workflow, fingerprint }: Slo,
  ago: number,
  of: 'good' | 'bad' = 'good',
): Promise<number> {
  const now = world.clock.now();
  const minute = minuteOf(now - ago);
  const hour = Math.floor(minute / 60);
  const cells = new Uint32Array(120);
  cells[(minute % 60) * 2 + (of === 'good' ? 0 : 1)] = CELL_LIMIT;
  await world.store.writeHours({ workflow, fingerprint }, [{ hour, cells }], now);
  return hour * HOUR;
}

function newQueries(): Queries {
  const { store, clock, log } = world;
  const adjustments = createAdjustments(store, log);
  return createQueries({
    store,
    reader: world.newReader({ excluded: adjustments.excluded }),
    adjustments,
    definitions: () => define(world.slos()),
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
}

it('partitions that are full add up to what a counter holds, where they would start at zero again', async () => {
  world = await startWorld({ slos: [slo], partitions: 4, counted: DAY });
  await fill(slo, 0);
  for (let batch = 0; batch < 12; batch++) await world.report(5, 1);
  const now = world.clock.now();
  const cache = createCounterCache(world.store);
  await cache.refresh([{ ...slo, windows: [HOUR] }], now);
  expect(cache.sums(slo, now)(HOUR)).toEqual({ good: CELL_LIMIT, bad: 12 });
  const minutes = await readSeries(world.store, slo, 'minute', [Math.floor(now / HOUR)]);
  expect(minutes.get(Math.floor(now / HOUR))![(minuteOf(now) % 60) * 2]).toBe(CELL_LIMIT);
});

it('a counter that is full is told with its hour, of the SLO that it is of and while it is in its windows', async () => {
  world = await startWorld({ slos: [slo, other], counted: 28 * DAY });
  await world.report(100, 1);
  const queries = newQueries();
  expect((await queries.slo(slo.id))!.warnings).toEqual([]);
  await fill(slo, 2 * HOUR);
  const first = await fill(slo, 3 * DAY, 'bad');
  await fill(slo, 8 * DAY);
  world.clock.advance(5000);
  const [warning, ...more] = (await queries.slo(slo.id))!.warnings;
  expect(more).toEqual([]);
  expect(warning).toMatchObject({ code: 'saturated', since: first });
  expect(warning!.message).toContain('4,294,967,295');
  expect((await queries.slo(other.id))!.warnings).toEqual([]);
  world.clock.advance(5 * DAY);
  expect((await queries.slo(slo.id))!.warnings).toMatchObject([{ since: first + 3 * DAY - 2 * HOUR }]);
  world.clock.advance(3 * DAY);
  expect((await queries.slo(slo.id))!.warnings).toEqual([]);
});

it('is in the log once', async () => {
  world = await startWorld({ slos: [slo, other], counted: 28 * DAY });
  await fill(slo, 0);
  for (let tick = 0; tick < 3; tick++) {
    world.clock.advance(5000);
    await world.report(10, 0);
    await world.tick();
  }
  const lines = world.log.entries.filter(({ message }) => message.includes('a counter is full'));
  expect(lines).toEqual([
    {
      level: 'error',
      fields: { slo: slo.id, since: expect.stringMatching(/:00:00(.000)?Z$/) as string },
      message: 'a counter is full: the counts of an SLO are too low',
    },
  ]);
});
