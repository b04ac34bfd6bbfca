import { afterEach, describe, expect, it } from 'vitest';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import { MAX_INCIDENTS_TOLD, MAX_SLOS_TOLD } from '../../../src/core/alerting/report-facts.ts';
import type { ReportSchedule } from '../../../src/core/slo/report-schedule.ts';
import type { Definitions } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createManageIncidents } from '../../../src/engine/incidents/open-incidents.ts';
import { createPeriodReports } from '../../../src/engine/reports/period-report.ts';
import { createScheduledReports } from '../../../src/engine/reports/scheduled-reports.ts';
import { define, defineSlo, PAYMENTS } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const at = (time: string) => Date.parse(time);
const WEEKLY: ReportSchedule = { weekly: ['chat', 'post'], monthly: [], weekday: 0, minute: 9 * 60 };
const MONTHLY: ReportSchedule = { ...WEEKLY, weekly: [], monthly: ['post'] };

interface Asked {
  readonly team?: ReportSchedule;
  readonly all?: Definitions['reports'];
  readonly timeZone?: string | null;
}

/** Replicas that look at what is due, on one store and a clock that starts at a moment. */
async function start(time: string, first: Asked, slos = [defineSlo()]) {
  world = await startWorld({ slos, counted: 60 * DAY });
  world.clock.set(at(time));
  const { clock, log, store } = world;
  let asked = first;
  let passed = 0;
  const definitions = (): Definitions => {
    const { team, all, timeZone = 'Europe/Berlin' } = asked;
    const payments = { ...PAYMENTS, timeZone, ...(team && { reports: team }) };
    return { ...define(world.slos(), [payments]), ...(all && { reports: all }) };
  };
  const adjustments = createAdjustments(store, log);
  const incidents = createManageIncidents({ store, definitions, clock, log });
  const { seriesSums: sums } = world.newReader();
  const reports = createPeriodReports({ store, adjustments, incidents, sums, definitions, clock });
  const elapsed = () => passed;
  const replica = () => createScheduledReports({ store, definitions, reports, clock, elapsed, log });
  let current = replica();
  const pass = (duration: number) => {
    clock.advance(duration);
    passed += duration;
  };
  return {
    ask: (next: Asked) => void (asked = next),
    restart: () => void (current = replica()),
    replica,
    pass,
    /** Sets the clock; no time passes. */
    setClock: (moment: string) => clock.set(at(moment)),
    /** Goes to a moment in steps, looking at each, and gives the rows that were added meanwhile. */
    async until(moment: string, step = 30 * MINUTE): Promise<readonly OutboxRow[]> {
      const before = new Set((await store.outbox(1000)).pending.map(({ id }) => id));
      await current.run();
      while (clock.now() < at(moment)) {
        pass(Math.min(step, at(moment) - clock.now()));
        await current.run();
      }
      return (await store.outbox(1000)).pending.filter(({ id }) => !before.has(id));
    },
    run: () => current.run(),
    rows: async () => (await store.outbox(1000)).pending,
    /** Has all that waits delivered. */
    async deliver() {
      await store.lead('this process', HOUR);
      for (const claim of await store.claim('this process', clock.now(), MINUTE, 100))
        await store.settle(claim, { result: 'delivered' }, clock.now());
    },
  };
}

const periods = (rows: readonly OutboxRow[]) =>
  rows.map(({ target, facts }) => `${target} ${new Date(facts.report!.from).toISOString()}`).toSorted();

