import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { createSweeper } from '../../../src/engine/evaluate/sweep.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { memoryLog } from '../../support/memory-log.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const done = defineSlo();
const inTime = defineSlo({ name: 'in-time', sli: { withinMs: 10 * MINUTE } });
const charged = defineSlo({ name: 'charged', sli: { step: 'charge' } });
const european = defineSlo({
  name: 'european',
  sli: { where: { region: { op: 'in', values: ['eu', 'uk'] } } },
});
const shipped = defineSlo({ workflow: 'shipping' });
const slos = [done, inTime, charged, european, shipped];

let world: World;
const sweepNow = () =>
  createSweeper({ store: world.store, log: memoryLog(), patience: () => new Promise(() => {}) }).sweep(
    define(slos),
    world.clock.now(),
  );
beforeEach(async () => {
  world = await startWorld({ slos });
});
afterEach(() => world.close());

function outcome(execution: string, fields: object = {}): object {
  return { workflow: 'orders', execution, status: 'succeeded', ...fields };
}

describe('one request', () => {
  it('counts each outcome for the SLIs that select it', async () => {
    const result = await world.recorder.record([
      outcome('a'),
      outcome('b', { status: 'failed', attributes: { region: 'eu' } }),
      outcome('c', { status: 'cancelled', attributes: { region: 'eu' } }),
      outcome('d', { attributes: { region: 'us' } }),
      outcome('a', { step: 'charge', status: 'failed' }),
      outcome('a', { step: 'charge', attempt: 2 }),
      outcome('a', { step: 'ship' }),
      outcome('a', { workflow: 'shipping', status: 'failed' }),
    ]);
    expect(result).toMatchObject({ accepted: 8, duplicates: 0, rejected: [] });
    expect(await world.counted(done)).toEqual({ good: 2, bad: 1 });
    expect(await world.counted(european)).toEqual({ good: 0, bad: 1 });
    // The second attempt of the step decides.
    expect(await world.counted(charged)).toEqual({ good: 1, bad: 0 });
    expect(await world.counted(shipped)).toEqual({ good: 0, bad: 1 });
  });

  it('files what is bad because it was late under its own dependency', async () => {
    const late = { step: 'ship', durationMs: 20 * MINUTE };
    const timed = defineSlo({ name: 'ships-in-time', sli: { step: 'ship', withinMs: MINUTE } });
    world.redefine([timed]);
    await world.recorder.record([
      outcome('a', { ...late, dependency: 'dhl' }),
      outcome('b', { ...late, dependency: 'ups' }),
      outcome('c', { ...late, dependency: 'ups' }),
    ]);
    const failures = await world.store.readFailures(timed, world.clock.now() - HOUR, world.clock.now());
    expect(Object.fromEntries(failures.map(({ dependency, count }) => [dependency, count]))).toEqual({
      dhl: 1,
      ups: 2,
    });
  });

  it.each([[{}], [{ region: { op: 'not-in', values: ['eu'] } as const }]])(
    'C1: counts what called a dependency once, though its execution repeats the failure (where %j)',
    async (where) => {
      const bank = defineSlo({ name: 'bank', sli: { dependency: 'bank', where } });
      world.redefine([bank, defineSlo({ name: 'all', sli: { where } })]);
      const failed = { status: 'failed', dependency: 'bank', error: 'timeout' };
      await world.recorder.record([
        outcome('a', { step: 'charge', ...failed }),
        outcome('a', { failedStep: 'charge', ...failed }),
        outcome('b', { step: 'charge', dependency: 'bank' }),
        outcome('b'),
        // One that calls it by itself, and fails.
        outcome('c', failed),
      ]);
      expect(await world.counted(bank)).toEqual({ good: 1, bad: 2 });
      expect(await world.counted(world.slos()[1]!)).toEqual({ good: 1, bad: 2 });
    },
  );

  it('C1: counts an identity once, in one request and over many', async () => {
    expect(
      await world.recorder.record([outcome('a'), outcome('b'), outcome('a'), outcome('a')]),
    ).toMatchObject({
      accepted: 2,
      duplicates: 2,
      rejected: [],
    });
    expect(await world.recorder.record([outcome('b'), outcome('c')])).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    // The same identity, whatever else it says.
    expect(await world.recorder.record([outcome('a', { dependency: 'bank' })])).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await world.counted(done)).toEqual({ good: 3, bad: 0 });
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
    expect(await world.recorder.record(records)).toMatchObject({ accepted: 6, duplicates: 0 });
    expect(await world.recorder.record(records)).toMatchObject({ accepted: 0, duplicates: 6 });
    expect(await world.counted(done)).toEqual({ good: 1, bad: 0 });
    expect(await world.counted(charged)).toEqual({ good: 1, bad: 0 });
  });

  it('counts what a producer counted before as that many', async () => {
    const records = [outcome('batch-1', { count: 250 }), outcome('batch-2', { count: 7, status: 'failed' })];
    expect(await world.recorder.record(records)).toMatchObject({ accepted: 2 });
    expect(await world.recorder.record(records)).toMatchObject({ accepted: 0, duplicates: 2 });
    expect(await world.counted(done)).toEqual({ good: 250, bad: 7 });
  });

  it('says by index which records were rejected and why, and counts the others', async () => {
    const result = await world.recorder.record([
      outcome('a', { count: 0 }),
      outcome('b'),
      'nonsense',
      outcome('c', { workflow: 'billing' }),
      outcome('d', { at: world.clock.now() - DAY - 1 }),
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
    expect(await world.counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('asks nothing of the store when all of it was rejected, or it was empty', async () => {
    expect(await world.recorder.record([null])).toMatchObject({ accepted: 0, duplicates: 0 });
    expect(await world.recorder.record([])).toEqual({ accepted: 0, duplicates: 0, rejected: [] });
    expect(world.wrapped.calls('record')).toHaveLength(0);
  });

  it('C4: lands each outcome at its own time', async () => {
    await world.recorder.record([
      outcome('a', { at: world.clock.now() - 3 * HOUR }),
      outcome('b', { at: world.clock.now() - 10 * MINUTE, status: 'failed' }),
      outcome('c', { at: world.clock.now() + 2 * MINUTE }),
    ]);
    expect(await world.counted(done, 5 * MINUTE)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(done, HOUR)).toEqual({ good: 0, bad: 1 });
    expect(await world.counted(done, 4 * HOUR)).toEqual({ good: 1, bad: 1 });
    world.clock.advance(2 * MINUTE);
    expect(await world.counted(done, 5 * MINUTE)).toEqual({ good: 1, bad: 0 });
  });

  it('files failures under what they say, also when they say "null"', async () => {
    await world.recorder.record([
      outcome('a', { status: 'failed' }),
      outcome('b', { status: 'failed', failedStep: 'null', dependency: 'null', error: 'null' }),
      outcome('c', { status: 'failed', failedStep: 'pay', error: 'a|b' }),
      outcome('d', { status: 'failed', failedStep: 'pay', error: 'a|b' }),
    ]);
    const failures = await world.store.readFailures(done, world.clock.now() - HOUR, world.clock.now());
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
    await world.recorder.record([outcome('a', fields)]);
    expect(await world.counted(inTime)).toEqual(counts);
  });

  it('judges an end by the start that was recorded before', async () => {
    await world.recorder.record([outcome('a', { status: 'started' }), outcome('b', { status: 'started' })]);
    world.clock.advance(10 * MINUTE);
    await world.recorder.record([outcome('a')]);
    world.clock.advance(1);
    await world.recorder.record([outcome('b')]);
    expect(await world.counted(inTime)).toEqual({ good: 1, bad: 1 });
  });

  it('judges an end when its start comes after it', async () => {
    await world.recorder.record([outcome('a', { at: world.clock.now() })]);
    expect(await world.counted(inTime)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(done)).toEqual({ good: 1, bad: 0 });
    await world.recorder.record([outcome('a', { status: 'started', at: world.clock.now() - MINUTE })]);
    expect(await world.counted(inTime)).toEqual({ good: 1, bad: 0 });
    expect(await world.counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('judges start and end of one request alike, in either order', async () => {
    await world.recorder.record([
      outcome('a', { status: 'started', at: world.clock.now() - 20 * MINUTE }),
      outcome('a'),
      outcome('b'),
      outcome('b', { status: 'started', at: world.clock.now() - MINUTE }),
    ]);
    expect(await world.counted(inTime)).toEqual({ good: 1, bad: 1 });
  });

  it('counts what never ends as bad at its deadline, once, and a late end changes nothing', async () => {
    await world.recorder.record([outcome('a', { status: 'started' })]);
    world.clock.advance(10 * MINUTE);
    expect(await sweepNow()).toMatchObject({
      overdue: 0,
    });
    world.clock.advance(1);
    expect(await sweepNow()).toMatchObject({
      overdue: 1,
    });
    expect(await sweepNow()).toMatchObject({
      overdue: 0,
    });
    world.clock.advance(30 * MINUTE);
    await world.recorder.record([outcome('a')]);
    expect(await world.counted(inTime)).toEqual({ good: 0, bad: 1 });
    expect(await world.counted(inTime, 30 * MINUTE)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('takes back what was counted at a deadline when a late report shows it ended in time', async () => {
    await world.recorder.record([outcome('a', { status: 'started' })]);
    const endedAt = world.clock.now() + 5 * MINUTE;
    world.clock.advance(30 * MINUTE);
    await sweepNow();
    expect(await world.counted(inTime)).toEqual({ good: 0, bad: 1 });
    await world.recorder.record([outcome('a', { at: endedAt })]);
    expect(await world.counted(inTime)).toEqual({ good: 1, bad: 0 });
  });
});

it('follows the definitions as they change', async () => {
  let current = define([done]);
  const changing = createRecorder({
    store: world.store,
    definitions: () => current,
    clock: world.clock,
    queueLimit: 10,
  });
  await changing.record([outcome('a')]);
  current = define([done, european, shipped]);
  await changing.record([
    outcome('b', { attributes: { region: 'uk' } }),
    outcome('c', { workflow: 'shipping' }),
  ]);
  expect(await world.counted(european)).toEqual({ good: 1, bad: 0 });
  expect(await world.counted(shipped)).toEqual({ good: 1, bad: 0 });
});
