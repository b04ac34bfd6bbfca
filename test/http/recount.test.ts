import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { createAdjustments } from '../../src/engine/adjustments/adjustments.ts';
import { createCounterCache } from '../../src/engine/counters/counter-cache.ts';
import { createDeriver } from '../../src/engine/counters/derive.ts';
import { createReader } from '../../src/engine/counters/evidence-reader.ts';
import { createEvaluator } from '../../src/engine/evaluate/evaluate.ts';
import { createBreakdownValues } from '../../src/engine/ingest/breakdown-values.ts';
import { brokenDownSeries, valueSeries } from '../../src/core/slo/breakdown.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import { createQueries } from '../../src/engine/queries/slo-queries.ts';
import type { DependencyReport, SloReport } from '../../src/core/ports/queries.ts';
import type { StepStatistics } from '../../src/core/ports/workflow-statistics.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { seriesOf } from '../../src/core/slo/series.ts';
import { allSlos } from '../../src/core/slo/slo.ts';
import type { OutcomeStatistics } from '../../src/core/statistics/outcome-counts.ts';
import { DAY, HOUR, MINUTE, parseDuration } from '../../src/core/time/duration.ts';
import { loadDefinitions } from '../../src/slo-files/load.ts';
import { openRedisStore } from '../../src/store/redis/open.ts';
import { manualClock } from '../support/clock.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import type { Fact, Recounted, Totals } from '../support/execution-plans.ts';
import {
  NOW,
  executionPlan,
  expected,
  factsOf,
  recordOf,
  recountedStatistics,
} from '../support/execution-plans.ts';
import { memoryLog } from '../support/memory-log.ts';
import { seededRandom } from '../support/random.ts';
import { startRedis } from '../support/redis.ts';
import { sloFolder } from '../support/slo-folder.ts';
import { startServer } from './running-server.ts';

const NO_REFERENCES = { env: {}, variables: [], secretsDir: null };

/** One SLO of every kind of SLI, of what orders and nightly runs report. */
const SLO_FILE = `
workflow: orders
owner: payments
steps: [charge]
breakdown: [region]
slos:
  done: { objective: 99%, window: 1d, sli: succeeded }
  in-time: { objective: 99%, window: 1d, sli: { within: 10m } }
  from-queue: { objective: 99%, window: 1d, sli: { within: 10m, from: queued } }
  charged: { objective: 99%, window: 1d, sli: { step: charge } }
  tries: { objective: 99%, window: 1d, sli: { step: charge, per: attempt } }
  first-try: { objective: 99%, window: 1d, sli: { step: charge, good: first-try } }
  bank: { objective: 99%, window: 1d, sli: { dependency: bank } }
  eu: { objective: 99%, window: 1d, sli: { within: 10m, where: { region: eu } } }
  depth: { objective: 99%, window: 1d, sli: { measurement: depth, atMost: 100 } }
  good-slices: { objective: 99%, window: 1d, sli: { slices: 10m, ratio: 50% } }
  shallow-slices: { objective: 99%, window: 1d, sli: { slices: 5m, measurement: depth, mean: { atMost: 100 } } }
  fresh: { objective: 99%, window: 1d, sli: { succeededEvery: 3m } }
  journey: { objective: 99%, window: 1d, sli: { weighted: { done: 3, charged: 1 } } }
---
workflow: nightly
owner: payments
slos:
  on-time: { objective: 99%, window: 1d, sli: { schedule: '*/15 * * * *', startWithin: 3m, finishWithin: 10m } }
---
teams: { payments: { page: [log] } }
targets: { log: { log: {} } }
dependencies: { bank: { sla: 99% } }
`;

/** What is counted begins so long before `NOW`, before anything happens. */
const COUNTED = HOUR;
const SINCE = NOW - COUNTED;
const EXECUTIONS = 60;

interface Sent {
  readonly record: object;
  readonly arrives: number;
}

type Random = () => number;

const within = (random: Random, least: number, most: number) =>
  least + Math.floor(random() * (most - least + 1));

