import { afterEach, describe, expect, it } from 'vitest';
import type { CompositeMember, CompositeSli, Sli, ComponentSli } from '../../../src/core/sli/sli.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const factsOf = async (slo: Slo) =>
  (await world.told()).map(({ facts }) => facts).find((facts) => facts.slo === slo.id)!;

describe('the facts of a composite', () => {
  const paid = defineSlo({ workflow: 'checkout', name: 'paid' });
  const sent = defineSlo({ workflow: 'shipping', name: 'sent' });
  const sli: CompositeSli = { kind: 'composite', method: 'all-of', members: [member(paid), member(sent)] };
  const journey = defineSlo({ workflow: 'journeys', name: 'delivered', sli });

  it('D4: hold the failures of all its members, each in its workflow, and what each of them spends', async () => {
    world = await startWorld({ slos: [paid, sent, journey] });
    await world.report(90, 0, { workflow: 'shipping' });
    await world.report(0, 10, { workflow: 'shipping', error: 'no carrier' });
    await world.report(70, 0, { workflow: 'checkout' });
    await world.report(0, 30, { workflow: 'checkout', error: 'declined' });
    world.clock.advance(MINUTE);
    await world.report(0, 5, { workflow: 'shipping', error: 'declined' });
    await world.tick();
    const { failures, lastFailed, members, budget } = await factsOf(journey);
    expect(failures).toEqual([
      { step: null, dependency: null, error: 'declined', count: 35 },
      { step: null, dependency: null, error: 'no carrier', count: 10 },
    ]);
    expect(lastFailed[0]).toMatchObject({ error: 'declined', at: world.clock.now() });
    expect(lastFailed).toHaveLength(3);
    expect(members.map(({ name }) => name)).toEqual(['checkout/paid', 'shipping/sent']);
    expect(members[0]!.share! + members[1]!.share!).toBeCloseTo(1, 12);
    expect(members[0]!.share!).toBeCloseTo(0.3 / (0.3 + 15 / 105), 12);
    expect(budget.spent).toBeGreaterThan(30);
  });
});

function member({ id, workflow, sli, fingerprint }: Slo): CompositeMember {
  return { slo: id, workflow, sli: singleOf(sli), fingerprint, weight: 1 };
}

function singleOf(sli: Sli): ComponentSli {
  if (sli.kind === 'composite') throw new Error('a composite is no member');
  return sli;
}

describe('a weighted composite', () => {
  it('J3: pages when all of its members fail one after another, and not while one is good', async () => {
    const parts = ['checkout', 'shipping'].map((workflow) => defineSlo({ workflow }));
    const sli: CompositeSli = { kind: 'composite', method: 'weighted', members: parts.map(member) };
    const outage = { kind: 'outage', name: 'outage', severity: 'page' } as const;
    const journey = defineSlo({ workflow: 'journeys', objective: '90%', sli, alerts: { tiers: [outage] } });
    world = await startWorld({ slos: [...parts, journey] });
    world.clock.advance(28 * DAY);
    const kinds: (string | undefined)[] = [];
    for (const [checkout, shipping] of [
      ['good', 'good'],
      ['bad', 'good'],
      ['bad', 'bad'],
    ] as const) {
      world.clock.advance(MINUTE);
      for (const [workflow, ends] of [
        ['checkout', checkout],
        ['shipping', shipping],
      ] as const) {
        await (ends === 'good' ? world.report(9, 0, { workflow }) : world.report(0, 9, { workflow }));
      }
      await world.tick();
      kinds.push((await world.state(journey))?.incident?.tier);
    }
    expect(kinds).toEqual([undefined, undefined, 'outage']);
  });
});

