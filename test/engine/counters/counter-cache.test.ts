import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Counts } from '../../../src/core/counters/cells.ts';
import { MINUTE_EXACT } from '../../../src/core/counters/cells.ts';
import type { Recorder } from '../../../src/core/ports/recorder.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import type { BlockId } from '../../../src/core/ports/store/counting.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { DAY, HOUR, MINUTE, minuteOf } from '../../../src/core/time/duration.ts';
import type { CounterCache, CounterRequest } from '../../../src/engine/counters/counter-cache.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { windowsOf } from '../../../src/core/alerting/tier-kinds.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import type { ManualClock } from '../../support/clock.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { seededRandom } from '../../support/random.ts';
import type { WrappedStore } from '../../support/store-wrapper.ts';
import { wrapStore } from '../../support/store-wrapper.ts';

// Two SLOs that share counters and look back over different times, and one of its own.
const quarter = defineSlo({ name: 'quarter', window: '90d' });
const week = defineSlo({ name: 'week', window: '7d', objective: '99.9%' });
const eu = defineSlo({ name: 'eu', sli: { where: { region: { op: 'in', values: ['eu'] } } } });
const slos = [quarter, week, eu];

let wrapped: WrappedStore;
let clock: ManualClock;
let recorder: Recorder;
let counterCache: CounterCache;

beforeEach(() => open(1));
afterEach(() => wrapped.store.close());

async function open(partitions: number): Promise<void> {
  wrapped = wrapStore(await openEmbeddedStore(partitions));
  clock = manualClock();
  recorder = createRecorder({
    store: wrapped.store,
    definitions: () => define(slos),
    clock,
    queueLimit: 10_000,
  });
  counterCache = createCounterCache(wrapped.store);
}

function requestOf(slo: Slo): CounterRequest {
  return { workflow: slo.workflow, fingerprint: slo.fingerprint, windows: windowsOf(slo, clock.now()) };
}

const refresh = (...wanted: readonly Slo[]) => counterCache.refresh(wanted.map(requestOf), clock.now());
const sum = (slo: Slo, window: number) => counterCache.sums(slo, clock.now())(window);
const blocksRead = () => wrapped.calls('readBlocks').flatMap(([blocks]) => blocks as BlockId[]);

let named = 0;
function outcome(fields: object = {}): object {
  return { workflow: 'orders', execution: `o-${named++}`, status: 'succeeded', ...fields };
}

interface Landed {
  readonly minute: number;
  readonly good: boolean;
  readonly region: string;
}

/** The same sum, from the outcomes themselves. */
function bruteForce(landed: readonly Landed[], slo: Slo, window: number): Counts {
  const last = minuteOf(clock.now());
  let first = last - Math.max(1, Math.ceil(window / MINUTE)) + 1;
  if (window > MINUTE_EXACT) first -= first % 60;
  const inside = landed.filter(
    ({ minute, region }) => minute >= first && minute <= last && (slo !== eu || region === 'eu'),
  );
  const good = inside.filter((one) => one.good).length;
  return { good, bad: inside.length - good };
}

describe('C5: sums while refreshing incrementally', () => {
  it.each([
    [1, 7],
    [3, 8],
  ])(
    'equal a brute force over random outcomes, late ones too, in %i partitions',
    async (partitions, seed) => {
      await wrapped.store.close();
      await open(partitions);
      const random = seededRandom(seed);
      const landed: Landed[] = [];
      for (let tick = 0; tick < 150; tick++) {
        clock.advance([5_000, MINUTE, 10 * MINUTE, HOUR, 7 * HOUR][Math.floor(random() * 5)]!);
        const records = Array.from({ length: Math.floor(random() * 8) }, () => {
          const age = random() < 0.7 ? random() * 5 * MINUTE : random() * DAY;
          const at = Math.floor(clock.now() - age);
          const good = random() < 0.9;
          const region = random() < 0.5 ? 'eu' : 'us';
          landed.push({ minute: minuteOf(at), good, region });
          return outcome({ at, status: good ? 'succeeded' : 'failed', attributes: { region } });
        });
        await recorder.record(records);
        // A reader of one SLO in between must not take anything away from the others.
        if (random() < 0.3) await refresh(week);
        await refresh(...slos);
        for (const slo of slos) {
          for (const window of windowsOf(slo, clock.now())) {
            expect([slo.name, window, sum(slo, window)]).toEqual([
              slo.name,
              window,
              bruteForce(landed, slo, window),
            ]);
          }
        }
      }
      expect(landed.length).toBeGreaterThan(300);
    },
  );

  it('hold for the longer window of two SLOs that share an SLI, however long the shorter one is read', async () => {
    const landed: Landed[] = [];
    for (let step = 0; step < 160; step++) {
      landed.push({ minute: minuteOf(clock.now()), good: true, region: 'us' });
      await recorder.record([outcome()]);
      await refresh(quarter, week);
      const window = quarter.window.duration;
      expect([step, sum(quarter, window)]).toEqual([step, bruteForce(landed, quarter, window)]);
      clock.advance(step < 45 ? 2 * DAY : 30 * MINUTE);
    }
  });
});

