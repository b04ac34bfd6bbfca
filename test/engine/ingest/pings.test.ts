import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPingVerb } from '../../../src/core/outcomes/ping-verb.ts';
import type { Ping, Pings } from '../../../src/core/ports/pings.ts';
import type { NotedRejection } from '../../../src/core/ports/rejections.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { DAY, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import { createPings } from '../../../src/engine/ingest/pings.ts';
import { defineSlo } from '../../support/definitions.ts';
import { ANYONE, callerWith } from '../../support/tokens.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const done = defineSlo();
const inTime = defineSlo({ name: 'in-time', sli: { withinMs: 10 * MINUTE } });
const step = defineSlo({ name: 'step', sli: { step: 'load' } });

let world: World;
/** Two replicas on one store. */
let replicas: readonly Pings[];
let noted: NotedRejection[];

beforeEach(async () => {
  world = await startWorld({ slos: [done, inTime, step] });
  noted = [];
  const replica = (): Pings =>
    createPings({
      recorder: world.recorder,
      rejections: { note: (rejection) => void noted.push(rejection) },
      store: world.store,
      clock: world.clock,
      elapsed: () => world.clock.now(),
      log: world.log,
      limit: 100,
    });
  replicas = [replica(), replica()];
});
afterEach(() => world.close());

let turn = 0;
/** Sends a ping to one replica after the other. */
function ping(verb: string, fields: Partial<Ping> = {}, caller = ANYONE) {
  const meaning = readPingVerb(verb)!;
  const plain: Ping = {
    workflow: 'orders',
    execution: null,
    meaning,
    step: null,
    attempt: null,
    message: null,
  };
  return replicas[turn++ % 2]!.take({ ...plain, ...fields }, caller);
}

const counts = async () => [await world.counted(done), await world.counted(inTime)];

describe('pings with an execution', () => {
  it('C1: count once, however often they come', async () => {
    const execution = 'order-17';
    for (const verb of ['start', 'start', 'ok', 'ok']) expect(await ping(verb, { execution })).toBeNull();
    expect(await counts()).toEqual([
      { good: 1, bad: 0 },
      { good: 1, bad: 0 },
    ]);
    expect(await ping('fail', { execution })).toMatchObject({ code: 'conflict' });
    expect(await ping('3', { execution, attempt: '2', message: 'no disk' })).toBeNull();
    expect(await counts()).toEqual([
      { good: 0, bad: 1 },
      { good: 0, bad: 1 },
    ]);
  });

  it('are about a step where they name one', async () => {
    await ping('fail', { execution: 'order-18', step: 'load' });
    expect(await world.counted(step)).toEqual({ good: 0, bad: 1 });
    expect(await world.counted(done)).toEqual({ good: 0, bad: 0 });
  });
});

