import { afterEach, describe, expect, it } from 'vitest';
import type { BreakdownReport, Queries } from '../../../src/core/ports/queries.ts';
import { MAX_BREAKDOWN_VALUES } from '../../../src/core/slo/breakdown.ts';
import { DAY, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const DONE = defineSlo();
const IN_TIME = defineSlo({ name: 'in-time', sli: { withinMs: 10 * MINUTE } });
const EU_ONLY = defineSlo({ name: 'eu', sli: { where: { region: { op: 'in', values: ['eu'] } } } });
const SLOS = [DONE, IN_TIME, EU_ONLY];

async function open(breakdown: readonly string[] = ['region'], partitions = 1): Promise<void> {
  world = await startWorld({ slos: SLOS, breakdown, partitions, counted: 28 * DAY });
}

/** The reading side of another process. */
function newQueries(breakdown: readonly string[] = ['region']): Queries {
  const { store, clock, log } = world;
  return createQueries({
    store,
    reader: world.newReader(),
    adjustments: createAdjustments(store, log),
    definitions: () => define(SLOS, undefined, [], breakdown),
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
}

async function breakdownOf(slo: Slo): Promise<BreakdownReport> {
  const [first] = (await newQueries().slo(slo.id))!.breakdown;
  return first!;
}

let serial = 0;
function ends(count: number, region: string | null, status: string, fields: object = {}): object[] {
  return Array.from({ length: count }, () => ({
    workflow: 'orders',
    execution: `e-${++serial}`,
    status,
    ...(region !== null && { attributes: { region } }),
    ...fields,
  }));
}

const rows = ({ values }: BreakdownReport) => values.map(({ value, good, bad }) => [value, good, bad]);

describe('a breakdown', () => {
  it('C1: counts good and bad of each value once, over partitions, replicas and repeats', async () => {
    await open(['region'], 4);
    const records = [
      ...ends(30, 'eu', 'succeeded'),
      ...ends(20, 'eu', 'failed'),
      ...ends(50, 'us', 'succeeded'),
      ...ends(10, null, 'failed'),
      ...ends(3, 'us', 'cancelled'),
    ];
    const other = world.newRecorder();
    await Promise.all([
      world.recorder.record(records),
      other.record(records),
      world.recorder.record(records),
    ]);
    expect(rows(await breakdownOf(DONE))).toEqual([
      ['eu', 30, 20],
      ['us', 50, 0],
      [null, 0, 10],
    ]);
  });

  it('takes back what an earlier attempt counted as', async () => {
    await open();
    const [failed] = ends(1, 'eu', 'failed');
    await world.recorder.record([failed]);
    expect(rows(await breakdownOf(DONE))).toEqual([['eu', 0, 1]]);
    await world.recorder.record([{ ...failed, status: 'succeeded', attempt: 2 }]);
    expect(rows(await breakdownOf(DONE))).toEqual([['eu', 1, 0]]);
  });

  it('C3: counts what never ended under the value that its start named', async () => {
    await open();
    await world.recorder.record([...ends(2, 'eu', 'started'), ...ends(1, 'us', 'started')]);
    world.clock.advance(11 * MINUTE);
    await world.tick();
    expect(rows(await breakdownOf(IN_TIME))).toEqual([
      ['eu', 0, 2],
      ['us', 0, 1],
    ]);
  });

  it('counts an SLI of the files that is the same as a value of another one once', async () => {
    await open();
    await world.recorder.record([...ends(3, 'eu', 'succeeded'), ...ends(4, 'us', 'succeeded')]);
    expect(await world.counted(EU_ONLY)).toEqual({ good: 3, bad: 0 });
    expect(rows(await breakdownOf(DONE))).toEqual([
      ['eu', 3, 0],
      ['us', 4, 0],
    ]);
  });

  it('is of several attributes at once, and of none where none is named', async () => {
    await open(['region', 'constructor']);
    const attributes = { region: 'eu', constructor: '__proto__' };
    await world.recorder.record(ends(5, null, 'failed', { attributes }));
    const both = (await newQueries(['region', 'constructor']).slo(DONE.id))!.breakdown;
    expect(both.map(({ attribute, values }) => [attribute, values[0]!.value, values[0]!.bad])).toEqual([
      ['region', 'eu', 5],
      ['constructor', '__proto__', 5],
    ]);
    await world.close();
    await open([]);
    await world.recorder.record(ends(5, 'eu', 'failed'));
    expect((await newQueries([]).slo(DONE.id))!.breakdown).toEqual([]);
    expect(await world.store.records('breakdowns')).toEqual([]);
  });
});

describe('G2: values', () => {
  it('are bounded: further ones count as other, and that is logged once, reported, and known to all replicas', async () => {
    await open();
    for (let value = 0; value < MAX_BREAKDOWN_VALUES + 30; value++)
      await world.recorder.record(ends(1, `tenant-${value}`, 'failed'));
    const report = await breakdownOf(DONE);
    expect(report.full).toBe(true);
    expect(report.values).toHaveLength(MAX_BREAKDOWN_VALUES + 1);
    expect(report.values.at(-1)).toMatchObject({ value: null, bad: 30, standsOut: false });
    const logged = world.log.entries.filter(
      ({ fields }) => 'code' in fields && fields.code === 'breakdown-full',
    );
    // Once by the recorder, and once by the reader of another process that learned of it.
    expect(logged).toHaveLength(2);
    // All the others are left as they are.
    expect(await world.counted(DONE)).toEqual({ good: 0, bad: MAX_BREAKDOWN_VALUES + 30 });
  });

  it('that two replicas meet at once are told apart on both, and never more than there is room for', async () => {
    await open();
    const replicas = [world.recorder, world.newRecorder()];
    await Promise.all(
      replicas.flatMap((recorder, replica) =>
        Array.from({ length: 15 }, (_, value) => recorder.record(ends(1, `r${replica}-${value}`, 'failed'))),
      ),
    );
    const [stored] = await world.store.records('breakdowns');
    expect(stored!.value).toMatchObject({ attribute: 'region', full: true });
    const report = await breakdownOf(DONE);
    expect(report.values).toHaveLength(MAX_BREAKDOWN_VALUES + 1);
    expect(report.values.reduce((sum, { bad }) => sum + bad, 0)).toBe(30);
  });

  it('C2: are remembered when the answer comes, over restarts', async () => {
    await open();
    await world.recorder.record(ends(2, 'eu', 'failed'));
    // Another process, which never met the value.
    expect(rows(await breakdownOf(DONE))).toEqual([['eu', 0, 2]]);
  });

  it('are remembered later when that fails, and outcomes count meanwhile', async () => {
    await open();
    world.wrapped.takeDown('putRecord', 'records');
    expect(await world.recorder.record(ends(2, 'eu', 'failed'))).toMatchObject({ accepted: 2 });
    world.wrapped.bringUp();
    expect(rows(await breakdownOf(DONE))).toEqual([[null, 0, 2]]);
    await world.recorder.record(ends(1, 'eu', 'failed'));
    world.clock.advance(6 * SECOND);
    expect(rows(await breakdownOf(DONE))).toEqual([['eu', 0, 3]]);
  });

  it('that a newer version stored are left alone', async () => {
    await open();
    await world.recorder.record(ends(1, 'eu', 'failed'));
    const { id, revision } = (await world.store.records('breakdowns'))[0]!;
    await world.store.putRecord('breakdowns', id, revision, { v: 99, values: 'otherwise' });
    await world.newRecorder().record(ends(1, 'us', 'failed'));
    const [kept] = await world.store.records('breakdowns');
    expect(kept!.value).toEqual({ v: 99, values: 'otherwise' });
  });
});

describe('D4: a notification', () => {
  it('names the value that stands out since outcomes began to fail', async () => {
    await open();
    for (let minute = 0; minute < 60; minute++) {
      world.clock.advance(MINUTE);
      await world.recorder.record([...ends(8, 'us', 'succeeded'), ...ends(2, 'eu', 'succeeded')]);
    }
    for (let minute = 0; minute < 5; minute++) {
      world.clock.advance(MINUTE);
      await world.recorder.record([...ends(8, 'us', 'succeeded'), ...ends(2, 'eu', 'failed')]);
    }
    await world.tick();
    const page = (await world.told()).map(({ facts }) => facts).find(({ slo }) => slo === DONE.id)!;
    expect(page.standsOut).toEqual({ attribute: 'region', value: 'eu', failures: 1, outcomes: 0.2 });
  });

  it('names none where all values fail alike', async () => {
    await open();
    await world.recorder.record([...ends(80, 'us', 'failed'), ...ends(20, 'eu', 'failed')]);
    await world.tick();
    const page = (await world.told()).map(({ facts }) => facts).find(({ slo }) => slo === DONE.id)!;
    expect(page.standsOut).toBeNull();
  });
});
