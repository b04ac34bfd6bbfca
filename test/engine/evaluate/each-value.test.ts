import { afterEach, describe, expect, it } from 'vitest';
import type { Tier } from '../../../src/core/slo/alert-policy.ts';
import { MAX_EACH_VALUES, createEachValue } from '../../../src/core/slo/each-value.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/core/time/duration.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { allSlos } from '../../../src/core/slo/slo.ts';
import type { Queries } from '../../../src/core/ports/queries.ts';
import { createAdjustments } from '../../../src/engine/adjustments/adjustments.ts';
import { indexAdjustments } from '../../../src/engine/adjustments/adjustment-index.ts';
import { createQueries } from '../../../src/engine/queries/slo-queries.ts';
import { createBreakdownValues } from '../../../src/engine/ingest/breakdown-values.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { World } from '../../support/world.ts';
import { startWorld } from '../../support/world.ts';

let world: World;
afterEach(() => world.close());

const FAST: Tier = {
  kind: 'burnRate',
  name: 'fast',
  severity: 'page',
  long: 10 * MINUTE,
  short: 2 * MINUTE,
  factor: 10,
  loweredFrom: null,
};
const EACH = defineSlo({ each: 'region', alerts: { tiers: [FAST] } });

async function open(slos: readonly Slo[] = [EACH]): Promise<void> {
  world = await startWorld({ slos, counted: 28 * DAY });
}

/** So many executions of a region in each minute, all good or all bad. */
async function report(region: string | null, good: boolean, count = 100): Promise<void> {
  const fields = region === null ? {} : { attributes: { region } };
  await world.report(good ? count : 0, good ? 0 : count, fields);
}

async function minutes(count: number, each: () => Promise<void>): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await each();
    await world.tick();
    world.clock.advance(MINUTE);
  }
}

/** A process that has just started, as it knows the SLOs. */
async function slosNow(): Promise<readonly Slo[]> {
  const { store, clock, log } = world;
  const definitions = () => define(world.slos());
  const values = createBreakdownValues({ store, definitions, clock, elapsed: () => clock.now(), log });
  await values.refresh();
  return allSlos(createEachValue(values)(definitions()));
}

const told = async () =>
  (await world.told())
    .filter(({ target }) => target === 'pager')
    .map(({ facts }) => `${facts.kind} ${facts.severity} ${facts.slo}`);

/** Good for longer than the tier looks back. */
async function goodMinutes(...regions: readonly string[]): Promise<void> {
  await minutes(12, async () => {
    for (const region of regions) await report(region, true);
  });
}

describe('an SLO for each value', () => {
  it('pages for the one value that burns, by its own budget, and not for the whole', async () => {
    await open();
    await goodMinutes('eu', 'us', 'asia');
    await minutes(10, async () => {
      await report('eu', false);
      await report('us', true);
      await report('asia', true);
    });
    expect(await told()).toEqual(['opened page orders/done@eu']);
    const slos = await slosNow();
    const counted = await Promise.all(slos.map((slo) => world.counted(slo)));
    expect(counted.map(({ good, bad }) => [good, bad])).toEqual([
      [5600, 1000],
      [1200, 1000],
      [2200, 0],
      [2200, 0],
    ]);
  });

  it('is one incident of the whole when all burn at once, which names them', async () => {
    await open();
    await goodMinutes('eu', 'us', 'asia');
    await minutes(10, async () => {
      for (const region of ['eu', 'us', 'asia']) await report(region, false);
    });
    expect(await told()).toEqual(['opened page orders/done']);
    const [row] = await world.told();
    expect(row!.facts.burning).toEqual({ attribute: 'region', values: ['eu', 'us', 'asia'], of: 3 });
  });

  it('joins what burned before, ends that, and gives back what still burns, over a restart', async () => {
    await open();
    await goodMinutes('eu', 'us', 'asia');
    const both = async (eu: boolean, us: boolean) => {
      await report('eu', eu);
      await report('us', us);
      await report('asia', true);
    };
    await minutes(10, () => both(false, true));
    await minutes(10, () => both(false, false));
    expect(await told()).toEqual(['opened page orders/done@eu', 'opened page orders/done']);
    const restarted = world.newEvaluator('this process', () => 2);
    for (let minute = 0; minute < 40; minute++) {
      await both(true, false);
      await world.tick(restarted);
      world.clock.advance(MINUTE);
    }
    expect((await told()).slice(2)).toEqual([
      'resolved page orders/done@eu',
      'resolved page orders/done',
      'opened page orders/done@us',
    ]);
  });

  it('counts what has no such attribute, and what there is no room for, by SLOs of their own', async () => {
    await open();
    await goodMinutes(...Array.from({ length: 3 }, (_, at) => `v${at}`));
    for (let at = 0; at < MAX_EACH_VALUES + 5; at++) await report(`v${at}`, true, 1);
    await report('(other)', true, 2);
    await minutes(10, () => report(null, false));
    const slos = await slosNow();
    const none = slos.find(({ name }) => name === 'done@~none');
    // It came last, when there was no room.
    expect(none).toBeUndefined();
    expect(slos).toHaveLength(1 + MAX_EACH_VALUES + 1);
    const other = slos.find(({ name }) => name === 'done@~other')!;
    expect(await world.counted(other)).toEqual({ good: 7, bad: 1000 });
    expect(await told()).toEqual(['opened page orders/done@~other']);
    expect(world.log.entries).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({ code: 'breakdown-full', values: MAX_EACH_VALUES }),
      }),
    );
  });

  it('C3: counts what never ended by the value that its start named', async () => {
    await open([defineSlo({ each: 'region', sli: { withinMs: 10 * MINUTE } })]);
    const one = { workflow: 'orders', execution: 'e-1' };
    const two = { workflow: 'orders', execution: 'e-2', attributes: { region: 'us' } };
    await world.recorder.record([
      { ...one, status: 'started' },
      { ...two, status: 'started' },
    ]);
    world.clock.advance(MINUTE);
    await world.recorder.record([{ ...one, status: 'succeeded', attributes: { region: 'eu' } }]);
    world.clock.advance(11 * MINUTE);
    await world.tick();
    const counts = new Map<string, object>();
    for (const slo of await slosNow()) counts.set(slo.name, await world.counted(slo));
    expect(Object.fromEntries(counts)).toEqual({
      // What was watched since its start counts there, too: the same attributes belong on both.
      done: { good: 1, bad: 1 },
      'done@eu': { good: 1, bad: 0 },
      'done@us': { good: 0, bad: 1 },
      'done@~none': { good: 1, bad: 0 },
    });
  });

  it('judges values that another replica met, within seconds', async () => {
    await open();
    await world.tick();
    const failed = { workflow: 'orders', status: 'failed', count: 100 };
    const region = 'eu/west ä';
    await world.newRecorder().record([{ ...failed, execution: 'e', attributes: { region } }]);
    world.clock.advance(5 * SECOND);
    await world.tick();
    expect(await told()).toEqual([expect.stringMatching(/^opened page orders\/done@eu-west-~[a-z0-9]+$/)]);
  });

  it('forgets a value that has not come for its window, with what still fires of it', async () => {
    const silent = defineSlo({
      each: 'region',
      window: '28d',
      alerts: { tiers: [{ kind: 'noData', name: 'silent', severity: 'page', after: HOUR }] },
    });
    await open([silent]);
    await report('eu', true);
    await world.tick();
    const days = 29;
    const step = async (length: number) => {
      for (let at = 0; at < 2; at++) {
        await report('us', true);
        await world.tick();
        world.clock.advance(length / 2);
      }
    };
    for (let day = 0; day < days; day++) await step(DAY);
    expect((await slosNow()).map(({ name }) => name)).toEqual(['done', 'done@eu', 'done@us']);
    expect(await told()).toContain('opened page orders/done@eu');
    for (let day = 0; day < 3; day++) await step(DAY);
    expect((await slosNow()).map(({ name }) => name)).toEqual(['done', 'done@us']);
    expect(await told()).toContain('resolved page orders/done@eu');
    // And when it comes again, it is judged again.
    await report('eu', true);
    expect((await slosNow()).map(({ name }) => name)).toEqual(['done', 'done@us', 'done@eu']);
  });
});

