import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GateOverride } from '../../../src/core/ports/gate-override.ts';
import type { Queries } from '../../../src/core/ports/queries.ts';
import { storedGateOverride } from '../../../src/core/ports/stored-gate-override.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { iso } from '../../../src/core/time/timestamp.ts';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import type { Sli, ComponentSli } from '../../../src/core/sli/sli.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import type { TimeWindow } from '../../../src/core/time/time-window.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { START } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const slo = defineSlo({ objective: '95%' });
/** When the leader evaluated last, long before a question. */
const EVALUATED = START - HOUR;

let world: World;
let queries: Queries;
afterEach(() => world.close());

/** Opens a world in which a whole window has been counted, unless told otherwise. */
async function open(slos: readonly Slo[] = [slo], counted = 28 * DAY): Promise<void> {
  world = await startWorld({ slos, counted });
  const { store, clock } = world;
  const adjustments = createAdjustments(store, world.log);
  const reader = world.newReader({ excluded: adjustments.excluded });
  queries = createQueries({
    store,
    reader,
    adjustments,
    definitions: () => define(slos),
    clock,
    elapsed: () => clock.now(),
    evaluatedAt: () => EVALUATED,
  });
}

const only = async () => (await queries.slos())[0]!;

describe('an SLO', () => {
  it('reads as in design §2.5', async () => {
    await open();
    await world.report(9710, 290);
    const now = world.clock.now();
    expect(await only()).toEqual({
      id: 'orders/done',
      workflow: 'orders',
      name: 'done',
      owner: 'payments',
      pageNearness: 0.103571,
      description: null,
      runbook: null,
      objective: 0.95,
      window: '28d',
      alert: 'none',
      data: 'ok',
      sli: { kind: 'outcomes', unit: 'executions', good: 9710, bad: 290, total: 10_000, ratio: 0.971 },
      budget: {
        allowed: 500,
        spent: 290,
        remaining: 210,
        remainingRatio: 0.42,
        expectedTotal: null,
        state: 'ok',
        exhaustsAt: null,
      },
      windows: [
        {
          window: '28d',
          kind: 'rolling',
          from: now - 28 * DAY,
          to: now,
          sli: { good: 9710, bad: 290, total: 10_000, ratio: 0.971 },
          budget: {
            allowed: 500,
            spent: 290,
            remaining: 210,
            remainingRatio: 0.42,
            expectedTotal: null,
            state: 'ok',
          },
        },
      ],
      budgetPolicy: null,
      gateOverride: null,
      burnRates: { '5m': 0.58, '30m': 0.58, '1h': 0.58, '2h': 0.58, '6h': 0.58, '1d': 0.58, '3d': 0.58 },
      incident: null,
      historySince: START - 28 * DAY,
      evaluatedAt: EVALUATED,
      readShare: 1,
      warnings: [],
      dataThrough: now,
    });
  });

  it('J2: without outcomes has no ratios, which is neither health nor failure', async () => {
    await open();
    const read = await only();
    expect(read).toMatchObject({ alert: 'none', data: 'none' });
    expect(read.sli).toMatchObject({ good: 0, bad: 0, total: 0, ratio: null });
    expect(read.budget).toEqual({
      allowed: 0,
      spent: 0,
      remaining: 0,
      remainingRatio: null,
      expectedTotal: null,
      state: 'ok',
      exhaustsAt: null,
    });
    expect(new Set(Object.values(read.burnRates))).toEqual(new Set([null]));
  });

  it('J5: is warming up until its counters are as old as its first window', async () => {
    await open([slo], 0);
    await queries.slos();
    await world.report(100, 0);
    world.clock.advance(HOUR - 1);
    expect((await only()).data).toBe('warming-up');
    world.clock.advance(1);
    expect((await only()).data).toBe('ok');
  });

  it('says what is open, what is left of the budget and what data there is, each by itself', async () => {
    await open();
    await world.report(100_000, 0);
    world.clock.advance(7 * HOUR);
    await world.report(60, 40);
    await world.tick();
    const burning = await only();
    expect(burning).toMatchObject({ alert: 'page', budget: { state: 'ok' }, data: 'ok' });
    expect(burning).toMatchObject({ incident: { severity: 'page', tier: 'slow' } });
    expect(burning.incident!.openedAt).toBe(world.clock.now());
    await world.report(0, 50_000);
    // A page is a page whatever is left.
    expect(await only()).toMatchObject({ alert: 'page', budget: { state: 'exhausted' } });
    expect((await only()).budget.remainingRatio).toBeLessThan(0);
  });

  it('foresees when its budget runs out, at the pace of the last six hours', async () => {
    await open();
    await world.report(100_000, 0);
    world.clock.advance(10 * DAY);
    await world.report(960, 40);
    // 5,010 bad outcomes are left, and 50 may be bad where 40 are.
    expect((await only()).budget).toMatchObject({ allowed: 5050, remaining: 5010, exhaustsAt: null });
    await world.report(0, 960);
    const left = 5098 - 1000;
    const overspend = 1000 - 1960 * 0.05;
    const { exhaustsAt } = (await only()).budget;
    // What a few minutes of the first hours hold goes later, and holds nothing.
    expect(exhaustsAt!).toBeCloseTo(world.clock.now() + (left / overspend) * 6 * HOUR, -1);
  });
});