describe('a report that is asked for', () => {
  it('comes with the next period that ends, at its hour in its time zone, at every target', async () => {
    const service = await start('2026-11-25T12:00:00Z', { team: WEEKLY });
    await world.report(990, 30, { error: 'timeout' });
    expect(await service.until('2026-11-30T07:59:00Z', 3 * HOUR)).toEqual([]);
    const rows = await service.until('2026-11-30T08:00:00Z', MINUTE);
    expect(periods(rows)).toEqual(['chat 2026-11-22T23:00:00.000Z', 'post 2026-11-22T23:00:00.000Z']);
    expect(rows[0]!.id).toBe('report/week/payments/2026-11-22T23:00:00.000Z/chat');
    expect(rows[0]!.facts).toMatchObject({
      kind: 'report',
      owner: 'payments',
      timeZone: 'Europe/Berlin',
      failures: [{ error: 'timeout', count: 30 }],
      report: {
        period: 'week',
        to: at('2026-11-29T23:00:00Z'),
        totals: { slos: 1, met: 0, missed: 1, withoutData: 0, moreIncidents: false },
        slos: [{ id: 'orders/done', bad: 30, total: 1020, objective: 0.99 }],
      },
    });
  });

  it('comes for months on the first, and for all teams in the zone of their own', async () => {
    const all = { ...MONTHLY, timeZone: 'America/New_York' };
    const service = await start('2026-11-25T12:00:00Z', { team: { ...MONTHLY, minute: 5 }, all });
    const rows = await service.until('2026-12-03T12:00:00Z');
    expect(rows.map(({ id, createdAt }) => [id, new Date(createdAt).toISOString()])).toEqual([
      ['report/month/payments/2026-10-31T23:00:00.000Z/post', '2026-11-30T23:30:00.000Z'],
      ['report/month/*/2026-11-01T04:00:00.000Z/post', '2026-12-01T14:00:00.000Z'],
    ]);
  });

  it.each([
    ['as summer begins', '2026-03-27T12:00:00Z', '2026-03-30T07:00:00.000Z', '2026-03-22T23:00:00.000Z'],
    ['as it ends', '2026-10-23T12:00:00Z', '2026-10-26T08:00:00.000Z', '2026-10-18T22:00:00.000Z'],
  ])('comes at its hour by the clocks of the zone %s', async (_, begin, due, from) => {
    const service = await start(begin, { team: WEEKLY });
    await service.run();
    const rows = await service.until(new Date(at(due) + 2 * DAY).toISOString());
    expect(periods(rows)).toEqual([`chat ${from}`, `post ${from}`]);
    expect(rows.map(({ createdAt }) => new Date(createdAt).toISOString())).toEqual([due, due]);
  });

  it('comes on another day of the week where that is asked for', async () => {
    const service = await start('2026-11-25T12:00:00Z', {
      team: { ...WEEKLY, weekday: 6, minute: 23 * 60 + 59 },
    });
    expect(await service.until('2026-11-29T22:58:00Z', HOUR)).toEqual([]);
    // Until the end of its Sunday the week before is the last one.
    const rows = await service.until('2026-11-29T22:59:00Z', MINUTE);
    expect(periods(rows)).toEqual(['chat 2026-11-15T23:00:00.000Z', 'post 2026-11-15T23:00:00.000Z']);
  });

  it('is not sent for what ended before it was asked for, nor once it is asked for no more', async () => {
    const service = await start('2026-11-30T09:00:00Z', { team: WEEKLY });
    expect(await service.until('2026-11-30T12:00:00Z')).toEqual([]);
    service.ask({});
    expect(await service.until('2026-12-08T12:00:00Z', 6 * HOUR)).toEqual([]);
    expect(await world.store.records('reports')).toEqual([]);
    service.ask({ team: WEEKLY });
    expect(await service.until('2026-12-09T12:00:00Z', 6 * HOUR)).toEqual([]);
    expect(await service.until('2026-12-14T08:00:00Z', 6 * HOUR)).toHaveLength(2);
  });

  it('holds so much and no more, whatever there is', async () => {
    const slos = Array.from({ length: MAX_SLOS_TOLD + 12 }, (_, index) =>
      defineSlo({ name: `slo-${index}` }),
    );
    const service = await start('2026-11-25T12:00:00Z', { team: WEEKLY }, slos);
    const [row] = await service.until('2026-11-30T08:00:00Z', HOUR);
    const { report } = row!.facts;
    expect(report!.slos).toHaveLength(MAX_SLOS_TOLD);
    expect(report!.totals.slos).toBe(MAX_SLOS_TOLD + 12);
    expect(report!.incidents.length).toBeLessThanOrEqual(MAX_INCIDENTS_TOLD);
    expect(JSON.stringify(row).length).toBeLessThan(30_000);
  });
});

