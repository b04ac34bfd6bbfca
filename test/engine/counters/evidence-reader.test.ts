import { afterEach, describe, expect, it, vi } from 'vitest';
import { readTiers } from '../../../src/core/alerting/incident-step.ts';
import { TIER_KINDS } from '../../../src/core/alerting/tier-kinds.ts';
import type { ComponentSli } from '../../../src/core/sli/sli.ts';
import type { Tier, TierOf } from '../../../src/core/slo/alert-policy.ts';
import { DEFAULT_POLICY_SETTINGS } from '../../../src/core/slo/alert-policy.ts';
import { windowLength } from '../../../src/core/time/calendar.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import type { CalendarWindow } from '../../../src/core/time/time-window.ts';
import type { SliId } from '../../../src/core/sli/sli-id.ts';
import type { HourCells } from '../../../src/core/ports/store/counting.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { createReader } from '../../../src/engine/counters/evidence-reader.ts';
import type { Reader } from '../../../src/engine/counters/evidence-reader.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const slo = defineSlo();
const without: SliId = { workflow: slo.workflow, fingerprint: 'excluded' };

const month = (timeZone: string): CalendarWindow => ({
  kind: 'calendar',
  unit: 'month',
  timeZone,
  duration: 30 * DAY,
  text: `month (${timeZone})`,
});

let world: World;
let reader: Reader;
afterEach(() => {
  vi.restoreAllMocks();
  return world.close();
});

async function open(...slos: readonly Slo[]): Promise<void> {
  world = await startWorld({ slos });
  reader = world.newReader();
}

async function evidence(asked: Slo = slo) {
  await reader.prepare([asked], world.clock.now());
  return reader.evidence(asked, world.clock.now());
}

/** The cells of the first hour, of which one minute holds something. */
const minute = (index: number, good: number, bad: number): HourCells[] => {
  const cells = new Uint32Array(120);
  cells.set([good, bad], index * 2);
  return [{ hour: START / HOUR, cells }];
};

const streak = async (asked: Slo = slo) => (await evidence(asked)).streak();

describe('the streak of an SLO', () => {
  it('is exact to the minute though the run began hours ago, in an hour that was good and bad', async () => {
    await open(slo);
    await world.report(5, 1);
    world.clock.advance(MINUTE);
    await world.report(1, 0);
    world.clock.advance(MINUTE);
    await world.report(0, 2);
    const since = world.clock.now();
    world.clock.advance(30 * HOUR);
    await world.report(0, 3);
    world.clock.advance(20 * HOUR);
    expect(await streak()).toEqual({
      consecutiveBad: 5,
      badMinutes: 2,
      lastGoodMinute: START / MINUTE + 1,
      streakSince: since,
      lastAt: START + 30 * HOUR + 3 * MINUTE,
    });
  });

  it('is read again when something came late', async () => {
    await open(slo);
    await world.report(0, 4);
    world.clock.advance(20 * HOUR);
    await world.report(0, 1);
    expect(await streak()).toMatchObject({ consecutiveBad: 5 });
    // In the hour in which the run began, of which all minutes have been read.
    await world.report(1, 0, { at: START + 30 * MINUTE });
    expect(await streak()).toMatchObject({ consecutiveBad: 1, streakSince: world.clock.now() });
    await world.report(1, 0);
    expect(await streak()).toMatchObject({ consecutiveBad: 0, streakSince: null });
  });

  it('takes in what becomes the past without being written', async () => {
    await open(slo);
    await world.report(0, 1);
    await world.report(1, 0, { at: START + 2 * MINUTE });
    expect(await streak()).toMatchObject({ consecutiveBad: 1 });
    world.clock.advance(2 * MINUTE);
    expect(await streak()).toMatchObject({ consecutiveBad: 0 });
  });

  it('asks the store nothing more while nothing changes', async () => {
    await open(slo);
    await world.report(3, 1);
    world.clock.advance(30 * HOUR);
    await streak();
    const reads = world.wrapped.calls('readBlocks').length;
    world.clock.advance(5_000);
    await streak();
    expect(world.wrapped.calls('readBlocks')).toHaveLength(reads);
  });

  it('ends with the time window', async () => {
    const short = defineSlo({ window: '1d' });
    await open(short);
    await world.report(0, 1);
    world.clock.advance(20 * HOUR);
    await world.report(0, 1);
    expect(await streak(short)).toMatchObject({ consecutiveBad: 2 });
    world.clock.advance(10 * HOUR);
    expect(await streak(short)).toMatchObject({ consecutiveBad: 1 });
  });

  it('J2: does not end with the month: a run goes on, and silence began when it did', async () => {
    const monthly: Slo = { ...slo, window: month('UTC') };
    await open(monthly);
    world.clock.set(Date.parse('2026-03-31T18:00:30Z'));
    await world.report(0, 3);
    const since = world.clock.now() - 30_000;
    world.clock.set(Date.parse('2026-04-01T00:10:00Z'));
    expect(await streak(monthly)).toMatchObject({
      consecutiveBad: 3,
      streakSince: since,
      lastAt: since + MINUTE,
    });
    await world.report(0, 1);
    expect(await streak(monthly)).toMatchObject({ consecutiveBad: 4, streakSince: since });
  });

  it('J2: reaches back as far as a silence that a tier asks about', async () => {
    const noData = { kind: 'noData', name: 'no-data', severity: 'ticket', after: 3 * DAY } as const;
    const daily = defineSlo({ window: '1d', alerts: { tiers: [noData] } });
    await open(daily);
    await world.report(1, 0);
    world.clock.advance(2 * DAY);
    expect(await streak(daily)).toMatchObject({ lastAt: START + MINUTE });
  });

  it('reads no minutes more than windows do where no tier asks for it', async () => {
    const calm = defineSlo({ alerts: { ...DEFAULT_POLICY_SETTINGS, tiers: [] } });
    await open(calm);
    await world.report(0, 1);
    world.clock.advance(30 * HOUR);
    expect(await streak(calm)).toMatchObject({ consecutiveBad: 1, lastAt: START + HOUR });
  });
});

