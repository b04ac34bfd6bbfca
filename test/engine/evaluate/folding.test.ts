import { afterEach, describe, expect, it } from 'vitest';
import { foldOf } from '../../../src/core/alerting/fold.ts';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import { conversationOfRow, isUrgent } from '../../../src/core/alerting/notification.ts';
import type { AlertPolicy } from '../../../src/core/slo/alert-policy.ts';
import type { Slo, Team } from '../../../src/core/slo/slo.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import type { Evaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { PAYMENTS, defineDependency, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

/** Tickets are over as soon as pages are. */
const SOON: Partial<AlertPolicy> = { resolveAfter: 5 * MINUTE };
const PLATFORM: Team = {
  ...PAYMENTS,
  name: 'platform',
  page: ['bank-chat'],
  ticket: ['bank-mail'],
  fallback: [],
};
const BANK = defineSlo({ name: 'bank', owner: 'platform', sli: { dependency: 'bank' }, alerts: SOON });
const TICKETS_ONLY = defineSlo({
  name: 'bank',
  owner: 'platform',
  sli: { dependency: 'bank' },
  alerts: { ...SOON, tiers: BANK.alerts.tiers.map((tier) => ({ ...tier, severity: 'ticket' })) },
});
const ORDERS = defineSlo({ alerts: SOON });
const REFUNDS = defineSlo({ workflow: 'refunds', alerts: SOON });
const ALL = [ORDERS, BANK, REFUNDS];
let executions = 0;

interface Run {
  readonly workflow?: string;
  readonly calls?: string;
  readonly fails?: boolean;
}

/** So many executions with a step that calls a dependency; where that fails, the execution does, and says so. */
async function run(
  count: number,
  { workflow = 'orders', calls = 'bank', fails = false }: Run,
): Promise<void> {
  const reports = fails ? 20 : 1;
  const records = Array.from({ length: reports }, () => {
    const common = {
      workflow,
      execution: `run-${++executions}`,
      status: fails ? 'failed' : 'succeeded',
      count: count / reports,
    };
    return [
      { ...common, step: 'charge', dependency: calls },
      { ...common, ...(fails && { failedStep: 'charge', dependency: calls, error: 'timeout' }) },
    ];
  }).flat();
  const { rejected } = await world.recorder.record(records);
  expect(rejected).toEqual([]);
}

/** Some days of health, in which every execution calls the bank. */
async function start(
  slos: readonly Slo[] = ALL,
  teams: readonly Team[] = [PAYMENTS, PLATFORM],
): Promise<void> {
  const dependencies = [defineDependency('bank'), defineDependency('carrier')];
  world = await startWorld({ slos: ALL, dependencies, counted: 28 * DAY });
  world.redefine(slos, teams);
  await run(1000, {});
  await run(1000, { calls: 'carrier' });
  await run(1000, { workflow: 'refunds' });
  world.clock.advance(2 * DAY);
}

/** Minutes that each have these, judged at the end of each. */
async function minutes(count: number, what: () => Promise<void>, evaluator?: Evaluator): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    world.clock.advance(MINUTE);
    await what();
    await world.tick(evaluator);
  }
}

async function bankFails(): Promise<void> {
  await run(10, {});
  await run(60, { fails: true });
  await run(60, { workflow: 'refunds', fails: true });
}

/** So much succeeds that what failed is no more than may. */
async function allIsWell(): Promise<void> {
  await run(1_000_000, {});
  await run(1_000_000, { workflow: 'refunds' });
}

const rowsOf = async ({ id }: Slo): Promise<readonly OutboxRow[]> =>
  (await world.told()).filter(({ facts }) => facts.slo === id);

const told = async (slo: Slo): Promise<readonly string[]> =>
  (await rowsOf(slo)).map(
    ({ target, facts }) =>
      `${facts.kind} ${facts.severity}${facts.folded ? ' folded' : ''}${facts.silenced ? ` after ${facts.silenced.reason}` : ''} → ${target}`,
  );

const incidentOf = async (slo: Slo) => (await world.state(slo))?.incident ?? null;

