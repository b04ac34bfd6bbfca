import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Counts } from '../../src/core/cells.ts';
import type { Recorder } from '../../src/core/recorder.ts';
import { QueueFull } from '../../src/core/recorder.ts';
import type { Slo } from '../../src/core/slo.ts';
import type { RecordBatch } from '../../src/core/store.ts';
import { StoreUnavailable } from '../../src/core/store.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { createHistory } from '../../src/engine/history.ts';
import { createRecorder } from '../../src/engine/record.ts';
import { sweep } from '../../src/engine/sweep.ts';
import type { ManualClock } from '../support/clock.ts';
import { manualClock } from '../support/clock.ts';
import { define, defineSlo } from '../support/definitions.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import type { WrappedStore } from '../support/store-wrapper.ts';
import { wrapStore } from '../support/store-wrapper.ts';

const done = defineSlo();
const inTime = defineSlo({ name: 'in-time', sli: { withinMs: 10 * MINUTE } });
const charged = defineSlo({ name: 'charged', sli: { step: 'charge' } });
const european = defineSlo({ name: 'european', sli: { where: { region: ['eu', 'uk'] } } });
const shipped = defineSlo({ workflow: 'shipping' });
const definitions = define([done, inTime, charged, european, shipped]);

let wrapped: WrappedStore;
let clock: ManualClock;
let recorder: Recorder;

beforeEach(async () => {
  await open(1);
});

afterEach(async () => {
  await recorder.drain();
  await wrapped.store.close();
});

async function open(partitions: number, queueLimit = 1000): Promise<void> {
  wrapped = wrapStore(await openEmbeddedStore(partitions));
  clock = manualClock();
  recorder = createRecorder({ store: wrapped.store, definitions: () => definitions, clock, queueLimit });
}

function outcome(execution: string, fields: object = {}): object {
  return { workflow: 'orders', execution, status: 'succeeded', ...fields };
}

async function counted(slo: Slo, window = DAY): Promise<Counts> {
  const history = createHistory(wrapped.store);
  await history.refresh([{ ...slo, windows: [window] }], clock.now());
  return history.sum(slo, window, clock.now());
}

const batches = () => wrapped.calls('record').map(([batch]) => batch as RecordBatch);