describe('windows', () => {
  it('are all reported, each with its own budget, and calendar ones with their period', async () => {
    const month: TimeWindow = {
      kind: 'calendar',
      unit: 'month',
      timeZone: 'Europe/Berlin',
      duration: 30 * DAY,
      text: 'month (Europe/Berlin)',
    };
    await open([{ ...slo, otherWindows: [month] }]);
    world.clock.set(Date.UTC(2026, 2, 31, 21));
    await world.report(0, 10);
    world.clock.set(Date.UTC(2026, 3, 1, 6));
    await world.report(90, 1);
    const { windows, sli } = await only();
    expect(sli).toMatchObject({ good: 90, bad: 11 });
    expect(windows.map(({ window, kind, sli: { good, bad } }) => [window, kind, good, bad])).toEqual([
      ['28d', 'rolling', 90, 11],
      ['month (Europe/Berlin)', 'calendar', 90, 1],
    ]);
    // Clocks went forward on 29 March: midnight in Berlin is at 22:00.
    expect(windows[1]).toMatchObject({ from: Date.UTC(2026, 2, 31, 22), to: Date.UTC(2026, 3, 30, 22) });
    // 10 in the 28 days before, and 91 in the first ten hours; what may fail is a share of a whole month.
    const expectedTotal = 91 + Math.round((10 / 28) * (30 - 8 / 24));
    expect(windows[1]!.budget).toEqual({
      allowed: expectedTotal / 20,
      spent: 1,
      remaining: expectedTotal / 20 - 1,
      remainingRatio: (expectedTotal - 20) / expectedTotal,
      expectedTotal,
      state: 'ok',
    });
  });
});

describe('an error budget policy', () => {
  const policy = { name: 'strict', freezeBelow: 0.1, postmortemAbove: 0.2 };

  it('freezes deploys below its share, and says why', async () => {
    await open([{ ...slo, budgetPolicy: policy }]);
    await world.report(955, 45);
    expect((await only()).budgetPolicy).toEqual({
      name: 'strict',
      deploys: 'allowed',
      reasons: [],
      postmortemAbove: 0.2,
    });
    await world.report(0, 100);
    expect((await only()).budgetPolicy!.reasons).toEqual([
      'The budget over 28d is overspent by 163.6%; below 10% the policy strict freezes deploys.',
    ]);
    await world.report(1901, 0);
    await world.report(0, 1);
    expect((await only()).budgetPolicy).toMatchObject({
      deploys: 'frozen',
      reasons: ['2.7% of the budget over 28d is left; below 10% the policy strict freezes deploys.'],
    });
  });

  it('says by whom, why and until when its gate is overridden, of several by the one that holds longest', async () => {
    await open([{ ...slo, budgetPolicy: policy }, defineSlo({ workflow: 'others', owner: 'crm' })]);
    const override = async (id: string, changes: Partial<GateOverride>) => {
      const made = {
        id,
        workflow: 'orders',
        owner: null,
        reason: 'the fix',
        by: 'sam',
        actor: null,
        createdAt: START,
        until: START + HOUR,
        ended: null,
        ...changes,
      };
      await world.store.putRecord('gate-overrides', id, 0, storedGateOverride(made));
    };
    const shown = async () => (await queries.slos()).map(({ gateOverride }) => gateOverride?.id ?? null);
    expect(await shown()).toEqual([null, null]);
    await override('a', {});
    await override('b', { workflow: null, owner: 'payments', until: START + 2 * HOUR, by: 'lead' });
    await override('c', { until: START + 9 * HOUR, ended: { at: START, by: 'sam', actor: null } });
    expect(await shown()).toEqual(['b', null]);
    expect((await queries.slo(slo.id))!.gateOverride).toEqual({
      id: 'b',
      by: 'lead',
      reason: 'the fix',
      until: START + 2 * HOUR,
    });
    world.clock.set(START + 2 * HOUR);
    expect(await shown()).toEqual([null, null]);
  });

  it('J2: freezes nothing without outcomes, and at 0% only what is overspent', async () => {
    await open([{ ...slo, budgetPolicy: { ...policy, freezeBelow: 0 } }]);
    expect((await only()).budgetPolicy).toMatchObject({ deploys: 'allowed' });
    await world.report(950, 50);
    expect((await only()).budgetPolicy).toMatchObject({ deploys: 'allowed' });
    await world.report(0, 50);
    expect((await only()).budgetPolicy!.reasons[0]).toMatch(/overspent by 90\.5%/);
  });
});

