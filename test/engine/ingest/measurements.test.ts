import { afterEach, describe, expect, it } from 'vitest';
import type { Slo } from '../../../src/core/slo/slo.ts';
import type { RecordBatch } from '../../../src/core/ports/store/counting.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import { measurementSli } from '../../support/slis.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const depth = defineSlo({ sli: measurementSli() });
const strict = defineSlo({ name: 'strict', sli: measurementSli({ limit: 10, op: '<' }) });
const european = defineSlo({
  name: 'european',
  sli: measurementSli({ where: { region: { op: 'in', values: ['eu'] } } }),
});
const lag = defineSlo({ name: 'lag', sli: measurementSli({ name: 'lag', sums: true }) });

let world: World;
afterEach(() => world.close());

async function open(slos: readonly Slo[] = [depth, strict, european, lag]): Promise<void> {
  world = await startWorld({ slos, partitions: 3 });
}

let named = 0;
function measurement(value: number, fields: object = {}): object {
  return { workflow: 'orders', name: 'depth', value, id: `m-${named++}`, ...fields };
}

const record = (...records: readonly unknown[]) => world.recorder.recordMeasurements(records);

describe('measurements', () => {
  it('count for every SLI that selects them, as good when they compare', async () => {
    await open();
    expect(
      await record(
        measurement(5),
        measurement(10),
        measurement(100, { attributes: { region: 'eu' } }),
        measurement(100.5, { attributes: { region: 'us' } }),
      ),
    ).toEqual({ accepted: 4, duplicates: 0, rejected: [] });
    expect(await world.counted(depth)).toEqual({ good: 3, bad: 1 });
    expect(await world.counted(strict)).toEqual({ good: 1, bad: 3 });
    expect(await world.counted(european)).toEqual({ good: 1, bad: 0 });
    expect(await world.counted(lag)).toEqual({ good: 0, bad: 0 });
  });

  it('C1: count once, however often and in whatever company they come', async () => {
    await open();
    const at = world.clock.now() - 5000;
    const plain = { workflow: 'orders', name: 'depth', value: 3, at };
    const labelled = { ...plain, attributes: { queue: 'a' } };
    expect(await record(plain, labelled, plain)).toEqual({ accepted: 2, duplicates: 1, rejected: [] });
    expect(await record({ ...labelled, value: 4 }, measurement(1, { id: 'x' }))).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    expect(await record(measurement(2, { id: 'x', at }))).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await world.counted(depth)).toEqual({ good: 3, bad: 0 });
  });

  it('C1: are none of the outcomes, whatever those are called', async () => {
    await open([depth, defineSlo({ name: 'done' })]);
    await record(measurement(1, { id: 'same' }));
    const outcome = { workflow: 'orders', execution: 'same', status: 'succeeded' };
    expect(await world.recorder.record([outcome])).toMatchObject({ accepted: 1 });
    expect(await world.counted(depth)).toEqual({ good: 1, bad: 0 });
  });

  it('C4: land at their own time', async () => {
    await open();
    await record(measurement(1, { at: world.clock.now() - 2 * HOUR }));
    expect(await world.counted(depth, HOUR)).toEqual({ good: 0, bad: 0 });
    expect(await world.counted(depth, 3 * HOUR)).toEqual({ good: 1, bad: 0 });
  });

  it('that are bad are filed under their name, with the value', async () => {
    await open();
    await record(measurement(500), measurement(700), measurement(3));
    const now = world.clock.now();
    expect(await world.store.readFailures(depth, now - HOUR, now)).toEqual([
      { step: null, dependency: null, error: 'depth', count: 2 },
    ]);
    const failed = await world.store.readLastFailed(depth, 5);
    expect(failed.map(({ execution }) => execution).toSorted()).toEqual(['depth=500', 'depth=700']);
  });

  it('are added up by the minute where an SLI asks for means', async () => {
    await open();
    const minute = Math.floor(world.clock.now() / MINUTE);
    const values = [1.5, -4, 1e6, 2.25].map((value) => measurement(value, { name: 'lag' }));
    await record(...values, ...values);
    world.clock.advance(MINUTE);
    await record(measurement(7, { name: 'lag' }));
    const sums = await world.store.readSums(lag, world.clock.now() - HOUR, world.clock.now());
    expect(sums.get(minute)).toBeCloseTo(999_999.75);
    expect(sums.get(minute + 1)).toBe(7);
    expect((await world.store.readSums(depth, 0, world.clock.now())).size).toBe(0);
  });

  it('of a workflow or a name that no SLO knows are rejected, with the known ones', async () => {
    await open();
    const { accepted, rejected } = await record(
      measurement(1, { workflow: 'billing' }),
      measurement(1, { name: 'deqth' }),
      measurement(1, { attributes: { region: 'us' } }),
    );
    expect(accepted).toBe(1);
    expect(rejected).toEqual([
      {
        index: 0,
        code: 'unknown-workflow',
        message: 'No SLO file defines the workflow billing; there is: orders.',
      },
      {
        index: 1,
        code: 'unknown-measurement',
        message: 'No SLO of orders counts the measurement deqth; there are: depth, lag.',
      },
    ]);
  });

  it('share the store call with outcomes that arrive together, and like ones a group', async () => {
    world = await startWorld({ slos: [depth, defineSlo({ name: 'done' })] });
    const outcome = { workflow: 'orders', execution: 'o', status: 'succeeded' };
    await Promise.all([
      record(...Array.from({ length: 50 }, () => measurement(1))),
      world.recorder.record([outcome]),
    ]);
    const batches = world.wrapped.calls('record').map(([batch]) => batch as RecordBatch);
    expect(batches).toHaveLength(1);
    expect(batches[0]!.groups.map(({ subjects }) => subjects.length)).toEqual([50, 1]);
  });

  it('C2: that could not be stored are refused, and count once when they are sent again', async () => {
    await open();
    const records = [measurement(1), measurement(200)];
    world.wrapped.loseAnswers('record');
    await expect(record(...records)).rejects.toThrow(StoreUnavailable);
    world.wrapped.bringUp();
    await record(...records);
    expect(await world.counted(depth)).toEqual({ good: 1, bad: 1 });
  });
});
