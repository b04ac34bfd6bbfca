import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QueueFull } from '../../../src/core/ports/recorder.ts';
import type { RecordBatch } from '../../../src/core/ports/store/counting.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const done = defineSlo();
const slos = [done, defineSlo({ name: 'in-time', sli: { withinMs: 10 * MINUTE } })];

let world: World;
beforeEach(async () => {
  world = await startWorld({ slos });
});
afterEach(() => world.close());

function outcome(execution: string, fields: object = {}): object {
  return { workflow: 'orders', execution, status: 'succeeded', ...fields };
}

const batches = () => world.wrapped.calls('record').map(([batch]) => batch as RecordBatch);

describe('group commit', () => {
  it('shares one call among requests that arrive together, and answers each of its own', async () => {
    const results = await Promise.all([
      world.recorder.record([outcome('a'), outcome('b')]),
      world.recorder.record([outcome('b'), outcome('c', { status: 'failed' })]),
      world.recorder.record([outcome('c', { status: 'failed' }), outcome('a'), null]),
      world.recorder.record([outcome('d', { at: world.clock.now() - HOUR })]),
    ]);
    expect(world.wrapped.calls('record')).toHaveLength(1);
    expect(
      results.map(({ accepted, duplicates, rejected }) => [accepted, duplicates, rejected.length]),
    ).toEqual([
      [2, 0, 0],
      [1, 1, 0],
      [0, 2, 1],
      [1, 0, 0],
    ]);
    expect(await world.counted(done)).toEqual({ good: 3, bad: 1 });
  });

  it('makes one group of outcomes with the same effect', async () => {
    await world.recorder.record([
      ...Array.from({ length: 50 }, (_, index) => outcome(`good-${index}`)),
      ...Array.from({ length: 30 }, (_, index) =>
        outcome(`bad-${index}`, { status: 'failed', error: 'timeout' }),
      ),
      ...Array.from({ length: 20 }, (_, index) => outcome(`started-${index}`, { status: 'started' })),
      outcome('weighty', { count: 3 }),
    ]);
    expect(batches()).toHaveLength(1);
    expect(batches()[0]!.groups.map(({ kind, subjects }) => [kind, subjects.length])).toEqual([
      ['end', 50],
      ['end', 30],
      ['start', 20],
      ['end', 1],
    ]);
  });

  it('puts like outcomes of different requests into one group, and answers each of its own', async () => {
    await world.recorder.record([outcome('conflicting', { status: 'failed' })]);
    const ended = (execution: string) => outcome(execution, { durationMs: 5 });
    const results = await Promise.all([
      world.recorder.record([ended('a'), ended('b')]),
      world.recorder.record([outcome('waits')]),
      world.recorder.record([null, ended('b'), ended('conflicting'), ended('c')]),
      world.recorder.record([outcome('s', { status: 'started' })]),
      world.recorder.record([outcome('s', { status: 'started' }), outcome('waits'), outcome('waits-too')]),
    ]);
    expect(
      batches()
        .at(-1)!
        .groups.map(({ kind, subjects }) => [kind, subjects.length]),
    ).toEqual([
      ['end', 5],
      ['end', 3],
      ['start', 2],
    ]);
    const waits = (waiting: number) => [expect.objectContaining({ slo: 'in-time', waiting })];
    expect(results).toEqual([
      { accepted: 2, duplicates: 0, rejected: [] },
      { accepted: 1, duplicates: 0, rejected: [], warnings: waits(1) },
      {
        accepted: 1,
        duplicates: 1,
        rejected: [
          expect.objectContaining({ index: 0 }),
          expect.objectContaining({
            index: 2,
            code: 'conflict',
            statuses: { reported: 'succeeded', recorded: 'failed' },
          }),
        ],
        conflicts: 1,
      },
      { accepted: 1, duplicates: 0, rejected: [] },
      { accepted: 1, duplicates: 2, rejected: [], warnings: waits(1) },
    ]);
    expect(await world.counted(done)).toEqual({ good: 5, bad: 1 });
  });

  it('keeps apart what different definitions sorted, whose groups may have the same names', async () => {
    const before = world.recorder.record([outcome('a')]);
    world.redefine([...slos, defineSlo({ name: 'soon', sli: { withinMs: MINUTE } })]);
    const after = world.recorder.record([outcome('b')]);
    expect(await Promise.all([before, after])).toMatchObject([{ accepted: 1 }, { accepted: 1 }]);
    expect(batches().map(({ groups }) => groups.map(({ subjects }) => subjects.length))).toEqual([[1], [1]]);
    expect(await world.counted(done)).toEqual({ good: 2, bad: 0 });
  });

  it('makes one call a partition, and adds the answers up', async () => {
    await world.close();
    world = await startWorld({ slos, partitions: 4 });
    const records = Array.from({ length: 200 }, (_, index) => outcome(`order-${index}`));
    expect(await world.recorder.record([...records, ...records.slice(0, 50)])).toMatchObject({
      accepted: 200,
      duplicates: 50,
      rejected: [],
    });
    expect(new Set(batches().map(({ partition }) => partition))).toEqual(new Set([0, 1, 2, 3]));
    expect(batches()).toHaveLength(4);
    expect(await world.counted(done)).toEqual({ good: 200, bad: 0 });
  });

  it('goes on collecting while the store is busy, and never has more than four calls under way', async () => {
    let running = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    world.wrapped.before('record', async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((open) => gates.push(open));
      running--;
    });
    const requests: Promise<unknown>[] = [];
    for (let index = 0; index < 20; index++) {
      requests.push(world.recorder.record([outcome(`order-${index}`)]));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    }
    expect(gates).toHaveLength(4);
    expect(world.recorder.queued).toBe(20);
    const opener = setInterval(() => gates.splice(0).forEach((open) => open()), 1);
    await Promise.all(requests);
    clearInterval(opener);
    expect(most).toBe(4);
    // Sixteen requests waited and went together.
    expect(world.wrapped.calls('record')).toHaveLength(5);
    expect(await world.counted(done)).toEqual({ good: 20, bad: 0 });
  });

  it('drain waits for everything', async () => {
    let stored = 0;
    for (let index = 0; index < 10; index++)
      void world.recorder.record([outcome(`o-${index}`)]).then(() => stored++);
    await world.recorder.drain();
    await new Promise(setImmediate);
    expect([stored, world.recorder.queued]).toEqual([10, 0]);
  });
});

