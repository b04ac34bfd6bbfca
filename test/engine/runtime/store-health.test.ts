import { expect, it } from 'vitest';
import type { StoreExamination, StoreLoss } from '../../../src/core/ports/store/store.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { createStoreWatch } from '../../../src/engine/runtime/store-health.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { wrapStore } from '../../support/store-wrapper.ts';

const WIPED: StoreLoss = { kind: 'wiped', part: null };

it('J2: what was lost is remembered and acted on, even if the store goes away in that moment', async () => {
  const store = await openEmbeddedStore();
  const examinations: StoreExamination[] = [{ losses: [WIPED], away: [] }];
  const wrapped = wrapStore({
    ...store,
    examine: async () => examinations.shift() ?? { losses: [], away: [] },
  });
  let registrations = 0;
  const noted: StoreLoss[] = [];
  const watch = createStoreWatch({
    store: wrapped.store,
    onDataLoss: () => {
      registrations++;
      return registrations === 1 ? Promise.reject(new StoreUnavailable('gone again')) : Promise.resolve();
    },
    losses: {
      note: async (found) => void noted.push(...found),
      refresh: async () => undefined,
    },
    log: memoryLog(),
  });
  await watch.check();
  expect(watch.health().error).toBe('gone again');
  expect(noted).toEqual([]);
  await watch.check();
  expect(watch.health().error).toBeNull();
  await watch.check();
  expect(registrations, 'registered again until it worked, and then no more').toBe(2);
  expect(noted, 'remembered once').toEqual([WIPED]);
  await store.close();
});

it('says which part of the store is away, and since when the whole of it refuses', async () => {
  const store = await openEmbeddedStore();
  const log = memoryLog();
  let answer: () => StoreExamination = () => ({ losses: [], away: [] });
  const watch = createStoreWatch({
    store: { ...store, examine: async () => answer() },
    onDataLoss: () => Promise.resolve(),
    losses: { note: async () => undefined, refresh: async () => undefined },
    log,
  });
  answer = () => ({ losses: [], away: [{ part: '10.0.0.1:6379', reason: 'no answer' }] });
  await watch.check();
  await watch.check();
  expect(watch.health()).toMatchObject({ error: null, away: [{ part: '10.0.0.1:6379' }] });
  expect(log.entries, 'said once').toHaveLength(1);
  answer = () => {
    throw new StoreUnavailable('read-only');
  };
  await watch.check();
  expect(watch.health().error).toBe('read-only');
  await store.close();
});
