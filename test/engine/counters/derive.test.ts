import { array, assert, asyncProperty, boolean, constantFrom, integer, option, tuple } from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { CompositeSli } from '../../../src/core/sli/sli.ts';
import { seriesOf } from '../../../src/core/slo/series.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import type { SliId } from '../../../src/core/sli/sli-id.ts';
import type { HourCells } from '../../../src/core/ports/store/counting.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createDeriver } from '../../../src/engine/counters/derive.ts';
import type { Deriver } from '../../../src/engine/counters/derive.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import {
  HALF,
  every,
  freshnessSli,
  measurementSli,
  outcomeSli,
  scheduleSli,
  sliceSli,
} from '../../support/slis.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
let deriver: Deriver;
let slos: readonly Slo[];
afterEach(() => world.close());

async function open(...defined: readonly Slo[]): Promise<void> {
  world = await startWorld({ partitions: 2 });
  await define(...defined);
  deriver = newDeriver();
  await derive();
}

/** Puts SLOs in force, as the service does. */
async function define(...defined: readonly Slo[]): Promise<void> {
  slos = defined;
  world.redefine(slos);
  await world.store.registerSlis(seriesOf(slos), world.clock.now());
}

/** As after a start of the process. */
function newDeriver(): Deriver {
  const { store, log } = world;
  return createDeriver({ store, counterCache: createCounterCache(store), log });
}

const derive = () => deriver.derive(slos, world.clock.now());

/** Lets time pass without deriving, and then derives until nothing of it is left to do. */
async function advance(duration: number): Promise<void> {
  world.clock.advance(duration);
  await deriveAll();
}

async function deriveAll(): Promise<void> {
  for (let hours = 0; hours <= 72; hours += 24) await derive();
}

let named = 0;
/** Reports one outcome of `orders`, at this moment unless it says otherwise. */
async function report(status: string, fields: object = {}): Promise<void> {
  const record = { workflow: 'orders', execution: `e-${named++}`, status, ...fields };
  expect(await world.recorder.record([record])).toMatchObject({ accepted: 1 });
}

async function measure(value: number, fields: object = {}): Promise<void> {
  const record = { workflow: 'orders', name: 'depth', value, id: `m-${named++}`, ...fields };
  expect(await world.recorder.recordMeasurements([record])).toMatchObject({ accepted: 1 });
}

const hoursWritten = () => world.wrapped.calls('writeHours').flatMap(([, hours]) => hours as HourCells[]);