describe('what is excluded', () => {
  it('is in no sum and in no run, but did come', async () => {
    await open(slo);
    reader = world.newReader({ excluded: () => without });
    await world.report(7, 0);
    world.clock.advance(MINUTE);
    await world.report(2, 10);
    world.clock.advance(MINUTE);
    await world.report(0, 5);
    await world.store.writeHours(without, minute(1, 2, 10), world.clock.now());
    const { sum, streak: read } = await evidence();
    expect(sum(28 * DAY)).toEqual({ good: 7, bad: 5 });
    expect(sum(HOUR)).toEqual({ good: 7, bad: 5 });
    expect(read()).toMatchObject({ consecutiveBad: 5 });
    await world.store.writeHours(without, minute(2, 0, 5), world.clock.now());
    const after = await evidence();
    expect(after.sum(28 * DAY)).toEqual({ good: 9, bad: 10 });
    expect(after.streak()).toMatchObject({ consecutiveBad: 0, lastAt: world.clock.now() });
  });

  it('is asked for by the SLO whose SLI it is', async () => {
    const asked: unknown[] = [];
    await open(slo);
    reader = world.newReader({
      excluded(component) {
        asked.push(component.slo);
        return null;
      },
    });
    await evidence();
    expect(new Set(asked)).toEqual(new Set([slo.id]));
  });
});