describe('one SLO in detail', () => {
  it('tells its tiers, what failed, and which executions', async () => {
    await open();
    await world.report(60, 40, { error: 'timeout', failedStep: 'ship' });
    await world.tick();
    const detail = (await queries.slo(slo.id))!;
    expect(
      detail.tiers.map(({ name, long, short, factor, firing }) => [name, long, short, factor, firing]),
    ).toEqual([
      ['outage', undefined, undefined, undefined, false],
      ['fast', '1h', '5m', 10, false],
      ['slow', '6h', '30m', 5.6, true],
      ['drift', '1d', '2h', 2.8, true],
      ['creep', '3d', '6h', 1, true],
    ]);
    expect(detail.tiers[1]).toMatchObject({
      kind: 'burnRate',
      condition: 'burns 10x or faster over 1h and 5m',
      now: '8x over 1h, 8x over 5m',
    });
    expect(detail.incident!.firing).toEqual(['slow', 'drift', 'creep']);
    expect(detail.failures).toEqual([{ step: 'ship', dependency: null, error: 'timeout', count: 40 }]);
    expect(detail.lastFailed).toMatchObject([{ execution: 'bad-1', step: 'ship' }]);
  });

  it('says of a tier of every kind what it waits for and where it stands', async () => {
    const tiers: Tier[] = [
      { kind: 'successRate', name: 'rate', severity: 'page', below: 0.98, over: 15 * MINUTE },
      { kind: 'budgetRemaining', name: 'quarter', severity: 'ticket', below: 0.25 },
      { kind: 'budgetRemaining', name: 'gone', severity: 'page', below: 0 },
      { kind: 'forecast', name: 'soon', severity: 'ticket', within: DAY },
      { kind: 'outage', name: 'outage', severity: 'page' },
      { kind: 'noData', name: 'silence', severity: 'ticket', after: HOUR },
    ];
    await open([defineSlo({ objective: '95%', alerts: { tiers } })]);
    await world.report(990, 10);
    const words = (await queries.slo(slo.id))!.tiers.map(({ condition, now }) => [condition, now]);
    expect(words).toEqual([
      ['less than 98% good over 15m', '99% good'],
      ['less than 25% of the budget left', '80% left'],
      ['the budget is overspent', '80% left'],
      ['at this pace the budget is gone within 1d', 'it lasts'],
      ['4 consecutive bad executions, more than chance explains', '0 of 4 in a row'],
      ['no executions for 1h', 'executions are coming'],
    ]);
    world.clock.advance(2 * HOUR + 30 * MINUTE);
    const [rate, , , , , silence] = (await queries.slo(slo.id))!.tiers;
    expect([rate!.now, silence!.now]).toEqual(['no executions', 'none for 2h 29m']);
  });

  it('tells how much of a composite each member spends, and what failed in all of them', async () => {
    const shipped = defineSlo({ workflow: 'shipping', objective: '90%' });
    const sli: Sli = {
      kind: 'composite',
      method: 'weighted',
      members: [slo, shipped].map((member, index) => ({
        slo: member.id,
        workflow: member.workflow,
        sli: member.sli as ComponentSli,
        fingerprint: member.fingerprint,
        weight: 3 - 2 * index,
      })),
    };
    await open([slo, shipped, defineSlo({ workflow: 'journey', name: 'whole', objective: '90%', sli })]);
    await world.report(900, 100, { error: 'timeout' });
    await world.report(200, 100, { workflow: 'shipping', error: 'lost' });
    const detail = (await queries.slo('journey/whole'))!;
    expect(detail.sli).toMatchObject({ kind: 'composite', unit: 'executions', total: 1300 });
    // Three quarters of a tenth and one quarter of a third are bad.
    expect(detail.sli.ratio).toBeCloseTo(1 - (0.75 * 0.1 + 0.25 / 3), 10);
    expect(detail.members).toMatchObject([
      { slo: 'orders/done', weight: 3, ratio: 0.9 },
      { slo: 'shipping/done', weight: 1 },
    ]);
    expect(detail.members.reduce((sum, { share }) => sum + share!, 0)).toBeCloseTo(1, 10);
    expect(detail.members[0]!.share).toBeCloseTo(0.3 / (0.3 + 1 / 3), 10);
    expect(detail.failures.map(({ error, count }) => [error, count])).toEqual([
      ['timeout', 100],
      ['lost', 100],
    ]);
    expect(JSON.stringify(detail)).not.toMatch(/\d\.\d{13}/);
  });

  it('says nothing in percent while it is young, and freezes nothing', async () => {
    const policy = { name: 'strict', freezeBelow: 0.1, postmortemAbove: null };
    const month: TimeWindow = {
      kind: 'calendar',
      unit: 'month',
      timeZone: 'UTC',
      duration: 30 * DAY,
      text: 'month (UTC)',
    };
    const tier: Tier = { kind: 'budgetRemaining', name: 'gone', severity: 'page', below: 0 };
    const young = defineSlo({ objective: '99.9%', alerts: { tiers: [tier] } });
    await open([{ ...young, otherWindows: [month], budgetPolicy: policy }], 3 * HOUR);
    await world.report(43, 2);
    const detail = (await queries.slo(young.id))!;
    expect(detail).toMatchObject({
      sli: { good: 43, bad: 2, total: 45 },
      budget: { spent: 2, remainingRatio: null, state: 'ok', exhaustsAt: null },
      budgetPolicy: { deploys: 'allowed', reasons: [] },
      tiers: [{ now: 'too few executions for a percentage' }],
    });
    expect(detail.windows.map(({ budget }) => [budget.remainingRatio, budget.state])).toEqual([
      [null, 'ok'],
      [null, 'ok'],
    ]);
    expect(await world.tick()).toMatchObject({ transitions: 0 });
  });

  it('is nothing when no file defines it', async () => {
    await open();
    expect(await queries.slo('orders/none')).toBeNull();
  });
});