describe('one request', () => {
  it('counts each outcome for the SLIs that select it', async () => {
    const result = await recorder.record([
      outcome('a'),
      outcome('b', { status: 'failed', attributes: { region: 'eu' } }),
      outcome('c', { status: 'cancelled', attributes: { region: 'eu' } }),
      outcome('d', { attributes: { region: 'us' } }),
      outcome('a', { step: 'charge', status: 'failed' }),
      outcome('a', { step: 'charge', attempt: 2 }),
      outcome('a', { step: 'ship' }),
      outcome('a', { workflow: 'shipping', status: 'failed' }),
    ]);
    expect(result).toEqual({ accepted: 8, duplicates: 0, rejected: [] });
    expect(await counted(done)).toEqual({ good: 2, bad: 1 });
    expect(await counted(european)).toEqual({ good: 0, bad: 1 });
    expect(await counted(charged)).toEqual({ good: 1, bad: 1 });
    expect(await counted(shipped)).toEqual({ good: 0, bad: 1 });
  });

  it('C1: counts an identity once, in one request and over many', async () => {
    expect(await recorder.record([outcome('a'), outcome('b'), outcome('a'), outcome('a')])).toEqual({
      accepted: 2,
      duplicates: 2,
      rejected: [],
    });
    expect(await recorder.record([outcome('b'), outcome('c')])).toMatchObject({ accepted: 1, duplicates: 1 });
    // The same identity, however it ends and whatever else it says.
    expect(await recorder.record([outcome('a', { status: 'failed', error: 'late' })])).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await counted(done)).toEqual({ good: 3, bad: 0 });
  });

  it('C1: the start and the end of an execution, its steps and their attempts are different identities', async () => {
    const records = [
      outcome('a', { status: 'started' }),
      outcome('a'),
      outcome('a', { step: 'charge' }),
      outcome('a', { step: 'charge', attempt: 2 }),
      outcome('a', { step: 'charge', status: 'started' }),
      outcome('a', { workflow: 'shipping' }),
    ];
    expect(await recorder.record(records)).toMatchObject({ accepted: 6, duplicates: 0 });
    expect(await recorder.record(records)).toMatchObject({ accepted: 0, duplicates: 6 });
    expect(await counted(done)).toEqual({ good: 1, bad: 0 });
    expect(await counted(charged)).toEqual({ good: 2, bad: 0 });
  });

  it('counts what a producer counted before as that many', async () => {
    const records = [outcome('batch-1', { count: 250 }), outcome('batch-2', { count: 7, status: 'failed' })];
    expect(await recorder.record(records)).toMatchObject({ accepted: 2 });
    expect(await recorder.record(records)).toMatchObject({ accepted: 0, duplicates: 2 });
    expect(await counted(done)).toEqual({ good: 250, bad: 7 });
  });

  it('says by index which records were rejected and why, and counts the others', async () => {
    const result = await recorder.record([
      outcome('a', { count: 0 }),
      outcome('b'),
      'nonsense',
      outcome('c', { workflow: 'billing' }),
      outcome('d', { at: clock.now() - DAY - 1 }),
    ]);
    expect(result.accepted).toBe(1);
    expect(result.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'invalid-field'],
      [2, 'not-an-object'],
      [3, 'unknown-workflow'],
      [4, 'too-old'],
    ]);
    expect(result.rejected[2]!.message).toBe(
      'No SLO file defines the workflow billing; there are: orders, shipping.',
    );
    expect(await counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('asks nothing of the store when all of it was rejected, or it was empty', async () => {
    expect(await recorder.record([null])).toMatchObject({ accepted: 0, duplicates: 0 });
    expect(await recorder.record([])).toEqual({ accepted: 0, duplicates: 0, rejected: [] });
    expect(wrapped.calls('record')).toHaveLength(0);
  });

  it('C4: lands each outcome at its own time', async () => {
    await recorder.record([
      outcome('a', { at: clock.now() - 3 * HOUR }),
      outcome('b', { at: clock.now() - 10 * MINUTE, status: 'failed' }),
      outcome('c', { at: clock.now() + 2 * MINUTE }),
    ]);
    expect(await counted(done, 5 * MINUTE)).toEqual({ good: 0, bad: 0 });
    expect(await counted(done, HOUR)).toEqual({ good: 0, bad: 1 });
    expect(await counted(done, 4 * HOUR)).toEqual({ good: 1, bad: 1 });
    clock.advance(2 * MINUTE);
    expect(await counted(done, 5 * MINUTE)).toEqual({ good: 1, bad: 0 });
  });

  it('files failures under what they say, also when they say "null"', async () => {
    await recorder.record([
      outcome('a', { status: 'failed' }),
      outcome('b', { status: 'failed', failedStep: 'null', dependency: 'null', error: 'null' }),
      outcome('c', { status: 'failed', failedStep: 'pay', error: 'a|b' }),
      outcome('d', { status: 'failed', failedStep: 'pay', error: 'a|b' }),
    ]);
    const failures = await wrapped.store.readFailures(done, clock.now() - HOUR, clock.now());
    expect(failures[0]).toEqual({ step: 'pay', dependency: null, error: 'a|b', count: 2 });
    expect(failures).toHaveLength(3);
    expect(failures).toContainEqual({ step: null, dependency: null, error: null, count: 1 });
    expect(failures).toContainEqual({ step: 'null', dependency: 'null', error: 'null', count: 1 });
  });
});

