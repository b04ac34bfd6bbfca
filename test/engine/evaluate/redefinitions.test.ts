import { afterEach, describe, expect, it } from 'vitest';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import { readTiers, step } from '../../../src/core/alerting/incident-step.ts';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import type { BurnRateTier } from '../../../src/core/slo/alert-policy.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { START } from '../../support/clock.ts';
import { defineSlo } from '../../support/definitions.ts';
import { evidenceOf } from '../../support/tier-readings.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const tier = (name: string, severity: 'page' | 'ticket', factor: number): BurnRateTier => ({
  kind: 'burnRate',
  name,
  severity,
  long: HOUR,
  short: 5 * MINUTE,
  factor,
  loweredFrom: null,
});
const tiers = [tier('fast', 'page', 10), tier('drift', 'ticket', 2)];
const define = (name: string, objective = '99%', sli: { step?: string } = {}): Slo =>
  defineSlo({ name, objective, sli, alerts: { tiers, resolveAfter: 5 * MINUTE } });

/** Opens a page of `slo`: 20% fail. */
async function open(slo: Slo, others: readonly Slo[] = []): Promise<void> {
  world = await startWorld({ slos: [slo, ...others], counted: 28 * DAY });
  await world.tick();
  await world.report(80, 20);
  await world.tick();
  expect(await world.state(slo)).toMatchObject({ incident: { severity: 'page' } });
}

const latest = async (): Promise<OutboxRow> => (await world.told()).at(-1)!;
const incidentOf = async (slo: Slo) => (await world.state(slo))?.incident?.id;

describe('a definition that changes while it fires', () => {
  it('J5: stops at once what does not fire under the new one, and says why', async () => {
    await open(define('done'));
    const { incident } = await latest();
    world.redefine([define('done', '80%')]);
    expect(await world.tick()).toMatchObject({ transitions: 1 });
    expect(await latest()).toMatchObject({
      incident,
      facts: { kind: 'resolved', cause: 'definition-changed', objective: 0.8 },
    });
    const { pages, ...quiet } = (await world.state(define('done')))!;
    expect(quiet).toEqual(QUIET);
    expect(pages).toHaveLength(1);
  });

  it('comes down to a ticket where only the pages stop', async () => {
    await open(define('done'));
    world.redefine([define('done', '95%')]);
    await world.tick();
    expect((await latest()).facts).toMatchObject({ kind: 'deescalated', cause: 'definition-changed' });
    // It stays a ticket for as long as that fires, and resolves like any other.
    world.clock.advance(MINUTE);
    expect(await world.tick()).toMatchObject({ transitions: 0 });
    world.clock.advance(MINUTE);
    await world.report(10_000, 0);
    await world.tick();
    world.clock.advance(6 * MINUTE);
    await world.report(10_000, 0);
    await world.tick();
    expect((await latest()).facts).toMatchObject({ kind: 'resolved', cause: null });
  });

  it('stops a tier that the policy has lost', async () => {
    await open(define('done'));
    world.redefine([defineSlo({ name: 'done', alerts: { tiers: [tiers[1]!] } })]);
    await world.tick();
    expect((await latest()).facts).toMatchObject({ kind: 'deescalated', cause: 'definition-changed' });
  });

  it('lets what is not about its conditions wait for the hysteresis, as it would have', async () => {
    const slo = define('done');
    await open(slo);
    world.clock.advance(MINUTE);
    await world.report(10_000, 0);
    world.redefine([{ ...slo, description: 'another one', owner: 'growth' }]);
    expect(await world.tick()).toMatchObject({ transitions: 0 });
    expect((await world.state(slo))!.definition).toMatchObject({ owner: 'growth' });
  });

  it('J2: holds a tier that nothing can be said of, and asks again when there is something', () => {
    const before = define('done');
    const after = define('done', '80%');
    const reading = (slo: Slo, counts: { good: number; bad: number }) =>
      readTiers(slo, evidenceOf({ sum: counts }), START);
    const { state } = step(before, reading(before, { good: 80, bad: 20 }), QUIET, START);
    const held = step(after, reading(after, { good: 0, bad: 0 }), state, START + DAY);
    expect(held.transition).toBeNull();
    const { pages: _, ...kept } = state;
    expect(held.state).toEqual(kept);
    const said = step(after, reading(after, { good: 80, bad: 20 }), held.state, START + 2 * DAY);
    expect(said.transition).toMatchObject({ kind: 'resolved', cause: 'definition-changed' });
  });

  it('leaves a state from before definitions were kept to time, and notes the definition', () => {
    const slo = define('done');
    const reading = (bad: number) => readTiers(slo, evidenceOf({ sum: { good: 100 - bad, bad } }), START);
    const { state } = step(slo, reading(20), QUIET, START);
    const { transition, state: next } = step(slo, reading(0), { ...state, definition: null }, START);
    expect(transition).toBeNull();
    expect(next.definition).toEqual(state.definition);
  });
});

