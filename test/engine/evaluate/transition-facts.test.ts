import { afterEach, describe, expect, it } from 'vitest';
import type { CompositeMember, CompositeSli, Sli, ComponentSli } from '../../../src/core/sli/sli.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { every, scheduleSli } from '../../support/slis.ts';
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
    expect(kinds).toEqual([undefined, undefined, undefined, 'outage']);
  });
});

// Two weigh as much as all of a thousand: of what they weigh on average, two of four, or of two, are bad.
it.each([
  ['weighted', 'slow'],
  ['all-of', 'fast'],
] as const)(
  'J3: one failure of a seldom used member is one failure of a composite (%s), whatever it amounts to',
  async (method, tier) => {
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
    expect(kinds).toEqual([undefined, tier]);
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
  it('is of the short window of the fastest tier that fires', async () => {
    const slo = defineSlo({ objective: '99%' });
    world = await startWorld({ slos: [slo], counted: 28 * DAY });
    await world.report(1_000_000, 0);
    world.clock.advance(DAY);
    // Slowly for most of a day, which longer windows know, and then all at once.
    for (let hour = 0; hour < 20; hour++) {
      await world.report(9600, 400);
      world.clock.advance(HOUR);
    }
    await world.report(0, 2000);
    await world.tick();
    const { exhaustsAt, pace, reasons, budget } = await factsOf(slo);
    expect(reasons.map(({ tier }) => tier)).toContain('drift');
    expect(pace).toBe(5 * MINUTE);
    const perMs = (2000 - 20) / (5 * MINUTE);
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
      world = await startWorld({ slos: [slo], counted: 28 * DAY });
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

describe('D4: when it failed', () => {
  const slo = defineSlo({ objective: '95%' });
  const latest = async () => (await world.told()).at(-1)!.facts;

  /** Minutes with so many good and bad outcomes each, an evaluation after each. */
  async function minutes(count: number, good: number, bad: number, fields: object = {}): Promise<void> {
    for (let minute = 0; minute < count; minute++) {
      world.clock.advance(MINUTE);
      await world.report(good, bad, fields);
      await world.tick();
    }
  }

  it('began with the first failure of those that go on, whatever window noticed it', async () => {
    world = await startWorld({ slos: [slo] });
    await minutes(90, 50, 1);
    const onset = world.clock.now() + MINUTE;
    await minutes(20, 20, 30);
    const { failing, began, during, openedAt } = await factsOf(slo);
    expect([failing!.since, began]).toEqual([onset, onset]);
    expect(openedAt).toBeGreaterThan(onset);
    expect(during).toEqual({ good: failing!.good, bad: failing!.bad });
    expect(during.bad / (during.good + during.bad)).toBe(0.6);
    expect((await world.state(slo))!.incident).toMatchObject({ began: onset });
  });

  it('ended with the last of them, long before it resolved', async () => {
    world = await startWorld({ slos: [slo] });
    await minutes(60, 50, 0);
    const onset = world.clock.now() + MINUTE;
    await minutes(8, 0, 50);
    const end = world.clock.now() + MINUTE;
    for (let hour = 0; hour < 90 && (await latest()).kind !== 'resolved'; hour++) await minutes(60, 50, 0);
    const { kind, began, failedUntil, during, at } = await latest();
    expect(kind).toBe('resolved');
    expect([began, failedUntil]).toEqual([onset, end]);
    expect(during).toEqual({ good: 0, bad: 400 });
    expect(at).toBeGreaterThan(end + HOUR);
  });

  it('recovers while every tier only waits to resolve, and the last failure is dated', async () => {
    const escalation = [{ after: 25 * MINUTE, to: ['inbox'] }];
    const page = { kind: 'burnRate', name: 'fast', severity: 'page', factor: 2, loweredFrom: null } as const;
    const tiers = [{ ...page, long: 10 * MINUTE, short: 2 * MINUTE }];
    const escalating = defineSlo({
      objective: '95%',
      alerts: { tiers, escalation, resolveAfter: 15 * MINUTE },
    });
    world = await startWorld({ slos: [escalating] });
    await minutes(30, 50, 0);
    await minutes(12, 0, 50);
    expect((await latest()).recovering).toBeNull();
    const end = world.clock.now() + MINUTE;
    await minutes(14, 50, 0);
    const { kind, recovering, at } = await latest();
    expect(kind).toBe('unacknowledged');
    expect(recovering!.lastFailedAt).toBe(end);
    expect(recovering!.resolvesAt).toBeGreaterThan(at);
    expect(recovering!.resolvesAt - at).toBeLessThan(15 * MINUTE);
  });

  it('the causes are of this fault, not of an earlier one of the same hour', async () => {
    world = await startWorld({ slos: [slo] });
    await minutes(60, 2000, 0);
    for (let each = 0; each < 60; each++)
      await world.report(0, 9, { failedStep: 'ship', error: 'dhl is down' });
    await minutes(20, 200, 0);
    for (let minute = 0; minute < 10; minute++) {
      world.clock.advance(MINUTE);
      for (let each = 0; each < 5; each++)
        await world.report(0, 8, { failedStep: 'charge', error: 'timeout' });
      await world.tick();
    }
    const { failures } = await latest();
    expect(failures[0]).toMatchObject({ step: 'charge', error: 'timeout' });
  });
});

describe('D4: what did not come', () => {
  const EVERY = 10 * MINUTE;
  const tiers = [{ kind: 'outage', name: 'outage', severity: 'page' }] as const;

  /** Runs that start and succeed so many minutes after their tick; null: never. */
  async function runs(
    count: number,
    { starts, ends }: { readonly starts: number | null; readonly ends: number | null },
  ): Promise<void> {
    for (let run = 0; run < count; run++) {
      const tick = world.clock.now();
      for (let minute = 0; minute < 10; minute++) {
        const fields = { workflow: 'orders', execution: `run-${tick}` };
        if (minute === starts) await world.recorder.record([{ ...fields, status: 'started' }]);
        if (minute === ends) await world.recorder.record([{ ...fields, status: 'succeeded' }]);
        await world.tick();
        world.clock.advance(MINUTE);
      }
    }
  }

  it.each([
    ['a run that never started', 2, { starts: null, ends: null }, 'start', false],
    ['a run that did not end in time', 2, { starts: 1, ends: null }, 'finish', true],
    ['a run whose starts are not reported', null, { starts: null, ends: null }, 'finish', null],
  ] as const)('of a schedule: %s', async (_what, startWithin, run, missed, started) => {
    const startWithinMs = startWithin === null ? null : startWithin * MINUTE;
    const sli = scheduleSli(every(EVERY), startWithinMs, 6 * MINUTE);
    const slo = defineSlo({ objective: '99%', sli, alerts: { tiers } });
    world = await startWorld({ slos: [slo] });
    await runs(2, { starts: 1, ends: 3 });
    await runs(6, run);
    const { missedRun, at } = await factsOf(slo);
    const { tick } = missedRun!;
    expect(tick).toBe(Math.floor(at / EVERY) * EVERY);
    expect(missedRun).toEqual({
      tick,
      missed,
      started,
      startBy: startWithinMs === null ? null : tick + startWithinMs,
      finishBy: tick + 6 * MINUTE,
    });
  });
});
