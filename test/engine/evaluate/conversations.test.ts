import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import { conversationOfRow } from '../../../src/core/alerting/notification.ts';
import type { AlertPolicy } from '../../../src/core/slo/alert-policy.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const alerts: Partial<AlertPolicy> = { resolveAfter: 5 * MINUTE };
const slo = (workflow: string, name: string, more: Partial<AlertPolicy> = {}) =>
  defineSlo({
    workflow,
    name,
    alerts: { ...alerts, ...more },
    ...(name !== 'done' && { sli: { step: name } }),
  });

let world: World;
beforeEach(async () => {
  world = await startWorld({ slos: [slo('orders', 'done'), slo('orders', 'ship'), slo('mails', 'done')] });
});
afterEach(() => world.close());

/** Minutes in which these fail and nothing else comes. */
async function failing(count: number, ...what: readonly object[]): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    world.clock.advance(MINUTE);
    for (const fields of what) await world.report(0, 50, fields);
    await world.tick();
  }
}

async function healthy(count: number): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    world.clock.advance(MINUTE);
    await world.report(1_000_000, 0);
    await world.report(1_000_000, 0, { step: 'ship' });
    await world.tick();
  }
}

const rowsOf = async (id: string, kind: string): Promise<readonly OutboxRow[]> =>
  (await world.told()).filter(({ facts }) => facts.slo === id && facts.kind === kind);

/** The conversation that the notifications of an SLO of this kind are in, and what they say of it. */
async function conversation(id: string, kind = 'opened') {
  const [row] = await rowsOf(id, kind);
  return row && { name: conversationOfRow(row), others: row.facts.conversation?.others ?? null };
}

describe('incidents of one workflow', () => {
  it('D2: that open soon after each other are one conversation, from the first page to the last resolve', async () => {
    await failing(5, { workflow: 'orders' });
    const first = (await rowsOf('orders/done', 'opened'))[0]!;
    // It is not held back for others, and is of itself alone until there are some.
    expect(first).toMatchObject({ createdAt: first.facts.openedAt });
    expect(await conversation('orders/done')).toEqual({ name: first.incident, others: null });
    await failing(3, { workflow: 'orders' }, { workflow: 'orders', step: 'ship' });
    expect(await conversation('orders/ship')).toEqual({ name: first.incident, others: 1 });
    await healthy(40);
    const ends = [
      await conversation('orders/done', 'resolved'),
      await conversation('orders/ship', 'resolved'),
    ];
    expect(ends.map((end) => end?.name)).toEqual([first.incident, first.incident]);
  });

  it('D1: stay together after a change of the leader and a restart', async () => {
    await failing(5, { workflow: 'orders' });
    const first = (await rowsOf('orders/done', 'opened'))[0]!.incident;
    const successor = world.newEvaluator();
    for (let minute = 0; minute < 3; minute++) {
      world.clock.advance(MINUTE);
      await world.report(0, 50);
      await world.report(0, 50, { step: 'ship' });
      await world.tick(successor);
    }
    expect(await conversation('orders/ship')).toEqual({ name: first, others: 1 });
  });

  it('that open later than that, or of another workflow, are conversations of their own', async () => {
    await failing(3, { workflow: 'orders' }, { workflow: 'mails' });
    expect(await conversation('mails/done')).toEqual({
      name: (await rowsOf('mails/done', 'opened'))[0]!.incident,
      others: null,
    });
    await failing(8, { workflow: 'orders' });
    await failing(3, { workflow: 'orders' }, { workflow: 'orders', step: 'ship' });
    const late = (await rowsOf('orders/ship', 'opened'))[0]!;
    expect(await conversation('orders/ship')).toEqual({ name: late.incident, others: null });
  });

  it('stay alone where the policy says so', async () => {
    world.redefine([slo('orders', 'done'), slo('orders', 'ship', { groupWithin: null })]);
    await failing(3, { workflow: 'orders' }, { workflow: 'orders', step: 'ship' });
    const own = (await rowsOf('orders/ship', 'opened'))[0]!;
    expect(await conversation('orders/ship')).toEqual({ name: own.incident, others: null });
  });

  it('D2: one whose SLO is taken out of the files while it burns ends in its conversation', async () => {
    await failing(5, { workflow: 'orders' });
    const first = (await rowsOf('orders/done', 'opened'))[0]!.incident;
    await failing(2, { workflow: 'orders' }, { workflow: 'orders', step: 'ship' });
    world.redefine([slo('orders', 'done')]);
    await failing(5, { workflow: 'orders' });
    expect(await conversation('orders/ship', 'resolved')).toMatchObject({ name: first });
    expect((await world.state(slo('orders', 'ship')))?.incident).toBeNull();
    expect(await rowsOf('orders/done', 'resolved')).toEqual([]);
  });
});
