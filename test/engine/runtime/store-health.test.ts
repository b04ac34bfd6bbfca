import { expect, it } from 'vitest';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { createStoreWatch } from '../../../src/engine/runtime/store-health.ts';
import { manualClock } from '../../support/clock.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { wrapStore } from '../../support/store-wrapper.ts';

it('J2: a store that was wiped is told as data loss, even if it goes away in that moment', async () => {
  const clock = manualClock();
  const wrapped = wrapStore(await openEmbeddedStore(1, clock));
  let registrations = 0;
  const watch = createStoreWatch({
    store: wrapped.store,
    onDataLoss: () => {
      registrations++;
      return registrations === 1 ? Promise.reject(new StoreUnavailable('gone again')) : Promise.resolve();
    },
    clock,
    log: memoryLog(),
  });
  await watch.check();
  expect(watch.health()).toMatchObject({ error: null, dataLoss: null });
  wrapped.replace(await openEmbeddedStore(1, clock));
  await watch.check();
  expect(watch.health().dataLoss).toContain('wiped or replaced');
  expect(watch.health().error).toBe('gone again');
  await watch.check();
  expect(watch.health().dataLoss).toContain('wiped or replaced');
  expect(watch.health().error).toBeNull();
  await watch.check();
  expect(registrations, 'registered again until it worked, and then no more').toBe(2);
  await wrapped.store.close();
});