describe('slices', () => {
  const slo = defineSlo({ sli: sliceSli(5 * MINUTE, HALF) });

  it('count when they are over, empty ones never', async () => {
    await open(slo);
    await report('succeeded');
    await report('failed');
    await advance(5 * MINUTE - 1);
    expect(await world.counted(slo)).toEqual({ good: 0, bad: 0 });
    await advance(1);
    expect(await world.counted(slo)).toEqual({ good: 1, bad: 0 });
    await report('failed');
    await advance(30 * MINUTE);
    expect(await world.counted(slo)).toEqual({ good: 1, bad: 1 });
  });

  it('C4: are judged again when an outcome comes late', async () => {
    await open(slo);
    await report('succeeded');
    await advance(20 * HOUR);
    expect(await world.counted(slo, 21 * HOUR)).toEqual({ good: 1, bad: 0 });
    await report('failed', { at: START });
    await report('failed', { at: START });
    await derive();
    expect(await world.counted(slo, 21 * HOUR)).toEqual({ good: 0, bad: 1 });
  });

  it('C4: hold what is reported late, also of the time before they were defined, in any number of reports', async () => {
    const [plain, shipped] = [
      defineSlo({ name: 'plain' }),
      defineSlo({ name: 'sliced', sli: sliceSli(30 * MINUTE, HALF) }),
    ];
    await open(plain, shipped);
    // The last 22 hours, in the order of a log that is read by several readers.
    const minutes = Array.from({ length: 22 * 60 }, (_, index) => (index * 7) % (22 * 60));
    for (let from = 0; from < minutes.length; from += 400) {
      const records = minutes.slice(from, from + 400).map((minute) => ({
        workflow: 'orders',
        execution: `m-${minute}`,
        status: minute % 60 < 10 ? 'failed' : 'succeeded',
        at: START - (minute + 1) * MINUTE,
      }));
      expect(await world.recorder.record(records)).toMatchObject({ accepted: records.length });
      await advance(MINUTE);
    }
    const failed = minutes.filter((minute) => minute % 60 < 10).length;
    expect(await world.counted(plain)).toEqual({ good: minutes.length - failed, bad: failed });
    expect(await world.counted(shipped)).toEqual({ good: 44, bad: 0 });
    await report('failed', { count: 100, at: START - 21 * HOUR });
    await advance(MINUTE);
    expect(await world.counted(shipped)).toEqual({ good: 43, bad: 1 });
    deriver = newDeriver();
    await deriveAll();
    expect(await world.counted(shipped), 'after a restart, too').toEqual({ good: 43, bad: 1 });
  });

  it('begin with what was counted for another SLO in the three days before', async () => {
    const done = defineSlo({ name: 'plain' });
    await open(done);
    for (let hour = 0; hour < 100; hour++) {
      await report('failed');
      world.clock.advance(HOUR);
    }
    await define(done, slo);
    await deriveAll();
    expect(await world.counted(slo, 7 * DAY)).toEqual({ good: 0, bad: 72 });
    const reader = world.newReader();
    await reader.prepare(slos, world.clock.now());
    expect(reader.evidence(slo, world.clock.now()).since).toBe(world.clock.now() - 3 * DAY);
    expect(reader.evidence(done, world.clock.now()).since).toBe(START);
  });

  it('of measurements are judged by their mean', async () => {
    const mean = { kind: 'mean', op: '<=', limit: 30 } as const;
    const lag = defineSlo({ sli: sliceSli(5 * MINUTE, mean, measurementSli({ sums: true, limit: 30 })) });
    await open(lag);
    await measure(10);
    await measure(50);
    await advance(5 * MINUTE);
    await measure(10);
    world.clock.advance(MINUTE);
    await measure(51);
    await advance(5 * MINUTE);
    expect(await world.counted(lag)).toEqual({ good: 1, bad: 1 });
  });

  it('of mean ratios count as fractions', async () => {
    const ratio = defineSlo({ sli: sliceSli(MINUTE, { kind: 'mean-ratio' }) });
    await open(ratio);
    for (const status of ['succeeded', 'succeeded', 'succeeded', 'failed']) await report(status);
    await advance(MINUTE);
    await report('failed');
    await advance(MINUTE);
    expect(await world.counted(ratio)).toEqual({ good: 0.75, bad: 1.25 });
  });
});