describe('a refresh', () => {
  it('reads everything once, and then only what changed', async () => {
    await recorder.record([outcome(), outcome({ at: clock.now() - 5 * HOUR })]);
    await refresh(...slos);
    const cold = blocksRead().length;
    // Once for the two SLOs that share them.
    expect(new Set(blocksRead().map((block) => JSON.stringify(block))).size).toBe(cold);
    await refresh(...slos);
    expect(blocksRead()).toHaveLength(cold);
    await recorder.record([outcome({ status: 'failed' })]);
    await refresh(...slos);
    const reread = blocksRead().slice(cold);
    expect(reread).toHaveLength(2);
    expect(new Set(reread.map(({ resolution }) => resolution))).toEqual(new Set(['minute', 'hour']));
    expect(reread.every((block) => block.fingerprint === quarter.fingerprint)).toBe(true);
    expect(sum(quarter, HOUR)).toEqual({ good: 1, bad: 1 });
  });

  it('reads nothing again of a workflow to which nothing was ever reported', async () => {
    await wrapped.store.close();
    await open(4);
    await refresh(...slos);
    const cold = blocksRead().length;
    for (let tick = 0; tick < 5; tick++) {
      clock.advance(5_000);
      await refresh(...slos);
    }
    expect(blocksRead()).toHaveLength(cold);
  });

  it('reads all again after a pause in which changes may have been forgotten', async () => {
    await recorder.record([outcome()]);
    await refresh(quarter);
    clock.advance(6 * HOUR);
    await recorder.record([outcome({ at: clock.now() - 5 * HOUR, status: 'failed' })]);
    clock.advance(6 * HOUR);
    await refresh(quarter);
    expect(sum(quarter, DAY)).toEqual({ good: 1, bad: 1 });
  });

  it('J2: notices that the store was wiped', async () => {
    await recorder.record([outcome(), outcome()]);
    await refresh(quarter);
    expect(sum(quarter, HOUR)).toEqual({ good: 2, bad: 0 });
    const wiped = await openEmbeddedStore(1);
    await wrapped.store.close();
    wrapped.replace(wiped);
    await refresh(quarter);
    expect(sum(quarter, HOUR)).toEqual({ good: 0, bad: 0 });
  });

  it('J2: reads everything again of a wiped store that was written to before it was looked at', async () => {
    clock.advance(59 * MINUTE);
    await recorder.record([outcome()]);
    await refresh(quarter);
    const wiped = await openEmbeddedStore(1);
    await wrapped.store.close();
    wrapped.replace(wiped);
    clock.advance(MINUTE);
    await recorder.record([outcome({ status: 'failed' })]);
    counterCache.forget();
    await refresh(quarter);
    expect(sum(quarter, 5 * MINUTE)).toEqual({ good: 0, bad: 1 });
  });

  it('that fails leaves the sums as they were, and the next one catches up', async () => {
    await recorder.record([outcome()]);
    await refresh(quarter);
    await recorder.record([outcome()]);
    for (const method of ['readBlocks', 'changes'] as const) {
      wrapped.takeDown(method);
      await expect(refresh(quarter)).rejects.toThrow(StoreUnavailable);
      expect(sum(quarter, HOUR)).toEqual({ good: 1, bad: 0 });
    }
    wrapped.bringUp();
    await refresh(quarter);
    expect(sum(quarter, HOUR)).toEqual({ good: 2, bad: 0 });
  });

  it('never shows another reader a block half read', async () => {
    await recorder.record([outcome(), outcome({ status: 'failed' })]);
    await refresh(quarter);
    await recorder.record([outcome()]);
    let seen: Counts | null = null;
    wrapped.before('readBlocks', () => void (seen = sum(quarter, HOUR)));
    await refresh(quarter);
    expect(seen).toEqual({ good: 1, bad: 1 });
    expect(sum(quarter, HOUR)).toEqual({ good: 2, bad: 1 });
  });

  it('of many callers at once gives each what it asked for', async () => {
    await recorder.record([outcome({ attributes: { region: 'eu' } }), outcome()]);
    await Promise.all([refresh(quarter), refresh(eu), refresh(week), refresh(...slos)]);
    expect(slos.map((slo) => sum(slo, HOUR).good)).toEqual([2, 2, 1]);
  });
});

