import { afterEach, describe, expect, it } from 'vitest';
import { QUIET } from '../../../src/core/alerting/incident.ts';
import type { OutboxRow } from '../../../src/core/alerting/notification.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import type { SliId } from '../../../src/core/sli/sli-id.ts';
import { StoreUnavailable } from '../../../src/core/ports/store/store.ts';
import { NotLeader } from '../../../src/core/ports/store/states.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import type { Evaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { PAYMENTS, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const slo = defineSlo({ alerts: { resolveAfter: 5 * MINUTE } });
let world: World;

afterEach(() => world.close());

const kinds = (rows: readonly OutboxRow[]) => rows.map(({ facts }) => facts.kind);

/** Burns until an incident opens. */
async function openIncident(): Promise<void> {
  await world.report(80, 20);
  expect(await world.tick()).toMatchObject({ transitions: 1 });
}

/** Lets successes follow, minute by minute, until something is told. */
async function recover(evaluator?: Evaluator): Promise<void> {
  for (let minute = 0; minute < 12; minute++) {
    world.clock.advance(MINUTE);
    await world.report(1_000_000, 0);
    if ((await world.tick(evaluator)).transitions > 0) return;
  }
  throw new Error('nothing was told');
}

describe('the facts of a notification', () => {
  it('are complete when an incident opens and when it resolves', async () => {
    world = await startWorld({ counted: 28 * DAY });
    await world.report(900, 0);
    world.clock.advance(10 * MINUTE);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const failure = { dependency: 'stripe', error: 'timeout', traceId };
    await world.report(0, 50, { ...failure, failedStep: 'charge' });
    const since = world.clock.now();
    world.clock.advance(MINUTE);
    await world.report(0, 50, { ...failure, failedStep: 'charge' });
    await world.tick();
    const openedAt = world.clock.now();
    const [opened] = await world.told();
    const lastFailed = { ...failure, step: 'charge' };
    expect(opened).toEqual({
      id: `${opened!.incident}/1/pager`,
      incident: opened!.incident,
      target: 'pager',
      createdAt: openedAt,
      attempts: 0,
      lastError: null,
      recipients: null,
      mayRepeat: false,
      facts: {
        kind: 'opened',
        cause: null,
        slo: 'orders/done',
        workflow: 'orders',
        owner: 'payments',
        description: null,
        runbook: null,
        objective: 0.99,
        errorBudget: 0.01,
        window: '28d',
        sli: slo.sli,
        incident: opened!.incident,
        severity: 'page',
        openedAt,
        began: since,
        at: openedAt,
        timeZone: null,
        failing: { since, good: 0, bad: 100 },
        failedUntil: null,
        recovering: null,
        missedRun: null,
        waiting: 0,
        stuck: [],
        likelyCause: null,
        standsOut: null,
        reasons: [
          {
            kind: 'outage',
            tier: 'outage',
            severity: 'page',
            consecutiveBad: 100,
            needed: 3,
            streakSince: since,
          },
          {
            kind: 'burnRate',
            tier: 'slow',
            severity: 'page',
            factor: 5.6,
            long: { duration: 6 * HOUR, good: 900, bad: 100, burnRate: 10 },
            short: { duration: 30 * MINUTE, good: 900, bad: 100, burnRate: 10 },
          },
          {
            kind: 'burnRate',
            tier: 'drift',
            severity: 'ticket',
            factor: 2.8,
            long: { duration: DAY, good: 900, bad: 100, burnRate: 10 },
            short: { duration: 2 * HOUR, good: 900, bad: 100, burnRate: 10 },
          },
          {
            kind: 'burnRate',
            tier: 'creep',
            severity: 'ticket',
            factor: 1,
            long: { duration: 3 * DAY, good: 900, bad: 100, burnRate: 10 },
            short: { duration: 6 * HOUR, good: 900, bad: 100, burnRate: 10 },
          },
        ],
        budget: { allowed: 10, spent: 100, remaining: -90, remainingRatio: -9 },
        counted: 1000,
        exhaustsAt: null,
        pace: null,
        peakBurnRate: 100,
        during: { good: 0, bad: 100 },
        acknowledged: null,
        waited: null,
        members: [],
        postmortem: null,
        failures: [{ step: 'charge', dependency: 'stripe', error: 'timeout', count: 100 }],
        lastFailed: [
          { ...lastFailed, execution: 'bad-3', at: openedAt },
          { ...lastFailed, execution: 'bad-2', at: since },
        ],
        notified: ['pager'],
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
      reasons: [{ kind: 'outage', consecutiveBad: 0 }],
      peakBurnRate: 100,
      failures: [{ step: 'charge', count: 100 }],
    });
    // From the first failure of the run to the last one, and nothing of the health that resolved it.
    expect(resolved.facts.during).toEqual({ good: 0, bad: 100 });
    expect(resolved.facts).toMatchObject({ began: since, failedUntil: openedAt + MINUTE });
  });
});

describe('D1: a transition and its notifications', () => {
  it('are committed together: one row a target, with the incident remembering whom it told', async () => {
    world = await startWorld();
    await openIncident();
    expect((await world.told()).map(({ target }) => target)).toEqual(['pager']);
    expect((await world.state(slo))!.incident!.notified).toEqual(['pager']);
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
    // It asked what is stored instead of trying again.
    expect(world.wrapped.calls('commit')).toHaveLength(1);
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
    await world.close();
    const raced = await run(2);
    expect(raced).toEqual(alone);
    expect(new Set(raced.map(({ id }) => id)).size).toBe(raced.length);
    expect(kinds(raced)).toEqual(Array.from({ length: 4 }, () => ['opened', 'resolved']).flat());
  });

  it('go on from what is stored when another evaluator was faster', async () => {
    world = await startWorld();
    const slower = world.newEvaluator();
    await world.tick(slower);
    await openIncident();
    expect(await world.tick(slower)).toMatchObject({ transitions: 0, notifications: 0 });
    await recover(slower);
    expect(kinds(await world.told())).toEqual(['opened', 'resolved']);
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
    world = await startWorld({ slos: [broken, sound] });
    world.wrapped.before('readBlocks', (blocks) => {
      if ((blocks as SliId[]).some(({ fingerprint }) => fingerprint === broken.fingerprint))
        throw new TypeError('a bug');
    });
    await world.report(0, 20);
    await world.report(0, 20, { step: 'x' });
    expect(await world.tick()).toMatchObject({ evaluated: 1, failed: 1, transitions: 1 });
    expect((await world.told()).map(({ facts }) => facts.slo)).toEqual(['orders/sound']);
    expect(world.log.entries.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { slo: 'orders/broken' } },
    ]);
    world.wrapped.before('readBlocks', () => {});
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
    world = await startWorld({ slos: [broken, defineSlo({ name: 'sound' })] });
    await world.report(0, 20);
    expect(await world.tick()).toMatchObject({ evaluated: 1, failed: 1, transitions: 1 });
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
    await recover();
    const told = await world.told();
    expect(told.map(({ facts, target }) => [facts.kind, facts.severity, target])).toEqual([
      ['opened', 'ticket', 'inbox'],
      ['escalated', 'page', 'inbox'],
      ['escalated', 'page', 'pager'],
      ['deescalated', 'ticket', 'inbox'],
      ['deescalated', 'ticket', 'pager'],
      ['resolved', 'ticket', 'inbox'],
      ['resolved', 'ticket', 'pager'],
    ]);
    expect(told.map(({ facts }) => facts.reasons.map(({ tier }) => tier).join())).toEqual([
      'drift,creep',
      ...Array<string>(2).fill('fast,slow,drift,creep'),
      // The one that only waits to resolve comes last.
      ...Array<string>(2).fill('creep,drift'),
      ...Array<string>(2).fill('drift'),
    ]);
    expect(new Set(told.map(({ incident }) => incident)).size).toBe(1);
  });

  it('of a team that no file defines any more is judged all the same', async () => {
    world = await startWorld({ slos: [defineSlo({ owner: 'gone' })] });
    await world.report(80, 20);
    expect(await world.tick()).toMatchObject({ transitions: 1, notifications: 0 });
    expect((await world.state(slo))!.incident!.notified).toEqual([]);
  });
});

