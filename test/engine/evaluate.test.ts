import { afterEach, describe, expect, it } from 'vitest';
import { detectionTime } from '../../src/core/alert-policy.ts';
import type { AlertState } from '../../src/core/incident.ts';
import type { OutboxRow } from '../../src/core/notification.ts';
import type { Definitions, Slo } from '../../src/core/slo.ts';
import { NotLeader, StoreUnavailable } from '../../src/core/store.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import type { Evaluator, TickResult } from '../../src/engine/evaluate.ts';
import { createEvaluator } from '../../src/engine/evaluate.ts';
import { createHistory } from '../../src/engine/history.ts';
import { createRecorder } from '../../src/engine/record.ts';
import { START, manualClock } from '../support/clock.ts';
import { define, defineSlo } from '../support/definitions.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import { memoryLog } from '../support/memory-log.ts';
import { wrapStore } from '../support/store-wrapper.ts';

const OWNER = 'this process';

/** One service on a manual clock: what it counts, judges and would send. */
async function startWorld(slos: readonly Slo[] = [defineSlo()], current: Definitions = define(slos)) {
  const clock = manualClock();
  const wrapped = wrapStore(await openEmbeddedStore(1, clock));
  const { store } = wrapped;
  const log = memoryLog();
  const definitions = () => current;
  const recorder = createRecorder({ store, definitions, clock, queueLimit: 1000 });
  const newEvaluator = (owner = OWNER) =>
    createEvaluator({ store, history: createHistory(store), definitions, owner, log });
  const evaluator = newEvaluator();
  await store.lead(OWNER, 1000 * DAY);
  let batches = 0;
  return {
    clock,
    wrapped,
    store,
    log,
    newEvaluator,
    tick: (who: Evaluator = evaluator): Promise<TickResult> => who.tick(clock.now()),
    /** Reports that many successes and failures at this moment. */
    async report(good: number, bad: number, fields: object = {}): Promise<void> {
      batches++;
      const common = { workflow: 'orders', ...fields };
      const records = [
        { ...common, execution: `good-${batches}`, status: 'succeeded', count: good },
        { ...common, execution: `bad-${batches}`, status: 'failed', count: bad },
      ].filter(({ count }) => count > 0);
      const { rejected } = await recorder.record(records);
      expect(rejected).toEqual([]);
    },
    /** The notifications so far, oldest first. */
    async told(): Promise<readonly OutboxRow[]> {
      return (await store.outbox(1000)).pending;
    },
    async state(slo: Slo = slos[0]!): Promise<AlertState | undefined> {
      return (await store.loadStates()).get(slo.id)?.state;
    },
  };
}

type World = Awaited<ReturnType<typeof startWorld>>;
let world: World;

afterEach(() => world.store.close());

const kinds = (rows: readonly OutboxRow[]) => rows.map(({ facts }) => facts.kind);

/** Burns until an incident opens. */
async function openIncident(): Promise<void> {
  await world.report(80, 20);
  expect(await world.tick()).toMatchObject({ transitions: 1 });
}

/** Lets successes follow, minute by minute, until the incident has resolved. */
async function recover(): Promise<void> {
  for (let minute = 0; minute < 12; minute++) {
    world.clock.advance(MINUTE);
    await world.report(1_000_000, 0);
    if ((await world.tick()).transitions > 0) return;
  }
  throw new Error('it did not resolve');
}