it('counts what is under way, overdue, waiting for its start and in conflict, by workflow', async () => {
  await open([defineSlo({ sli: { withinMs: MINUTE } }), defineSlo({ workflow: 'shipping' })]);
  await world.recorder.record([
    { workflow: 'orders', execution: 'a', status: 'started' },
    { workflow: 'orders', execution: 'b', status: 'started', at: START - 2 * MINUTE },
    { workflow: 'orders', execution: 'c', status: 'succeeded' },
    { workflow: 'orders', execution: 'd', status: 'failed' },
    { workflow: 'orders', execution: 'd', status: 'succeeded' },
    { workflow: 'orders', execution: 'd', status: 'cancelled' },
  ]);
  await world.tick();
  expect(await queries.inFlight(['shipping', 'orders', 'unknown'])).toEqual([
    { workflow: 'shipping', running: 0, overdue: 0, waiting: 0, conflicts: 0 },
    { workflow: 'orders', running: 2, overdue: 1, waiting: 2, conflicts: 2 },
  ]);
  world.clock.advance(HOUR - MINUTE);
  expect((await queries.inFlight(['orders']))[0]).toMatchObject({ conflicts: 2 });
  world.clock.advance(MINUTE);
  expect((await queries.inFlight(['orders']))[0]).toMatchObject({ conflicts: 0 });
});

