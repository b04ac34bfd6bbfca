import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { createSweeper } from '../../../src/engine/evaluate/sweep.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const ok = defineSlo({ name: 'ok', objective: '95%' });
const quick = defineSlo({ name: 'quick', objective: '95%', sli: { withinMs: 10 * SECOND } });
const charged = defineSlo({ name: 'charged', sli: { step: 'charge' } });
const tries = defineSlo({ name: 'tries', sli: { step: 'charge', per: 'attempt' } });
const retries = defineSlo({ name: 'retries', sli: { step: 'charge', per: 'attempt', good: 'first-try' } });
const calls = defineSlo({ name: 'calls', sli: { dependency: 'bank' } });
const slos = [ok, quick, charged, tries, retries, calls];

let world: World;
beforeEach(async () => {
  world = await startWorld({ slos });
});
afterEach(() => world.close());

const outcome = (execution: string, status: string, fields: object = {}): object => ({
  workflow: 'orders',
  execution,
  status,
  ...fields,
});
const record = (...records: readonly object[]) => world.recorder.record(records);
const sweepNow = () =>
  createSweeper({ store: world.store, log: memoryLog(), patience: () => new Promise(() => {}) }).sweep(
    define(slos),
    world.clock.now(),
  );
const failures = () => world.store.readFailures(ok, world.clock.now() - HOUR, world.clock.now());

describe('attempts of an execution', () => {
  it('C1: 100 that fail twice and succeed at the third attempt are 100 good of 100', async () => {
    const records = Array.from({ length: 300 }, (_, i) =>
      outcome(`r${Math.floor(i / 3)}`, i % 3 === 2 ? 'succeeded' : 'failed', {
        attempt: (i % 3) + 1,
        durationMs: 100,
        error: 'timeout',
      }),
    );
    expect(await record(...records)).toEqual({ accepted: 300, duplicates: 0, rejected: [] });
    expect(await record(...records)).toEqual({ accepted: 0, duplicates: 300, rejected: [] });
    expect(await world.counted(ok)).toEqual({ good: 100, bad: 0 });
    expect(await world.counted(quick)).toEqual({ good: 100, bad: 0 });
    expect(await failures()).toEqual([]);
    expect(await world.store.readLastFailed(ok, 5)).toEqual([]);
  });

  it('C3: time runs from the first start: one whose attempts took 100 s together is bad once', async () => {
    const now = world.clock.now();
    await record(
      outcome('o1', 'started', { at: now - 100 * SECOND }),
      outcome('o1', 'started', { attempt: 2, at: now - 95 * SECOND }),
      outcome('o1', 'started', { attempt: 3, at: now - 3 * SECOND }),
      outcome('o1', 'succeeded', { attempt: 3, at: now, durationMs: 3000 }),
    );
    expect(await world.counted(ok)).toEqual({ good: 1, bad: 0 });
    expect(await world.counted(quick)).toEqual({ good: 0, bad: 1 });
    await sweepNow();
    expect(await world.counted(quick)).toEqual({ good: 0, bad: 1 });
  });

  it('what a later attempt shows wrong is taken back, and an earlier one that comes late changes nothing', async () => {
    await record(outcome('a', 'failed', { error: 'timeout' }), outcome('b', 'succeeded', { attempt: 2 }));
    expect(await world.counted(ok)).toEqual({ good: 1, bad: 1 });
    expect(await failures()).toHaveLength(1);
    await record(outcome('a', 'succeeded', { attempt: 2 }), outcome('b', 'failed', { error: 'timeout' }));
    expect(await world.counted(ok)).toEqual({ good: 2, bad: 0 });
    expect(await failures()).toEqual([]);
    await record(outcome('a', 'failed', { attempt: 3, error: 'again' }));
    expect(await world.counted(ok)).toEqual({ good: 1, bad: 1 });
    expect(await world.store.readLastFailed(ok, 5)).toMatchObject([{ execution: 'a', error: 'again' }]);
  });

  it('C3: one that failed and is retried stays in flight with its deadline', async () => {
    await record(outcome('a', 'started'), outcome('b', 'started'));
    world.clock.advance(SECOND);
    await record(
      outcome('a', 'failed', { willRetry: true }),
      outcome('b', 'failed', { willRetry: true }),
      outcome('c', 'failed', { willRetry: true, durationMs: 500 }),
    );
    expect(await world.counted(ok)).toEqual({ good: 0, bad: 0 });
    expect(await world.store.inFlight('orders')).toEqual({ running: 3, overdue: 0, waiting: 0 });
    world.clock.advance(SECOND);
    await record(outcome('b', 'succeeded', { attempt: 2 }));
    expect(await world.counted(quick)).toEqual({ good: 1, bad: 0 });
    world.clock.advance(MINUTE);
    expect(await sweepNow()).toMatchObject({ overdue: 2 });
    expect(await world.counted(quick)).toEqual({ good: 1, bad: 2 });
    // A try that numbers nothing ends it all the same.
    await record(outcome('a', 'failed'));
    expect(await world.counted(ok)).toEqual({ good: 1, bad: 1 });
    expect(await world.counted(quick)).toEqual({ good: 1, bad: 2 });
  });

  it('of a step the latest attempt decides; attempts are counted where they are asked for', async () => {
    await record(
      outcome('a', 'failed', { step: 'charge', willRetry: true }),
      outcome('a', 'failed', { step: 'charge', attempt: 2, willRetry: true }),
      outcome('a', 'succeeded', { step: 'charge', attempt: 3 }),
      outcome('b', 'failed', { step: 'charge' }),
      outcome('c', 'cancelled', { step: 'charge' }),
    );
    expect(await world.counted(charged)).toEqual({ good: 1, bad: 1 });
    expect(await world.counted(tries)).toEqual({ good: 1, bad: 3 });
    expect(await world.counted(retries)).toEqual({ good: 3, bad: 2 });
  });
});