describe('the reports of an SLO for each value', () => {
  async function newQueries(): Promise<Queries> {
    const { store, clock, log } = world;
    const base = define(world.slos());
    const elapsed = () => clock.now();
    const values = createBreakdownValues({ store, definitions: () => base, clock, elapsed, log });
    await values.refresh();
    const eachValue = createEachValue(values);
    return createQueries({
      store,
      reader: world.newReader({ values }),
      adjustments: createAdjustments(store, log),
      definitions: () => eachValue(base),
      clock,
      elapsed,
      evaluatedAt: () => null,
    });
  }

  it('list the values, what burns first, though its incident is that of the whole, and warn when there are too many', async () => {
    await open();
    await goodMinutes('asia', 'eu', 'us');
    await minutes(10, async () => {
      await report('asia', true);
      await report('eu', false);
      await report('us', false);
    });
    const queries = await newQueries();
    const { each, values, warnings } = (await queries.slo('orders/done'))!;
    expect(each).toBe('region');
    expect(warnings).toEqual([]);
    expect(values.map(({ slo, firing, sli }) => [slo, firing, sli.bad])).toEqual([
      ['orders/done@eu', ['fast'], 1000],
      ['orders/done@us', ['fast'], 1000],
      ['orders/done@asia', [], 0],
    ]);
    expect((await queries.slo('orders/done@eu'))!.value).toEqual({
      whole: 'orders/done',
      attribute: 'region',
      value: 'eu',
    });
    for (let at = 0; at <= MAX_EACH_VALUES; at++) await report(`v${at}`, true, 1);
    const full = (await (await newQueries()).slo('orders/done'))!;
    expect(full.warnings.map(({ code }) => code)).toEqual(['values-full']);
  });

  it('take out what an adjustment of the whole takes out', () => {
    const when = { kind: 'once', from: 0, to: 1 } as const;
    const one = {
      id: 'a',
      slo: 'orders/done',
      workflow: null,
      reason: '',
      createdAt: 1,
      createdBy: '',
      actor: '',
      when,
      ended: null,
      withdrawn: null,
    };
    const { of } = indexAdjustments([one, { ...one, id: 'b', slo: 'orders/done@eu', createdAt: 2 }]);
    const ids = (slo: string) => of({ slo, workflow: 'orders' }).map(({ id }) => id);
    expect(ids('orders/done@eu')).toEqual(['a', 'b']);
    expect(ids('orders/done@us')).toEqual(['a']);
    expect(ids('orders/done')).toEqual(['a']);
    expect(of({ slo: 'orders/done@eu', workflow: 'orders' })).toBe(
      of({ slo: 'orders/done@eu', workflow: 'orders' }),
    );
  });
});
