import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Queries } from '../../../src/core/ports/queries.ts';
import type { Recorder } from '../../../src/core/ports/recorder.ts';
import type { Definitions } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { iso } from '../../../src/core/time/timestamp.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { START } from '../../support/clock.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';
import { definitionsOf, loadText } from '../../slo-files/slo-folder.ts';

let world: World;
let recorder: Recorder;
let queries: Queries;
beforeEach(async () => {
  world = await startWorld({ partitions: 3 });
});
afterEach(() => world.close());

/** Puts a workflow in force with one SLO, and what a file says of its map. */
async function draw(map: string): Promise<void> {
  const slos = 'slos: { done: { objective: 99%, window: 28d, sli: succeeded } }';
  const definitions: Definitions = definitionsOf(
    await loadText(`workflow: orders\nowner: payments\n${map}\n${slos}\n`),
  );
  const { store, clock, log } = world;
  recorder = createRecorder({ store, definitions: () => definitions, clock, queueLimit: 1000 });
  queries = createQueries({
    store,
    reader: world.newReader(),
    adjustments: createAdjustments(store, log),
    definitions: () => definitions,
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
}

const at = (minutes: number) => START + minutes * MINUTE;
const outcome = (fields: object) => ({ workflow: 'orders', execution: 'order-1', ...fields });
const MAP =
  'steps: { reserve: , charge: { after: reserve }, pack: { after: reserve }, ship: { after: [charge, pack] } }';

describe('steps that the map does not have', () => {
  const typo = outcome({ step: 'charges', status: 'started' });

  it('are counted and shown with what they were most likely to be', async () => {
    await draw(MAP);
    expect((await recorder.record([typo])).accepted).toBe(1);
    const { unmapped, after } = (await queries.workflow('orders'))!;
    expect(unmapped).toEqual([{ step: 'charges', meant: 'charge' }]);
    expect(after).toEqual({ reserve: [], charge: ['reserve'], pack: ['reserve'], ship: ['charge', 'pack'] });
  });

  it('are rejected by a file that says so, and whole executions are not', async () => {
    await draw(`${MAP}\nunknownSteps: reject`);
    const result = await recorder.record([
      typo,
      outcome({ step: 'x'.repeat(30), status: 'failed' }),
      outcome({ step: 'charge', status: 'started' }),
      outcome({ status: 'failed', failedStep: 'charges' }),
    ]);
    expect(result).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 0, code: 'unknown-step', message: 'orders has no step charges; did you mean charge?' },
        {
          index: 1,
          code: 'unknown-step',
          message: expect.stringContaining('there are: reserve, charge') as string,
        },
      ],
    });
  });

  it('are all right where there is no map', async () => {
    await draw('');
    expect((await recorder.record([typo])).accepted).toBe(1);
    expect(await queries.workflow('orders')).toMatchObject({ steps: [], unmapped: [] });
  });

  it('G2: cost little to refuse, by the thousand and all different', async () => {
    const steps = Array.from({ length: 1000 }, (_, index) => `step-${index}-of-a-very-long-name`);
    await draw(`steps: [${steps.join(', ')}]\nunknownSteps: reject`);
    const suggested = (
      await recorder.record(
        Array.from({ length: 1000 }, (_, index) =>
          outcome({ step: `step-${index}-of-a-very-long-nome`, status: 'started' }),
        ),
      )
    ).rejected.filter(({ message }) => message.includes('did you mean'));
    // A near name is looked for only now and then.
    expect(suggested).toHaveLength(20);
  });
});

