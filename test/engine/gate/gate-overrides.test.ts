import { beforeEach, describe, expect, it } from 'vitest';
import type { GateOverrideReport } from '../../../src/core/ports/gate-override.ts';
import type { Refused } from '../../../src/core/ports/refused.ts';
import type { Caller } from '../../../src/core/ports/token.ts';
import { ALL_GRANTS } from '../../../src/core/ports/token.ts';
import { createGateOverrides, MAX_GATE_OVERRIDES } from '../../../src/engine/gate/gate-overrides.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { keptRecords } from '../../http/fakes.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';

const BOSS: Caller = { name: 'boss', address: '::1', grants: ALL_GRANTS };
const DEFINITIONS = define([
  defineSlo({ workflow: 'orders', owner: 'shop' }),
  defineSlo({ workflow: 'carts', owner: 'shop' }),
  defineSlo({ workflow: 'mails', owner: 'crm' }),
]);
const REQUEST = { workflow: 'orders', reason: 'the fix', by: 'sam' };

/** One who may write to some workflows, and read as many. */
function writer(pattern: string): Caller {
  const only = { by: 'workflow', pattern } as const;
  const grants: Caller['grants'] = [
    { scope: 'read', only },
    { scope: 'write', only },
  ];
  return { name: 'some', address: '::1', grants };
}

let clock = manualClock();
let store = keptRecords();
const overrides = () =>
  createGateOverrides({ store, definitions: () => DEFINITIONS, clock, log: memoryLog() });
beforeEach(() => {
  clock = manualClock();
  store = keptRecords();
});

const made = (answer: GateOverrideReport | Refused): GateOverrideReport =>
  'refused' in answer ? expect.fail(answer.problems.join(' ')) : answer;
const active = async () =>
  (await overrides().gateOverrides(BOSS)).filter((one) => one.active).map(({ id }) => id);

describe('an override of the gate', () => {
  it('holds an hour, or as long as is said, and is kept by the store over restarts', async () => {
    const first = made(await overrides().overrideGate(REQUEST, BOSS));
    expect(first).toMatchObject({ ...REQUEST, owner: null, actor: 'boss', active: true, ended: null });
    const second = made(await overrides().overrideGate({ owner: 'crm', reason: 'x', for: '5m' }, BOSS));
    expect(second).toMatchObject({ by: 'boss', until: clock.now() + 5 * MINUTE });
    expect(await active()).toHaveLength(2);
    clock.advance(5 * MINUTE);
    expect(await active()).toEqual([first.id]);
    clock.advance(55 * MINUTE);
    expect(await active()).toEqual([]);
    expect(await overrides().gateOverrides(BOSS)).toHaveLength(2);
  });

  it('is known to another process that opens the store', async () => {
    const kept = await openEmbeddedStore(1, clock);
    const [one, other] = [kept, kept].map((at) =>
      createGateOverrides({ store: at, definitions: () => DEFINITIONS, clock, log: memoryLog() }),
    );
    const override = made(await one!.overrideGate(REQUEST, BOSS));
    expect(await other!.gateOverrides(BOSS)).toEqual([override]);
    expect(made(await other!.endGateOverride(override.id, BOSS)).active).toBe(false);
    expect(await one!.gateOverrides(BOSS)).toMatchObject([{ active: false }]);
  });

  it('is not prolonged by the same request again, and may be made anew when it is over', async () => {
    const first = made(await overrides().overrideGate(REQUEST, BOSS));
    clock.advance(30 * MINUTE);
    expect(await overrides().overrideGate(REQUEST, BOSS)).toEqual(first);
    const other = made(await overrides().overrideGate({ ...REQUEST, reason: 'more' }, BOSS));
    expect(other.until).toBe(first.until + 30 * MINUTE);
    clock.advance(DAY);
    expect(made(await overrides().overrideGate(REQUEST, BOSS)).id).not.toBe(first.id);
  });

  it('is ended early by who may write there, once', async () => {
    const { id } = made(await overrides().overrideGate(REQUEST, BOSS));
    expect(await overrides().endGateOverride(id, writer('mails'))).toMatchObject({ refused: 'unknown' });
    expect(await overrides().endGateOverride('none', BOSS)).toMatchObject({ refused: 'unknown' });
    const ended = made(await overrides().endGateOverride(id, writer('orders')));
    expect(ended).toMatchObject({ active: false, ended: { at: clock.now(), by: 'some' } });
    clock.advance(MINUTE);
    expect(await overrides().endGateOverride(id, BOSS)).toEqual(ended);
    expect(await active()).toEqual([]);
    const later = made(await overrides().overrideGate(REQUEST, BOSS));
    clock.advance(2 * HOUR);
    expect(await overrides().endGateOverride(later.id, BOSS)).toMatchObject({ ended: null, active: false });
  });

  it('J4: that was made by a clock that ran ahead does not hold once the clock is right, and never for longer than it was given', async () => {
    clock.advance(3 * DAY);
    await overrides().overrideGate(REQUEST, BOSS);
    expect(await active()).toHaveLength(1);
    clock.advance(-3 * DAY);
    expect(await active()).toEqual([]);
    // A replica whose clock is a little behind holds to it.
    const { id } = made(await overrides().overrideGate({ ...REQUEST, reason: 'again' }, BOSS));
    clock.advance(-30_000);
    expect(await active()).toEqual([id]);
    clock.advance(30_000 + 3 * DAY);
    expect(await active()).not.toContain(id);
  });

  it('G1: takes the right to write to all that it lets out', async () => {
    const refused = async (request: object, caller: Caller) =>
      ((await overrides().overrideGate(request, caller)) as Partial<Refused>).refused;
    expect(await refused({ owner: 'shop', reason: 'x' }, writer('orders'))).toBe('forbidden');
    expect(await refused({ owner: 'crm', reason: 'x' }, writer('orders'))).toBe('invalid');
    expect(await refused({ owner: 'crm', reason: 'x' }, writer('mails'))).toBeUndefined();
    expect(await refused({ workflow: 'order', reason: 'x' }, BOSS)).toBe('invalid');
    expect((await overrides().gateOverrides(writer('orders'))).length).toBe(0);
  });

  it.each([
    [null, 'JSON object'],
    [{ reason: 'x' }, 'Give the workflow or the owner'],
    [{ workflow: 'orders', owner: 'shop', reason: 'x' }, 'Give the workflow or the owner'],
    [{ workflow: 'orders' }, 'reason is missing'],
    [{ ...REQUEST, reason: ' ' }, 'reason must be a text'],
    [{ ...REQUEST, for: '25h' }, 'from 1m to 1d'],
    [{ ...REQUEST, for: '1s' }, 'from 1m to 1d'],
    [{ ...REQUEST, for: 3600 }, 'from 1m to 1d'],
    [{ ...REQUEST, until: 1 }, 'no field "until"'],
  ])('says what is wrong with %j', async (request, problem) => {
    const answer = (await overrides().overrideGate(request, BOSS)) as Refused;
    expect([answer.refused, answer.problems.join(' ')]).toEqual([
      'invalid',
      expect.stringContaining(problem),
    ]);
  });

  it('is kept 90 days, and no more than so many', async () => {
    for (let index = 0; index < MAX_GATE_OVERRIDES; index++)
      await overrides().overrideGate({ ...REQUEST, reason: `${index}` }, BOSS);
    expect(await overrides().overrideGate(REQUEST, BOSS)).toMatchObject({ refused: 'too-many' });
    clock.advance(91 * DAY);
    made(await overrides().overrideGate(REQUEST, BOSS));
    expect(await overrides().gateOverrides(BOSS)).toHaveLength(1);
  });
});