/** What happened, and when each report of it arrives: any of them up to 20 minutes late. */
function traffic(seed: number) {
  const random = seededRandom(seed);
  const arrival = (at: number) => Math.min(NOW, at + (random() < 0.5 ? 0 : within(random, 0, 20) * MINUTE));
  const region = (execution: string) => (Number(execution.split('-')[1]) % 2 === 0 ? 'eu' : 'us');
  const plans = fc.sample(executionPlan, { numRuns: EXECUTIONS, seed });
  const facts = plans.flatMap(factsOf);
  const orders = facts.map((fact): Sent => {
    const attributes = { region: region(fact.execution) };
    const dependency = fact.step && fact.status !== 'started' ? { dependency: 'bank' } : {};
    const record = { ...recordOf('orders', fact), attributes, ...dependency };
    return { record, arrives: arrival(NOW - fact.ago * MINUTE) };
  });
  const depths = Array.from({ length: 150 }, (_, serial) => ({
    id: `depth-${serial}`,
    at: NOW - within(random, 1, 50) * MINUTE,
    value: within(random, 0, 200),
  }));
  const measurements = depths.map((one): Sent => {
    const record = { workflow: 'orders', name: 'depth', ...one };
    return { record, arrives: arrival(one.at) };
  });
  const runs = nightlyRuns(random);
  const nightly = runs.flatMap(({ execution, startedAt, endedAt, succeeds }): Sent[] =>
    [
      { status: 'started', at: startedAt },
      { status: succeeds ? 'succeeded' : 'failed', at: endedAt },
    ].map((part) => ({
      record: { workflow: 'nightly', execution, ...part },
      arrives: arrival(part.at),
    })),
  );
  return { random, facts, region, outcomes: [...orders, ...nightly], measurements, depths, runs };
}

/** At most one run for each tick: absent, early, in time or late, and then failed, in time or too late. */
function nightlyRuns(random: Random) {
  const quarters = Array.from({ length: 4 }, (_, index) => SINCE + index * 15 * MINUTE);
  return quarters.flatMap((tick, index) => {
    if (random() < 0.2) return [];
    const early = index === 0 ? 0 : -4;
    const startedAt = tick + within(random, early, 5) * MINUTE;
    const endedAt = Math.max(startedAt, tick) + within(random, 1, 14) * MINUTE - 7 * MINUTE * (index % 2);
    return [
      {
        execution: `run-${index}`,
        tick,
        startedAt,
        endedAt: Math.max(startedAt + MINUTE, endedAt),
        succeeds: random() < 0.8,
      },
    ];
  });
}

const total = ({ good, bad }: Totals) => good + bad;

/** What every SLO comes to, worked out plainly. */
function recount({ facts, region, depths, runs }: ReturnType<typeof traffic>): Record<string, Totals> {
  const all = expected(facts);
  const european = expected(facts.filter(({ execution }) => region(execution) === 'eu'));
  const tally = (verdicts: readonly boolean[]): Totals => {
    const good = verdicts.filter(Boolean).length;
    return { good, bad: verdicts.length - good };
  };
  const ends = decidingEnds(facts);
  const inSpan = (at: number, from: number, length: number) => at >= from && at < from + length;
  const spans = (length: number) => Array.from({ length: COUNTED / length }, (_, n) => SINCE + n * length);
  const slices = spans(10 * MINUTE).flatMap((from) => {
    const counted = ends.filter(({ at }) => inSpan(at, from, 10 * MINUTE));
    const sum = counted.reduce((one, { count }) => one + count, 0);
    const good = counted.reduce((one, { succeeded, count }) => one + (succeeded ? count : 0), 0);
    return sum === 0 ? [] : [good / sum >= 0.5];
  });
  const shallow = spans(5 * MINUTE).flatMap((from) => {
    const values = depths.filter(({ at }) => inSpan(at, from, 5 * MINUTE)).map(({ value }) => value);
    return values.length === 0 ? [] : [values.reduce((one, value) => one + value, 0) / values.length <= 100];
  });
  const fresh = spans(MINUTE).flatMap((minute) => {
    const isFresh = ends.some(
      ({ at, succeeded }) => succeeded && at < minute + MINUTE && minute - at <= 3 * MINUTE,
    );
    // Not before as long as a success may be away has been counted.
    return isFresh || minute > SINCE + 3 * MINUTE ? [isFresh] : [];
  });
  const ticks = spans(15 * MINUTE).map((tick) =>
    runs.some(
      ({ tick: its, startedAt, endedAt, succeeds }) =>
        its === tick &&
        succeeds &&
        startedAt >= tick - 5 * MINUTE &&
        startedAt <= tick + 3 * MINUTE &&
        endedAt <= tick + 10 * MINUTE,
    ),
  );
  const [done, charged] = [all['done']!, all['charged']!];
  const errorRate = (3 * (done.bad / total(done)) + charged.bad / total(charged)) / 4;
  const both = total(done) + total(charged);
  return {
    ...all,
    bank: charged,
    eu: european['in-time']!,
    depth: tally(depths.map(({ value }) => value <= 100)),
    'good-slices': tally(slices),
    'shallow-slices': tally(shallow),
    fresh: tally(fresh),
    journey: { good: both * (1 - errorRate), bad: both * errorRate },
    'on-time': tally(ticks),
  };
}