describe('the steps of one execution', () => {
  const notesOf = async () =>
    Object.fromEntries(
      (await queries.execution('orders', 'order-1'))!.subjects.map(({ step, notes }) => [step, notes]),
    );

  it('have nothing to note in the order of the map', async () => {
    await draw(MAP);
    await recorder.record([
      outcome({ step: 'reserve', status: 'succeeded', at: at(-9), durationMs: 1000 }),
      outcome({ step: 'pack', status: 'succeeded', at: at(-7), durationMs: 2 * MINUTE }),
      outcome({ step: 'charge', status: 'failed', at: at(-8), willRetry: true }),
      outcome({ step: 'charge', status: 'succeeded', at: at(-6), attempt: 2 }),
      outcome({ step: 'ship', status: 'started', at: at(-6) }),
    ]);
    expect(await notesOf()).toEqual({ reserve: [], pack: [], charge: [], ship: [] });
  });

  it('that go against the map say how, in whatever order they are reported', async () => {
    await draw(MAP);
    await recorder.record([
      outcome({ step: 'ship', status: 'started', at: at(-8) }),
      outcome({ step: 'charge', status: 'succeeded', at: at(-6), startedAt: at(-9) }),
      outcome({ step: 'pack', status: 'failed', at: at(-7), startedAt: at(-8) }),
    ]);
    expect(await notesOf()).toEqual({
      charge: ['it began without reserve'],
      pack: ['it began without reserve'],
      ship: [
        `it began before charge had succeeded, at ${iso(at(-6))}`,
        'it began and pack has not succeeded',
      ],
    });
  });
});

describe('queues', () => {
  const reading = (value: number, minutes: number, name = 'dlq-depth') => ({
    workflow: 'orders',
    name,
    value,
    at: at(minutes),
    id: `${name}-${value}-${minutes}`,
  });

  it('are read without an SLO about them: the last depth, and each hour of a day', async () => {
    await draw('steps: [charge, ship]\nqueues: { dlq-depth: { after: ship }, inbox: {} }');
    const readings = [reading(4, -61), reading(6, -61), reading(9, -62), reading(12, -1)];
    const result = await recorder.recordMeasurements([...readings, ...readings]);
    expect(result).toEqual({ accepted: 4, duplicates: 4, rejected: [] });
    const { queues } = (await queries.workflow('orders'))!;
    const hourOf = (moment: number) => moment - (moment % HOUR);
    expect(queues).toEqual([
      {
        name: 'dlq-depth',
        after: 'ship',
        depth: 12,
        at: at(-1),
        history: [
          { from: hourOf(at(-61)), mean: 7, highest: 9 },
          { from: hourOf(at(-1)), mean: 12, highest: 12 },
        ],
      },
      { name: 'inbox', after: null, depth: null, at: null, history: [] },
    ]);
    // What is older than a day is no longer there.
    world.clock.advance(DAY);
    expect((await queries.workflow('orders'))!.queues[0]).toMatchObject({ depth: null, history: [] });
  });

  it('that no file names are refused as before', async () => {
    await draw('queues: { inbox: {} }');
    const { rejected } = await recorder.recordMeasurements([reading(1, 0, 'outbox')]);
    expect(rejected).toMatchObject([{ code: 'unknown-measurement' }]);
  });

  it('say so when they cannot be read', async () => {
    await draw('queues: { inbox: {} }');
    await recorder.recordMeasurements([reading(3, -1, 'inbox')]);
    expect((await queries.workflow('orders'))!.queues).toMatchObject([{ depth: 3 }]);
    world.wrapped.takeAway([0, 1, 2]);
    expect((await queries.workflow('orders'))!.queues).toMatchObject([{ depth: null, history: [] }]);
  });
});

describe('a dead letter', () => {
  const failureOf = async (fields: object) => {
    await recorder.record([outcome({ status: 'failed', error: 'dead-letter', ...fields })]);
    const [slo] = (await queries.slos()).map(({ id }) => id);
    return (await queries.slo(slo!))!.failures;
  };

  it('names the hand-over that was lost, where the map says which', async () => {
    await draw('steps: [charge, ship]');
    expect(await failureOf({ failedStep: 'ship' })).toMatchObject([
      { step: 'charge -> ship', error: 'dead-letter' },
    ]);
  });

  it.each([
    ['of a step with two before it', 'ship'],
    ['of a first step', 'reserve'],
  ])('%s names the step', async (_what, failedStep) => {
    await draw(MAP);
    expect(await failureOf({ failedStep })).toMatchObject([{ step: failedStep, error: 'dead-letter' }]);
  });
});
