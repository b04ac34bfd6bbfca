import { openLmdbStore } from '../../src/store/lmdb/open.ts';
import { done, HOME, NOW, recordIn } from './outcomes.ts';

/**
 * A process of its own that writes to an embedded store until it is done or killed: batches of `BATCH`
 * executions, several at once. Prints each batch's number, and how many of it were new, once it is
 * acknowledged; `failed` and why when it is not.
 */
const BATCH = 20;
const AT_ONCE = 4;

const [, , folder, batches] = process.argv;
const store = await openLmdbStore({
  folder: folder!,
  partitions: null,
  clock: { now: () => Date.now() },
  log: { debug() {}, info() {}, warn() {}, error() {} },
});
let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (next < Number(batches)) {
      const batch = next++;
      const executions = Array.from({ length: BATCH }, (_, i) => `batch-${batch}-${i}-${'x'.repeat(150)}`);
      try {
        const [fresh] = await recordIn(store, { ...HOME, now: NOW, groups: [done(executions, NOW)] });
        console.log(`${batch} ${fresh}`);
      } catch (error) {
        console.log(`failed ${(error as Error).name}`);
      }
    }
  }),
);
await store.close();
