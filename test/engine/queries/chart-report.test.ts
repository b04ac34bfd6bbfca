import { beginHistory, withChange } from '../../../src/core/alerting/definition-history.ts';
import { definitionRecord, storedDefinition } from '../../../src/core/alerting/stored-definition.ts';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChartData } from '../../../src/core/ports/chart-data.ts';
import type { Queries } from '../../../src/core/ports/queries.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { define, defineSlo, objective } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { ANYONE } from '../../support/tokens.ts';
import { startWorld } from '../../support/world.ts';

const slo = defineSlo({ objective: '95%' });

let world: World;
let queries: Queries;
afterEach(() => world.close());

async function open(slos: readonly Slo[] = [slo]): Promise<void> {
  world = await startWorld({ slos, counted: 28 * DAY });
  const { store, clock } = world;
  const adjustments = createAdjustments(store, world.log);
  const reader = world.newReader({ excluded: adjustments.excluded });
  queries = createQueries({
    store,
    reader,
    adjustments,
    annotations: world.annotations,
    definitions: () => define(slos),
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => clock.now(),
  });
}

async function charts(range: string, from: string | null = null): Promise<ChartData> {
  const found = await queries.charts('orders/done', { range, from, to: null });
  if (!found || 'refused' in found) throw new Error(JSON.stringify(found));
  return found;
}

/** Reports an hour at a time, as many hours as there are counts. */
async function hours(counts: readonly (readonly [good: number, bad: number])[]): Promise<void> {
  for (const [good, bad] of counts) {
    world.clock.advance(HOUR);
    if (good + bad > 0) await world.report(good, bad, { error: 'timeout' });
  }
}

