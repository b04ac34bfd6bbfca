import { ANYONE, callerWith } from '../../support/tokens.ts';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { ManageAdjustments, ManageIncidents } from '../../../src/core/ports/operator.ts';
import { isRefused } from '../../../src/core/ports/refused.ts';
import type { AdjustmentReport, HistoryReport, Queries } from '../../../src/core/ports/queries.ts';
import type { ComponentSli } from '../../../src/core/sli/sli.ts';
import { fingerprint } from '../../../src/core/sli/fingerprint.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import type { TimeWindow } from '../../../src/core/time/time-window.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { createDeriver } from '../../../src/engine/counters/derive.ts';
import { createManageAdjustments } from '../../../src/engine/adjustments/manage-adjustments.ts';
import { createManageIncidents } from '../../../src/engine/incidents/open-incidents.ts';
import type { Evaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { createEvaluator } from '../../../src/engine/evaluate/evaluate.ts';
import { createExcludedSeries } from '../../../src/engine/adjustments/excluded-series.ts';
import { createCounterCache } from '../../../src/engine/counters/counter-cache.ts';
import { createReader } from '../../../src/engine/counters/evidence-reader.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { START } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

const slo = defineSlo({ objective: '95%', alerts: { resolveAfter: 5 * MINUTE } });

/** One process: what it evaluates, reports and is told. */
interface Process {
  readonly evaluator: Evaluator;
  readonly queries: Queries;
  readonly operator: ManageAdjustments & ManageIncidents;
}

let world: World;
let here: Process;
afterEach(() => world.close());

async function open(slos: readonly Slo[] = [slo], partitions = 1, counted = 0): Promise<void> {
  world = await startWorld({ slos, partitions, counted });
  here = startProcess(slos);
}

/** Wired as the service is. */
function startProcess(slos: readonly Slo[]): Process {
  const { store, clock, log } = world;
  const definitions = () => define(slos);
  const counterCache = createCounterCache(store);
  const adjustments = createAdjustments(store, log);
  const reader = createReader({ store, counterCache, excluded: adjustments.excluded });
  const deriver = createDeriver({ store, counterCache, log });
  const excluded = createExcludedSeries({ store, adjustments, log });
  const evaluator = createEvaluator({
    store,
    reader,
    deriver: {
      async derive(of, now) {
        await deriver.derive(of, now);
        await excluded.write(of, now);
      },
    },
    definitions,
    owner: 'this process',
    term: () => 1,
    elapsed: () => clock.now(),
    log,
  });
  return {
    evaluator,
    queries: createQueries({
      store,
      reader,
      adjustments,
      definitions,
      clock,
      elapsed: () => clock.now(),
      evaluatedAt: () => clock.now(),
    }),
    operator: {
      ...createManageAdjustments({ store, adjustments, definitions, clock, log }),
      ...createManageIncidents({ store, definitions, clock, log }),
    },
  };
}

async function tick(): Promise<void> {
  await world.tick(here.evaluator);
}

/** Evaluates now and once a minute for so long. */
async function passTime(duration: number): Promise<void> {
  for (let passed = 0; passed < duration; passed += MINUTE) {
    world.clock.advance(MINUTE);
    await tick();
  }
}

async function counted(id = slo.id): Promise<readonly [good: number, bad: number]> {
  // What is reported may be a second old.
  world.clock.advance(1000);
  const { sli } = (await here.queries.slo(id))!;
  return [sli.good, sli.bad];
}

async function adjust(request: object): Promise<AdjustmentReport> {
  const answer = await here.operator.adjust({ reason: 'maintenance', by: 'sam', ...request }, ANYONE);
  if (isRefused(answer)) throw new Error(answer.problems.join(' '));
  return answer;
}

const close = (id: string, kind: 'ended' | 'withdrawn') =>
  here.operator.endAdjustment(id, kind, { by: 'kim' }, ANYONE);
const iso = (at: number) => new Date(at).toISOString();

describe('an adjustment', () => {
  it('J1: made after the fact gives back the budget and lets the incident resolve; withdrawn, it all counts again', async () => {
    await open();
    await world.report(2000, 0);
    world.clock.advance(DAY);
    await world.report(10, 190);
    await tick();
    expect((await here.operator.incidents()).map(({ slo: id }) => id)).toEqual([slo.id]);
    expect(await counted()).toEqual([2010, 190]);

    const fault = world.clock.now();
    const { id } = await adjust({ slo: slo.id, from: fault - HOUR, to: fault + MINUTE });
    await tick();
    expect(await counted()).toEqual([2000, 0]);
    expect((await here.queries.slo(slo.id))!.budget.remainingRatio).toBe(1);
    // Nothing has come since, so that nothing can be said yet (J2).
    expect(await here.operator.incidents()).toHaveLength(1);
    world.clock.advance(2 * MINUTE);
    for (let minute = 0; minute < 7; minute++) {
      await world.report(20, 0);
      await passTime(MINUTE);
    }
    expect(await here.operator.incidents()).toEqual([]);
    expect((await world.told()).at(-1)!.facts.kind).toBe('resolved');

    await close(id, 'withdrawn');
    await tick();
    expect(await counted()).toEqual([2150, 190]);
    expect(await here.operator.incidents()).toHaveLength(1);
  });

  it('shows in lists at once, in the minute in which they were read before', async () => {
    await open([slo], 1, 28 * DAY);
    await world.report(10, 190);
    await tick();
    const failing = (await here.queries.slos())[0]!;
    expect(failing.burnRates['1h']).toBeCloseTo(19);
    await adjust({ slo: slo.id, from: START - HOUR, to: START + MINUTE });
    world.clock.advance(1000);
    await tick();
    const [listed] = await here.queries.slos();
    expect(listed).toEqual((await startProcess([slo]).queries.slos())[0]);
    expect(listed!.burnRates).not.toEqual(failing.burnRates);
    expect(listed!.pageNearness).not.toEqual(failing.pageNearness);
  });

  it('J1: whoever evaluates next comes to the same state, and writes nothing that is there already', async () => {
    await open([slo], 4);
    await world.report(100, 0);
    await world.report(0, 7);
    await adjust({ workflow: 'orders', from: START - HOUR, to: START + 10 * MINUTE });
    await tick();
    const first = await counted();
    here = startProcess([slo]);
    const revisions = () =>
      world.store.changes(
        Array.from({ length: 4 }, (_, partition) => ({
          partition: { workflow: 'orders', partition },
          revision: 0,
        })),
      );
    const before = (await revisions()).map(({ revision }) => revision);
    await tick();
    expect(await counted()).toEqual(first);
    expect(first).toEqual([0, 0]);
    expect((await revisions()).map(({ revision }) => revision)).toEqual(before);
  });

  it('C4: takes out what comes late, and only what lies in its minutes', async () => {
    await open();
    world.clock.set(START + 10 * MINUTE);
    await adjust({ slo: slo.id, from: START + 4 * MINUTE, to: START + 6 * MINUTE });
    await tick();
    for (const minute of [3, 4, 5, 6, 9]) {
      await world.report(10 ** 3, minute, {
        at: START + minute * MINUTE,
        attributes: { minute: `${minute}` },
      });
      await tick();
    }
    expect(await counted()).toEqual([3000, 3 + 6 + 9]);
    world.clock.advance(20 * HOUR);
    await world.report(0, 100, { at: START + 5 * MINUTE });
    await tick();
    expect(await counted()).toEqual([3000, 18]);
  });

  it('ends when it is told to, and keeps what it took out', async () => {
    await open();
    await world.report(5, 5);
    const { id } = await adjust({ slo: slo.id, from: START, to: START + DAY });
    world.clock.advance(10 * MINUTE);
    const ended = await close(id, 'ended');
    expect(ended).toMatchObject({ active: false, occurrence: null, ended: { by: 'kim' }, withdrawn: null });
    world.clock.advance(5 * MINUTE);
    await world.report(1, 2);
    await tick();
    expect(await counted()).toEqual([1, 2]);
    // Doing it again changes nothing; withdrawing it does.
    expect(await close(id, 'ended')).toMatchObject({ ended: { at: START + 10 * MINUTE } });
    await close(id, 'withdrawn');
    await tick();
    expect(await counted()).toEqual([6, 7]);
    expect(await here.operator.adjustments()).toMatchObject([
      { id, createdBy: 'sam', ended: { by: 'kim' }, withdrawn: { by: 'kim' } },
    ]);
    const said = world.log.entries
      .map(({ message }) => message)
      .filter((text) => text.startsWith('an adjustment'));
    expect(said).toEqual([
      'an adjustment was created',
      'an adjustment was ended',
      'an adjustment was withdrawn',
    ]);
  });

  it('may lie in the future, and reaches back 90 days, in whole hours where minutes are gone', async () => {
    await open();
    await world.report(60, 6, { at: START });
    world.clock.advance(10 * MINUTE);
    await world.report(70, 7, { at: world.clock.now() });
    world.clock.advance(HOUR);
    await world.report(80, 8, { at: world.clock.now() });
    world.clock.set(START + 20 * DAY);
    const { id, notes } = await adjust({ slo: slo.id, from: START + 9 * MINUTE, to: START + 11 * MINUTE });
    expect(notes).toEqual([
      `It is rounded out to whole hours, since single minutes are kept for 3 days only: it takes out ${iso(START)} to ${iso(START + HOUR)}.`,
    ]);
    const next = await adjust({
      workflow: 'orders',
      from: START + 20 * DAY + HOUR,
      to: START + 20 * DAY + 2 * HOUR,
    });
    expect(next).toMatchObject({ active: false, occurrence: { from: START + 20 * DAY + HOUR } });
    await tick();
    expect(await counted()).toEqual([80, 8]);
    world.clock.advance(HOUR + MINUTE);
    await world.report(1, 1);
    await tick();
    expect(await counted()).toEqual([80, 8]);
    world.clock.advance(HOUR);
    await world.report(1, 1);
    await tick();
    expect(await counted()).toEqual([81, 9]);
    expect(await close(id, 'ended')).toMatchObject({ refused: 'over' });
  });

  it('recurs, on the clocks of its time zone', async () => {
    await open();
    // Sundays from 2 to 3 in Berlin: 1:00 UTC in winter, midnight in summer; on 29 March clocks skip that hour.
    const weekly = await adjust({
      slo: slo.id,
      rrule: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2',
      start: iso(START),
      duration: '1h',
      timeZone: 'Europe/Berlin',
    });
    expect(weekly).toMatchObject({ active: false, occurrence: { from: Date.parse('2026-03-08T01:00:00Z') } });
    const moments = ['2026-03-08T01:30Z', '2026-03-08T02:00Z', '2026-04-05T00:59Z', '2026-04-05T01:30Z'];
    for (const [index, timestamp] of moments.entries()) {
      world.clock.set(Date.parse(timestamp));
      await world.report(10 ** index, 0);
      await tick();
    }
    expect(await counted()).toEqual([10 + 1000, 0]);
    expect((await here.queries.slo(slo.id))!.adjustments).toMatchObject([
      { id: weekly.id, occurrence: { from: Date.parse('2026-04-12T00:00:00Z') } },
    ]);
  });

  it.each([
    ['2026-03-28', ['01:00', '01:30', '02:00', '02:30']],
    // 02:00 does not exist: it starts at 03:00, which is 01:00 UTC.
    ['2026-03-29', ['01:00', '01:30', '02:00', '02:30']],
    ['2026-03-30', ['00:00', '00:30', '01:00', '01:30']],
    // 02:00 comes twice: it starts the first time, and lasts two hours.
    ['2026-10-25', ['00:00', '00:30', '01:00', '01:30']],
  ])('every night at two takes out two hours on the night of %s, too (case 08)', async (day, taken) => {
    await open();
    const backup = await adjust({
      workflow: 'orders',
      rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=0',
      start: Date.parse('2026-02-26T00:00:00Z'),
      duration: '2h',
      timeZone: 'Europe/Berlin',
    });
    expect(backup.notes).toEqual([
      'On 2026-03-29 the clocks of Europe/Berlin skip 02:00: it takes out 2026-03-29T01:00:00.000Z to 2026-03-29T03:00:00.000Z, from right after the gap.',
    ]);
    const [midnight, morning] = [Date.parse(`${day}T00:00:00Z`), Date.parse(`${day}T03:00:00Z`)];
    for (let at = midnight; at < morning; at += 30 * MINUTE) {
      world.clock.set(at);
      await world.report(0, 1);
    }
    world.clock.set(morning);
    await tick();
    const history = await here.queries.history(slo.id, {
      from: `${day}T00:00:00Z`,
      to: `${day}T03:00:00Z`,
      step: '30m',
    });
    if (!history || isRefused(history)) throw new Error('there is no history');
    const out = history.points.filter(({ excluded }) => excluded.bad > 0);
    expect(out.map(({ from }) => iso(from).slice(11, 16))).toEqual(taken);
  });

  it('of a workflow applies to its SLOs as members of composites elsewhere; of an SLO likewise', async () => {
    const shipped = defineSlo({ workflow: 'shipping' });
    const members = [slo, shipped].map(({ id, workflow, sli, fingerprint: name }) => ({
      slo: id,
      workflow,
      sli: sli as ComponentSli,
      fingerprint: name,
      weight: 1,
    }));
    const sli = { kind: 'composite', method: 'weighted', members } as const;
    const journey = defineSlo({ workflow: 'journey', name: 'whole', sli });
    await open([slo, shipped, journey]);
    await world.report(90, 10);
    await world.report(100, 0, { workflow: 'shipping' });
    expect(await counted('journey/whole')).toEqual([190, 10]);
    await adjust({ workflow: 'orders', from: START - HOUR, to: START + HOUR });
    await tick();
    expect(await counted('journey/whole')).toEqual([100, 0]);
    expect(await counted('shipping/done')).toEqual([100, 0]);
    expect((await here.queries.slo('journey/whole'))!.adjustments).toHaveLength(1);
    const refused = await here.operator.adjust(
      {
        slo: 'journey/whole',
        reason: 'x',
        by: 'y',
        from: START,
        to: START + HOUR,
      },
      ANYONE,
    );
    expect(refused).toMatchObject({ refused: 'invalid', problems: [expect.stringContaining('orders/done')] });
  });

  it('takes out of one SLO only, where two share their counters', async () => {
    const strict = defineSlo({ objective: '99.9%', name: 'strict' });
    await open([slo, strict]);
    await world.report(10, 1);
    await adjust({ slo: strict.id, from: START, to: START + HOUR });
    await tick();
    expect([await counted(slo.id), await counted(strict.id)]).toEqual([
      [10, 1],
      [0, 0],
    ]);
  });

  it('takes out the slices of time that end in it', async () => {
    const of = slo.sli as Extract<ComponentSli, { kind: 'outcomes' }>;
    const rule = { kind: 'ratio', atLeast: { numerator: 1, denominator: 2 } } as const;
    const sli = { kind: 'slices', sliceMs: 5 * MINUTE, of, rule } as const;
    const sliced = { ...defineSlo({ name: 'sliced', sli }), fingerprint: fingerprint(sli) };
    await open([sliced]);
    await tick();
    for (let slice = 0; slice < 6; slice++) {
      await world.report(slice % 2, 1 - (slice % 2));
      await passTime(5 * MINUTE);
    }
    expect(await counted(sliced.id)).toEqual([3, 3]);
    await adjust({ slo: sliced.id, from: START, to: START + 10 * MINUTE });
    await passTime(MINUTE);
    expect(await counted(sliced.id)).toEqual([2, 2]);
  });

  it('is left out when it cannot be: what is asked is checked against what is loaded', async () => {
    await open();
    const times = { from: START, to: START + HOUR };
    const ask = (request: object) => here.operator.adjust({ reason: 'x', by: 'y', ...request }, ANYONE);
    expect(await ask({ slo: 'orders/nothing', ...times })).toEqual({
      refused: 'invalid',
      problems: ['No SLO "orders/nothing" is loaded; there is: orders/done.'],
    });
    expect(await ask({ workflow: 'payments', ...times })).toMatchObject({
      problems: ['No workflow "payments" is loaded; there is: orders.'],
    });
    const never = { slo: slo.id, rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', start: START, duration: '1h' };
    expect(await ask(never)).toMatchObject({ problems: [expect.stringContaining('no occurrence')] });
    expect(await close('nobody', 'ended')).toMatchObject({ refused: 'unknown' });
    expect(await here.operator.adjustments()).toEqual([]);
  });

  it('J1: whatever happens in whichever order, what counts is what lies in no adjustment that holds', async () => {
    const timestamp = fc.integer({ min: 0, max: 20 * 60 });
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('count' as const), back: timestamp, good: fc.nat(9), bad: fc.nat(9) }),
      fc.record({
        kind: fc.constant('adjust' as const),
        back: timestamp,
        length: fc.integer({ min: 1, max: 200 }),
      }),
      fc.record({ kind: fc.constantFrom('ended' as const, 'withdrawn' as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constant('pass' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
      fc.constant({ kind: 'restart' as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
        await open([slo], 3);
        world.clock.advance(DAY);
        const counts: { at: number; good: number; bad: number }[] = [];
        const holding = new Map<string, { from: number; to: number }>();
        for (const [index, doing] of operations.entries()) {
          const now = world.clock.now();
          if (doing.kind === 'count') {
            const { good, bad } = doing;
            const at = now - doing.back * MINUTE;
            counts.push({ at, good, bad });
            await world.report(good, bad, { at, attributes: { n: `${index}` } });
          } else if (doing.kind === 'adjust') {
            const from = now - doing.back * MINUTE;
            const to = from + doing.length * MINUTE;
            holding.set((await adjust({ slo: slo.id, from, to })).id, { from, to });
          } else if (doing.kind === 'pass') {
            world.clock.advance(doing.minutes * MINUTE);
          } else if (doing.kind === 'restart') {
            here = startProcess([slo]);
          } else {
            const id = [...holding.keys()][doing.which];
            if (id === undefined) continue;
            const { from, to } = holding.get(id)!;
            const answer = await close(id, doing.kind);
            if (doing.kind === 'withdrawn') holding.delete(id);
            else if (!isRefused(answer)) holding.set(id, { from, to: Math.min(to, now) });
          }
          if (index % 3 === 0) await tick();
        }
        await tick();
        const free = counts.filter(
          ({ at }) => ![...holding.values()].some(({ from, to }) => from <= at && at < to),
        );
        const total = (of: 'good' | 'bad') => free.reduce((sum, count) => sum + count[of], 0);
        expect(await counted()).toEqual([total('good'), total('bad')]);
        await world.close();
      }),
      { numRuns: 25 },
    );
    await open();
  });

  it('J4: one that cannot be worked out stops no other, and no evaluation', async () => {
    await open();
    await world.report(10, 0);
    const when = {
      kind: 'recurring',
      rrule: 'FREQ=NEVER',
      start: START,
      duration: HOUR,
      timeZone: 'UTC',
      until: null,
    };
    const common = { slo: null, workflow: 'orders', reason: 'x', createdAt: START, createdBy: 'y' };
    const broken = { id: 'broken', ...common, when, ended: null, withdrawn: null };
    await world.store.putRecord('adjustments', 'broken', 0, broken);
    await adjust({ slo: slo.id, from: START, to: START + HOUR });
    expect(await world.tick(here.evaluator)).toMatchObject({ failed: 0, evaluated: 1 });
    expect(await counted()).toEqual([0, 0]);
    expect(await here.operator.adjustments()).toHaveLength(2);
    expect(world.log.entries.map(({ message }) => message)).toContain(
      'a recurring adjustment cannot be computed and does nothing',
    );
  });
});

describe('history', () => {
  const past = async (
    query: Partial<Record<'from' | 'to' | 'step', string>> = {},
  ): Promise<HistoryReport> => {
    const found = await here.queries.history(slo.id, { from: null, to: null, step: null, ...query });
    if (!found || isRefused(found)) throw new Error(JSON.stringify(found));
    return found;
  };

  it('shows what was counted step by step, the budget after each, and what was adjusted', async () => {
    await open([slo], 1, 28 * DAY);
    for (let minute = 0; minute < 10; minute++) {
      await world.report(19, 1);
      world.clock.advance(MINUTE);
    }
    await adjust({ slo: slo.id, from: START + 4 * MINUTE, to: START + 6 * MINUTE });
    await tick();
    const { points, step, resolution, adjustments } = await past({ from: iso(START), step: '2m' });
    expect([step, resolution, points.length]).toEqual(['2m', 'minute', 6]);
    expect(points[0]).toEqual({
      from: START,
      good: 38,
      bad: 2,
      total: 40,
      ratio: 0.95,
      budgetRemaining: 0,
      adjusted: false,
      excluded: { good: 0, bad: 0 },
    });
    expect(points[2]).toMatchObject({
      total: 0,
      ratio: null,
      adjusted: true,
      excluded: { good: 38, bad: 2 },
    });
    expect(points[3]).toMatchObject({ total: 40, adjusted: false });
    expect(adjustments).toHaveLength(1);
    world.clock.advance(1000);
    const { sli } = (await here.queries.slo(slo.id))!;
    expect(points.reduce((sum, { good }) => sum + good, 0)).toBe(sli.good);
  });

  // In this zone months begin at 13:00 UTC, which is when each day is looked at.
  const month: TimeWindow = {
    kind: 'calendar',
    unit: 'month',
    timeZone: 'Etc/GMT-11',
    duration: 30 * DAY,
    text: 'month (Etc/GMT-11)',
  };
  it.each([slo.window, month])(
    'C5: agrees with what is reported, at its end and before, over $text',
    async (window) => {
      await open([{ ...slo, window }]);
      const remaining: (number | null)[] = [];
      const ends: number[] = [];
      for (let day = 0; day < 40; day++) {
        await world.report(90 + day, day % 7);
        world.clock.advance(HOUR - 1);
        remaining.push((await here.queries.slo(slo.id))!.budget.remainingRatio);
        ends.push(world.clock.now() + 1);
        world.clock.advance(DAY - HOUR + 1);
      }
      const { points, resolution } = await past({ from: iso(START), to: iso(ends.at(-1)!), step: '1h' });
      expect(resolution).toBe('hour');
      const at = new Map(points.map(({ from, budgetRemaining }) => [from + HOUR, budgetRemaining]));
      expect(ends.map((end) => at.get(end))).toEqual(remaining);
    },
  );

  it('takes the last day unless told otherwise, and says what it cannot', async () => {
    await open();
    world.clock.advance(30 * DAY);
    const day = await past();
    expect([day.points.length, day.step]).toEqual([289, '5m']);
    const ask = (query: object) =>
      here.queries.history(slo.id, { from: null, to: null, step: null, ...query });
    expect(await ask({ from: 'yesterday', to: '1.5' })).toMatchObject({
      refused: 'invalid',
      problems: [expect.stringMatching(/^from must be an RFC 3339/), expect.stringMatching(/^to must be/)],
    });
    const problems = async (query: object) => {
      const answer = await ask(query);
      return answer && isRefused(answer) ? answer.problems.join(' ') : 'none';
    };
    expect(await problems({ from: iso(START), step: '1m' })).toContain('step must be whole hours');
    expect(await problems({ step: '90s' })).toContain('step must be whole minutes');
    expect(await problems({ from: iso(world.clock.now() - 2 * DAY), step: '1m' })).toContain('at least 2m');
    expect(await problems({ from: iso(START - 90 * DAY) })).toContain('at most 100d ago');
    expect(await problems({ from: iso(world.clock.now() + 1) })).toContain('earlier');
    expect(await here.queries.history('orders/none', { from: null, to: null, step: null })).toBeNull();
  });
});

describe('an acknowledgement', () => {
  it('is of an open incident; the first one stays', async () => {
    await open();
    expect(await here.operator.acknowledge('x', { by: 'sam' }, ANYONE)).toEqual({
      refused: 'unknown',
      problems: ['No incident "x" is open; no incident is open.'],
    });
    await world.report(0, 100);
    await tick();
    const [incident] = await here.operator.incidents();
    expect(incident).toMatchObject({ slo: slo.id, severity: 'page', acknowledged: null });
    expect(await here.operator.acknowledge('x', { by: 'sam' }, ANYONE)).toMatchObject({
      problems: [`No incident "x" is open; open are: ${incident!.id} (orders/done).`],
    });
    expect(await here.operator.acknowledge(incident!.id, { by: 'sam', note: 'on it' }, ANYONE)).toMatchObject(
      {
        by: 'sam',
        note: 'on it',
        at: world.clock.now(),
      },
    );
    world.clock.advance(MINUTE);
    expect(await here.operator.acknowledge(incident!.id, { by: 'kim' }, ANYONE)).toMatchObject({ by: 'sam' });
    expect((await here.operator.incidents())[0]!.acknowledged).toEqual({ at: START, by: 'sam' });
    await tick();
    world.clock.advance(1000);
    expect((await here.queries.slo(slo.id))!.incident!.acknowledged).toEqual({ at: START, by: 'sam' });
    expect(await here.operator.acknowledge(incident!.id, {}, ANYONE)).toMatchObject({ refused: 'invalid' });
  });
});

describe('G1: what a token may adjust and acknowledge', () => {
  it('follows its patterns, and is kept with its name', async () => {
    await open();
    const times = { from: iso(START), to: iso(START + HOUR) };
    const ask = (workflow: string, scopes: string) =>
      here.operator.adjust({ workflow, reason: 'x', by: 'y', ...times }, callerWith(scopes, 'ops'));
    expect(await ask('orders', 'read+write@billing')).toEqual({
      refused: 'forbidden',
      problems: ['This token may not adjust the workflow orders.'],
    });
    expect(await ask('orders', 'write@billing')).toEqual(await ask('orders', 'write@other'));
    expect(await ask('orders', 'write@billing')).toMatchObject({
      refused: 'invalid',
      problems: ['No workflow "orders" is loaded; there are: none.'],
    });
    const made = await ask('orders', 'write@ord*');
    expect(made).toMatchObject({ createdBy: 'y', actor: 'ops' });
    const { id } = made as AdjustmentReport;
    const end = (scopes: string) =>
      here.operator.endAdjustment(id, 'withdrawn', { by: 'kim' }, callerWith(scopes, 'other'));
    expect(await end('write@billing')).toMatchObject({ refused: 'unknown' });
    expect(await end('write')).toMatchObject({ withdrawn: { by: 'kim', actor: 'other' } });
  });
});