it('shows where the executions of a workflow hang, and which of them longest', async () => {
  const slo = defineSlo({ sli: { withinMs: 10 * MINUTE } });
  await open([slo]);
  const started = (execution: string, minutesAgo: number, step: string | null = null) => ({
    workflow: 'orders',
    execution,
    status: 'started',
    step,
    at: START - minutesAgo * MINUTE,
  });
  await world.recorder.record([
    ...Array.from({ length: 37 }, (_, index) => started(`stuck-${index}`, 20 + index)),
    ...Array.from({ length: 37 }, (_, index) => started(`stuck-${index}`, 15, 'payment-confirmation')),
    started('early', 30),
    started('young', 5),
    started('young', 4, 'payment-confirmation'),
    started('done', 20),
    started('done', 19, 'payment-confirmation'),
    { workflow: 'orders', execution: 'done', step: 'payment-confirmation', status: 'succeeded' },
    { workflow: 'orders', execution: 'done', status: 'succeeded' },
  ]);
  await world.tick();
  const report = (await queries.workflow('orders'))!;
  expect(report).toMatchObject({ workflow: 'orders', running: 77, overdue: 38, slos: [slo.id] });
  const step = 'payment-confirmation';
  expect(report.places).toEqual([
    { of: 'execution', step, running: 38, overdue: 37, oldest: START - 56 * MINUTE },
    { of: 'execution', step: null, running: 1, overdue: 1, oldest: START - 30 * MINUTE },
    { of: 'step', step, running: 38, overdue: 0, oldest: START - 15 * MINUTE },
  ]);
  expect(report.slowest).toHaveLength(50);
  expect(report.slowest[0]).toEqual({
    of: 'execution',
    execution: 'stuck-36',
    step,
    stepSince: START - 15 * MINUTE,
    startedAt: START - 56 * MINUTE,
    queuedAt: null,
    attempt: 1,
    deadline: START - 46 * MINUTE,
    overdue: true,
    traceId: null,
  });
  expect(await queries.workflow('unknown')).toBeNull();
  const [opened] = await world.told();
  expect(opened!.facts.stuck).toEqual([
    { of: 'execution', step, count: 37, oldest: START - 56 * MINUTE },
    { of: 'execution', step: null, count: 1, oldest: START - 30 * MINUTE },
  ]);
});

describe('one execution', () => {
  const done = defineSlo();
  const fast = defineSlo({ name: 'fast', sli: { withinMs: 10 * MINUTE } });
  const handedOver = defineSlo({
    name: 'handed-over',
    sli: { kind: 'transition', from: 'charge', to: 'ship', withinMs: MINUTE },
  });
  const at = (minutes: number) => START + minutes * MINUTE;
  const reported = (fields: object) => ({ workflow: 'orders', execution: 'order-1', ...fields });
  const countsOf = async () => {
    const report = await queries.execution('orders', 'order-1');
    return report!.subjects.map(({ step, state, counts }) => [
      step,
      state,
      ...counts.map(({ slos, good, at: minute, why }) => [slos, good, (minute - START) / MINUTE, why]),
    ]);
  };
  beforeEach(() => open([done, fast, handedOver]));

  it('says what it counts for and why: in time', async () => {
    await world.recorder.record([
      reported({ status: 'started', at: at(-20) }),
      reported({ status: 'succeeded', step: 'charge', at: at(-19) }),
      reported({ status: 'started', step: 'ship', at: at(-18.5) }),
      reported({ status: 'succeeded', at: at(-15) }),
    ]);
    expect(await countsOf()).toEqual([
      [
        null,
        'ended',
        [[done.id], true, -15, 'it succeeded'],
        [[fast.id], true, -15, `it succeeded by ${iso(at(-10))}`],
      ],
      ['charge -> ship', 'ended', [[handedOver.id], true, -19, `it succeeded by ${iso(at(-18))}`]],
    ]);
  });

  it('says what it counts for and why: late, lost, failed', async () => {
    await world.recorder.record([
      reported({ status: 'started', at: at(-20) }),
      reported({ status: 'succeeded', step: 'charge', at: at(-19) }),
    ]);
    await world.tick();
    const overdue = `it had not ended at its deadline, ${iso(at(-10))}`;
    const lost = [
      'charge -> ship',
      'in-flight',
      [[handedOver.id], false, -18, `it had not ended at its deadline, ${iso(at(-18))}`],
    ];
    expect(await countsOf()).toEqual([[null, 'in-flight', [[fast.id], false, -10, overdue]], lost]);
    await world.recorder.record([reported({ status: 'failed', error: 'timeout', at: at(-1) })]);
    expect(await countsOf()).toEqual([
      [null, 'ended', [[done.id], false, -1, 'it failed: timeout'], [[fast.id], false, -10, overdue]],
      lost.toSpliced(1, 1, 'ended'),
    ]);
  });

  it('is nothing where nothing was reported, and null without its workflow', async () => {
    expect((await queries.execution('orders', 'order-1'))!.subjects).toEqual([]);
    expect(await queries.execution('unknown', 'order-1')).toBeNull();
  });
});