describe('a simulated month', () => {
  const slo = defineSlo({ objective: '99%', window: '28d' });
  const at = (days: number, hours = 0) => START + days * DAY + hours * HOUR;
  // A total outage, a partial one, and a slow leak; with the tier that must find each first.
  const incidents = [
    { from: at(5), until: at(5, 0.5), errorRate: 1, tier: 'fast', severity: 'page', target: 'pager' },
    { from: at(12), until: at(12, 10), errorRate: 0.08, tier: 'slow', severity: 'page', target: 'pager' },
    { from: at(19), until: at(20), errorRate: 0.035, tier: 'drift', severity: 'ticket', target: 'inbox' },
  ] as const;

  /** Ticks every minute where it matters, and coarsely where nothing happens, to keep the month short. */
  function stepAt(now: number): number {
    const near = incidents.find(({ from, until }) => now >= from - HOUR && now < until + 7 * HOUR);
    if (!near) return 30 * MINUTE;
    return now < near.from + HOUR ? MINUTE : 10 * MINUTE;
  }

  it('J3: finds incidents when their tier says it will, resolves them, and is quiet for the rest', async () => {
    world = await startWorld([slo]);
    while (world.clock.now() < at(28)) {
      const now = world.clock.now();
      const step = stepAt(now);
      const { errorRate } = incidents.find(({ from, until }) => now >= from && now < until) ?? {
        errorRate: 0.0002,
      };
      const total = (step / MINUTE) * 10_000;
      await world.report(total - Math.round(total * errorRate), Math.round(total * errorRate));
      await world.tick();
      world.clock.advance(step);
    }
    const told = await world.told();
    expect(kinds(told)).toEqual(incidents.flatMap(() => ['opened', 'resolved']));
    incidents.forEach(({ from, until, errorRate, tier, severity, target }, index) => {
      const [opened, resolved] = told.slice(index * 2, index * 2 + 2) as [OutboxRow, OutboxRow];
      const definition = slo.alerts.tiers.find(({ name }) => name === tier)!;
      const predicted = from + detectionTime(slo.objective, definition, errorRate)!;
      const step = stepAt(predicted);
      expect(opened.facts).toMatchObject({ tier, severity, factor: definition.factor });
      expect([opened.target, resolved.target]).toEqual([target, target]);
      expect(opened.facts.at).toBeGreaterThanOrEqual(predicted - 2 * step);
      expect(opened.facts.at).toBeLessThanOrEqual(predicted + step);
      expect(resolved.incident).toBe(opened.incident);
      expect(resolved.facts.at).toBeGreaterThan(until);
      // At most the longest short window, and then the five minutes of hysteresis.
      expect(resolved.facts.at).toBeLessThanOrEqual(until + 6 * HOUR + 20 * MINUTE);
    });
    expect(await world.state(slo)).toEqual({ firing: {}, incident: null });
  });
});

describe('the facts of a notification', () => {
  it('are complete when an incident opens and when it resolves', async () => {
    world = await startWorld();
    await world.report(900, 0);
    world.clock.advance(10 * MINUTE);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const failure = { dependency: 'stripe', error: 'timeout', traceId };
    await world.report(0, 100, { ...failure, failedStep: 'charge' });
    await world.tick();
    const openedAt = world.clock.now();
    const slo = defineSlo();
    const [opened] = await world.told();
    expect(opened).toEqual({
      id: `${opened!.incident}/1/pager`,
      incident: opened!.incident,
      target: 'pager',
      createdAt: openedAt,
      attempts: 0,
      lastError: null,
      facts: {
        kind: 'opened',
        slo: 'orders/done',
        workflow: 'orders',
        owner: 'payments',
        description: null,
        runbook: null,
        objective: 0.99,
        window: '28d',
        sli: slo.sli,
        incident: opened!.incident,
        severity: 'page',
        openedAt,
        at: openedAt,
        tier: 'slow',
        factor: 5.6,
        long: { duration: 6 * HOUR, good: 900, bad: 100, burnRate: 10 },
        short: { duration: 30 * MINUTE, good: 900, bad: 100, burnRate: 10 },
        budget: { allowed: 10, spent: 100, remaining: -90, remainingRatio: -9 },
        exhaustsAt: null,
        peakBurnRate: 10,
        during: { good: 900, bad: 100 },
        failures: [{ step: 'charge', dependency: 'stripe', error: 'timeout', count: 100 }],
        lastFailed: [
          {
            execution: 'bad-2',
            at: openedAt,
            step: 'charge',
            dependency: 'stripe',
            error: 'timeout',
            traceId,
          },
        ],
        insteadOf: null,
      },
    });
    await recover();
    const resolved = (await world.told()).at(-1)!;
    expect(resolved.facts).toMatchObject({
      kind: 'resolved',
      incident: opened!.incident,
      openedAt,
      at: world.clock.now(),
      tier: 'slow',
      peakBurnRate: 10,
      failures: [{ step: 'charge', count: 100 }],
    });
    // Everything since the long window before it opened.
    expect(resolved.facts.during.bad).toBe(100);
    expect(resolved.facts.during.good).toBe(900 + ((world.clock.now() - openedAt) / MINUTE) * 1_000_000);
  });
});