describe('pings without an execution', () => {
  it('C1: are about the one that is open, through whichever replica, and count once when they are repeated', async () => {
    for (let run = 0; run < 3; run++) {
      for (const verb of ['start', 'start', 'ok', 'ok']) {
        expect(await ping(verb)).toBeNull();
        world.clock.advance(20 * SECOND);
      }
      world.clock.advance(5 * MINUTE);
    }
    expect(await counts()).toEqual([
      { good: 3, bad: 0 },
      { good: 3, bad: 0 },
    ]);
  });

  it('C1: count once when they come at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => ping('start')));
    world.clock.advance(MINUTE);
    await Promise.all(Array.from({ length: 8 }, () => ping('ok')));
    expect(await counts()).toEqual([
      { good: 1, bad: 0 },
      { good: 1, bad: 0 },
    ]);
  });

  it('take a run again at once, after one that failed, for another execution', async () => {
    for (const verb of ['start', 'fail', 'start', 'ok']) {
      expect(await ping(verb)).toBeNull();
      world.clock.advance(5 * SECOND);
    }
    expect(await world.counted(done)).toEqual({ good: 1, bad: 1 });
  });

  it('C3: leave an execution that never ended open when the next one starts, and it is overdue', async () => {
    await ping('start');
    world.clock.advance(2 * MINUTE);
    await ping('start');
    world.clock.advance(MINUTE);
    await ping('ok');
    world.clock.advance(10 * MINUTE);
    await world.tick();
    expect(await world.counted(inTime)).toEqual({ good: 1, bad: 1 });
  });

  it('are executions of their own when there is no start, a minute apart at least', async () => {
    for (const verb of ['ok', 'ok']) {
      await ping(verb);
      world.clock.advance(30 * SECOND);
    }
    world.clock.advance(MINUTE);
    await ping('1');
    expect(await counts()).toEqual([
      { good: 1, bad: 1 },
      { good: 0, bad: 0 },
    ]);
  });

  it('know the steps of a workflow apart', async () => {
    await ping('start');
    await ping('start', { step: 'load' });
    await ping('fail', { step: 'load' });
    await ping('ok');
    expect(await world.counted(step)).toEqual({ good: 0, bad: 1 });
    expect(await world.counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('begin anew after a start that is older than duplicates are remembered', async () => {
    await ping('start');
    world.clock.advance(DAY + MINUTE);
    expect(await ping('ok')).toBeNull();
    expect(await world.counted(done)).toEqual({ good: 1, bad: 0 });
  });

  it('C1 C2: count once when the store fails in the middle and the producer sends them again', async () => {
    for (const verb of ['start', 'ok']) {
      for (const [fail, method] of [
        ['takeDown', 'record'],
        ['loseAnswers', 'record'],
        ['loseAnswers', 'putRecord'],
      ] as const) {
        world.wrapped[fail](method);
        // Where nothing is to be written any more, nothing fails.
        await ping(verb).catch((error: unknown) => expect(error).toBeInstanceOf(StoreUnavailable));
        world.wrapped.bringUp();
        world.clock.advance(SECOND);
      }
      expect(await ping(verb)).toBeNull();
      world.clock.advance(10 * SECOND);
    }
    expect(await counts()).toEqual([
      { good: 1, bad: 0 },
      { good: 1, bad: 0 },
    ]);
  });

  it('keep nothing for a workflow that is not there or not allowed, and say so', async () => {
    expect(await ping('start', { workflow: 'order' })).toMatchObject({ code: 'unknown-workflow' });
    expect(await ping('start', {}, callerWith('ingest@other'))).toMatchObject({ code: 'forbidden-workflow' });
    expect(await world.store.records('pings')).toEqual([]);
    expect(noted.map(({ workflow, code }) => [workflow, code])).toEqual([
      ['order', 'unknown-workflow'],
      ['orders', 'forbidden-workflow'],
    ]);
  });

  it('G2: keep a bounded number of executions, whatever steps they name', async () => {
    for (let index = 0; index < 110; index++) await ping('ok', { step: `s-${index}` });
    expect((await world.store.records('pings')).length).toBe(100);
    expect(await ping('ok', { step: 'load' })).toBeNull();
    expect(await world.counted(step)).toEqual({ good: 1, bad: 0 });
    world.clock.advance(DAY + MINUTE);
    await ping('ok', { step: 'new' });
    expect((await world.store.records('pings')).length).toBe(1);
  });
});

describe('a log ping', () => {
  it('counts nothing and is a line of the log, one a minute of a workflow', async () => {
    await ping('start', { execution: 'order-1' });
    await ping('log', { execution: 'order-1', message: 'half way' });
    await ping('log', { message: 'of another replica' });
    for (let more = 0; more < 4; more++) await ping('log', { message: 'more' });
    await ping('log', { workflow: 'unknown', message: 'x' });
    expect(await counts()).toEqual([
      { good: 0, bad: 0 },
      { good: 0, bad: 0 },
    ]);
    const lines = world.log.entries.filter(({ message }) => message === 'a producer says something');
    expect(lines.map(({ fields }) => fields)).toMatchObject([
      { workflow: 'orders', execution: 'order-1', message: 'half way', omitted: 0 },
      { workflow: 'orders', execution: null, message: 'of another replica', omitted: 0 },
    ]);
  });
});
