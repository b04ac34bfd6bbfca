import { beforeEach, describe, expect, it } from 'vitest';
import { createFlightLimit } from '../../../src/engine/ingest/flight-limit.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { until } from '../../support/until.ts';

/** A store that answers when it is told to, with what is in flight then. */
function slowStore() {
  const waiting: { resolve: (running: number) => void; reject: (error: Error) => void }[] = [];
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    inFlight: () =>
      new Promise<{ running: number }>((resolve, reject) => {
        asked++;
        waiting.push({ resolve: (running) => resolve({ running }), reject });
      }),
    async answer(running: number) {
      waiting.shift()!.resolve(running);
      await Promise.resolve();
      await Promise.resolve();
    },
    async fail() {
      waiting.shift()!.reject(new Error('away'));
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

let now = 0;
beforeEach(() => {
  now = 0;
});

function limited(limit: number, store = slowStore()) {
  const flights = createFlightLimit({ store, limitOf: () => limit, elapsed: () => now });
  const take = (count: number) => {
    let taken = 0;
    for (let start = 0; start < count; start++) if (flights.take('orders') === null) taken++;
    return taken;
  };
  return { store, flights, take };
}

describe('what is in flight', () => {
  it('takes what the store has room for, and no more once it has said so', async () => {
    const { store, take } = limited(100);
    expect(take(1)).toBe(1);
    await store.answer(90);
    // The one for which it was asked cannot have been in its answer.
    expect(take(20)).toBe(9);
  });

  it('goes on as soon as the store says that something has ended', async () => {
    const { store, flights, take } = limited(100);
    take(1);
    await store.answer(100);
    expect(flights.take('orders')).toMatchObject({
      code: 'too-many-in-flight',
      message: expect.stringContaining('100 executions and steps of orders are in flight') as string,
    });
    now = 1000;
    expect(take(1)).toBe(0);
    await store.answer(60);
    expect(take(50)).toBe(40);
  });

  it('asks once at a time and at most every second, whatever comes', async () => {
    const { store, take } = limited(100);
    take(50);
    expect(store.asked).toBe(1);
    now = 5000;
    take(50);
    expect(store.asked).toBe(1);
    await store.answer(100);
    take(50);
    expect(store.asked).toBe(2);
    await store.answer(100);
    take(50);
    expect(store.asked).toBe(2);
  });

  it('asks again before what was left is used up, so that ends make room without a refusal', async () => {
    const { store, take } = limited(100);
    take(1);
    await store.answer(0);
    for (let second = 1; second <= 50; second++) {
      now = second * 1000;
      expect(take(40)).toBe(40);
      // All of them have ended by now.
      if (store.asked > second - 1) await store.answer(0);
    }
  });

  it('refuses nothing because the store could not say, and keeps what it knew', async () => {
    const { store, take } = limited(100);
    take(1);
    await store.fail();
    expect(take(5)).toBe(5);
    now = 1000;
    take(1);
    await store.answer(98);
    expect(take(5)).toBe(1);
    now = 2000;
    take(1);
    await store.fail();
    expect(take(5)).toBe(0);
  });

  it('is counted by workflow', async () => {
    const store = slowStore();
    const flights = createFlightLimit({
      store,
      limitOf: (workflow) => (workflow === 'orders' ? 2 : 3),
      elapsed: () => now,
    });
    flights.take('orders');
    await store.answer(1);
    flights.take('billing');
    await store.answer(1);
    expect(flights.take('orders')).not.toBeNull();
    expect(flights.take('billing')).toBeNull();
    expect(flights.take('billing')).not.toBeNull();
  });
});

it('a start past the limit is rejected, and its end counts when it says when it started', async () => {
  const store = await openEmbeddedStore();
  const clock = manualClock();
  const recorder = createRecorder({
    store,
    definitions: () => define([defineSlo({ sli: { withinMs: 600_000 } })]),
    clock,
    queueLimit: 1000,
    flightLimit: createFlightLimit({ store, limitOf: () => 3, elapsed: () => clock.now() }),
  });
  const send = (status: string, fields: object = {}) =>
    recorder.record([{ workflow: 'orders', execution: `${status}-${sent++}`, status, ...fields }]);
  let sent = 0;
  for (let start = 0; start < 3; start++) {
    expect((await send('started')).accepted).toBe(1);
    clock.advance(1000);
  }
  await send('started');
  clock.advance(1000);
  expect((await send('started')).rejected).toMatchObject([{ index: 0, code: 'too-many-in-flight' }]);
  expect((await store.inFlight('orders')).running).toBe(3);
  expect(await send('succeeded', { durationMs: 5 })).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
  // What ends makes room.
  for (let end = 0; end < 3; end++)
    await recorder.record([{ workflow: 'orders', execution: `started-${end}`, status: 'succeeded' }]);
  clock.advance(1000);
  await until('room for a start', async () => (await send('started')).accepted === 1);
  await store.close();
});