describe('a window that was not prepared', () => {
  const other = defineSlo({ workflow: 'shipping', objective: '90%' });
  const composite = defineSlo({
    workflow: 'journey',
    name: 'whole',
    sli: {
      kind: 'composite',
      method: 'weighted',
      members: [slo, other].map(({ id, workflow, fingerprint, sli }) => ({
        slo: id,
        workflow,
        sli: sli as ComponentSli,
        fingerprint,
        weight: 1,
      })),
    },
  });
  const asked = 100 * MINUTE;
  const wider = (of: Slo): Slo => ({
    ...of,
    otherWindows: [{ kind: 'rolling', duration: asked, text: 'asked by a test' }],
  });
  const message = (of: Slo) =>
    `the window of 1h40m of ${of.id} was not prepared, only those of 5m, 30m, 1h, 2h, 6h, 1d, 3d, 14d, 28d`;

  /** 15 bad outcomes in the last 100 minutes, of which 3 are in the last hour. */
  async function openAsked(adjusted: boolean): Promise<void> {
    await open(slo, other, composite);
    if (adjusted) {
      reader = world.newReader({ excluded: ({ workflow }) => ({ workflow, fingerprint: 'excluded' }) });
      await world.store.writeHours(
        without,
        [{ hour: START / HOUR, cells: new Uint32Array(120).fill(1, 0, 2) }],
        START,
      );
    }
    for (const workflow of ['orders', 'shipping']) {
      await world.report(0, 12, { workflow });
      world.clock.advance(90 * MINUTE);
      await world.report(0, 3, { workflow });
      world.clock.advance(-90 * MINUTE);
    }
    world.clock.advance(90 * MINUTE);
  }

  describe.each([
    ['without adjustments', false, { good: 0, bad: 15 }],
    ['with adjustments', true, { good: 0, bad: 14 }],
  ])('%s', (_, adjusted, exact) => {
    it('throws for an SLO, whatever other SLOs have read of its counters', async () => {
      await openAsked(adjusted);
      const { sum } = await evidence();
      expect(() => sum(asked)).toThrow(message(slo));
      expect((await evidence(wider(slo))).sum(asked)).toEqual(exact);
      expect(() => sum(asked)).toThrow(message(slo));
    });

    it('throws for a composite, its failures too', async () => {
      await openAsked(adjusted);
      const { sum, failures } = await evidence(composite);
      expect(() => sum(asked)).toThrow(message(composite));
      expect(() => failures!(asked)).toThrow(message(composite));
      const read = await evidence(wider(composite));
      expect(read.failures!(asked)).toBe(exact.bad + 15);
      expect(read.sum(asked).bad).toBeGreaterThan(0);
    });
  });

  it('throws for an SLO that was never prepared', async () => {
    await open(slo);
    expect(() => reader.evidence(slo, world.clock.now()).sum(HOUR)).toThrow(
      /not all counters of orders \w+ .*1h/,
    );
  });

  it('takes an adjustment that was made since the counters were read as if it came after', async () => {
    let adjusted: SliId | null = null;
    await open(slo);
    reader = world.newReader({ excluded: () => adjusted });
    await world.report(2, 1);
    await evidence();
    adjusted = without;
    expect(reader.evidence(slo, world.clock.now()).sum(HOUR)).toEqual({ good: 2, bad: 1 });
  });

  // The lengths of other kinds are those of the SLO itself, which reports sum up as well.
  const burning: TierOf<'burnRate'> = {
    kind: 'burnRate',
    name: 'burning',
    severity: 'page',
    long: asked,
    short: 7 * MINUTE,
    factor: 1,
    loweredFrom: null,
  };
  const failing: Tier = { kind: 'successRate', name: 'failing', severity: 'page', below: 0.9, over: asked };
  it.each([
    ['1h40m', burning, [burning.short]],
    ['7m', burning, [burning.long]],
    ['1h40m', failing, []],
  ] as const)(
    'makes reading a tier throw whose kind forgets that of %s',
    async (forgotten, tier, windows) => {
      const alone = defineSlo({ alerts: { tiers: [tier] } });
      await open(alone, slo);
      await world.report(5, 20);
      const read = async () => readTiers(alone, await evidence(alone), world.clock.now());
      expect(await read()).toMatchObject([{ tier, met: true }]);
      vi.spyOn(TIER_KINDS[tier.kind], 'windows').mockReturnValue(windows);
      // Another SLO with the same counters has read all of them.
      reader = world.newReader();
      await evidence(slo);
      await expect(read()).rejects.toThrow(`the window of ${forgotten} of ${alone.id} was not prepared`);
    },
  );
});

