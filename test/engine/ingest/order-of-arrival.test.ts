import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { OutcomeStatus } from '../../../src/core/outcomes/outcome.ts';
import type { Store } from '../../../src/core/ports/store/store.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { sumCells } from '../../../src/core/counters/cells.ts';
import { HOUR, MINUTE } from '../../../src/core/time/duration.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { openRedisStore } from '../../../src/store/redis/open.ts';
import { manualClock, START } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import { openEmbeddedStore } from '../../support/embedded-store.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { startRedis } from '../../support/redis.ts';

const redis = await startRedis();
const stores: Record<string, Store> = {
  LMDB: await openEmbeddedStore(1, manualClock()),
  Redis: await openRedisStore({ url: redis.url, partitions: 1, log: memoryLog(), waitReplicas: 0 }),
};
afterAll(async () => {
  for (const store of Object.values(stores)) await store.close();
  await redis.stop();
});

const NOW = START;
const WITHIN = 10 * MINUTE;

const slosOf = (workflow: string): readonly Slo[] => [
  defineSlo({ workflow, name: 'done' }),
  defineSlo({ workflow, name: 'in-time', sli: { withinMs: WITHIN } }),
  defineSlo({ workflow, name: 'from-queue', sli: { withinMs: WITHIN, from: 'queued' } }),
  defineSlo({ workflow, name: 'charged', sli: { step: 'charge' } }),
  defineSlo({ workflow, name: 'tries', sli: { step: 'charge', per: 'attempt' } }),
  defineSlo({ workflow, name: 'first-try', sli: { step: 'charge', per: 'attempt', good: 'first-try' } }),
];

/** One report of an execution or its step; times are minutes before now. */
interface Fact {
  readonly execution: string;
  readonly status: OutcomeStatus;
  readonly ago: number;
  readonly attempt: number;
  readonly step?: 'charge';
  readonly willRetry?: true;
  readonly took?: number;
  readonly count?: number;
}

const ENDS = ['succeeded', 'failed', 'cancelled', 'skipped'] as const;
const ago = fc.integer({ min: 0, max: 40 });

/** What one attempt of an execution reports. */
const attemptPlan = fc.record({
  startedAgo: fc.option(ago),
  end: fc.option(
    fc.record({ status: fc.constantFrom(...ENDS), ago, took: fc.option(fc.integer({ min: 0, max: 25 })) }),
  ),
  retried: fc.option(fc.record({ ago, took: fc.option(fc.integer({ min: 0, max: 25 })) })),
});

const executionPlan = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      queuedAgo: fc.option(ago),
      attempts: fc.array(attemptPlan, { minLength: 1, maxLength: 3 }),
      charges: fc.array(fc.constantFrom(...ENDS), { maxLength: 3 }),
    }),
  },
  fc.record({
    startedAgo: ago,
    parts: fc.uniqueArray(
      fc.record({ status: fc.constantFrom(...ENDS), ago, count: fc.constantFrom(2, 3) }),
      {
        selector: ({ status }) => status,
        maxLength: 3,
      },
    ),
  }),
);
type ExecutionPlan = typeof executionPlan extends fc.Arbitrary<infer Plan> ? Plan : never;

function factsOf(plan: ExecutionPlan, index: number): Fact[] {
  const execution = `execution-${index}`;
  if ('parts' in plan) {
    const start: Fact = { execution, status: 'started', ago: plan.startedAgo, attempt: 1, count: 9 };
    return [start, ...plan.parts.map((part): Fact => ({ execution, attempt: 1, ...part }))];
  }
  const facts: Fact[] = [];
  if (plan.queuedAgo !== null) facts.push({ execution, status: 'queued', ago: plan.queuedAgo, attempt: 1 });
  plan.attempts.forEach(({ startedAgo, end, retried }, before) => {
    const attempt = before + 1;
    const took = (one: number | null) => (one === null ? {} : { took: one });
    if (startedAgo !== null) facts.push({ execution, status: 'started', ago: startedAgo, attempt });
    if (retried)
      facts.push({
        execution,
        status: 'failed',
        willRetry: true,
        ago: retried.ago,
        attempt,
        ...took(retried.took),
      });
    if (end) facts.push({ execution, status: end.status, ago: end.ago, attempt, ...took(end.took) });
  });
  plan.charges.forEach((status, before) =>
    facts.push({ execution, step: 'charge', status, ago: 30 - before, attempt: before + 1, took: 1 }),
  );
  return facts;
}