/** The ends that count for whole executions, each at its moment. */
function decidingEnds(facts: readonly Fact[]) {
  const ends = facts.filter(({ step, status }) => !step && status !== 'started' && status !== 'queued');
  return ends.flatMap(({ execution, status, attempt, willRetry, ago, count = 1 }) => {
    const later = ends.some((other) => other.execution === execution && other.attempt > attempt);
    if (later || willRetry || (status !== 'succeeded' && status !== 'failed')) return [];
    return [{ at: NOW - ago * MINUTE, succeeded: status === 'succeeded', count }];
  });
}

/** Ends that the producer reports a second time, as another outcome than before. */
function contradictions(facts: readonly Fact[], random: Random): readonly Fact[] {
  const plain = facts.filter(
    ({ status, count, willRetry }) =>
      count === undefined && !willRetry && (status === 'succeeded' || status === 'failed'),
  );
  return plain
    .filter(() => random() < 0.3)
    .map((fact) => ({ ...fact, status: fact.status === 'failed' ? 'succeeded' : 'failed' }));
}

const redis = await startRedis();
const stores: Record<string, () => Promise<Store>> = {
  LMDB: () => openEmbeddedStore(2, manualClock(SINCE)),
  Redis: () => openRedisStore({ url: redis.url, partitions: 2, log: memoryLog(), waitReplicas: 0 }),
};
afterAll(() => redis.stop());

describe.each(Object.keys(stores))('over HTTP, in %s', (name) => {
  it.each([1, 2, 3])(
    'C1 C3 J2: every kind of SLI reads what a plain recount of random traffic finds (seed %i)',
    async (seed) => {
      const prefix = `s${seed}-`;
      const store = await stores[name]!();
      const text = SLO_FILE.replaceAll(/^workflow: /gm, `$&${prefix}`);
      const { definitions, problems } = await loadDefinitions([await sloFolder(text)], NO_REFERENCES);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const slos = allSlos(definitions!);
      const clock = manualClock(SINCE);
      const log = memoryLog();
      const common = { store, definitions: () => definitions!, clock, log };
      const counterCache = createCounterCache(store);
      const values = createBreakdownValues({ ...common, elapsed: () => clock.now() });
      const reader = createReader({ store, counterCache, values });
      const evaluator = createEvaluator({
        ...common,
        reader,
        deriver: createDeriver({ store, counterCache, log }),
        owner: 'this process',
        term: () => 1,
        elapsed: () => clock.now(),
        intake: () => [[SINCE, clock.now()]],
      });
      const recorder = createRecorder({ ...common, values, queueLimit: 100_000 });
      const adjustments = createAdjustments(store, log);
      const queries = createQueries({
        ...common,
        reader,
        adjustments,
        elapsed: () => clock.now(),
        evaluatedAt: () => null,
      });
      const server = await startServer({ recorder, queries });
      await store.lead('this process', DAY);
      await store.registerSlis(seriesOf(slos), SINCE);

      const happened = traffic(seed);
      const { random, outcomes, measurements, facts } = happened;
      const sums = { accepted: 0, duplicates: 0, conflicts: 0, rejected: 0 };
      const send = async (path: string, records: readonly object[]) => {
        if (records.length === 0) return;
        const body = records.map((record) => {
          const { workflow, ...rest } = record as { workflow: string };
          return JSON.stringify({ workflow: prefix + workflow, ...rest });
        });
        const headers = { 'Content-Type': 'application/x-ndjson' };
        const answer = await server.post(body.join('\n'), headers, path);
        const { accepted, duplicates, conflicts = 0, rejected } = (await answer.json()) as Answer;
        expect(answer.status).toBe(accepted + duplicates === 0 ? 422 : 200);
        sums.accepted += accepted;
        sums.duplicates += duplicates;
        sums.conflicts += conflicts;
        sums.rejected += rejected.length - conflicts;
      };
      const mixed = (sent: readonly Sent[], from: number, to: number) =>
        sent
          .filter(({ arrives }) => arrives > from && arrives <= to)
          .map(({ record }) => ({ record, rank: random() }))
          .toSorted((one, other) => one.rank - other.rank)
          .map(({ record }) => record);
      let repeated = 0;
      while (clock.now() < NOW) {
        const before = clock.now();
        clock.advance(MINUTE);
        const records = mixed(outcomes, before === SINCE ? 0 : before, clock.now());
        // What a producer that lost the answer sends again.
        const again = records.filter(() => random() < 0.1);
        repeated += again.length;
        await send('/v1/outcomes', [...records, ...again]);
        await send('/v1/measurements', mixed(measurements, before, clock.now()));
        await evaluator.tick(clock.now());
      }
      const contradicted = contradictions(facts, random);
      await send(
        '/v1/outcomes',
        contradicted.map((fact) => recordOf('orders', fact)),
      );
      await evaluator.tick(clock.now());

      expect(contradicted.length).toBeGreaterThan(10);
      expect(sums).toEqual({
        accepted: outcomes.length + measurements.length,
        duplicates: repeated,
        conflicts: contradicted.length,
        rejected: 0,
      });
      const list = (await (await fetch(`${server.url}/v1/slos`)).json()) as { items: SloReport[] };
      const read = Object.fromEntries(
        list.items.map(({ name: slo, windows }) => [
          slo,
          { good: windows[0]!.sli.good, bad: windows[0]!.sli.bad },
        ]),
      );
      const want = recount(happened);
      expect(Object.keys(read).toSorted()).toEqual(Object.keys(want).toSorted());
      const { journey, ...exact } = want;
      expect(read).toMatchObject(exact);
      expect(read['journey']!.bad).toBeCloseTo(journey!.bad, 6);
      expect(read['journey']!.good).toBeCloseTo(journey!.good, 6);
      const called = (await (await fetch(`${server.url}/v1/dependencies`)).json()) as {
        items: DependencyReport[];
      };
      const [bank] = called.items;
      // Every attempt of a step is a call of it.
      expect(bank!.month).toMatchObject(want['tries']!);
      for (const region of ['eu', 'us']) {
        const its = expected(happened.facts.filter(({ execution }) => happened.region(execution) === region));
        for (const slo of ['done', 'in-time', 'from-queue', 'charged', 'tries', 'first-try']) {
          const [broken] = brokenDownSeries(slos.find((one) => one.name === slo)!);
          const [sums] = await reader.seriesSums(
            [valueSeries(broken!, 'region', region)],
            [DAY],
            clock.now(),
          );
          expect([slo, region, sums]).toEqual([slo, region, [its[slo]]]);
        }
      }
      await expectStatistics(`${server.url}/v1/workflows/${prefix}orders`, happened.facts);
      // Nothing of this may hold by having counted nothing.
      for (const [slo, totals] of Object.entries(want)) expect([slo, total(totals) > 3]).toEqual([slo, true]);
      await store.close();
    },
  );
});