describe('J4: what cannot be read of one SLI', () => {
  const other = defineSlo({ workflow: 'shipping' });

  beforeEach(async () => {
    await recorder.record([outcome(), outcome({ attributes: { region: 'eu' } })]);
    await refresh(...slos, other);
    await recorder.record([outcome({ status: 'failed', attributes: { region: 'eu' } })]);
  });

  it('does not keep the others from being read', async () => {
    wrapped.before('readBlocks', (blocks) => {
      if ((blocks as BlockId[]).some(({ fingerprint }) => fingerprint === eu.fingerprint))
        throw new TypeError('wrong type');
    });
    await refresh(...slos, other);
    expect(sum(quarter, HOUR)).toEqual({ good: 2, bad: 1 });
    expect(counterCache.failure(quarter)).toBeNull();
    expect(String(counterCache.failure(eu))).toBe('TypeError: wrong type');
    // It is as it was, and is made up for.
    expect(sum(eu, HOUR)).toEqual({ good: 1, bad: 0 });
    wrapped.before('readBlocks', () => {});
    await refresh(...slos, other);
    expect(counterCache.failure(eu)).toBeNull();
    expect(sum(eu, HOUR)).toEqual({ good: 1, bad: 1 });
  });

  it('is told when it cannot be known what changed in its workflow', async () => {
    wrapped.before('changes', (since) => {
      if (
        (since as { partition: { workflow: string } }[]).some(
          ({ partition }) => partition.workflow === 'shipping',
        )
      )
        throw new TypeError('wrong type');
    });
    await refresh(...slos, other);
    expect(sum(quarter, HOUR)).toEqual({ good: 2, bad: 1 });
    expect(counterCache.failure(quarter)).toBeNull();
    expect(String(counterCache.failure(other))).toBe('TypeError: wrong type');
  });
});

describe('a change feed', () => {
  const hour = () => Math.floor(clock.now() / HOUR);

  it('tells everything first, and then each hour that was written, once', async () => {
    const feed = counterCache.follow(quarter);
    expect(feed.take()).toBeNull();
    await recorder.record([outcome()]);
    await refresh(quarter);
    feed.take();
    expect(feed.take()).toEqual([]);
    await recorder.record([outcome(), outcome({ at: clock.now() - 3 * HOUR })]);
    // Whoever reads first, nothing of it is lost.
    await refresh(week);
    await refresh(quarter);
    expect(feed.take()?.toSorted((a, b) => a - b)).toEqual([hour() - 3, hour()]);
    expect(feed.take()).toEqual([]);
  });

  it('tells nothing of other SLIs, and everything after a pause', async () => {
    await recorder.record([outcome()]);
    await refresh(quarter, eu);
    const feed = counterCache.follow(eu);
    feed.take();
    await recorder.record([outcome()]);
    await refresh(quarter, eu);
    expect(feed.take()).toEqual([]);
    clock.advance(6 * HOUR);
    await refresh(eu);
    expect(feed.take()).toBeNull();
  });
});

it('gives hours and minutes that were asked for, however long ago', async () => {
  await recorder.record([outcome({ at: clock.now() - 20 * HOUR }), outcome({ at: clock.now() - 20 * HOUR })]);
  const then = Math.floor(clock.now() / HOUR) - 20;
  const cells = counterCache.series(quarter);
  expect([cells.hour(then), cells.minutes(then)]).toEqual([{ good: 0, bad: 0 }, undefined]);
  const request = {
    ...requestOf(quarter),
    windows: [],
    minutesOf: [then],
    hours: [then, then + 20] as const,
  };
  await counterCache.refresh([request], clock.now());
  const { hour, minutes, hasMinutes, latestHour } = counterCache.series(quarter);
  expect(hour(then)).toEqual({ good: 2, bad: 0 });
  expect(Array.from(minutes(then)!).slice(0, 2)).toEqual([2, 0]);
  expect([hasMinutes(then), hasMinutes(then + 1)]).toEqual([true, false]);
  expect([latestHour(then + 20, then - 500), latestHour(then - 1, then - 500)]).toEqual([then, null]);
  await recorder.record([outcome({ at: clock.now() - 20 * HOUR })]);
  await refresh(quarter);
  expect(hasMinutes(then)).toBe(false);
});

it('throws for a window of which a part was never read: of another SLI, of a longer time, of a later hour', async () => {
  expect(() => sum(week, 7 * DAY)).toThrow(/not all counters of orders \w+ in the window of 7d were read/);
  await refresh(week);
  expect(sum(week, 7 * DAY)).toEqual({ good: 0, bad: 0 });
  expect(() => sum(quarter, 90 * DAY)).toThrow('in the window of 90d');
  expect(() => sum(eu, 7 * DAY)).toThrow('in the window of 7d');
  clock.advance(HOUR);
  expect(() => sum(week, HOUR)).toThrow('in the window of 1h');
});