describe('C3: an SLI with a deadline', () => {
  it.each([
    ['in time', { durationMs: 10 * MINUTE }, { good: 1, bad: 0 }],
    ['late', { durationMs: 10 * MINUTE + 1 }, { good: 0, bad: 1 }],
    ['late, though cancelled', { durationMs: 11 * MINUTE, status: 'cancelled' }, { good: 0, bad: 1 }],
    ['cancelled in time', { durationMs: 1, status: 'cancelled' }, { good: 0, bad: 0 }],
    ['failed in time', { durationMs: 1, status: 'failed' }, { good: 0, bad: 1 }],
  ])('judges an end that says its start: %s', async (_, fields, counts) => {
    await recorder.record([outcome('a', fields)]);
    expect(await counted(inTime)).toEqual(counts);
  });

  it('judges an end by the start that was recorded before', async () => {
    await recorder.record([outcome('a', { status: 'started' }), outcome('b', { status: 'started' })]);
    clock.advance(10 * MINUTE);
    await recorder.record([outcome('a')]);
    clock.advance(1);
    await recorder.record([outcome('b')]);
    expect(await counted(inTime)).toEqual({ good: 1, bad: 1 });
  });

  it('judges an end when its start comes after it', async () => {
    await recorder.record([outcome('a', { at: clock.now() })]);
    expect(await counted(inTime)).toEqual({ good: 0, bad: 0 });
    expect(await counted(done)).toEqual({ good: 1, bad: 0 });
    await recorder.record([outcome('a', { status: 'started', at: clock.now() - MINUTE })]);
    expect(await counted(inTime)).toEqual({ good: 1, bad: 0 });
    expect(await counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('judges start and end of one request alike, in either order', async () => {
    await recorder.record([
      outcome('a', { status: 'started', at: clock.now() - 20 * MINUTE }),
      outcome('a'),
      outcome('b'),
      outcome('b', { status: 'started', at: clock.now() - MINUTE }),
    ]);
    expect(await counted(inTime)).toEqual({ good: 1, bad: 1 });
  });

  it('counts what never ends as bad at its deadline, once, and a late end changes nothing', async () => {
    await recorder.record([outcome('a', { status: 'started' })]);
    clock.advance(10 * MINUTE);
    expect(await sweep(wrapped.store, definitions, clock.now())).toMatchObject({ overdue: 0 });
    clock.advance(1);
    expect(await sweep(wrapped.store, definitions, clock.now())).toMatchObject({ overdue: 1 });
    expect(await sweep(wrapped.store, definitions, clock.now())).toMatchObject({ overdue: 0 });
    clock.advance(30 * MINUTE);
    await recorder.record([outcome('a')]);
    expect(await counted(inTime)).toEqual({ good: 0, bad: 1 });
    expect(await counted(inTime, 30 * MINUTE)).toEqual({ good: 0, bad: 0 });
    expect(await counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('takes back what was counted at a deadline when a late report shows it ended in time', async () => {
    await recorder.record([outcome('a', { status: 'started' })]);
    const endedAt = clock.now() + 5 * MINUTE;
    clock.advance(30 * MINUTE);
    await sweep(wrapped.store, definitions, clock.now());
    expect(await counted(inTime)).toEqual({ good: 0, bad: 1 });
    await recorder.record([outcome('a', { at: endedAt })]);
    expect(await counted(inTime)).toEqual({ good: 1, bad: 0 });
  });
});

describe('group commit', () => {
  it('shares one call among requests that arrive together, and answers each of its own', async () => {
    const results = await Promise.all([
      recorder.record([outcome('a'), outcome('b')]),
      recorder.record([outcome('b'), outcome('c', { status: 'failed' })]),
      recorder.record([outcome('c'), outcome('a'), null]),
      recorder.record([outcome('d', { at: clock.now() - HOUR })]),
    ]);
    expect(wrapped.calls('record')).toHaveLength(1);
    expect(
      results.map(({ accepted, duplicates, rejected }) => [accepted, duplicates, rejected.length]),
    ).toEqual([
      [2, 0, 0],
      [1, 1, 0],
      [0, 2, 1],
      [1, 0, 0],
    ]);
    expect(await counted(done)).toEqual({ good: 3, bad: 1 });
  });

  it('makes one group of outcomes with the same effect', async () => {
    await recorder.record([
      ...Array.from({ length: 50 }, (_, index) => outcome(`good-${index}`)),
      ...Array.from({ length: 30 }, (_, index) =>
        outcome(`bad-${index}`, { status: 'failed', error: 'timeout' }),
      ),
      ...Array.from({ length: 20 }, (_, index) => outcome(`started-${index}`, { status: 'started' })),
      outcome('weighty', { count: 3 }),
    ]);
    expect(batches()).toHaveLength(1);
    expect(batches()[0]!.groups.map(({ kind, units }) => [kind, units.length])).toEqual([
      ['end', 50],
      ['end', 30],
      ['start', 20],
      ['end', 1],
    ]);
  });

  it('makes one call a partition, and adds the answers up', async () => {
    await wrapped.store.close();
    await open(4);
    const records = Array.from({ length: 200 }, (_, index) => outcome(`order-${index}`));
    expect(await recorder.record([...records, ...records.slice(0, 50)])).toEqual({
      accepted: 200,
      duplicates: 50,
      rejected: [],
    });
    expect(new Set(batches().map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]));
    expect(batches()).toHaveLength(4);
    expect(await counted(done)).toEqual({ good: 200, bad: 0 });
  });

  it('goes on collecting while the store is busy, and never has more than four calls under way', async () => {
    let running = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    wrapped.before('record', async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((open) => gates.push(open));
      running--;
    });
    const requests: Promise<unknown>[] = [];
    for (let index = 0; index < 20; index++) {
      requests.push(recorder.record([outcome(`order-${index}`)]));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
    expect(gates).toHaveLength(4);
    expect(recorder.queued).toBe(20);
    const opener = setInterval(() => gates.splice(0).forEach((open) => open()), 1);
    await Promise.all(requests);
    clearInterval(opener);
    expect(most).toBe(4);
    // Sixteen requests waited and went together.
    expect(wrapped.calls('record')).toHaveLength(5);
    expect(await counted(done)).toEqual({ good: 20, bad: 0 });
  });

  it('drain waits for everything', async () => {
    let stored = 0;
    for (let index = 0; index < 10; index++)
      void recorder.record([outcome(`o-${index}`)]).then(() => stored++);
    await recorder.drain();
    await new Promise(setImmediate);
    expect([stored, recorder.queued]).toEqual([10, 0]);
  });
});

describe('overload and failure', () => {
  it('a full queue counts nothing of a request, and takes it later', async () => {
    await wrapped.store.close();
    await open(1, 3);
    const first = recorder.record([outcome('a'), outcome('b')]);
    await expect(recorder.record([outcome('c'), outcome('d')])).rejects.toThrow(QueueFull);
    await first;
    expect(await counted(done)).toEqual({ good: 2, bad: 0 });
    expect(await recorder.record([outcome('c'), outcome('d')])).toMatchObject({ accepted: 2 });
    expect(await counted(done)).toEqual({ good: 4, bad: 0 });
  });

  it('a store that is away rejects all who wait, and holds no place in the queue', async () => {
    wrapped.takeDown('record');
    const requests = [recorder.record([outcome('a')]), recorder.record([outcome('b')])];
    for (const result of await Promise.allSettled(requests)) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
    }
    expect(recorder.queued).toBe(0);
    wrapped.bringUp();
    expect(await recorder.record([outcome('a'), outcome('b')])).toMatchObject({ accepted: 2, duplicates: 0 });
  });

  it('C1: a write whose answer was lost counts once when the producer repeats it', async () => {
    wrapped.loseAnswers('record');
    const records = [outcome('a'), outcome('b', { status: 'failed' }), outcome('c', { status: 'started' })];
    await expect(recorder.record(records)).rejects.toThrow(StoreUnavailable);
    await expect(recorder.record(records)).rejects.toThrow(StoreUnavailable);
    wrapped.bringUp();
    expect(await recorder.record(records)).toEqual({ accepted: 0, duplicates: 3, rejected: [] });
    expect(await counted(done)).toEqual({ good: 1, bad: 1 });
  });

  it('C1: when one partition fails the whole request is sent again, and counts once', async () => {
    await wrapped.store.close();
    await open(4);
    const records = Array.from({ length: 40 }, (_, index) => outcome(`order-${index}`));
    let calls = 0;
    wrapped.before('record', () => {
      if (++calls === 2) throw new StoreUnavailable('this partition only');
    });
    await expect(recorder.record(records)).rejects.toThrow(StoreUnavailable);
    const { accepted, duplicates } = await recorder.record(records);
    expect(accepted).toBeGreaterThan(0);
    expect(duplicates).toBeGreaterThan(0);
    expect(await counted(done)).toEqual({ good: 40, bad: 0 });
  });

  it('an error nobody expected still asks producers to send again', async () => {
    wrapped.before('record', () => {
      throw new TypeError('a bug');
    });
    const failure = await recorder.record([outcome('a')]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as StoreUnavailable).cause).toBeInstanceOf(TypeError);
  });
});

it('follows the definitions as they change', async () => {
  let current = define([done]);
  const changing = createRecorder({
    store: wrapped.store,
    definitions: () => current,
    clock,
    queueLimit: 10,
  });
  await changing.record([outcome('a')]);
  current = define([done, european, shipped]);
  await changing.record([
    outcome('b', { attributes: { region: 'uk' } }),
    outcome('c', { workflow: 'shipping' }),
  ]);
  expect(await counted(european)).toEqual({ good: 1, bad: 0 });
  expect(await counted(shipped)).toEqual({ good: 1, bad: 0 });
});