describe('an incident that the open incident of a dependency explains', () => {
  it('is told with that to those who read of it, and pages no one', async () => {
    await start();
    await minutes(1, bankFails);
    expect(await told(BANK)).toEqual(['opened page → bank-chat']);
    for (const slo of [ORDERS, REFUNDS]) expect(await told(slo)).toEqual(['opened page folded → bank-chat']);
    const [bank] = await rowsOf(BANK);
    const [orders] = await rowsOf(ORDERS);
    expect(isUrgent(bank!.facts)).toBe(true);
    expect(isUrgent(orders!.facts)).toBe(false);
    expect(conversationOfRow(orders!)).toBe(conversationOfRow(bank!));
    expect(orders!.facts.folded).toEqual({
      incident: bank!.incident,
      slo: BANK.id,
      because: '100% of its failures call bank',
    });
    expect(orders!.facts.conversation).toMatchObject({ id: bank!.incident, slo: BANK.id });
  });

  it('is folded whatever the order of the SLOs is', async () => {
    for (const slos of [[BANK, REFUNDS, ORDERS], [REFUNDS, ORDERS, BANK], ALL]) {
      await start(slos);
      await minutes(1, bankFails);
      expect(await told(ORDERS)).toEqual(['opened page folded → bank-chat']);
      expect(await told(REFUNDS)).toEqual(['opened page folded → bank-chat']);
      await world.close();
    }
    await start();
  });

  it('stays folded as long as it is explained, and its end is told where it was', async () => {
    await start();
    await minutes(20, bankFails);
    expect(await told(ORDERS)).toEqual(['opened page folded → bank-chat']);
    await minutes(40, allIsWell);
    expect((await told(BANK)).at(-1)).toBe('resolved page → bank-chat');
    expect(await told(ORDERS)).toEqual(['opened page folded → bank-chat', 'resolved page → bank-chat']);
    expect(await incidentOf(ORDERS)).toBeNull();
  });

  it('pages at once when the dependency is over first and it still burns', async () => {
    await start();
    await minutes(3, bankFails);
    world.redefine([ORDERS, REFUNDS], [PAYMENTS, PLATFORM]);
    world.clock.advance(5 * SECOND);
    await world.tick();
    expect(await told(ORDERS)).toEqual([
      'opened page folded → bank-chat',
      'opened page after dependency → bank-chat',
      'opened page after dependency → pager',
    ]);
    const last = (await rowsOf(ORDERS)).at(-1)!;
    expect(isUrgent(last.facts)).toBe(true);
    expect(last.facts.silenced).toMatchObject({ by: BANK.id, because: '100% of its failures call bank' });
    // It is told once, and stays in the conversation that it was told in.
    await minutes(3, bankFails);
    expect(await told(ORDERS)).toHaveLength(3);
    expect(new Set((await rowsOf(ORDERS)).map(conversationOfRow)).size).toBe(1);
  });

  it('is no news when the dependency is over and it only waits to resolve, but pages when it fails again', async () => {
    await start();
    await minutes(3, bankFails);
    await minutes(1, allIsWell);
    world.redefine([ORDERS, REFUNDS], [PAYMENTS, PLATFORM]);
    await minutes(2, allIsWell);
    expect(await told(ORDERS)).toHaveLength(1);
    await minutes(2, () => run(1_000_000, { fails: true }));
    expect((await told(ORDERS)).at(-1)).toBe('opened page after dependency → pager');
    expect(await told(REFUNDS)).toHaveLength(1);
  });

  it('pages when the dependency comes down to a ticket', async () => {
    await start();
    await minutes(3, bankFails);
    world.redefine([ORDERS, TICKETS_ONLY, REFUNDS], [PAYMENTS, PLATFORM]);
    world.clock.advance(5 * SECOND);
    await world.tick();
    expect((await incidentOf(TICKETS_ONLY))!.severity).toBe('ticket');
    expect((await told(ORDERS)).at(-1)).toBe('opened page after dependency → pager');
  });

  it('pages within two minutes when its failures no longer call it, though the dependency goes on failing', async () => {
    await start();
    await minutes(3, bankFails);
    await minutes(2, async () => {
      await run(20, { workflow: 'refunds', fails: true });
      await run(40, { calls: 'carrier', fails: true });
    });
    expect((await incidentOf(BANK))!.severity).toBe('page');
    expect((await told(ORDERS)).at(-1)).toBe('opened page after dependency → pager');
    expect(foldOf((await world.state(REFUNDS))!)).not.toBeNull();
    expect(await told(REFUNDS)).toEqual(['opened page folded → bank-chat']);
  });

  it('D1: stays folded over a restart and a change of the leader, and is told by the successor when it ends', async () => {
    await start();
    await minutes(2, bankFails);
    await minutes(3, bankFails, world.newEvaluator());
    expect(await told(ORDERS)).toEqual(['opened page folded → bank-chat']);
    world.redefine([ORDERS, REFUNDS], [PAYMENTS, PLATFORM]);
    // The former leader has stale states, and what it says is not written beside the other.
    const [one, other] = [world.newEvaluator(), world.newEvaluator()];
    world.clock.advance(MINUTE);
    await bankFails();
    await Promise.allSettled([world.tick(one), world.tick(other)]);
    expect(await told(ORDERS)).toHaveLength(3);
  });

  it('D1: is not folded into one that could not be committed', async () => {
    await start();
    let refused = 0;
    world.wrapped.before('commit', (_owner, changes) => {
      if (refused > 0 || !(changes as { slo: string }[]).some(({ slo }) => slo === BANK.id)) return;
      refused++;
      throw new Error('a broken row');
    });
    world.clock.advance(MINUTE);
    await bankFails();
    await expect(world.tick()).rejects.toThrow('a broken row');
    expect(await told(BANK)).toEqual([]);
    expect((await told(ORDERS)).at(-1)).toBe('opened page → pager');
    await world.tick();
    expect(await told(BANK)).toEqual(['opened page → bank-chat']);
    expect(await told(ORDERS)).toEqual(['opened page → pager']);
  });

  it('is folded again neither after it was told, nor when the clock is set', async () => {
    await start();
    await minutes(3, bankFails);
    world.clock.set(world.clock.now() - 6 * HOUR);
    await minutes(5, bankFails);
    expect((await told(ORDERS)).every((line) => line.includes('folded'))).toBe(true);
    world.redefine([ORDERS, REFUNDS], [PAYMENTS, PLATFORM]);
    await minutes(2, bankFails);
    world.redefine(ALL, [PAYMENTS, PLATFORM]);
    await minutes(3, bankFails);
    expect(foldOf((await world.state(ORDERS))!)).toBeNull();
  });

  it('goes on as a page that was told as a ticket, to those who had that', async () => {
    await start();
    const tickets = async () => {
      await run(1000, {});
      await run(20, { fails: true });
      await run(1000, { workflow: 'refunds' });
      await run(40, { workflow: 'refunds', fails: true });
    };
    world.redefine([ORDERS, REFUNDS], [PAYMENTS, PLATFORM]);
    for (let minute = 0; minute < 600 && !(await incidentOf(ORDERS)); minute += 30) {
      world.clock.advance(29 * MINUTE);
      await minutes(1, tickets);
    }
    expect(await told(ORDERS)).toEqual(['opened ticket → inbox']);
    world.redefine(ALL, [PAYMENTS, PLATFORM]);
    await minutes(3, async () => {
      await run(100, { fails: true });
      await run(100, { workflow: 'refunds', fails: true });
    });
    expect((await incidentOf(BANK))!.severity).toBe('page');
    expect((await told(ORDERS)).slice(1)).toEqual([
      'escalated page folded → bank-chat',
      'escalated page folded → inbox',
    ]);
  });
});