function recordOf(workflow: string, { ago: minutes, took, ...fact }: Fact): object {
  return {
    workflow,
    at: NOW - minutes * MINUTE,
    ...(took === undefined ? {} : { durationMs: took * MINUTE }),
    ...(fact.status === 'failed' ? { error: 'timeout' } : {}),
    ...fact,
  };
}

interface Totals {
  good: number;
  bad: number;
}

/** What the facts of all executions come to at the end, worked out plainly; `NOW` is when deadlines are looked at. */
function expected(facts: readonly Fact[]): Record<string, Totals> {
  const totals: Record<string, Totals> = {};
  for (const name of ['done', 'in-time', 'from-queue', 'charged', 'tries', 'first-try'])
    totals[name] = { good: 0, bad: 0 };
  const add = (slo: string, good: boolean, count: number): void => {
    totals[slo]![good ? 'good' : 'bad'] += count;
  };
  const counts = (status: OutcomeStatus): boolean => status === 'succeeded' || status === 'failed';
  for (const execution of new Set(facts.map((fact) => fact.execution))) {
    const mine = facts.filter((fact) => fact.execution === execution && !fact.step);
    const ends = mine.filter(({ status }) => status !== 'queued' && status !== 'started');
    const last = Math.max(0, ...ends.map(({ attempt }) => attempt));
    const deciding = ends.filter(({ attempt, willRetry }) => attempt === last && !willRetry);
    const oldest = (of: readonly number[]): number | null => (of.length === 0 ? null : Math.max(...of));
    const told = (of: readonly Fact[]) =>
      of.flatMap(({ ago: ended, took }) => (took === undefined ? [] : [ended + took]));
    const began = (of: readonly Fact[]) =>
      of.flatMap((fact) => (fact.status === 'started' ? [fact.ago] : []));
    const [first, later] = [
      mine.filter(({ attempt }) => attempt === 1),
      mine.filter(({ attempt }) => attempt > 1),
    ];
    const firstStart = oldest(told(first)) ?? oldest(began(first));
    const start = oldest([...(firstStart === null ? [] : [firstStart]), ...told(later), ...began(later)]);
    const queued = oldest(mine.flatMap((fact) => (fact.status === 'queued' ? [fact.ago] : [])));
    const known = mine.filter(
      ({ status, willRetry }) => status === 'queued' || status === 'started' || willRetry,
    );
    const started = known.length === 0 ? 0 : Math.max(...known.map(({ count }) => count ?? 1));
    const left = started - deciding.reduce((sum, { count }) => sum + (count ?? 1), 0);
    for (const { status, count } of deciding)
      if (counts(status)) add('done', status === 'succeeded', count ?? 1);
    for (const [slo, base] of [
      ['in-time', start],
      ['from-queue', oldest([queued, start].filter((one) => one !== null))],
    ] as const) {
      if (base === null) continue;
      for (const { status, ago: ended, count } of deciding) {
        const late = base - ended > WITHIN / MINUTE;
        if (late || counts(status)) add(slo, !late && status === 'succeeded', count ?? 1);
      }
      if (left > 0 && base > WITHIN / MINUTE) add(slo, false, left);
    }
    const charges = facts.filter((fact) => fact.execution === execution && fact.step);
    for (const { status, attempt } of charges) {
      if (counts(status)) add('tries', status === 'succeeded', 1);
      add('first-try', attempt === 1, 1);
    }
    const charge = charges.at(-1);
    if (charge && counts(charge.status)) add('charged', charge.status === 'succeeded', 1);
  }
  return totals;
}

