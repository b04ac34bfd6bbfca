import { expect, it } from 'vitest';
import type { GateOverrideReport } from '../../src/core/ports/gate-override.ts';
import { isRefused } from '../../src/core/ports/refused.ts';
import type { Refused } from '../../src/core/ports/refused.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { HOUR } from '../../src/core/time/duration.ts';
import { createGateOverrides } from '../../src/engine/gate/gate-overrides.ts';
import { createOverrideNotices } from '../../src/engine/gate/override-notices.ts';
import { START, manualClock } from '../support/clock.ts';
import { define, defineSlo } from '../support/definitions.ts';
import { memoryLog } from '../support/memory-log.ts';
import { ANYONE } from '../support/tokens.ts';
import type { Place } from './place.ts';

const DEFINITIONS = define([defineSlo()]);
const REQUEST = { workflow: 'orders', reason: 'the fix "ève"', by: 'sam' };

function made(answer: GateOverrideReport | Refused): GateOverrideReport {
  return isRefused(answer) ? expect.fail(answer.problems.join(' ')) : answer;
}

/** What overrides of the gate ask of a store, with several replicas on it. */
export function gateOverrideContract(place: Place): void {
  const clock = manualClock();
  const options = { definitions: () => DEFINITIONS, clock, log: memoryLog() };
  const overridesOf = (store: Store) => createGateOverrides({ ...options, store });
  const noticesOf = (store: Store) => createOverrideNotices({ ...options, store });

  it('shows one replica what another made and ended, over restarts', async () => {
    clock.set(START);
    const other = await place.openAnother();
    const override = made(await overridesOf(place.store).overrideGate(REQUEST, ANYONE));
    expect(await overridesOf(other).gateOverrides(ANYONE)).toEqual([override]);
    // The word of it must not keep it from being ended.
    await noticesOf(other).run();
    expect(made(await overridesOf(other).endGateOverride(override.id, ANYONE)).active).toBe(false);
    await place.reopen();
    expect(await overridesOf(place.store).gateOverrides(ANYONE)).toMatchObject([
      { ...REQUEST, id: override.id, active: false, ended: { at: START } },
    ]);
    clock.advance(HOUR);
    expect(made(await overridesOf(place.store).overrideGate(REQUEST, ANYONE)).id).not.toBe(override.id);
  });

  it('ends one once where two replicas end it at the same moment', async () => {
    const other = await place.openAnother();
    const { id } = made(await overridesOf(place.store).overrideGate(REQUEST, ANYONE));
    const ended = await Promise.all([
      overridesOf(place.store).endGateOverride(id, ANYONE),
      overridesOf(other).endGateOverride(id, ANYONE),
    ]);
    expect(ended.map((answer) => made(answer).active)).toEqual([false, false]);
    const [record] = await other.records('gate-overrides');
    expect(record).toMatchObject({ id, revision: 2 });
  });

  it('has its owner notified once, whoever leads, and whoever ends it at that moment', async () => {
    const other = await place.openAnother();
    const { id } = made(await overridesOf(place.store).overrideGate(REQUEST, ANYONE));
    await Promise.all([
      noticesOf(place.store).run(),
      noticesOf(other).run(),
      overridesOf(other).endGateOverride(id, ANYONE),
    ]);
    await noticesOf(other).run();
    await noticesOf(place.store).run();
    const { pending } = await place.store.outbox(10);
    expect(pending.map((row) => [row.id, row.facts.gate?.reason])).toEqual([
      [`gate/${id}/inbox`, REQUEST.reason],
    ]);
    const [record] = await other.records('gate-overrides');
    expect(record!.value).toMatchObject({ notified: true, ended: { by: 'burnwatch' } });
  });
}
