import { afterEach, beforeEach, expect, it } from 'vitest';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { sweep } from '../../../src/engine/evaluate/sweep.ts';
import { manualClock } from '../../support/clock.ts';
import { memoryLog } from '../../support/memory-log.ts';
import type { ManualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
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

async function bad(slo = quick): Promise<number> {
  const counterCache = createCounterCache(wrapped.store);
  await counterCache.refresh([{ ...slo, windows: [10 * MINUTE] }], clock.now());
  return counterCache.sums(slo, clock.now())(10 * MINUTE).bad;
}

it('C3: counts every execution past each of its deadlines, in all partitions of all workflows', async () => {
  clock.advance(MINUTE + 1);
  expect(await sweep(wrapped.store, definitions, clock.now(), memoryLog())).toEqual({
    overdue: STARTED,
    unjudged: 0,
    unswept: 0,
  });
  expect([await bad(), await bad(slower), await bad(shipping)]).toEqual([1600, 0, 200]);
  clock.advance(4 * MINUTE);
  expect(await sweep(wrapped.store, definitions, clock.now(), memoryLog())).toEqual({
    overdue: 1600,
    unjudged: 0,
    unswept: 0,
  });
  expect([await bad(), await bad(slower), await bad(shipping)]).toEqual([1600, 1600, 200]);
});

it('C3: sweeps that run at the same time or again count nothing twice', async () => {
  clock.advance(MINUTE + 1);
  const totals = await Promise.all(
    [1, 2, 3].map(() => sweep(wrapped.store, definitions, clock.now(), memoryLog())),
  );
  expect(totals.reduce((sum, { overdue }) => sum + overdue, 0)).toBe(STARTED);
  expect(await sweep(wrapped.store, definitions, clock.now(), memoryLog())).toEqual({
    overdue: 0,
    unjudged: 0,
    unswept: 0,
  });
  expect([await bad(), await bad(shipping)]).toEqual([1600, 200]);
});

it('takes small bites, so that a mass of overdue executions does not hold up ingest', async () => {
  clock.advance(MINUTE + 1);
  await sweep(wrapped.store, definitions, clock.now(), memoryLog());
  const answers = wrapped.answers('sweep') as { readonly swept: number }[];
  expect(Math.max(...answers.map(({ swept }) => swept))).toBeLessThanOrEqual(500);
  expect(answers.reduce((sum, { swept }) => sum + swept, 0)).toBe(STARTED);
});
