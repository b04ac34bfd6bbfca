import { afterEach, describe, expect, it } from 'vitest';
import type { Queries } from '../../../src/core/ports/queries.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { sloYaml } from '../../../src/slo-files/openslo/export.ts';
import { definitionsOf, loadFiles } from '../../slo-files/slo-folder.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const FILES = {
  'a.yaml': `workflow: orders
owner: payments
steps: [charge, ship]
slos:
  done: { objective: 99%, window: 28d, sli: succeeded }
  in-time: { objective: 99%, window: 28d, sli: { within: 10m } }
  charged: { objective: 99%, window: 28d, sli: { step: charge, within: 1m } }
  lag: { objective: 99%, window: 28d, sli: { measurement: lag, atMost: 3 }, alerts: { route: { page: [chat] } } }
`,
  'teams.yaml': `teams: { payments: { page: [log], ticket: [log], fallback: [chat] } }
targets:
  log: { log: {} }
  chat: { slack: { webhook: 'https://hooks.example/services/T-SECRET' } }
`,
};

let world: World;
afterEach(() => world.close());

async function open() {
  world = await startWorld({ partitions: 2 });
  const definitions = definitionsOf(await loadFiles(FILES));
  const { store, clock, log } = world;
  // Well inside an hour, two days after counting began.
  clock.set(Math.ceil(clock.now() / HOUR) * HOUR + 30 * MINUTE);
  const queries: Queries = createQueries({
    store,
    reader: world.newReader(),
    adjustments: createAdjustments(store, log),
    definitions: () => definitions,
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => null,
    definitionText: sloYaml,
  });
  await queries.slo('orders/done');
  const recorder = createRecorder({ store, definitions: () => definitions, clock, queueLimit: 1000 });
  let serial = 0;
  const report = async (count: number, fields: object) => {
    const records = Array.from({ length: count }, () => ({
      workflow: 'orders',
      execution: `e-${++serial}`,
      ...fields,
    }));
    expect(await recorder.record(records)).toMatchObject({ rejected: [] });
  };
  return { queries, report, clock };
}

describe('what people ask of an SLO', () => {
  it('shows its definition, with the names of targets and without their secrets', async () => {
    const { queries } = await open();
    const { definition, source } = (await queries.slo('orders/lag'))!;
    expect(definition).toContain('kind: SLO');
    expect(definition).toContain('target: 0.99');
    expect(definition).toContain('chat');
    expect(JSON.stringify(await queries.slo('orders/lag'))).not.toContain('SECRET');
    expect(source).toMatch(/\/a\.yaml:8$/);
  });

  it('compares the failures of now with those of the day before', async () => {
    const { queries, report, clock } = await open();
    clock.advance(DAY);
    await report(16, { status: 'failed', failedStep: 'ship', error: 'declined' });
    clock.advance(3 * HOUR);
    await report(6, { status: 'failed', failedStep: 'charge', error: 'timeout' });
    clock.advance(MINUTE);
    const { changes } = (await queries.slo('orders/done'))!;
    expect(changes.filter(({ by }) => by === 'step')).toMatchObject([
      { value: 'charge', failed: 6, share: 1, usual: 0, times: null, unusual: true },
    ]);
    await report(2, { status: 'failed', failedStep: 'ship', error: 'declined' });
    const after = (await queries.slo('orders/done'))!.changes.filter(({ value }) => value === 'ship');
    // 16 in a day are one in an hour and a half.
    expect(after).toMatchObject([{ failed: 2, unusual: false }]);
    expect(after[0]!.usual).toBeCloseTo(1, 1);
  });

  it('calls nothing unusual while it has not counted for long', async () => {
    const { queries, report, clock } = await open();
    await report(9, { status: 'failed' });
    clock.advance(MINUTE);
    for (const change of (await queries.slo('orders/done'))!.changes)
      expect(change).toMatchObject({ usual: null, unusual: false });
  });

  it('lists what is stuck: of it alone, and only past its deadline', async () => {
    const { queries, report, clock } = await open();
    await report(1, { execution: 'stuck', status: 'started' });
    await report(1, { execution: 'stuck', step: 'charge', status: 'started' });
    await report(1, { execution: 'stuck', step: 'ship', status: 'started' });
    clock.advance(9 * MINUTE);
    await report(1, { execution: 'fresh', status: 'started' });
    const stuckOf = async (id: string) =>
      (await queries.slo(id))!.stuck.map(({ execution, step }) => [execution, step]);
    expect(await stuckOf('orders/done')).toEqual([]);
    clock.advance(2 * MINUTE);
    for (const partition of [0, 1])
      await world.store.sweep({ workflow: 'orders', partition }, clock.now(), 100);
    expect((await stuckOf('orders/done')).map(([execution]) => execution)).toEqual(['stuck']);
    expect(await stuckOf('orders/charged')).toEqual([['stuck', 'charge']]);
    expect(await stuckOf('orders/lag')).toEqual([]);
  });

  it('names who is notified and where it is defined', async () => {
    const { queries } = await open();
    const log = { name: 'log', kind: 'log' };
    const chat = { name: 'chat', kind: 'slack' };
    expect(await queries.slo('orders/done')).toMatchObject({
      route: { page: [log], ticket: [log], fallback: [chat], escalation: [] },
      missedRun: null,
    });
    const lag = (await queries.slo('orders/lag'))!;
    expect(lag.route).toMatchObject({ page: [chat], ticket: [log] });
    expect(lag.source).toMatch(/^[^/]+\/a\.yaml:8$/);
  });
});
