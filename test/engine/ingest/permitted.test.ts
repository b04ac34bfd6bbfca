import { afterEach, beforeEach, expect, it } from 'vitest';
import { defineSlo } from '../../support/definitions.ts';
import { callerWith } from '../../support/tokens.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const orders = defineSlo();
const shipping = defineSlo({ workflow: 'shipping' });

let world: World;
beforeEach(async () => {
  world = await startWorld({ slos: [orders, shipping] });
});
afterEach(() => world.close());

const of = (workflow: string) => ({ workflow, execution: 'a', status: 'succeeded' });
const told = async (scopes: string, workflows: readonly string[]) =>
  (await world.recorder.record(workflows.map(of), callerWith(scopes))).rejected.map(
    ({ code, message }) => `${code}: ${message}`,
  );

it('G1: a token with a pattern reports to these workflows only', async () => {
  const answer = await world.recorder.record([of('orders'), of('shipping')], callerWith('ingest@ord*'));
  expect(answer).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'forbidden-workflow' }] });
  expect(await world.counted(shipping)).toEqual({ good: 0, bad: 0 });
  const measured = { workflow: 'shipping', name: 'lag', value: 1 };
  expect(await world.recorder.recordMeasurements([measured], callerWith('ingest@ord*'))).toMatchObject({
    accepted: 0,
    rejected: [{ code: 'forbidden-workflow' }],
  });
});

it('G1: producers learn no names of other workflows, nor whether there is one of a name', async () => {
  expect(await told('ingest@ord*', ['ordering', 'shipping', 'shopping'])).toEqual([
    'unknown-workflow: No SLO file defines the workflow ordering; there is: orders.',
    'forbidden-workflow: This token may not report to the workflow shipping.',
    'forbidden-workflow: This token may not report to the workflow shopping.',
  ]);
  expect(await told('ingest', ['shopping'])).toEqual([
    'unknown-workflow: No SLO file defines the workflow shopping.',
  ]);
  expect(await told('ingest+read', ['shopping'])).toEqual([
    'unknown-workflow: No SLO file defines the workflow shopping; there are: orders, shipping.',
  ]);
  // Of what no file defines the owner is not known.
  expect(await told('ingest@owner=payments', ['orders', 'shopping'])).toEqual([
    'forbidden-workflow: This token may not report to the workflow shopping.',
  ]);
});