describe('D1: a transition and its notifications', () => {
  it('are committed together: one row a target, with the incident remembering whom it told', async () => {
    world = await startWorld();
    await openIncident();
    expect((await world.told()).map(({ target }) => target)).toEqual(['pager']);
    expect((await world.state())!.incident!.notified).toEqual(['pager']);
    expect(await world.tick()).toMatchObject({ transitions: 0, notifications: 0 });
    expect(await world.told()).toHaveLength(1);
  });

  it('are found again at the next tick when they could not be written', async () => {
    world = await startWorld();
    world.wrapped.takeDown('commit');
    await world.report(80, 20);
    await expect(world.tick()).rejects.toThrow(StoreUnavailable);
    expect(await world.told()).toHaveLength(0);
    world.wrapped.bringUp();
    world.clock.advance(MINUTE);
    expect(await world.tick()).toMatchObject({ transitions: 1, notifications: 1 });
    expect(kinds(await world.told())).toEqual(['opened']);
  });

  it('are not made twice when the answer of the write was lost', async () => {
    world = await startWorld();
    world.wrapped.loseAnswers('commit');
    await world.report(80, 20);
    await expect(world.tick()).rejects.toThrow(StoreUnavailable);
    world.wrapped.bringUp();
    world.clock.advance(MINUTE);
    expect(await world.tick()).toMatchObject({ transitions: 0 });
    expect(kinds(await world.told())).toEqual(['opened']);
  });

  it('exist exactly once when two evaluators race, and are those that one alone makes', async () => {
    const history: (readonly [good: number, bad: number, next: number])[] = [];
    for (let round = 0; round < 4; round++) {
      for (let minute = 0; minute < 4; minute++) history.push([60, 40, MINUTE]);
      for (let minute = 0; minute < 14; minute++) history.push([100_000, 0, minute < 13 ? MINUTE : 7 * HOUR]);
    }
    async function run(evaluators: number): Promise<readonly OutboxRow[]> {
      world = await startWorld();
      const racing = Array.from({ length: evaluators }, () => world.newEvaluator());
      let counted = 0;
      for (const [good, bad, next] of history) {
        await world.report(good, bad);
        const results = await Promise.all(racing.map((evaluator) => world.tick(evaluator)));
        for (const { notifications } of results) counted += notifications;
        world.clock.advance(next);
      }
      const told = await world.told();
      expect(counted).toBe(told.length);
      return told;
    }
    const alone = await run(1);
    await world.store.close();
    const raced = await run(2);
    expect(raced).toEqual(alone);
    expect(new Set(raced.map(({ id }) => id)).size).toBe(raced.length);
    expect(kinds(raced)).toEqual(Array.from({ length: 4 }, () => ['opened', 'resolved']).flat());
  });

  it('are left to the one who leads', async () => {
    world = await startWorld();
    await world.report(80, 20);
    await expect(world.tick(world.newEvaluator('another process'))).rejects.toThrow(NotLeader);
    expect(await world.told()).toHaveLength(0);
    await world.tick();
    expect(await world.told()).toHaveLength(1);
  });

  it('survive a restart: a new process goes on with the same incident', async () => {
    world = await startWorld();
    await openIncident();
    const restarted = world.newEvaluator();
    world.clock.advance(MINUTE);
    await world.report(80, 20);
    expect(await world.tick(restarted)).toMatchObject({ transitions: 0 });
    expect(await world.told()).toHaveLength(1);
  });
});

