import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Recorder } from '../../../src/core/ports/recorder.ts';
import type { Store } from '../../../src/core/ports/store/store.ts';
import { fingerprint } from '../../../src/core/sli/fingerprint.ts';
import { sumCells } from '../../../src/core/counters/cells.ts';
import { callsOf } from '../../../src/core/slo/dependency.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { statisticsOf } from '../../../src/core/statistics/outcome-counts.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { openRedisStore } from '../../../src/store/redis/open.ts';
import { START, manualClock } from '../../support/clock.ts';
import { define, defineDependency, defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { startRedis } from '../../support/redis.ts';

const redis = await startRedis();
const stores: Record<string, Store> = {
  LMDB: await openEmbeddedStore(1, manualClock()),
  Redis: await openRedisStore({ url: redis.url, partitions: 1, log: memoryLog(), waitReplicas: 0 }),
};
afterAll(async () => {
  for (const store of Object.values(stores)) await store.close();
  await redis.stop();
});

const WITHIN = 2 * MINUTE;
/** After every deadline. */
const NOW = START + HOUR;

const slosOf = (workflow: string): readonly Slo[] => [
  defineSlo({ workflow, name: 'bank', sli: { dependency: 'bank' } }),
  defineSlo({ workflow, name: 'in-time', sli: { dependency: 'bank', withinMs: WITHIN } }),
  defineSlo({ workflow, name: 'attempts', sli: { dependency: 'bank', per: 'attempt' } }),
  defineSlo({ workflow, name: 'step', sli: { step: 'charge' } }),
  defineSlo({
    workflow,
    name: 'europe',
    sli: { dependency: 'bank', where: { region: { op: 'in', values: ['eu'] } } },
  }),
  defineSlo({ workflow, name: 'done' }),
];

let run = 0;

describe.each(Object.keys(stores))('a step that its execution says failed, in %s', (name) => {
  const store = stores[name]!;

  function begin() {
    run += 1;
    const workflow = `${name}-${run}`;
    const slos = slosOf(workflow);
    const definitions = define(slos, undefined, [defineDependency('bank')]);
    const open = () =>
      createRecorder({ store, definitions: () => definitions, clock: { now: () => NOW }, queueLimit: 1000 });
    const calls = { workflow, fingerprint: fingerprint(callsOf('bank')) };
    const report = (execution: string, status: string, more: object = {}) => ({
      workflow,
      execution,
      status,
      at: START + MINUTE,
      ...(status === 'failed' && { error: 'timeout' }),
      ...more,
    });
    return { workflow, slos, calls, report, recorder: open(), other: open() };
  }

  /** What each SLO counts, and what failed of it. */
  async function counted({ workflow, slos, calls }: ReturnType<typeof begin>) {
    await store.sweep({ workflow, partition: 0 }, NOW, 1000);
    const found: Record<string, { good: number; bad: number }> = {};
    const all = [...slos.map((slo) => [slo.name, slo] as const), ['calls', calls] as const];
    for (const [slo, id] of all) {
      const sum = { good: 0, bad: 0 };
      for (let hour = Math.floor(START / HOUR) - 1; hour <= Math.floor(NOW / HOUR); hour++) {
        const { good, bad } = await hourOf(id, hour);
        sum.good += good;
        sum.bad += bad;
      }
      const failures = await store.readFailures(id, START - HOUR, NOW);
      expect([slo, failures.reduce((total, { count }) => total + count, 0)]).toEqual([slo, sum.bad]);
      expect(sum.bad > 0).toBe((await store.readLastFailed(id, 100)).length > 0);
      found[slo] = sum;
    }
    return found;
  }

  const END = { failedStep: 'charge', dependency: 'bank' };
  const STEP = { step: 'charge', dependency: 'bank' };

  it('counts its call of a dependency, while it reports nothing itself', async () => {
    const world = begin();
    const { recorder, report } = world;
    const records = [
      report('a', 'failed', END),
      report('b', 'failed', { ...END, attributes: { region: 'eu' } }),
      report('many', 'failed', { ...END, count: 5 }),
      // What it reports itself decides, also what it called.
      report('unnamed', 'failed', { step: 'charge' }),
      report('unnamed', 'failed', END),
      report('well', 'failed', END),
      report('well', 'succeeded', { ...STEP, durationMs: 1000 }),
      // Another step is another call.
      report('other', 'succeeded', { step: 'look-up', dependency: 'bank', durationMs: 1000 }),
      report('other', 'failed', END),
      report('of nothing declared', 'failed', { failedStep: 'ship', dependency: 'carrier' }),
      report('without a failure', 'cancelled', END),
    ];
    expect(await recorder.record(records)).toEqual({ accepted: 11, duplicates: 0, rejected: [] });
    expect(await recorder.record(records)).toEqual({ accepted: 0, duplicates: 11, rejected: [] });
    const bank = { good: 2, bad: 8 };
    expect(await counted(world)).toMatchObject({
      bank,
      'in-time': bank,
      attempts: bank,
      calls: bank,
      europe: { good: 0, bad: 1 },
      // Of the step only what it reports counts: of executions that succeed nobody says that it did.
      step: { good: 1, bad: 1 },
      done: { good: 0, bad: 11 },
    });
    expect(await store.readFailures(world.calls, START, NOW)).toEqual([
      { step: 'charge', dependency: 'bank', error: 'timeout', count: 8 },
    ]);
    expect(await store.inFlight(world.workflow)).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('counts as the latest attempt of its execution that failed tells it', async () => {
    const world = begin();
    const { recorder, report } = world;
    const records = [
      // That the execution succeeds then is no report of the step.
      report('recovers', 'failed', END),
      report('recovers', 'succeeded', { attempt: 2 }),
      // A call that is tried again was made in vain all the same.
      report('tries again', 'failed', { ...END, willRetry: true }),
      report('gives up', 'failed', { ...END, willRetry: true }),
      report('gives up', 'failed', { ...END, attempt: 2 }),
      report('fails twice', 'failed', END),
      report('fails twice', 'failed', { ...END, failedStep: 'refund', attempt: 2 }),
    ];
    const want = { bank: { bad: 4 }, 'in-time': { bad: 4 }, attempts: { bad: 5 }, calls: { bad: 5 } };
    await recorder.record(records);
    expect(await counted(world)).toMatchObject(want);
    const reversed = begin();
    for (const record of records.toReversed())
      await reversed.recorder.record([{ ...record, workflow: reversed.workflow }]);
    expect(await counted(reversed)).toMatchObject(want);
  });

  it('C3: counts at its deadline, once, when it started and its execution ended later', async () => {
    const world = begin();
    const { recorder, report, slos } = world;
    await recorder.record([report('a', 'started', STEP)]);
    const late = { bank: { bad: 0 }, 'in-time': { bad: 1 }, calls: { bad: 0 } };
    expect(await counted(world)).toMatchObject(late);
    await recorder.record([report('a', 'failed', { ...END, at: NOW })]);
    const told = { bank: { bad: 1 }, 'in-time': { bad: 1 }, calls: { bad: 1 }, step: { bad: 0 } };
    expect(await counted(world)).toMatchObject(told);
    const inTime = slos.find(({ name: slo }) => slo === 'in-time')!;
    // Not in the hour in which the execution ended.
    expect(await hourOf(inTime, Math.floor(NOW / HOUR))).toMatchObject({ bad: 0 });
    await recorder.record([report('a', 'failed', { ...STEP, at: NOW })]);
    expect(await counted(world)).toMatchObject({ ...told, step: { bad: 1 } });
    expect(await hourOf(inTime, Math.floor(NOW / HOUR))).toMatchObject({ bad: 0 });
    expect(await store.inFlight(world.workflow)).toEqual({ running: 0, overdue: 0, waiting: 0 });
  });

  it('is in the statistics of steps as it reports itself only', async () => {
    const statistics = async (order: (steps: object[], told: object[]) => object[]) => {
      const { recorder, report, workflow } = begin();
      const steps = [
        report('a', 'started', { ...STEP, at: START }),
        report('a', 'failed', STEP),
        report('b', 'succeeded', { ...STEP, durationMs: 1000 }),
        report('c', 'started', STEP),
      ];
      const told = ['a', 'b', 'c', 'd'].map((execution) => report(execution, 'failed', END));
      for (const record of order(steps, told)) await recorder.record([record]);
      const [found] = await store.readStatistics(workflow, [
        { span: 'hour', index: Math.floor((START + MINUTE) / HOUR) },
      ]);
      const step = found!.find(({ of }) => of.kind === 'step');
      return statisticsOf(step!.counts);
    };
    const want = await statistics((steps) => steps);
    expect(want).toMatchObject({ succeeded: 1, failed: 1, attempts: 2 });
    expect(want.p99Ms).not.toBeNull();
    expect(await statistics((steps, told) => [...steps, ...told])).toEqual(want);
    expect(await statistics((steps, told) => [...told, ...steps])).toEqual(want);
  });

  it('C1: counts once in whatever order, and however often, it and its execution are reported, to two replicas', async () => {
    const plan = fc.record({
      end: fc.boolean(),
      region: fc.constantFrom(null, 'eu'),
      step: fc.constantFrom('none', 'started', 'failed', 'unnamed', 'succeeded', 'recovered', 'retrying'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        async (plans, random) => {
          const world = begin();
          const { report } = world;
          const none = { good: 0, bad: 0 };
          const want = { bank: { ...none }, calls: { ...none }, europe: { ...none } };
          const records = plans.flatMap(({ end, region, step }, index) => {
            const attributes = region === null ? {} : { attributes: { region } };
            const execution = `order-${index}`;
            const byStep = {
              none: [],
              started: [report(execution, 'started', { ...STEP, ...attributes })],
              failed: [report(execution, 'failed', { ...STEP, ...attributes })],
              unnamed: [report(execution, 'failed', { step: 'charge', ...attributes })],
              succeeded: [report(execution, 'succeeded', { ...STEP, ...attributes })],
              recovered: [
                report(execution, 'failed', { ...STEP, ...attributes }),
                report(execution, 'succeeded', { ...STEP, ...attributes, attempt: 2 }),
              ],
              retrying: [report(execution, 'failed', { ...STEP, ...attributes, willRetry: true })],
            }[step];
            const told = end && (step === 'none' || step === 'started');
            const good = step === 'succeeded' || step === 'recovered' ? 1 : 0;
            const bad = told || step === 'failed' ? 1 : 0;
            for (const sums of region === 'eu' ? [want.bank, want.europe] : [want.bank]) {
              sums.good += good;
              sums.bad += bad;
            }
            want.calls.good += good;
            want.calls.bad += bad + (step === 'recovered' || step === 'retrying' ? 1 : 0);
            return [...byStep, ...(end ? [report(execution, 'failed', { ...END, ...attributes })] : [])];
          });
          const twice = [...records, ...records]
            .map((record) => [random.next().value, record] as const)
            .toSorted(([one], [other]) => one - other)
            .map(([, record]) => record);
          const to = (recorder: Recorder, half: number) =>
            Promise.all(
              twice.filter((_, index) => index % 2 === half).map((record) => recorder.record([record])),
            );
          await Promise.all([to(world.recorder, 0), to(world.other, 1)]);
          expect(await counted(world)).toMatchObject({ ...want, attempts: want.calls });
        },
      ),
      { numRuns: 40 },
    );
  });

  async function hourOf({ workflow, fingerprint: of }: Pick<Slo, 'workflow' | 'fingerprint'>, block: number) {
    const [cells] = await store.readBlocks([
      { workflow, partition: 0, fingerprint: of, resolution: 'minute', block },
    ]);
    return sumCells(cells ?? null, 0, 59);
  }
});