describe('an SLO that is renamed', () => {
  it('D2: takes its incident along, in the same conversation', async () => {
    const [old, renamed] = [define('done'), define('completed')];
    await open(old);
    const { incident } = await latest();
    world.redefine([renamed]);
    expect(await world.tick()).toMatchObject({ transitions: 0 });
    expect(await incidentOf(renamed)).toBe(incident);
    expect(await world.state(old)).toEqual(QUIET);
    world.clock.advance(2 * HOUR);
    await world.report(1_000_000, 0);
    await world.tick();
    world.clock.advance(6 * MINUTE);
    await world.report(1_000_000, 0);
    await world.tick();
    const end = await latest();
    expect(end).toMatchObject({ incident, facts: { kind: 'resolved', cause: null, slo: renamed.id } });
    expect((await world.told()).map(({ facts }) => facts.kind)).toEqual(['opened', 'resolved']);
  });

  it('and loosened at once ends the same incident, for its definition changed', async () => {
    await open(define('done'));
    const { incident } = await latest();
    world.redefine([define('completed', '80%')]);
    await world.tick();
    expect(await latest()).toMatchObject({
      incident,
      facts: { kind: 'resolved', cause: 'definition-changed', slo: 'orders/completed' },
    });
  });

  it('in two steps of saving, or while another replica still has the old files, loses nothing', async () => {
    const [old, renamed] = [define('done'), define('completed')];
    const other = define('other', '99%', { step: 'ship' });
    await open(old, [other]);
    const { incident } = await latest();
    world.redefine([other]);
    world.clock.advance(MINUTE);
    await world.tick();
    world.redefine([other, renamed]);
    await world.tick();
    expect(await incidentOf(renamed)).toBe(incident);
    // A replica that leads with the old files for a while.
    world.redefine([other, old]);
    await world.tick(world.newEvaluator());
    expect(await incidentOf(old)).toBe(incident);
    world.redefine([other, renamed]);
    await world.tick(world.newEvaluator());
    expect(await incidentOf(renamed)).toBe(incident);
    expect((await world.told()).map(({ facts }) => facts.kind)).toEqual(['opened']);
  });

  it('with another one, each under the name of the other, takes its own incident along', async () => {
    const [done, shipped] = [define('done'), define('shipped', '99%', { step: 'ship' })];
    await open(done, [shipped]);
    const { incident } = await latest();
    world.redefine([define('done', '99%', { step: 'ship' }), define('shipped')]);
    expect(await world.tick()).toMatchObject({ transitions: 0 });
    expect(await incidentOf(shipped)).toBe(incident);
    expect(await incidentOf(done)).toBeUndefined();
    // Now that both burn, they are swapped back.
    world.clock.advance(MINUTE);
    await world.report(0, 500, { step: 'ship' });
    await world.tick();
    const other = await incidentOf(done);
    expect(other).not.toBe(incident);
    world.redefine([done, shipped]);
    expect(await world.tick()).toMatchObject({ transitions: 0 });
    expect([await incidentOf(done), await incidentOf(shipped)]).toEqual([incident, other]);
  });

  it('is not one that was there before, on the same SLI with another objective', async () => {
    const [strict, mild] = [define('strict'), define('mild', '50%')];
    await open(strict, [mild]);
    world.redefine([mild]);
    await world.tick();
    expect(await incidentOf(mild)).toBeUndefined();
    world.clock.advance(3 * MINUTE);
    await world.tick();
    expect((await latest()).facts).toMatchObject({ cause: 'removed', slo: strict.id });
  });
});

describe('an SLO that is removed', () => {
  const other = define('other', '99%', { step: 'ship' });

  it('D2: ends its conversation with one message to those who were notified', async () => {
    await open(define('done'), [other]);
    const opened = await latest();
    world.redefine([other]);
    for (let minute = 0; minute < 5; minute++) {
      await world.tick();
      world.clock.advance(MINUTE);
    }
    const told = await world.told();
    expect(told.map(({ target, facts }) => [target, facts.kind, facts.cause])).toEqual([
      ['pager', 'opened', null],
      ['pager', 'resolved', 'removed'],
    ]);
    expect(told[1]).toMatchObject({
      id: `${opened.incident}/2/pager`,
      createdAt: START + 2 * MINUTE,
      facts: { slo: 'orders/done', workflow: 'orders', owner: 'payments', objective: 0.99, window: '28d' },
    });
    expect(await world.state(define('done'))).toEqual(QUIET);
  });

  it('while Burnwatch was restarted, too, however long that took', async () => {
    await open(define('done'), [other]);
    world.redefine([other]);
    world.clock.advance(DAY);
    const restarted = world.newEvaluator();
    await world.tick(restarted);
    expect(await world.told()).toHaveLength(1);
    world.clock.advance(2 * MINUTE);
    await world.tick(restarted);
    expect((await latest()).facts).toMatchObject({ kind: 'resolved', cause: 'removed', owner: 'payments' });
  });

  it('starts afresh when it returns', async () => {
    await open(define('done'), [other]);
    const { incident } = await latest();
    world.redefine([other]);
    await world.tick();
    world.clock.advance(2 * MINUTE);
    await world.tick();
    world.redefine([define('done'), other]);
    await world.tick();
    expect((await latest()).facts.kind).toBe('opened');
    expect((await latest()).incident).not.toBe(incident);
  });
});
