import { afterEach, describe, expect, it, vi } from 'vitest';
import { isRefused } from '../../../src/core/ports/refused.ts';
import type { ReportQuery } from '../../../src/core/ports/period-report.ts';
import { ALL_GRANTS } from '../../../src/core/ports/token.ts';
import type { Caller } from '../../../src/core/ports/token.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createManageIncidents } from '../../../src/engine/incidents/open-incidents.ts';
import { createPeriodReports } from '../../../src/engine/reports/period-report.ts';
import { define, defineDependency, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const BOSS: Caller = { name: 'boss', address: '127.0.0.1', grants: ALL_GRANTS };
const USUAL: ReportQuery = { period: null, at: null, owner: null };
const BANK = defineDependency('bank', '90%');
const tiers = [
  {
    kind: 'burnRate' as const,
    name: 'fast',
    severity: 'page' as const,
    long: HOUR,
    short: 5 * MINUTE,
    factor: 10,
    loweredFrom: null,
  },
];
const DONE = defineSlo({ name: 'done', objective: '99%', alerts: { tiers, resolveAfter: 5 * MINUTE } });
const SILENT = defineSlo({ workflow: 'nightly', name: 'ran' });

/** Monday, at midnight. */
const MONDAY = Date.UTC(2026, 5, 1);

async function start() {
  world = await startWorld({ slos: [DONE, SILENT], dependencies: [BANK], counted: 60 * DAY });
  world.clock.set(MONDAY);
  const { store, clock, log } = world;
  const adjustments = createAdjustments(store, log);
  const definitions = () => define(world.slos(), undefined, [BANK]);
  const incidents = createManageIncidents({ store, definitions, clock, log });
  const sums = world.newReader().seriesSums;
  const reports = createPeriodReports({ store, adjustments, incidents, sums, definitions, clock });
  return async (query: Partial<ReportQuery> = {}, caller = BOSS) => {
    const report = await reports.periodReport({ ...USUAL, ...query }, caller);
    if (isRefused(report)) throw new Error(report.problems.join(' '));
    return report;
  };
}

/** So many outcomes at noon of a day of the first week. */
async function at(day: number, good: number, bad: number): Promise<void> {
  world.clock.set(MONDAY + day * DAY + 12 * HOUR);
  await world.report(good, bad, { dependency: 'bank', error: 'timeout' });
  await world.tick();
}

describe('the report of a week', () => {
  it('counts what happened in it, neither before nor after, and says what was missed', async () => {
    const read = await start();
    await at(0, 9_900, 100);
    await at(7, 950, 50);
    await at(10, 950, 50);
    await at(14, 1_000, 0);
    const report = await read();
    expect(report).toMatchObject({
      period: 'week',
      from: MONDAY + 7 * DAY,
      to: MONDAY + 14 * DAY,
      totals: { slos: 2, met: 0, missed: 1, withoutData: 1 },
      slos: [
        { id: DONE.id, counts: { good: 1900, bad: 100 }, met: false },
        { id: SILENT.id, met: null, spent: null },
      ],
      causes: [{ workflow: 'orders', dependency: 'bank', error: 'timeout', count: 100 }],
      dependencies: [{ name: 'bank', calls: { good: 1900, bad: 100 }, kept: true }],
      silent: ['nightly'],
    });
    expect(report.slos[0]!.spent).toBeCloseTo(5);
    expect(report.slos[0]!.spentBefore).toBeCloseTo(1);
    expect((await read({ at: String(MONDAY) })).slos[0]).toMatchObject({ counts: { bad: 100 }, met: true });
    expect((await read({ at: String(world.clock.now()) })).slos[0]).toMatchObject({ counts: { good: 1000 } });
    expect((await read({ period: 'month', at: String(MONDAY) })).slos[0]).toMatchObject({
      counts: { bad: 200 },
    });
  });

  it('lists its incidents with their cost, and is of one team where that is asked for', async () => {
    const read = await start();
    await at(1, 80, 20);
    world.clock.set(MONDAY + 8 * DAY);
    const report = await read();
    expect(report).toMatchObject({
      totals: { pages: 1 },
      incidents: [{ slo: DONE.id, openedAt: MONDAY + DAY + 12 * HOUR, cost: { bad: 20 } }],
      moreIncidents: false,
    });
    expect(report.slos[0]).toMatchObject({ id: DONE.id, incidents: 1 });
    expect((await read({ owner: DONE.owner })).slos).toHaveLength(2);
    expect((await read({ owner: 'others' })).slos).toEqual([]);
  });

  it('reads once what is open, however many incidents it lists: 500, and that there are more', async () => {
    const read = await start();
    await at(1, 80, 20);
    world.clock.set(MONDAY + 8 * DAY);
    const { store } = world;
    const { from, to } = await read();
    const [one] = await store.incidents({ from, to, before: null, limit: 1 });
    const many = Array.from({ length: 520 }, (_, index) => ({ ...one!, id: `copy-${index}` }));
    const loaded = vi.spyOn(store, 'loadStates');
    vi.spyOn(store, 'incidents').mockImplementation(({ before, limit }) => {
      const begin = many.findIndex(({ id }) => id === before?.id) + 1;
      return Promise.resolve(many.slice(begin, begin + limit));
    });
    const all = await read();
    expect(all.incidents.map(({ id }) => id)).toEqual(many.slice(0, 500).map(({ id }) => id));
    expect(all.moreIncidents).toBe(true);
    expect(loaded).toHaveBeenCalledOnce();
    many.length = 500;
    expect(await read()).toMatchObject({ moreIncidents: false, totals: { pages: 500 } });
  });

  it('G1: names only what its reader may read', async () => {
    const read = await start();
    await at(1, 80, 20);
    world.clock.set(MONDAY + 8 * DAY);
    const grants = [{ scope: 'read' as const, only: { by: 'workflow' as const, pattern: 'nightly' } }];
    const report = await read({}, { ...BOSS, grants });
    expect(report).toMatchObject({ slos: [{ id: SILENT.id }], incidents: [], causes: [], dependencies: [] });
  });

  it('is refused where nothing is kept or nothing has been', async () => {
    const read = await start();
    await expect(read({ at: String(MONDAY + 8 * DAY) })).rejects.toThrow('has not begun');
    await expect(read({ at: '2025-06-01T00:00:00Z' })).rejects.toThrow('at most 100d ago');
    await expect(read({ period: 'year' })).rejects.toThrow('period must be week or month');
    await expect(read({ at: 'soon' })).rejects.toThrow('RFC 3339');
  });

  it.each(['2026-03-29T12:00:00Z', '2026-10-25T12:00:00Z'])(
    'begins at midnight of its team, also around %s, when clocks change',
    async (noon) => {
      await start();
      const { parseReportQuery } = await import('../../../src/core/ports/report-query.ts');
      const now = Date.parse(noon) + 3 * DAY;
      const period = parseReportQuery({ ...USUAL, at: noon }, 'Europe/Berlin', now);
      if ('problems' in period) throw new Error(period.problems.join(' '));
      const local = (moment: number) =>
        new Date(moment).toLocaleString('sv-SE', { timeZone: 'Europe/Berlin' }).slice(11);
      expect([local(period.from), local(period.to), local(period.before)]).toEqual(Array(3).fill('00:00:00'));
      expect(Math.abs(period.to - period.from - 7 * DAY)).toBe(HOUR);
    },
  );
});