/** The statistics of every window are those of a recount: what is counted exactly, and durations within 2%. */
async function expectStatistics(url: string, facts: readonly Fact[]): Promise<void> {
  const usual = (await (await fetch(url)).json()) as { statistics: ReportedWindow[] };
  expect(usual.statistics.map(({ window }) => window)).toEqual(['5m', '1h', '1d', '7d', '28d']);
  const asked = (await (await fetch(`${url}?window=17m`)).json()) as { statistics: ReportedWindow[] };
  for (const { window, endToEnd, steps, others } of [...usual.statistics, ...asked.statistics]) {
    const minutes = parseDuration(window)! / MINUTE;
    expect(steps.map(({ step }) => step)).toEqual(['charge']);
    expect(others).toBeNull();
    expectStatistic(endToEnd, recountedStatistics(facts, undefined, minutes));
    expectStatistic(steps[0]!, recountedStatistics(facts, 'charge', minutes));
  }
  expect(recountedStatistics(facts, undefined, 60).durations.length).toBeGreaterThan(20);
  expect(recountedStatistics(facts, 'charge', 60).retries).toBeGreaterThan(20);
}

interface ReportedWindow {
  readonly window: string;
  readonly endToEnd: OutcomeStatistics;
  readonly steps: readonly StepStatistics[];
  readonly others: OutcomeStatistics | null;
}

function expectStatistic(found: OutcomeStatistics, { counts, attempts, retries, durations }: Recounted) {
  const { succeeded, failed } = counts;
  const share = (part: number, of: number) => (of === 0 ? null : part / of);
  expect(found).toMatchObject({
    ...counts,
    attempts,
    successRate: share(succeeded, succeeded + failed),
    retryRate: share(retries, attempts),
  });
  for (const [percentage, shown] of [
    [50, found.p50Ms],
    [95, found.p95Ms],
    [99, found.p99Ms],
  ] as const) {
    const exact = durations[Math.ceil((percentage * durations.length) / 100) - 1];
    if (exact === undefined) expect(shown).toBeNull();
    else expect(Math.abs(shown! - exact * MINUTE)).toBeLessThanOrEqual(0.02 * exact * MINUTE);
  }
}

interface Answer {
  readonly accepted: number;
  readonly duplicates: number;
  readonly conflicts?: number;
  readonly rejected: readonly unknown[];
}