it.each(['weighted', 'all-of'] as const)(
  'J3: one failure of a seldom used member is one failure of a composite (%s), whatever it amounts to',
  async (method) => {
    const parts = ['checkout', 'shipping'].map((workflow) => defineSlo({ workflow, alerts: { tiers: [] } }));
    const journey = defineSlo({
      workflow: 'journeys',
      sli: { kind: 'composite', method, members: parts.map(member) },
    });
    world = await startWorld({ slos: [...parts, journey] });
    const kinds: (string | undefined)[] = [];
    for (let minute = 0; minute < 2; minute++) {
      world.clock.advance(MINUTE);
      await world.report(1000, 0, { workflow: 'checkout' });
      await world.report(0, 1, { workflow: 'shipping' });
      await world.tick();
      kinds.push((await world.state(journey))?.incident?.tier);
    }
    expect(kinds).toEqual([undefined, 'fast']);
  },
);

describe('the executions that failed last', () => {
  it('D4: are told once each, however many of their attempts failed', async () => {
    const slo = defineSlo({ sli: { step: 'ship' } });
    world = await startWorld({ slos: [slo] });
    const failed = { workflow: 'orders', step: 'ship', status: 'failed' };
    for (const execution of ['a', 'b', 'c']) {
      for (const attempt of [1, 2, 3]) {
        world.clock.advance(1000);
        const record = { ...failed, execution, attempt, error: `attempt ${attempt}` };
        expect(await world.recorder.record([record])).toMatchObject({ accepted: 1 });
      }
    }
    await world.tick();
    const { lastFailed } = await factsOf(slo);
    expect(lastFailed.map(({ execution, error }) => `${execution}: ${error}`)).toEqual([
      'c: attempt 3',
      'b: attempt 3',
      'a: attempt 3',
    ]);
  });
});

describe('the forecast of a page', () => {
  it('is of the shortest window that fires where that burns faster than the longest', async () => {
    const slo = defineSlo({ objective: '99%' });
    world = await startWorld({ slos: [slo] });
    await world.report(1_000_000, 0);
    world.clock.advance(DAY);
    // Slowly for most of a day, which the longest window that fires will know, and then all at once.
    for (let hour = 0; hour < 20; hour++) {
      await world.report(9600, 400);
      world.clock.advance(HOUR);
    }
    await world.report(0, 1000);
    await world.tick();
    const { exhaustsAt, pace, reasons, budget } = await factsOf(slo);
    expect(reasons.map(({ tier }) => tier)).toContain('drift');
    expect(pace).toBe(5 * MINUTE);
    const perMs = (1000 - 10) / (5 * MINUTE);
    expect((exhaustsAt! - world.clock.now()) * perMs).toBeCloseTo(budget.remaining, 0);
  });
});

describe('a postmortem', () => {
  it.each([
    [0.2, true],
    [0.6, false],
  ])(
    'is required after an incident that spent more than %d of the budget: %s',
    async (postmortemAbove, required) => {
      const budgetPolicy = { name: 'standard', freezeBelow: null, postmortemAbove };
      const slo: Slo = { ...defineSlo(), budgetPolicy };
      world = await startWorld({ slos: [slo] });
      await world.report(1_000_000, 0);
      world.clock.advance(10 * DAY);
      await world.report(0, 6000);
      await world.tick();
      for (let minute = 0; minute < 10; minute++) {
        world.clock.advance(MINUTE);
        await world.report(1000, 0);
        await world.tick();
      }
      for (let hour = 0; hour < 90 && (await world.state(slo))!.incident; hour++) {
        world.clock.advance(HOUR);
        await world.report(1000, 0);
        await world.tick();
      }
      const end = (await world.told()).at(-1)!.facts;
      expect(end.kind).toBe('resolved');
      const { spent, allowed } = { spent: end.during.bad, allowed: end.budget.allowed };
      expect(spent / allowed).toBeGreaterThan(0.5);
      expect(spent / allowed).toBeLessThan(0.6);
      expect(end.postmortem).toEqual(
        required ? { policy: 'standard', above: postmortemAbove, spent: spent / allowed } : null,
      );
    },
  );
});