/** The minutes of an SLO that hold anything. */
async function minutesOf(store: Store, slo: Slo): Promise<Record<number, Totals>> {
  const minutes: Record<number, Totals> = {};
  const [last, first] = [Math.floor(NOW / HOUR), Math.floor(NOW / HOUR) - 2];
  for (let block = first; block <= last; block++) {
    const { workflow, fingerprint } = slo;
    const [cells] = await store.readBlocks([
      { workflow, partition: 0, fingerprint, resolution: 'minute', block },
    ]);
    for (let minute = 0; minute < 60; minute++) {
      const counted = sumCells(cells ?? null, minute, minute);
      if (counted.good + counted.bad > 0) minutes[block * 60 + minute] = counted;
    }
  }
  return minutes;
}

/** A random order of the facts, some of them twice, cut into requests. */
const arrival = fc.record({
  ranks: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 }),
  twice: fc.array(fc.nat({ max: 59 }), { maxLength: 6 }),
  cuts: fc.array(fc.nat({ max: 59 }), { maxLength: 8 }),
  sweeps: fc.array(fc.nat({ max: 8 }), { maxLength: 3 }),
});

let run = 0;

describe.each(Object.keys(stores))('in %s', (name) => {
  const store = stores[name]!;

  it('C1 C3: whatever the order of arrival, the latest attempt decides and time runs from the first start', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(executionPlan, { minLength: 1, maxLength: 4 }),
        arrival,
        async (plans, { ranks, twice, cuts, sweeps }) => {
          run += 1;
          const [told, mixed] = [slosOf(`told-${name}-${run}`), slosOf(`mixed-${name}-${run}`)];
          const inForce = define([...told, ...mixed]);
          const recorder = createRecorder({
            store,
            definitions: () => inForce,
            clock: { now: () => NOW },
            queueLimit: 1000,
          });
          const sweep = ({ workflow }: Slo) => store.sweep({ workflow, partition: 0 }, NOW, 1000);
          const facts = plans.flatMap(factsOf);
          // In the order of things: queued, started, ended, attempt after attempt.
          await recorder.record(facts.map((fact) => recordOf(told[0]!.workflow, fact)));
          await sweep(told[0]!);

          const order = facts.map((fact, index) => ({ fact, rank: ranks[index % ranks.length]! }));
          order.sort((one, other) => one.rank - other.rank);
          const sent = order.map(({ fact }) => fact);
          for (const index of twice) if (sent[index]) sent.push(sent[index]);
          const edges = [0, ...cuts.toSorted((one, other) => one - other), sent.length];
          let accepted = 0;
          for (const [request, from] of edges.slice(0, -1).entries()) {
            const part = sent.slice(from, edges[request + 1]);
            const result = await recorder.record(part.map((fact) => recordOf(mixed[0]!.workflow, fact)));
            expect(result.conflicts).toBeUndefined();
            accepted += result.accepted;
            if (sweeps.includes(request)) await sweep(mixed[0]!);
          }
          await sweep(mixed[0]!);
          expect(accepted).toBe(facts.length);

          const want = expected(facts);
          for (const [index, slo] of mixed.entries()) {
            const minutes = await minutesOf(store, slo);
            expect([slo.name, minutes]).toEqual([slo.name, await minutesOf(store, told[index]!)]);
            const sum = { good: 0, bad: 0 };
            for (const { good, bad } of Object.values(minutes)) {
              sum.good += good;
              sum.bad += bad;
            }
            expect([slo.name, sum]).toEqual([slo.name, want[slo.name]]);
            // Everything bad is filed, once.
            const failures = await store.readFailures(slo, NOW - 3 * HOUR, NOW);
            expect(failures.reduce((all, { count }) => all + count, 0)).toBe(sum.bad);
            if (sweeps.length === 0) {
              const byName = (of: typeof failures) => of.map((one) => JSON.stringify(one)).toSorted();
              expect(byName(failures)).toEqual(
                byName(await store.readFailures(told[index]!, NOW - 3 * HOUR, NOW)),
              );
              const failed = async ({ workflow, fingerprint }: Slo) =>
                (await store.readLastFailed({ workflow, fingerprint }, 100))
                  .map((one) => JSON.stringify(one))
                  .toSorted();
              expect(await failed(slo)).toEqual(await failed(told[index]!));
            }
          }
          expect(await store.inFlight(mixed[0]!.workflow)).toEqual(await store.inFlight(told[0]!.workflow));
        },
      ),
      { numRuns: 60 },
    );
  });
});