describe('overload and failure', () => {
  it('a full queue counts nothing of a request, and takes it later', async () => {
    await world.close();
    world = await startWorld({ slos, queueLimit: 3 });
    const first = world.recorder.record([outcome('a'), outcome('b')]);
    await expect(world.recorder.record([outcome('c'), outcome('d')])).rejects.toThrow(QueueFull);
    await first;
    expect(await world.counted(done)).toEqual({ good: 2, bad: 0 });
    expect(await world.recorder.record([outcome('c'), outcome('d')])).toMatchObject({ accepted: 2 });
    expect(await world.counted(done)).toEqual({ good: 4, bad: 0 });
  });

  it('a store that is away rejects all who wait, and holds no place in the queue', async () => {
    world.wrapped.takeDown('record');
    const requests = [world.recorder.record([outcome('a')]), world.recorder.record([outcome('b')])];
    for (const result of await Promise.allSettled(requests)) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
    }
    expect(world.recorder.queued).toBe(0);
    world.wrapped.bringUp();
    expect(await world.recorder.record([outcome('a'), outcome('b')])).toMatchObject({
      accepted: 2,
      duplicates: 0,
    });
  });

  it('C1: a write whose answer was lost counts once when the producer repeats it', async () => {
    world.wrapped.loseAnswers('record');
    const records = [outcome('a'), outcome('b', { status: 'failed' }), outcome('c', { status: 'started' })];
    await expect(world.recorder.record(records)).rejects.toThrow(StoreUnavailable);
    await expect(world.recorder.record(records)).rejects.toThrow(StoreUnavailable);
    world.wrapped.bringUp();
    expect(await world.recorder.record(records)).toEqual({ accepted: 0, duplicates: 3, rejected: [] });
    expect(await world.counted(done)).toEqual({ good: 1, bad: 1 });
  });

  it('C1: when one partition fails the whole request is sent again, and counts once', async () => {
    await world.close();
    world = await startWorld({ slos, partitions: 4 });
    const records = Array.from({ length: 40 }, (_, index) => outcome(`order-${index}`));
    let calls = 0;
    world.wrapped.before('record', () => {
      if (++calls === 2) throw new StoreUnavailable('this partition only');
    });
    await expect(world.recorder.record(records)).rejects.toThrow(StoreUnavailable);
    const { accepted, duplicates } = await world.recorder.record(records);
    expect(accepted).toBeGreaterThan(0);
    expect(duplicates).toBeGreaterThan(0);
    expect(await world.counted(done)).toEqual({ good: 40, bad: 0 });
  });

  it('an error nobody expected still asks producers to send again', async () => {
    world.wrapped.before('record', () => {
      throw new TypeError('a bug');
    });
    const failure = await world.recorder.record([outcome('a')]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as StoreUnavailable).cause).toBeInstanceOf(TypeError);
  });
});