describe('freshness', () => {
  const slo = defineSlo({ sli: freshnessSli(26 * HOUR) });

  it('counts from its definition, whatever is reported of the time before', async () => {
    const half = defineSlo({ sli: freshnessSli(30 * MINUTE) });
    await open(half);
    for (let ago = 22; ago > 0; ago--) await report('succeeded', { at: START - ago * HOUR });
    await advance(10 * MINUTE);
    expect(await world.counted(half)).toEqual({ good: 0, bad: 0 });
    await report('succeeded', { at: START - 10 * MINUTE });
    await advance(30 * MINUTE);
    // Fresh until 20 minutes after the definition; bad from half an hour after it on.
    expect(await world.counted(half)).toEqual({ good: 21, bad: 9 });
  });

  it('is good for so long after a success, and then bad by the minute', async () => {
    await open(slo);
    await report('succeeded');
    await advance(27 * HOUR);
    expect(await world.counted(slo, 30 * HOUR)).toEqual({ good: 26 * 60 + 1, bad: 59 });
    await report('succeeded');
    await report('failed');
    await advance(10 * MINUTE);
    expect(await world.counted(slo, 30 * HOUR)).toEqual({ good: 26 * 60 + 11, bad: 59 });
  });

  it('C4: takes back what a late success shows wrong', async () => {
    await open(slo);
    await report('succeeded');
    await advance(28 * HOUR);
    expect(await world.counted(slo, 30 * HOUR)).toMatchObject({ bad: 119 });
    await report('succeeded', { at: START + 25 * HOUR });
    await deriveAll();
    expect(await world.counted(slo, 30 * HOUR)).toEqual({ good: 28 * 60, bad: 0 });
  });

  it('finds a success so long ago that its minute is forgotten', async () => {
    const monthly = defineSlo({ sli: freshnessSli(30 * DAY), window: '90d' });
    await open(monthly);
    await report('succeeded');
    await advance(29 * DAY);
    // A process that just started knows nothing but what is stored.
    deriver = newDeriver();
    await deriveAll();
    expect(await world.counted(monthly, HOUR)).toEqual({ good: 59, bad: 0 });
    await advance(2 * DAY);
    expect(await world.counted(monthly, HOUR)).toEqual({ good: 0, bad: 59 });
  });

  it('begins with its definition, whatever was counted before', async () => {
    const done = defineSlo({ name: 'plain' });
    await open(done);
    await report('succeeded');
    await advance(3 * DAY);
    await define(done, slo);
    await derive();
    await advance(25 * HOUR);
    expect(await world.counted(slo, 7 * DAY)).toEqual({ good: 0, bad: 0 });
    await advance(2 * HOUR);
    expect(await world.counted(slo, 7 * DAY)).toEqual({ good: 0, bad: 59 });
  });
});