it('D1: a replica that leads again starts from what was stored while another one led', async () => {
  world = await startWorld();
  let term = 1;
  const first = world.newEvaluator(undefined, () => term);
  await world.tick(first);
  await openIncident();
  term = 2;
  await recover(first);
  expect((await world.told()).at(-1)!.facts.kind).toBe('resolved');
  expect(await world.state(slo)).toEqual({ ...QUIET, pages: [expect.any(Number)] });
});

it('D4: every combination of step and error is told, so that shares are of the whole', async () => {
  world = await startWorld();
  const failed = { workflow: 'orders', status: 'failed', count: 100, failedStep: 'charge' };
  await world.recorder.record(
    Array.from({ length: 8 }, (_, index) => ({
      ...failed,
      execution: `e-${index}`,
      error: `error ${index}`,
    })),
  );
  await world.tick();
  const [opened] = await world.told();
  expect(opened!.facts.failures.reduce((sum, { count }) => sum + count, 0)).toBe(800);
});

it('J4: a partition that cannot be swept stops no judgement', async () => {
  world = await startWorld({ slos: [slo, defineSlo({ workflow: 'others' })] });
  world.wrapped.before('sweep', (partition) => {
    if ((partition as { workflow: string }).workflow === 'others') throw new Error('WRONGTYPE');
  });
  await world.report(80, 20);
  expect(await world.tick()).toMatchObject({ unswept: 1, transitions: 1 });
  expect(world.log.entries.some(({ message }) => message.includes('could not be swept'))).toBe(true);
});

it('D2: where a target that was told is gone since, the present ones hear of the end', async () => {
  world = await startWorld();
  await openIncident();
  world.redefine([slo], [{ ...PAYMENTS, page: ['new-pager'] }]);
  await recover();
  const told = await world.told();
  expect(told.map(({ facts, target }) => [facts.kind, target])).toEqual([
    ['opened', 'pager'],
    ['resolved', 'new-pager'],
  ]);
});

it('C3: what is overdue is counted before it is judged', async () => {
  world = await startWorld({ slos: [defineSlo({ sli: { withinMs: MINUTE } })] });
  const started = { workflow: 'orders', status: 'started' };
  await world.recorder.record(
    Array.from({ length: 20 }, (_, index) => ({ ...started, execution: `e-${index}` })),
  );
  world.clock.advance(MINUTE + 1);
  expect(await world.tick()).toMatchObject({ overdue: 20, transitions: 1 });
  const [opened] = await world.told();
  expect(opened!.facts.failures).toEqual([{ step: null, dependency: null, error: 'overdue', count: 20 }]);
});
