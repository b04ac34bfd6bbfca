import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { StateChange } from '../../../src/core/ports/store/states.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { StoreMethod } from '../../support/store-wrapper.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const PAGE = { kind: 'outage', name: 'outage', severity: 'page' } as const;
const TICKET = { ...PAGE, severity: 'ticket' } as const;

let world: World;
afterEach(() => world.close());

/** SLOs of one workflow with counters of their own, which the same failures open; every tenth pages, the others open tickets. */
function manySlos(count: number): Slo[] {
  return Array.from({ length: count }, (_, index) =>
    defineSlo({
      name: `slo-${index}`,
      sli: { withinMs: MINUTE + index },
      alerts: { tiers: [index % 10 === 9 ? PAGE : TICKET] },
    }),
  );
}

async function startWithFailures(count: number): Promise<readonly Slo[]> {
  const slos = manySlos(count);
  world = await startWorld({ slos });
  await world.report(0, 10, { durationMs: 1 });
  world.clock.advance(MINUTE);
  await world.report(0, 10, { durationMs: 1 });
  return slos;
}

const commits = () => world.wrapped.calls('commit').map(([, changes]) => changes as readonly StateChange[]);
const allCalls = () =>
  Object.keys(world.store).reduce((sum, name) => sum + world.wrapped.calls(name as StoreMethod).length, 0);
const notifiedSlos = async () => (await world.told()).map(({ facts }) => facts.slo);

/** Holds calls up until `release`, and says how many were waiting at once. */
function gate() {
  let waiting: (() => void)[] = [];
  let arrived: () => void = () => {};
  return {
    pass: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        arrived();
      }),
    /** Resolves once something waits and whatever comes with it has come. */
    async wait(): Promise<number> {
      if (waiting.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
      await yieldToEventLoop();
      return waiting.length;
    },
    release() {
      const all = waiting;
      waiting = [];
      for (const go of all) go();
    },
  };
}

describe('1,000 SLOs that open at once', () => {
  it('G2: are read side by side but few at a time, and the first page does not wait for the last ticket', async () => {
    const slos = await startWithFailures(1000);
    const slow = gate();
    world.wrapped.before('readFailures', slow.pass);
    world.wrapped.before('readLastFailed', slow.pass);
    const detailsRead = () => world.wrapped.calls('readFailures').length;
    const readAtCommit: number[] = [];
    world.wrapped.before('commit', () => void readAtCommit.push(detailsRead()));
    const toDeliver: number[] = [];
    const callsBefore = allCalls();

    const evaluator = world.newEvaluator();
    const tick = evaluator.tick(world.clock.now(), () => toDeliver.push(detailsRead()));
    const over = tick.then(() => 0);
    const atOnce: number[] = [];
    for (;;) {
      const waiting = await Promise.race([slow.wait(), over]);
      if (waiting === 0) break;
      atOnce.push(waiting);
      slow.release();
    }
    expect(await tick).toMatchObject({ evaluated: 1000, failed: 0, transitions: 1000, notifications: 1000 });

    expect(Math.max(...atOnce)).toBeLessThanOrEqual(32);
    expect(atOnce.length, 'rounds of reading').toBeLessThan(100);
    expect(allCalls() - callsBefore).toBeLessThanOrEqual(2 * 1000 + 1000 / 32 + 20);
    expect(readAtCommit[0]).toBeLessThanOrEqual(32);
    expect(toDeliver, 'delivery is woken after each slice').toEqual(readAtCommit);
    expect(detailsRead()).toBe(1000);

    const order = commits().flat();
    expect(order.map(({ slo }) => slo).toSorted()).toEqual(slos.map(({ id }) => id).toSorted());
    const severities = order.map(({ state }) => state.incident!.severity);
    expect(severities.slice(0, 100)).toEqual(Array<string>(100).fill('page'));
    expect(severities.slice(100)).toEqual(Array<string>(900).fill('ticket'));
    const rows = await world.told();
    expect(rows).toHaveLength(1000);
    expect(new Set(rows.map(({ facts }) => facts.slo)).size).toBe(1000);
    for (const { facts } of rows)
      expect(facts).toMatchObject({ during: { good: 0, bad: 20 }, failures: [{ count: 20 }] });

    world.clock.advance(1000);
    expect(await world.tick(evaluator)).toMatchObject({ transitions: 0, notifications: 0 });
    expect(commits().flat(), 'everything is committed exactly once').toHaveLength(1000);
  });
});

describe('a slice that cannot be committed', () => {
  it('D1, J4: keeps none of the others from being committed, and is committed at the next tick', async () => {
    const slos = await startWithFailures(100);
    const broken = slos[50]!.id;
    world.wrapped.before('commit', (_, changes) => {
      if ((changes as StateChange[]).some(({ slo }) => slo === broken)) throw new TypeError('a bug');
    });
    await expect(world.tick()).rejects.toThrow('a bug');
    const first = await notifiedSlos();
    expect(first).toHaveLength(100 - 32);
    expect(first).not.toContain(broken);
    expect(
      world.log.entries.filter(({ message }) => message.includes('could not be committed')),
    ).toHaveLength(1);

    world.wrapped.before('commit', () => {});
    expect(await world.tick()).toMatchObject({ transitions: 32, notifications: 32 });
    expect((await notifiedSlos()).toSorted()).toEqual(slos.map(({ id }) => id).toSorted());
  });

  it('D1: since the store went away leaves what was committed before, and the next tick commits the rest', async () => {
    const slos = await startWithFailures(100);
    let slices = 0;
    world.wrapped.before('commit', () => {
      if (++slices === 2) throw new StoreUnavailable('gone');
    });
    let woken = 0;
    const evaluator = world.newEvaluator();
    await expect(evaluator.tick(world.clock.now(), () => woken++)).rejects.toThrow(StoreUnavailable);
    expect(woken).toBe(1);
    expect(slices, 'a store that is away is not asked again').toBe(2);
    expect(await notifiedSlos()).toHaveLength(32);
    expect(await world.tick(evaluator)).toMatchObject({ transitions: 68, notifications: 68 });
    expect((await notifiedSlos()).toSorted()).toEqual(slos.map(({ id }) => id).toSorted());
  });
});

describe('failures that cannot be read', () => {
  it('J4: go missing in the notification, which goes out all the same', async () => {
    const [broken, sound] = await startWithFailures(2);
    world.wrapped.before('readLastFailed', (sli) => {
      if ((sli as Slo).fingerprint === broken!.fingerprint) throw new TypeError('wrong type');
    });
    expect(await world.tick()).toMatchObject({ evaluated: 2, failed: 0, transitions: 2 });
    const facts = new Map((await world.told()).map((row) => [row.facts.slo, row.facts]));
    expect(facts.get(broken!.id)).toMatchObject({
      failures: [],
      lastFailed: [],
      during: { good: 0, bad: 20 },
    });
    expect(facts.get(sound!.id)).toMatchObject({
      failures: [{ count: 20 }],
      lastFailed: [{ execution: 'bad-2' }, { execution: 'bad-1' }],
    });
    expect(world.log.entries.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { slo: broken!.id, error: 'TypeError: wrong type' } },
    ]);
  });

  it('since the store is away, fail the tick; the next one notifies with them', async () => {
    const [slo] = await startWithFailures(1);
    world.wrapped.takeDown('readFailures');
    await expect(world.tick()).rejects.toThrow(StoreUnavailable);
    expect(await world.told()).toHaveLength(0);
    world.wrapped.bringUp();
    await world.tick();
    expect(await world.told()).toMatchObject([{ facts: { slo: slo!.id, failures: [{ count: 20 }] } }]);
  });
});