describe('a schedule', () => {
  const slo = defineSlo({ sli: scheduleSli(every(HOUR), 10 * MINUTE, 30 * MINUTE) });

  it('counts a tick as good at its success and as bad when nothing came', async () => {
    await open(slo);
    await report('started', { execution: 'first' });
    world.clock.advance(20 * MINUTE);
    await report('succeeded', { execution: 'first' });
    await derive();
    expect(await world.counted(slo)).toEqual({ good: 1, bad: 0 });
    await advance(40 * MINUTE + 10 * MINUTE);
    expect(await world.counted(slo)).toEqual({ good: 1, bad: 0 });
    await advance(MINUTE);
    expect(await world.counted(slo)).toEqual({ good: 1, bad: 1 });
  });

  it('takes an end that says when it started for a start as well', async () => {
    await open(slo);
    await advance(25 * MINUTE);
    expect(await world.counted(slo)).toEqual({ good: 0, bad: 1 });
    await report('succeeded', { startedAt: START + 9 * MINUTE });
    await derive();
    expect(await world.counted(slo)).toEqual({ good: 1, bad: 0 });
  });

  it.each([
    ['started late', 11, 20],
    ['finished late', 5, 31],
  ])('counts a tick as bad whose execution %s', async (_, start, end) => {
    await open(slo);
    world.clock.advance(start * MINUTE);
    await report('started', { execution: 'one' });
    world.clock.advance((end - start) * MINUTE);
    await report('succeeded', { execution: 'one' });
    await advance(35 * MINUTE - end * MINUTE);
    expect(await world.counted(slo)).toEqual({ good: 0, bad: 1 });
  });

  it.each([
    ['says so itself', { startedAt: START + 54 * MINUTE }, 10 * MINUTE],
    ['says so itself, asked or not', { startedAt: START + 54 * MINUTE }, null],
    ['was reported to have', {}, 10 * MINUTE],
    ['was reported to have, asked or not', {}, null],
  ])(
    'is no help to a tick that an execution succeeds which started too early for it and %s',
    async (_, fields, startWithin) => {
      const punctual = defineSlo({ sli: scheduleSli(every(HOUR), startWithin, 30 * MINUTE) });
      await open(punctual);
      await advance(54 * MINUTE);
      if (!('startedAt' in fields)) await report('started', { execution: 'early' });
      world.clock.advance(11 * MINUTE);
      await report('succeeded', { execution: 'early', ...fields });
      await advance(26 * MINUTE);
      expect(await world.counted(punctual)).toEqual({ good: 0, bad: 2 });
    },
  );

  it.each([
    ['and ended after it', -0.3, 1.1],
    ['and ended before it', -5, 3],
    ['as early as is allowed', -300, 3],
  ])('has for its own an execution that started shortly before it %s (case 01)', async (_, offset, took) => {
    for (const known of ['itself', 'reported']) {
      for (const finishWithin of [30 * MINUTE, HOUR]) {
        const punctual = defineSlo({ sli: scheduleSli(every(HOUR), 20_000, finishWithin) });
        await open(punctual);
        await report('succeeded', { startedAt: START });
        for (let tick = START + HOUR; tick <= START + 5 * HOUR; tick += HOUR) {
          const startedAt = tick + offset * 1000;
          const at = startedAt + took * 1000;
          world.clock.set(tick + MINUTE);
          const execution = `run-${tick}`;
          if (known === 'reported') {
            await report('started', { execution, at: startedAt });
            await report('succeeded', { execution, at });
          } else await report('succeeded', { execution, at, startedAt });
          await deriveAll();
        }
        await advance(50 * MINUTE);
        expect(await world.counted(punctual), `${known} ${finishWithin}`).toEqual({ good: 6, bad: 0 });
        await world.close();
      }
    }
    await open(slo);
  });

  it('has for its own one that only says when it ended, shortly before it and too late for the tick before', async () => {
    await open(slo);
    await advance(HOUR);
    await report('succeeded', { at: START + HOUR - 2 * MINUTE });
    await advance(55 * MINUTE);
    expect(await world.counted(slo)).toEqual({ good: 1, bad: 1 });
  });

  it('shares none: the end of the tick before, whose start is not known, is not early', async () => {
    const hourly = defineSlo({ sli: scheduleSli(every(HOUR), null, HOUR) });
    await open(hourly);
    await advance(HOUR);
    await report('succeeded', { at: START + HOUR - 2 * MINUTE });
    await advance(HOUR + MINUTE);
    expect(await world.counted(hourly)).toEqual({ good: 1, bad: 1 });
  });

  it('counts as a naive reading of executions says, whatever starts and ends when', async () => {
    const at = integer({ min: 0, max: 600 });
    await assert(
      asyncProperty(
        constantFrom(1, 5, 20),
        option(integer({ min: 1, max: 20 }), { nil: null }),
        integer({ min: 1, max: 20 }),
        integer({ min: 1, max: 12 }),
        array(tuple(at, integer({ min: 0, max: 80 }), boolean()), { maxLength: 25 }),
        async (interval, startWithin, finish, early, runs) => {
          const within = (share: number) => Math.min(interval, share) * MINUTE;
          const sli = scheduleSli(
            every(interval * MINUTE),
            startWithin === null ? null : Math.min(within(startWithin), within(finish)),
            within(finish),
            early * MINUTE,
          );
          const punctual = defineSlo({ sli });
          await open(punctual);
          world.clock.set(START + 150 * MINUTE);
          // In units of a quarter of a minute.
          const executions = runs
            .map(([start, length, isReported]) => ({
              startedAt: START + (start * MINUTE) / 4 + 1,
              endedAt: START + ((start + length) * MINUTE) / 4 + 1,
              isReported,
            }))
            // Nothing is reported before it has ended.
            .filter(({ endedAt }) => endedAt <= world.clock.now());
          for (const { startedAt, endedAt, isReported } of executions) {
            const execution = `run-${named++}`;
            if (isReported) await report('started', { execution, at: startedAt });
            const known = isReported ? {} : { startedAt };
            await report('succeeded', { execution, at: endedAt, ...known });
          }
          await advance(interval * MINUTE);
          const span = Math.min(early, interval / 2) * MINUTE;
          let good = 0;
          for (let tick = START; tick <= START + 150 * MINUTE; tick += interval * MINUTE) {
            const next = tick + interval * MINUTE;
            const latest = tick + (sli.startWithinMs ?? sli.finishWithinMs);
            const satisfies = executions.some(
              ({ startedAt, endedAt }) =>
                startedAt >= tick - span &&
                startedAt < next - span &&
                startedAt <= latest &&
                endedAt < next &&
                endedAt <= tick + sli.finishWithinMs,
            );
            if (satisfies) good++;
          }
          expect((await world.counted(punctual)).good).toBe(good);
          await world.close();
        },
      ),
      { numRuns: 60 },
    );
    await open(slo);
  });

  it('is no help to a tick that an execution failed', async () => {
    await open(slo);
    await report('started', { execution: 'one' });
    await report('failed', { execution: 'one' });
    await advance(31 * MINUTE);
    expect(await world.counted(slo)).toEqual({ good: 0, bad: 1 });
  });
});