it('gives every reader the same states for a second, and then fresh ones', async () => {
  await open();
  await world.report(60, 40);
  await Promise.all([queries.slos(), queries.slos(), queries.slo(slo.id)]);
  expect(world.wrapped.calls('loadStates')).toHaveLength(1);
  await world.tick();
  world.clock.advance(1000);
  expect((await only()).incident).not.toBeNull();
});

it('G2: what is in flight in many workflows is asked for a few of them at once', async () => {
  const slos = Array.from({ length: 50 }, (_, index) => defineSlo({ workflow: `workflow-${index}` }));
  await open(slos);
  let [asked, most] = [0, 0];
  world.wrapped.before('inFlight', async () => {
    most = Math.max(most, ++asked);
    await new Promise((resolve) => setImmediate(resolve));
    asked--;
  });
  const found = await queries.inFlight(slos.map(({ workflow }) => workflow));
  expect(found.map(({ workflow }) => workflow)).toEqual(slos.map(({ workflow }) => workflow));
  expect(most).toBe(20);
});

describe('what follows from the sums of windows', () => {
  const other = defineSlo({ workflow: 'refunds', objective: '95%' });
  /** Windows that only burn rates ask for. */
  const BURN_WINDOWS = new Set([5 * MINUTE, 30 * MINUTE, HOUR]);
  let summed: string[] = [];

  /** Notes of which SLOs such windows are summed up. */
  async function openCounting(slos: readonly Slo[]): Promise<void> {
    world = await startWorld({ slos, counted: 28 * DAY });
    const { store, clock } = world;
    const adjustments = createAdjustments(store, world.log);
    const reader = world.newReader({ excluded: adjustments.excluded });
    const counting: typeof reader = {
      ...reader,
      evidence(of, now) {
        const evidence = reader.evidence(of, now);
        const sum = (window: number) => {
          if (BURN_WINDOWS.has(window)) summed.push(of.workflow);
          return evidence.sum(window);
        };
        return { ...evidence, sum };
      },
    };
    queries = createQueries({
      store,
      reader: counting,
      adjustments,
      definitions: () => define(slos),
      clock,
      elapsed: () => clock.now(),
      evaluatedAt: () => EVALUATED,
    });
  }

  const asked = async (): Promise<readonly string[]> => {
    summed = [];
    await queries.slos();
    return [...new Set(summed)].toSorted();
  };

  it('is worked out again only of SLOs that counted something, and with the next minute', async () => {
    await openCounting([slo, other]);
    await world.report(97, 3);
    expect(await asked()).toEqual(['orders', 'refunds']);
    world.clock.advance(5_000);
    expect(await asked()).toEqual([]);
    await world.report(0, 1);
    expect(await asked()).toEqual(['orders']);
    world.clock.advance(MINUTE);
    expect(await asked()).toEqual(['orders', 'refunds']);
  });

  it('reads as if it were worked out for the first time', async () => {
    const sli: Sli = {
      kind: 'composite',
      method: 'weighted',
      members: [slo, other].map((member) => ({
        slo: member.id,
        workflow: member.workflow,
        sli: member.sli as ComponentSli,
        fingerprint: member.fingerprint,
        weight: 1,
      })),
    };
    const slos = [slo, other, defineSlo({ workflow: 'journey', name: 'whole', objective: '90%', sli })];
    await openCounting(slos);
    const fresh = () => {
      const { store, clock } = world;
      const adjustments = createAdjustments(store, world.log);
      // Other definitions, of which nothing is known.
      const again = slos.map((one) => ({ ...one }));
      return createQueries({
        store,
        reader: world.newReader({ excluded: adjustments.excluded }),
        adjustments,
        definitions: () => define(again),
        clock,
        elapsed: () => clock.now(),
        evaluatedAt: () => EVALUATED,
      });
    };
    for (const [workflow, good, bad, pause] of [
      ['orders', 97, 3, 5_000],
      ['refunds', 1, 5, 5_000],
      ['orders', 0, 0, 10_000],
      ['orders', 1, 2, 5_000],
      ['orders', 0, 0, HOUR],
      ['refunds', 0, 9, 30_000],
      ['orders', 0, 0, DAY],
    ] as const) {
      if (good + bad > 0) await world.report(good, bad, { workflow });
      expect(await queries.slos()).toEqual(await fresh().slos());
      world.clock.advance(pause);
    }
  });
});
