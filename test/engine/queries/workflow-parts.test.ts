import { afterEach, describe, expect, it } from 'vitest';
import type { Queries } from '../../../src/core/ports/queries.ts';
import type { Definitions } from '../../../src/core/slo/slo.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { definitionsOf, loadFiles, TEAMS } from '../../slo-files/slo-folder.ts';
import { START } from '../../support/clock.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const SLOS = `workflow: orders
owner: payments
steps: [charge, ship]
slos:
  done: { objective: 99%, window: 28d, sli: succeeded }
  charged: { objective: 99%, window: 28d, sli: { step: charge } }
  shipped-to: { objective: 99%, window: 28d, sli: { transition: charge -> ship, within: 5m } }
  gateway: { objective: 99%, window: 28d, sli: { dependency: gateway } }
  charged-by-bank: { objective: 99%, window: 28d, sli: { step: charge, dependency: bank } }
  lag: { objective: 99%, window: 28d, sli: { slices: 5m, measurement: queue-lag, mean: { below: 30 } } }
  fresh: { objective: 99%, window: 28d, sli: { succeededEvery: 30m } }
  whole: { objective: 99%, window: 28d, sli: { allOf: [orders/done, orders/charged] } }
`;
const DEPENDENCIES = 'dependencies: { bank: { sla: 99% }, carrier: { sla: 99% } }\n';

let world: World;
afterEach(() => world.close());

async function open() {
  world = await startWorld({ partitions: 3 });
  const definitions: Definitions = definitionsOf(
    await loadFiles({ 'a.yaml': SLOS, 'b.yaml': DEPENDENCIES, 'teams.yaml': TEAMS }),
  );
  const { store, clock, log } = world;
  const recorder = createRecorder({ store, definitions: () => definitions, clock, queueLimit: 1000 });
  const queries: Queries = createQueries({
    store,
    reader: world.newReader(),
    adjustments: createAdjustments(store, log),
    definitions: () => definitions,
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
  });
  const report = async (records: readonly object[]) =>
    expect(await recorder.record(records.map((fields) => ({ workflow: 'orders', ...fields })))).toMatchObject(
      {
        rejected: [],
      },
    );
  return { queries, report };
}

const at = (minutes: number) => START + minutes * MINUTE;

describe('the parts of a workflow', () => {
  it('are each known by the SLOs that are about them', async () => {
    const { queries } = await open();
    const { parts } = (await queries.workflow('orders'))!;
    expect(parts.map(({ slo, part, name }) => [slo.slice('orders/'.length), part, name])).toEqual([
      ['done', 'execution', null],
      ['charged', 'step', 'charge'],
      ['gateway', 'dependency', 'gateway'],
      ['charged-by-bank', 'step', 'charge'],
      ['lag', 'measurement', 'queue-lag'],
      ['fresh', 'execution', null],
    ]);
  });

  it('have hand-overs, with those that came late or never', async () => {
    const { queries, report } = await open();
    await report([
      { execution: 'a', step: 'charge', status: 'succeeded', at: at(-20) },
      { execution: 'a', step: 'ship', status: 'started', at: at(-19) },
      { execution: 'b', step: 'charge', status: 'succeeded', at: at(-20) },
      { execution: 'b', step: 'ship', status: 'started', at: at(-10) },
    ]);
    expect((await queries.workflow('orders'))!.handOvers).toEqual([
      {
        from: 'charge',
        to: 'ship',
        slo: 'orders/shipped-to',
        within: '5m',
        lastHour: { good: 1, bad: 1 },
      },
    ]);
  });

  it('call what was called in the last hour, from the steps that are known to', async () => {
    const { queries, report } = await open();
    expect((await queries.workflow('orders'))!.calls).toEqual([
      { dependency: 'bank', declared: true, lastHour: null, steps: [{ step: 'charge', failed: 0 }] },
      { dependency: 'gateway', declared: false, lastHour: null, steps: [] },
    ]);
    await report([
      { execution: 'a', step: 'charge', dependency: 'bank', status: 'succeeded' },
      { execution: 'b', step: 'charge', dependency: 'bank', status: 'failed' },
      { execution: 'c', step: 'ship', dependency: 'carrier', status: 'failed' },
      { execution: 'd', step: 'ship', dependency: 'carrier', status: 'failed', at: at(-90) },
    ]);
    world.clock.advance(MINUTE);
    expect((await queries.workflow('orders'))!.calls).toMatchObject([
      { dependency: 'bank', lastHour: { good: 1, bad: 1 }, steps: [{ step: 'charge', failed: 1 }] },
      { dependency: 'carrier', lastHour: { good: 0, bad: 1 }, steps: [{ step: 'ship' }] },
      { dependency: 'gateway', declared: false, lastHour: null },
    ]);
  });

  it('are shown without their numbers while those cannot be read', async () => {
    const { queries, report } = await open();
    await report([{ execution: 'a', step: 'charge', dependency: 'bank', status: 'failed' }]);
    world.wrapped.takeAway([0, 1, 2]);
    const { handOvers, calls } = (await queries.workflow('orders'))!;
    expect(handOvers).toMatchObject([{ slo: 'orders/shipped-to' }]);
    expect(
      calls.map(({ dependency, lastHour }) => [dependency, (lastHour?.good ?? 0) + (lastHour?.bad ?? 0)]),
    ).toEqual([
      ['bank', 0],
      ['gateway', 0],
    ]);
  });
});