describe('each period is reported once', () => {
  it('however often it is looked at, by whomever, delivered or not', async () => {
    const service = await start('2026-11-29T12:00:00Z', { team: WEEKLY });
    await service.run();
    service.pass(21 * HOUR);
    const [one, other] = [service.replica(), service.replica()];
    await Promise.all([one.run(), other.run(), service.run()]);
    expect(await service.rows()).toHaveLength(2);
    await service.deliver();
    expect(await service.rows()).toEqual([]);
    await Promise.all([one.run(), other.run()]);
    service.restart();
    // Longer than delivered rows are remembered.
    expect(await service.until('2026-12-06T23:59:00Z', 7 * HOUR)).toEqual([]);
  });

  it('when the process was down at the hour: as soon as it is back', async () => {
    const service = await start('2026-11-29T12:00:00Z', { team: WEEKLY });
    await service.run();
    service.pass(2 * DAY);
    service.restart();
    expect(periods(await service.until('2026-12-02T12:00:00Z'))).toHaveLength(2);
  });

  it('and of those that were missed only the last', async () => {
    const service = await start('2026-11-29T12:00:00Z', { team: WEEKLY });
    await service.run();
    service.pass(24 * DAY);
    service.restart();
    expect(periods(await service.until('2026-12-24T12:00:00Z'))).toEqual([
      'chat 2026-12-13T23:00:00.000Z',
      'post 2026-12-13T23:00:00.000Z',
    ]);
  });

  it('when the clock is set back by an hour after it was sent', async () => {
    const service = await start('2026-11-29T12:00:00Z', { team: WEEKLY });
    expect(await service.until('2026-11-30T08:10:00Z', 10 * MINUTE)).toHaveLength(2);
    await service.deliver();
    service.setClock('2026-11-30T07:10:00Z');
    expect(await service.until('2026-12-02T12:00:00Z', 10 * MINUTE)).toEqual([]);
  });

  it('and not before its time when the clock is set forward by an hour, or by a week', async () => {
    const service = await start('2026-11-29T12:00:00Z', { team: WEEKLY });
    await service.until('2026-11-30T07:10:00Z', 10 * MINUTE);
    service.setClock('2026-11-30T08:10:00Z');
    expect(await service.until('2026-11-30T09:00:00Z', 10 * MINUTE)).toEqual([]);
    service.setClock('2026-12-07T08:10:00Z');
    expect(await service.until('2026-12-07T08:30:00Z', 10 * MINUTE)).toEqual([]);
    service.setClock('2026-11-30T07:55:00Z');
    expect(periods(await service.until('2026-11-30T10:00:00Z', 5 * MINUTE))).toEqual([
      'chat 2026-11-22T23:00:00.000Z',
      'post 2026-11-22T23:00:00.000Z',
    ]);
  });

  it('and goes on when the clock was a month ahead for days', async () => {
    const service = await start('2026-12-26T12:00:00Z', { team: WEEKLY });
    expect(await service.until('2026-12-28T12:00:00Z', HOUR)).toHaveLength(2);
    service.setClock('2026-11-28T12:00:00Z');
    await service.deliver();
    await service.until('2026-11-29T12:00:00Z');
    expect(periods(await service.until('2026-12-07T12:00:00Z', HOUR))).toContain(
      'post 2026-11-29T23:00:00.000Z',
    );
  });

  it('when the store fails after it was put into the outbox, or before', async () => {
    const service = await start('2026-11-29T12:00:00Z', { team: WEEKLY, all: { ...WEEKLY, timeZone: null } });
    await service.run();
    service.pass(22 * HOUR);
    world.wrapped.takeDown('putRecord');
    await service.run();
    expect(await service.rows()).toHaveLength(4);
    world.wrapped.takeDown('enqueue');
    await service.run();
    world.wrapped.bringUp();
    await service.run();
    await service.deliver();
    expect(await service.until('2026-12-02T12:00:00Z', HOUR)).toEqual([]);
    expect(world.log.entries.some(({ message }) => message.includes('a report could not be sent'))).toBe(
      true,
    );
  });
});
