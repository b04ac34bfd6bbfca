import { expect, it } from 'vitest';
import { AUDIT_RETENTION } from '../../../src/core/ports/audit.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { createAudit } from '../../../src/engine/audit/audit.ts';
import { manualClock } from '../../support/clock.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';

const DONE = { who: 'orders', what: 'adjustment.created', about: 'x', address: '192.0.2.1' };

it('keeps what was done for 90 days and no more than so many', async () => {
  const clock = manualClock();
  const store = await openEmbeddedStore(1, clock);
  const log = memoryLog();
  const audit = createAudit({ store, clock, log, limit: 5 });
  const began = clock.now();
  for (let index = 0; index < 12; index++) {
    await audit.note({ ...DONE, about: String(index) });
    clock.advance(1000);
  }
  expect((await audit.entries()).slice(-3).map(({ at, about }) => [at - began, about])).toEqual([
    [9_000, '9'],
    [10_000, '10'],
    [11_000, '11'],
  ]);
  expect((await store.records('audit')).length).toBeLessThan(10);
  expect(log.entries).toHaveLength(12);
  expect(log.entries[0]!.fields).toEqual({ audit: { at: began, ...DONE, about: '0' } });
  clock.advance(AUDIT_RETENTION);
  expect(await audit.entries()).toEqual([]);
  await audit.note(DONE);
  expect(await store.records('audit')).toHaveLength(1);
});

it('never fails what was done: while the store is away, the log has it', async () => {
  const log = memoryLog();
  const away = () => Promise.reject(new StoreUnavailable('away'));
  const audit = createAudit({ store: { records: away, putRecord: away }, clock: manualClock(), log });
  await audit.note(DONE);
  expect(log.entries.map(({ level }) => level)).toEqual(['info', 'error']);
});