describe('J4: one SLO that throws', () => {
  it('never stops another, and goes on itself at the next tick', async () => {
    const broken = defineSlo({ name: 'broken', sli: { step: 'x' } });
    const sound = defineSlo({ name: 'sound' });
    world = await startWorld([broken, sound]);
    world.wrapped.before('readFailures', (sli) => {
      if ((sli as Slo).name === 'broken') throw new TypeError('a bug');
    });
    await world.report(0, 20);
    await world.report(0, 20, { step: 'x' });
    expect(await world.tick()).toMatchObject({ evaluated: 1, failed: 1, transitions: 1 });
    expect((await world.told()).map(({ facts }) => facts.slo)).toEqual(['orders/sound']);
    expect(world.log.entries.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { slo: 'orders/broken' } },
    ]);
    world.wrapped.before('readFailures', () => {});
    expect(await world.tick()).toMatchObject({ evaluated: 2, failed: 0, transitions: 1 });
    expect((await world.told()).map(({ facts }) => facts.slo)).toEqual(['orders/sound', 'orders/broken']);
  });

  it('is one whose objective cannot be read, too', async () => {
    const broken: Slo = {
      ...defineSlo({ name: 'broken' }),
      get objective(): never {
        throw new TypeError('a bug');
      },
    };
    world = await startWorld([broken, defineSlo({ name: 'sound' })]);
    await world.report(0, 20);
    expect(await world.tick()).toMatchObject({ evaluated: 1, failed: 1, transitions: 1 });
  });
});

describe('J4: time', () => {
  it('that jumps ahead or back fires nothing and resolves nothing', async () => {
    world = await startWorld();
    await world.report(1000, 1);
    await world.tick();
    for (const jump of [DAY, -DAY, 40 * DAY, -40 * DAY, -2 * HOUR, 2 * HOUR]) {
      world.clock.advance(jump);
      expect(await world.tick()).toMatchObject({ transitions: 0, failed: 0 });
    }
    await openIncident();
    for (const jump of [DAY, -DAY, 40 * DAY, -40 * DAY, -2 * HOUR, 2 * HOUR]) {
      world.clock.advance(jump);
      expect(await world.tick()).toMatchObject({ transitions: 0, failed: 0 });
    }
    expect((await world.state())!.incident).not.toBeNull();
  });

  it('that was missed is caught up', async () => {
    world = await startWorld();
    await world.report(80, 20);
    world.clock.advance(4 * MINUTE);
    expect(await world.tick()).toMatchObject({ transitions: 1 });
  });
});

describe('J2: without outcomes', () => {
  it('an incident is held', async () => {
    world = await startWorld();
    await openIncident();
    for (let hour = 0; hour < 100; hour++) {
      world.clock.advance(HOUR);
      expect(await world.tick()).toMatchObject({ transitions: 0 });
    }
    expect((await world.state())!.incident!.severity).toBe('page');
  });
});

describe('D2: one incident', () => {
  it('tells the ticket targets first, the pagers when it escalates, and both when it resolves', async () => {
    // Failures too few for the page tiers, until they are not.
    world = await startWorld();
    await world.report(96_500, 3500);
    world.clock.advance(90 * MINUTE);
    await world.report(100_000, 3500);
    await world.tick();
    world.clock.advance(MINUTE);
    await world.report(0, 50_000);
    await world.tick();
    await recover();
    const told = await world.told();
    expect(told.map(({ facts, target }) => [facts.kind, facts.severity, target])).toEqual([
      ['opened', 'ticket', 'inbox'],
      ['escalated', 'page', 'inbox'],
      ['escalated', 'page', 'pager'],
      ['resolved', 'page', 'inbox'],
      ['resolved', 'page', 'pager'],
    ]);
    expect(new Set(told.map(({ incident }) => incident)).size).toBe(1);
  });

  it('of a team that no file defines any more is judged all the same', async () => {
    world = await startWorld([defineSlo({ owner: 'gone' })]);
    await world.report(80, 20);
    expect(await world.tick()).toMatchObject({ transitions: 1, notifications: 0 });
    expect((await world.state())!.incident!.notified).toEqual([]);
  });
});

it('C3: what is overdue is counted before it is judged', async () => {
  world = await startWorld([defineSlo({ sli: { withinMs: MINUTE } })]);
  await world.report(0, 0);
  const recorder = createRecorder({
    store: world.store,
    definitions: () => define([defineSlo({ sli: { withinMs: MINUTE } })]),
    clock: world.clock,
    queueLimit: 100,
  });
  await recorder.record(
    Array.from({ length: 20 }, (_, index) => ({
      workflow: 'orders',
      execution: `e-${index}`,
      status: 'started',
    })),
  );
  world.clock.advance(MINUTE + 1);
  expect(await world.tick()).toMatchObject({ overdue: 20, transitions: 1 });
  const [opened] = await world.told();
  expect(opened!.facts.failures).toEqual([{ step: null, dependency: null, error: 'overdue', count: 20 }]);
});