describe('a calendar window', () => {
  const inZone = (timeZone: string): Slo => ({ ...slo, window: month(timeZone), otherWindows: [slo.window] });

  it('begins anew with the month, on the minute, and goes over a change of the clocks', async () => {
    const berlin = inZone('Europe/Berlin');
    await open(berlin);
    const counted = async () => (await evidence(berlin)).sum(windowLength(berlin.window, world.clock.now()));
    world.clock.set(Date.parse('2026-03-31T21:59:30Z'));
    await world.report(1, 1);
    expect(await counted()).toEqual({ good: 1, bad: 1 });
    world.clock.advance(29_000);
    expect(await counted()).toEqual({ good: 1, bad: 1 });
    world.clock.advance(1_000);
    expect(await counted()).toEqual({ good: 0, bad: 0 });
    await world.report(2, 0);
    world.clock.set(Date.parse('2026-04-30T21:59:59Z'));
    expect(await counted()).toEqual({ good: 2, bad: 0 });
    expect((await evidence(berlin)).sum(28 * DAY)).toEqual({ good: 0, bad: 0 });
  });

  it('keeps nothing for minutes that are over', async () => {
    const kolkata = inZone('Asia/Kolkata');
    await open(kolkata);
    const counterCache = createCounterCache(world.store);
    const requested: (readonly number[])[] = [];
    reader = createReader({
      store: world.store,
      counterCache: {
        ...counterCache,
        refresh(requests, now) {
          requested.push(...requests.map(({ windows }) => windows));
          return counterCache.refresh(requests, now);
        },
      },
    });
    for (let minute = 0; minute < 5; minute++) {
      await evidence({ ...kolkata });
      await evidence(kolkata);
      expect(requested.at(-1)).toContain(windowLength(kolkata.window, world.clock.now()));
      world.clock.advance(MINUTE);
    }
    // One array of windows a minute, shared by the SLOs that have the same.
    expect(new Set(requested).size).toBe(5);
  });
});

describe('what came since a moment', () => {
  it('is read of many SLOs in one call, to the minute, and is never more than the time window holds', async () => {
    const short = defineSlo({ name: 'short', window: '4h' });
    const others = Array.from({ length: 50 }, (_, index) =>
      defineSlo({ name: `other-${index}`, sli: { withinMs: HOUR + index } }),
    );
    await open(slo, short, ...others);
    world.clock.advance(17 * MINUTE);
    await world.report(0, 1, { durationMs: 1 });
    const from = world.clock.now();
    world.clock.advance(MINUTE);
    await world.report(0, 2, { durationMs: 1 });
    world.clock.advance(5 * HOUR);
    await world.report(10, 4, { durationMs: 1 });
    const requests = [slo, short, ...others].map((asked) => ({ slo: asked, from }));
    const before = world.wrapped.calls('readBlocks').length;
    await reader.prepareSince(requests, world.clock.now());
    expect(world.wrapped.calls('readBlocks')).toHaveLength(before + 1);
    const [long, bounded, ...rest] = requests.map((request) => reader.sumSince(request, world.clock.now()));
    expect(long).toEqual({ good: 10, bad: 7 });
    expect(bounded).toEqual({ good: 10, bad: 4 });
    expect(rest).toEqual(others.map(() => ({ good: 10, bad: 7 })));
  });

  it('leaves out what is excluded, and throws where counters could not be read', async () => {
    await open(slo);
    reader = world.newReader({ excluded: () => without });
    await world.report(4, 6, { durationMs: 1 });
    const request = { slo, from: START - MINUTE };
    await world.store.writeHours(without, minute(0, 1, 2), START);
    await reader.prepareSince([request], world.clock.now());
    expect(reader.sumSince(request, world.clock.now())).toEqual({ good: 3, bad: 4 });
    world.wrapped.before('changes', () => Promise.reject(new TypeError('wrong type')));
    await reader.prepareSince([request], world.clock.now());
    expect(() => reader.sumSince(request, world.clock.now())).toThrow(
      'could not be read: TypeError: wrong type',
    );
  });
});

it('J4: says that the counters of an SLO could not be read, and reads those of others', async () => {
  const other = defineSlo({ workflow: 'shipping' });
  await open(slo, other);
  await world.report(1, 0, { durationMs: 1 });
  world.wrapped.before('readBlocks', (blocks) => {
    if ((blocks as { workflow: string }[]).some(({ workflow }) => workflow === 'shipping'))
      throw new TypeError('wrong type');
  });
  await reader.prepare([slo, other], world.clock.now());
  expect(reader.evidence(slo, world.clock.now()).sum(HOUR)).toEqual({ good: 1, bad: 0 });
  expect(() => reader.evidence(other, world.clock.now())).toThrow(
    'its counters could not be read: TypeError: wrong type',
  );
});

it('says since when an SLO is counted, and asks again when told to forget', async () => {
  await open(slo);
  expect((await evidence()).since).toBe(START);
  world.clock.advance(DAY);
  expect((await evidence()).since).toBe(START);
  const calls = world.wrapped.calls('registerSlis').length;
  await evidence();
  expect(world.wrapped.calls('registerSlis')).toHaveLength(calls);
  reader.forgetBeginnings();
  await evidence();
  expect(world.wrapped.calls('registerSlis')).toHaveLength(calls + 1);
});