describe('a composite', () => {
  const orders = defineSlo();
  const shipping = defineSlo({ workflow: 'shipping', sli: sliceSli(MINUTE, HALF) });
  const member = (slo: Slo, weight: number) => ({ ...slo, slo: slo.id, sli: slo.sli as never, weight });

  function journey(method: CompositeSli['method']): Slo {
    return defineSlo({
      workflow: 'journeys',
      name: method,
      sli: { kind: 'composite', method, members: [member(orders, 3), member(shipping, 1)] },
    });
  }

  it('is read from its members, those of other workflows and derived ones too', async () => {
    const [weighted, all] = [journey('weighted'), journey('all-of')];
    await open(orders, shipping, weighted, all);
    for (let index = 0; index < 9; index++) await report('succeeded');
    await report('failed');
    await report('succeeded', { workflow: 'shipping' });
    world.clock.advance(MINUTE);
    await report('failed', { workflow: 'shipping' });
    await advance(MINUTE);
    expect(await world.counted(shipping)).toEqual({ good: 1, bad: 1 });
    // (3 * 10% + 1 * 50%) / 4 of 12, and 1 - 90% * 50% of 10.
    expect(await world.counted(weighted)).toEqual({ good: expect.closeTo(9.6), bad: expect.closeTo(2.4) });
    expect(await world.counted(all)).toEqual({ good: 4.5, bad: 5.5 });
    const reader = world.newReader();
    const now = world.clock.now();
    await reader.prepare([all, weighted, orders], now);
    expect(reader.members(all, now)).toEqual([
      { slo: orders.id, weight: 3, ratio: 0.9, share: expect.closeTo(1 / 6) },
      { slo: shipping.id, weight: 1, ratio: 0.5, share: expect.closeTo(5 / 6) },
    ]);
    expect(reader.members(orders, now)).toEqual([]);
    expect(reader.evidence(all, now).streak()).toMatchObject({ consecutiveBad: 1 });
    expect(reader.evidence(weighted, now).streak()).toMatchObject({ consecutiveBad: 0 });
  });
});