describe('an incident that a dependency does not explain for sure', () => {
  const pagesOnItsOwn = async () => {
    await minutes(1, bankFails);
    expect(await told(ORDERS)).toEqual(['opened page → pager']);
  };

  it.each<[string, readonly Slo[], readonly Team[]]>([
    [
      'whose policy keeps it alone',
      [defineSlo({ alerts: { ...SOON, groupWithin: null } }), BANK, REFUNDS],
      [PAYMENTS, PLATFORM],
    ],
    ['while no one is told of the dependency', ALL, [PAYMENTS]],
    [
      'while the SLO of the dependency is about a step of it',
      [
        ORDERS,
        defineSlo({ name: 'bank', owner: 'platform', sli: { dependency: 'bank', step: 'charge' } }),
        REFUNDS,
      ],
      [PAYMENTS, PLATFORM],
    ],
    ['while the dependency has no SLO', [ORDERS, REFUNDS], [PAYMENTS, PLATFORM]],
  ])('pages on its own %s', async (_why, slos, teams) => {
    await start(slos, teams);
    await pagesOnItsOwn();
  });

  it('pages on its own while the dependency is silenced', async () => {
    await start();
    const now = world.clock.now();
    const matching = {
      workflow: null,
      slo: BANK.id,
      owner: null,
      severity: null,
      labels: {},
      incident: null,
    };
    const silence = {
      v: 1,
      id: 's1',
      matching,
      within: null,
      when: { kind: 'once', from: now, to: now + DAY },
      reason: 'known',
      createdAt: now,
      createdBy: 'ann',
      actor: null,
      ended: null,
    };
    await world.store.putRecord('silences', 's1', 0, silence);
    await pagesOnItsOwn();
  });

  it('pages on its own when it opened first: who was paged stays in charge', async () => {
    await start([ORDERS, REFUNDS]);
    await pagesOnItsOwn();
    world.redefine(ALL, [PAYMENTS, PLATFORM]);
    await minutes(3, bankFails);
    expect((await told(BANK)).at(0)).toBe('opened page → bank-chat');
    expect(foldOf((await world.state(ORDERS))!)).toBeNull();
  });

  it('pages on its own when the dependency has a ticket only', async () => {
    await start([ORDERS, TICKETS_ONLY, REFUNDS]);
    await pagesOnItsOwn();
    expect(await told(TICKETS_ONLY)).toEqual(['opened ticket → bank-mail']);
  });

  it('is told on its own when what failed cannot be read', async () => {
    await start();
    await minutes(2, bankFails);
    world.wrapped.before('readLastFailed', () => {
      throw new Error('a broken list');
    });
    await minutes(2, bankFails);
    expect((await told(ORDERS)).at(-1)).toBe('opened page after dependency → pager');
  });
});
