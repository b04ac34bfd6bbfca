import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { createSweeper } from '../../../src/engine/evaluate/sweep.ts';
import { manualClock } from '../../support/clock.ts';
import { memoryLog } from '../../support/memory-log.ts';
import type { ManualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { turnsDuring } from '../../support/turns.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import type { WrappedStore } from '../../support/store-wrapper.ts';
import { wrapStore } from '../../support/store-wrapper.ts';

const quick = defineSlo({ name: 'quick', sli: { withinMs: MINUTE } });
const slower = defineSlo({ name: 'slower', sli: { withinMs: 5 * MINUTE } });
const shipping = defineSlo({ workflow: 'shipping', sli: { withinMs: MINUTE } });
const definitions = define([quick, slower, shipping]);
const STARTED = 1800;

let wrapped: WrappedStore;
let clock: ManualClock;

beforeEach(async () => {
  clock = manualClock();
  wrapped = wrapStore(await openEmbeddedStore(2, clock));
  const recorder = createRecorder({
    store: wrapped.store,
    definitions: () => definitions,
    clock,
    queueLimit: 10_000,
  });
  await recorder.record(
    Array.from({ length: STARTED }, (_, index) => ({
      workflow: index % 9 === 0 ? 'shipping' : 'orders',
      execution: `e-${index}`,
      status: 'started',
    })),
  );
});

afterEach(() => wrapped.store.close());

const sweepNow = () =>
  createSweeper({ store: wrapped.store, log: memoryLog(), patience: () => new Promise(() => {}) }).sweep(
    definitions,
    clock.now(),
  );

async function bad(slo = quick): Promise<number> {
  const counterCache = createCounterCache(wrapped.store);
  await counterCache.refresh([{ ...slo, windows: [10 * MINUTE] }], clock.now());
  return counterCache.sums(slo, clock.now())(10 * MINUTE).bad;
}

it('C3: counts every execution past each of its deadlines, in all partitions of all workflows', async () => {
  clock.advance(MINUTE + 1);
  expect(await sweepNow()).toEqual({
    overdue: STARTED,
    unjudged: 0,
    unswept: 0,
  });
  expect([await bad(), await bad(slower), await bad(shipping)]).toEqual([1600, 0, 200]);
  clock.advance(4 * MINUTE);
  expect(await sweepNow()).toEqual({
    overdue: 1600,
    unjudged: 0,
    unswept: 0,
  });
  expect([await bad(), await bad(slower), await bad(shipping)]).toEqual([1600, 1600, 200]);
});

it('C3: sweeps that run at the same time or again count nothing twice', async () => {
  clock.advance(MINUTE + 1);
  const totals = await Promise.all([1, 2, 3].map(() => sweepNow()));
  expect(totals.reduce((sum, { overdue }) => sum + overdue, 0)).toBe(STARTED);
  expect(await sweepNow()).toEqual({
    overdue: 0,
    unjudged: 0,
    unswept: 0,
  });
  expect([await bad(), await bad(shipping)]).toEqual([1600, 200]);
});

it('takes small bites, so that a mass of overdue executions does not hold up ingest', async () => {
  clock.advance(MINUTE + 1);
  await sweepNow();
  const answers = wrapped.answers('sweep') as { readonly swept: number }[];
  expect(Math.max(...answers.map(({ swept }) => swept))).toBeLessThanOrEqual(500);
  expect(answers.reduce((sum, { swept }) => sum + swept, 0)).toBe(STARTED);
});

it('G2: thousands of workflows are asked a hundred at a time, and those that a stop finds waiting not at all', async () => {
  const many = define(Array.from({ length: 500 }, (_, index) => defineSlo({ workflow: `w-${index}` })));
  let asked = 0;
  let stop: (() => void) | null = null;
  const store = {
    partitions: 2,
    async sweep() {
      if (++asked === 250) stop?.();
      return { swept: 0, overdue: 0, unjudged: 0 };
    },
  };
  const sweeper = createSweeper({ store, log: memoryLog(), patience: () => new Promise(() => {}) });
  expect(await turnsDuring(() => sweeper.sweep(many, clock.now()))).toBeGreaterThanOrEqual(9);
  expect(asked).toBe(1000);
  asked = 0;
  stop = () => void sweeper.stop();
  await sweeper.sweep(many, clock.now());
  expect(asked).toBeGreaterThanOrEqual(250);
  expect(asked).toBeLessThanOrEqual(300);
});

describe('a mass of overdue executions', () => {
  /** Makes each sweep of `orders` wait until it is let go on. */
  function holdUp() {
    const held: (() => void)[] = [];
    const { store } = wrapped;
    let answers = 0;
    let shipped = (): void => {};
    const sweep: typeof store.sweep = async (part, now, limit) => {
      if (part.workflow === 'orders') await new Promise<void>((resolve) => held.push(resolve));
      const result = await store.sweep(part, now, limit);
      if (part.workflow === 'shipping' && ++answers % store.partitions === 0) shipped();
      return result;
    };
    const release = async () => {
      for (let rounds = 0; rounds < 20; rounds++) {
        for (const go of held.splice(0)) go();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    // Until the other workflow is swept, whatever that takes here.
    const patience = () => new Promise<void>((resolve) => (shipped = () => setImmediate(resolve)));
    const sweeper = createSweeper({ store: { ...store, sweep }, log: memoryLog(), patience });
    return { sweeper, held, release };
  }

  it('G2: of one workflow does not keep the others from being judged; it is swept on, once, and counted whole', async () => {
    const { sweeper, held, release } = holdUp();
    clock.advance(MINUTE + 1);
    expect(await sweeper.sweep(definitions, clock.now())).toEqual({ overdue: 200, unjudged: 0, unswept: 0 });
    expect([await bad(), await bad(shipping)]).toEqual([0, 200]);
    // Both partitions wait; another tick does not begin them a second time.
    expect(held).toHaveLength(2);
    expect(await sweeper.sweep(definitions, clock.now())).toMatchObject({ overdue: 0 });
    expect(held).toHaveLength(2);
    await release();
    expect(await sweeper.sweep(definitions, clock.now())).toMatchObject({ overdue: 1600 });
    await release();
    expect(await bad()).toBe(1600);
    await sweeper.stop();
  });

  it('ends after the bite that is taken when the service stops, and the next one goes on', async () => {
    const { sweeper, held } = holdUp();
    clock.advance(MINUTE + 1);
    await sweeper.sweep(definitions, clock.now());
    const stopped = sweeper.stop();
    for (const go of held.splice(0)) go();
    await stopped;
    expect(held).toHaveLength(0);
    const counted = await bad();
    expect(counted).toBeGreaterThan(0);
    expect(counted).toBeLessThan(1600);
    expect(await sweepNow()).toMatchObject({ overdue: 1600 - counted });
  });
});