describe('J4: deriving', () => {
  const sliced = defineSlo({ sli: sliceSli(MINUTE, HALF) });
  const fresh = defineSlo({ name: 'fresh', sli: freshnessSli(10 * MINUTE) });

  it('catches up with what a pause of the process left out', async () => {
    await open(sliced, fresh);
    await report('succeeded');
    await advance(MINUTE);
    for (let hour = 0; hour < 40; hour++) {
      world.clock.advance(HOUR);
      await report('failed');
    }
    deriver = newDeriver();
    await advance(MINUTE);
    expect(await world.counted(sliced, 3 * DAY)).toEqual({ good: 1, bad: 40 });
    expect(await world.counted(fresh, 3 * DAY)).toEqual({ good: 11, bad: 40 * 60 + 2 - 11 });
  });

  it('does only so much at once, the running hour among it', async () => {
    await open(sliced, fresh);
    world.clock.advance(DAY * 3);
    await report('succeeded');
    world.clock.advance(MINUTE);
    const before = hoursWritten().length;
    deriver = newDeriver();
    await derive();
    const hours = hoursWritten().slice(before);
    expect(hours.length).toBeLessThanOrEqual(2 * 25);
    expect(await world.counted(fresh, MINUTE)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(fresh, 2 * MINUTE)).toEqual({ good: 1, bad: 0 });
  });

  it('writes nothing where nothing changed', async () => {
    await open(sliced, fresh);
    // Into both partitions: the first outcome of one has everything computed again.
    for (let reports = 0; reports < 20; reports++) await report('succeeded');
    await advance(MINUTE);
    const before = hoursWritten().length;
    for (let call = 0; call < 5; call++) await advance(5_000);
    // What came in a slice that is not over yet has to be looked at, and changes nothing.
    await report('succeeded');
    await derive();
    expect(hoursWritten()).toHaveLength(before);
  });

  it('of one SLI that fails does not stop the others, and is made up for', async () => {
    await open(sliced, fresh);
    await report('succeeded');
    let isBroken = true;
    world.wrapped.before('writeHours', (id) => {
      if (isBroken && (id as SliId).fingerprint === sliced.fingerprint) throw new TypeError('broken');
    });
    await advance(MINUTE);
    expect(await world.counted(sliced)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(fresh)).toEqual({ good: 1, bad: 0 });
    expect(world.log.entries.map(({ message }) => message)).toContain(
      'an SLI could not be computed; the others are',
    );
    isBroken = false;
    await derive();
    expect(await world.counted(sliced)).toEqual({ good: 1, bad: 0 });
  });

  it.each(['writeHours', 'readBlocks', 'changes'] as const)(
    'goes on when the store is back, whatever of it was away: %s',
    async (method) => {
      await open(sliced, fresh);
      await report('succeeded');
      world.clock.advance(MINUTE);
      world.wrapped.takeDown(method);
      await expect(derive()).rejects.toThrow(StoreUnavailable);
      world.wrapped.bringUp();
      await derive();
      expect([await world.counted(sliced), await world.counted(fresh)]).toEqual([
        { good: 1, bad: 0 },
        { good: 1, bad: 0 },
      ]);
    },
  );

  it('by two replicas in turn comes to the same', async () => {
    await open(sliced, fresh);
    const [one, other] = [deriver, newDeriver()];
    for (let minute = 0; minute < 30; minute++) {
      deriver = minute % 2 === 0 ? one : other;
      await report(minute % 3 === 0 ? 'failed' : 'succeeded', {
        at: world.clock.now() - (minute % 2) * MINUTE,
      });
      await advance(MINUTE);
    }
    const both = [await world.counted(sliced), await world.counted(fresh)];
    deriver = newDeriver();
    await derive();
    expect([await world.counted(sliced), await world.counted(fresh)]).toEqual(both);
    expect(both[0]!.good + both[0]!.bad).toBe(15);
  });

  it('takes back what it worked out for a time that has not come, when the clock is set back', async () => {
    await open(fresh);
    await report('succeeded');
    await advance(3 * HOUR);
    world.clock.set(START + 5 * MINUTE);
    await derive();
    world.clock.set(START + 3 * HOUR);
    expect(await world.counted(fresh)).toEqual({ good: 5, bad: 0 });
  });

  it('J2: takes what vanished with a wiped store for no silence', async () => {
    await open(fresh);
    await report('succeeded');
    await advance(9 * MINUTE);
    await world.store.close();
    world.wrapped.replace(await openEmbeddedStore(2, world.clock));
    deriver.forget();
    for (let minute = 0; minute < 10; minute++) await advance(MINUTE);
    expect((await world.counted(fresh)).bad).toBe(0);
    await advance(3 * MINUTE);
    expect((await world.counted(fresh)).bad).toBe(1);
  });

  it('stops with the definition of an SLO', async () => {
    await open(sliced, fresh);
    await define(sliced);
    await report('succeeded');
    await advance(HOUR);
    expect(await world.counted(fresh)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(sliced)).toEqual({ good: 1, bad: 0 });
  });
});

it('retries are told from first tries', async () => {
  const firstTry = defineSlo({ sli: outcomeSli({ step: 'charge', good: 'first-try' }) });
  await open(firstTry);
  await report('failed', { step: 'charge', execution: 'a' });
  await report('succeeded', { step: 'charge', execution: 'a', attempt: 2 });
  await report('cancelled', { step: 'charge', execution: 'b' });
  await report('succeeded', { step: 'ship', execution: 'b', attempt: 3 });
  expect(await world.counted(firstTry)).toEqual({ good: 2, bad: 1 });
});