describe('the data of charts', () => {
  it('has what was noted of the SLO, in words', async () => {
    await open();
    await hours([[10, 0]]);
    const at = world.clock.now() - HOUR;
    await world.annotations.annotate({ text: '7f3c', kind: 'deploy', workflow: 'orders', at }, ANYONE);
    expect((await charts('6h')).annotations).toEqual([{ at, text: 'deploy 7f3c' }]);
  });

  it('marks when the definition changed, among what was noted', async () => {
    await open();
    await hours([[10, 0]]);
    const [slo] = world.slos();
    const at = world.clock.now() - HOUR;
    await world.annotations.annotate(
      { text: '7f3c', kind: 'deploy', workflow: 'orders', at: at + 1 },
      ANYONE,
    );
    const stricter = { ...slo!, objective: objective('99.9%'), description: 'x', runbook: 'y', owner: 'z' };
    const changed = withChange(withChange(beginHistory(slo!, 0), stricter, 1000), slo!, at);
    await world.store.putRecord('definitions', definitionRecord(slo!.id), 0, storedDefinition(changed));
    expect((await charts('6h')).annotations).toEqual([
      { at, text: 'definition: description, owner, runbook, 1 more' },
      { at: at + 1, text: 'deploy 7f3c' },
    ]);
  });

  it('burn down from all of the budget to what the report says is left', async () => {
    await open();
    await hours([
      [95, 5],
      [100, 0],
      [0, 0],
      [90, 10],
    ]);
    const { burnDown } = await charts('1d');
    const known = burnDown.points.filter(({ remaining }) => remaining !== null);
    const report = (await queries.slo('orders/done'))!;
    expect(report.budget.remainingRatio).not.toBeNull();
    expect(known.at(-1)!.remaining).toBeCloseTo(report.budget.remainingRatio!, 9);
    expect(burnDown.remainingRatio).toBe(report.budget.remainingRatio);
    // In steps of three hours, those without outcomes say nothing.
    expect(burnDown.points.length).toBeGreaterThan(200);
    expect(known.length).toBeLessThanOrEqual(3);
    expect(known[0]!.remaining!).toBeLessThan(1);
    for (const [index, { remaining }] of known.entries())
      expect(remaining!).toBeLessThanOrEqual(known[index - 1]?.remaining ?? 1);
  });

  it('J2: are null where nothing was counted, never 0', async () => {
    await open();
    await hours([
      [50, 0],
      [0, 0],
    ]);
    const { points, burnRates } = await charts('6h');
    expect(points.filter(({ ratio }) => ratio !== null).map(({ good }) => good)).toEqual([50]);
    const fast = burnRates.find(({ tier }) => tier === 'fast')!;
    expect(fast.points.filter(({ short }) => short !== null).every(({ short }) => short === 0)).toBe(true);
    expect(fast.points.some(({ short }) => short === null)).toBe(true);
  });

  it('burn as fast at the end as the report says, over every window', async () => {
    await open();
    await hours([
      [100, 0],
      [60, 40],
    ]);
    world.clock.advance(2 * MINUTE);
    await world.report(3, 2);
    const { burnRates } = await charts('1h');
    const report = (await queries.slo('orders/done'))!;
    expect(burnRates.map(({ tier }) => tier)).toEqual(['fast', 'slow', 'drift', 'creep']);
    for (const { long, short, points } of burnRates) {
      expect(points.at(-1)!.long).toBeCloseTo(report.burnRates[long]!, 5);
      expect(points.at(-1)!.short).toBeCloseTo(report.burnRates[short]!, 5);
    }
  });

  it('say nothing of windows of minutes from before minutes are kept', async () => {
    await open();
    await hours([[60, 40]]);
    for (let day = 0; day < 6; day++) await hours(Array.from({ length: 24 }, () => [100, 0] as const));
    const { burnRates } = await charts('7d');
    const fast = burnRates.find(({ tier }) => tier === 'fast')!;
    const old = fast.points.filter(({ at }) => at < world.clock.now() - 5 * DAY);
    expect(old.every(({ short }) => short === null)).toBe(true);
    expect(Math.max(...old.map(({ long }) => long ?? 0))).toBeCloseTo(8, 5);
    expect(fast.points.at(-1)!.short === null || fast.points.at(-1)!.short === 0).toBe(true);
  });

  it('tell what failed by the hour, with what is beyond the named causes last', async () => {
    await open();
    for (let cause = 0; cause < 10; cause++) {
      await world.report(0, 20 - cause, { error: `error ${cause}` });
    }
    await hours([[0, 7]]);
    const { causes } = await charts('6h');
    expect(causes.causes.map(({ error }) => error)).toEqual(
      Array.from({ length: 8 }, (_, cause) => `error ${cause}`),
    );
    expect(causes.bars).toHaveLength(7);
    expect(causes.bars.map(({ counts }) => counts.reduce((sum, count) => sum + count, 0)).slice(-2)).toEqual([
      155, 7,
    ]);
    expect(causes.bars.map(({ counts }) => counts.at(-1)).slice(-2)).toEqual([12 + 11, 7]);
  });

  it('ask for causes no more than 28 times a source, whatever the window is', async () => {
    await open();
    let asked = 0;
    world.wrapped.before('readFailures', () => void (asked += 1));
    const { causes } = await charts('window');
    expect(asked).toBeLessThanOrEqual(28);
    expect(causes.bars.length).toBe(asked);
  });

  it('tell how long executions took, by the minute in the last hour and by the hour before', async () => {
    await open();
    await world.recorder.record([
      { workflow: 'orders', execution: 'a', status: 'succeeded', durationMs: 4000 },
      { workflow: 'orders', execution: 'b', step: 'ship', status: 'succeeded', durationMs: 900 },
    ]);
    const ofHour = (await charts('1h')).durations;
    expect(ofHour.map(({ step }) => step)).toEqual([null, 'ship']);
    expect(ofHour[0]!.points.filter(({ p99Ms }) => p99Ms !== null)).toHaveLength(1);
    expect(ofHour[0]!.points[0]!.to - ofHour[0]!.points[0]!.from).toBe(MINUTE);
    const [ofDay] = (await charts('1d')).durations;
    expect(ofDay!.points.find(({ p50Ms }) => p50Ms !== null)!.p50Ms).toBeCloseTo(4000, -2);
    expect(ofDay!.points[0]!.to - ofDay!.points[0]!.from).toBe(HOUR);
  });

  it('mark incidents of this SLO, open ones without an end', async () => {
    const other = defineSlo({ name: 'other', objective: '95%' });
    await open([slo, other]);
    await hours([[0, 100]]);
    await world.tick();
    const { incidents } = await charts('1d');
    const report = (await queries.slo('orders/done'))!;
    expect(incidents).toEqual([
      { id: report.incident!.id, severity: 'page', from: report.incident!.openedAt, to: null },
    ]);
  });

  it('are nothing for an SLO that no file defines, and refuse what is no time', async () => {
    await open();
    expect(await queries.charts('orders/none', { range: null, from: null, to: null })).toBeNull();
    expect(await queries.charts('orders/done', { range: '2h', from: null, to: null })).toMatchObject({
      refused: 'invalid',
    });
  });
});