describe('conflicts', () => {
  it('C1: another status of the same attempt is not counted, and told with both statuses and what to do', async () => {
    await record(outcome('a', 'failed'), outcome('b', 'succeeded'));
    const result = await record(
      outcome('c', 'succeeded'),
      outcome('a', 'succeeded'),
      null as unknown as object,
      outcome('b', 'succeeded'),
      outcome('b', 'cancelled'),
    );
    expect(result).toMatchObject({ accepted: 1, duplicates: 1, conflicts: 2 });
    expect(result.rejected.map(({ index, code, statuses }) => [index, code, statuses])).toEqual([
      [1, 'conflict', { reported: 'succeeded', recorded: 'failed' }],
      [2, 'not-an-object', undefined],
      [4, 'conflict', { reported: 'cancelled', recorded: 'succeeded' }],
    ]);
    expect(result.rejected[0]!.message).toBe(
      'This attempt was recorded as failed before; succeeded was not counted. If it was tried again, send `attempt`: 2 and so on; the latest attempt decides.',
    );
    expect(await world.counted(ok)).toEqual({ good: 2, bad: 1 });
    // As the answer advises.
    expect(await record(outcome('a', 'succeeded', { attempt: 2 }))).toMatchObject({ accepted: 1 });
    expect(await world.counted(ok)).toEqual({ good: 3, bad: 0 });
  });
});

describe('what a producer counted before', () => {
  it('C3: leaves in flight what has not ended, which is overdue at its deadline', async () => {
    await record(outcome('batch', 'started', { count: 7 }));
    world.clock.advance(SECOND);
    await record(outcome('batch', 'succeeded', { count: 4 }));
    expect(await world.counted(quick)).toEqual({ good: 4, bad: 0 });
    expect(await world.store.inFlight('orders')).toEqual({ running: 1, overdue: 0, waiting: 0 });
    world.clock.advance(MINUTE);
    await sweepNow();
    expect(await world.counted(quick)).toEqual({ good: 4, bad: 3 });
    const { rejected, ...rest } = await record(
      outcome('batch', 'succeeded', { count: 4 }),
      outcome('batch', 'failed', { count: 2 }),
      outcome('batch', 'cancelled', { count: 2 }),
      outcome('batch', 'succeeded'),
    );
    expect(rest).toEqual({ accepted: 2, duplicates: 1, conflicts: 1 });
    expect(rejected).toMatchObject([{ index: 2, code: 'conflict' }]);
    expect(await world.counted(quick)).toEqual({ good: 4, bad: 3 });
    expect(await world.counted(ok)).toEqual({ good: 5, bad: 2 });
    expect(await world.store.inFlight('orders')).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });
});

describe('what cannot be judged', () => {
  it('is not half-judged: ends without a start wait on both sides, and the answer says so at once', async () => {
    const records = Array.from({ length: 1000 }, (_, i) =>
      outcome(`e${i}`, i % 200 === 7 ? 'failed' : 'succeeded'),
    );
    expect(await record(...records)).toEqual({
      accepted: 1000,
      duplicates: 0,
      rejected: [],
      warnings: [
        {
          workflow: 'orders',
          slo: 'quick',
          waiting: 1000,
          for: 'start',
          message:
            '1000 outcomes wait for a start before quick can judge the time taken: report `started` too, or send `durationMs` or `startedAt` with the end.',
        },
      ],
    });
    expect(await world.counted(quick)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(ok)).toEqual({ good: 995, bad: 5 });
    expect(await world.store.inFlight('orders')).toEqual({ running: 0, overdue: 0, waiting: 1000 });
    expect(await record(...records)).toEqual({ accepted: 0, duplicates: 1000, rejected: [] });
    world.clock.advance(25 * HOUR);
    expect(await sweepNow()).toMatchObject({ overdue: 0, unjudged: 1000 });
    expect(await world.counted(quick)).toEqual({ good: 0, bad: 0 });
  });
});

it('C3: what was queued and never starts is overdue for a deadline from then', async () => {
  const queued = defineSlo({ name: 'queued', sli: { withinMs: 5 * MINUTE, from: 'queued' } });
  world.redefine([queued, quick]);
  const now = world.clock.now();
  await record(
    outcome('never', 'queued', { at: now - 6 * MINUTE }),
    outcome('slow', 'queued', { at: now - 6 * MINUTE }),
    outcome('slow', 'succeeded', { durationMs: 1000 }),
    outcome('fine', 'succeeded', { durationMs: 1000 }),
  );
  expect(
    await createSweeper({
      store: world.store,
      log: memoryLog(),
      patience: () => new Promise(() => {}),
    }).sweep(define([queued, quick]), now),
  ).toMatchObject({ overdue: 1 });
  expect(await world.counted(queued)).toEqual({ good: 1, bad: 2 });
  expect(await world.counted(quick)).toEqual({ good: 2, bad: 0 });
});

it('a dependency is judged by executions that were reported with it, and by steps', async () => {
  await record(
    outcome('a', 'failed', { dependency: 'bank' }),
    outcome('b', 'succeeded', { dependency: 'bank', step: 'charge' }),
    outcome('c', 'failed', { dependency: 'post' }),
  );
  expect(await world.counted(calls)).toEqual({ good: 1, bad: 1 });
});
