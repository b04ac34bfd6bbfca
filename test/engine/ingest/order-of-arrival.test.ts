import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/core/ports/store/store.ts';
import type { Slo } from '../../../src/core/slo/slo.ts';
import { sumCells } from '../../../src/core/counters/cells.ts';
import { HOUR } from '../../../src/core/time/duration.ts';
import { createRecorder } from '../../../src/engine/ingest/record.ts';
import { openRedisStore } from '../../../src/store/redis/open.ts';
import { manualClock } from '../../support/clock.ts';
import { define, defineSlo } from '../../support/definitions.ts';
import type { Totals } from '../../support/execution-plans.ts';
import { NOW, WITHIN, executionPlan, expected, factsOf, recordOf } from '../../support/execution-plans.ts';
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

const slosOf = (workflow: string): readonly Slo[] => [
  defineSlo({ workflow, name: 'done' }),
  defineSlo({ workflow, name: 'in-time', sli: { withinMs: WITHIN } }),
  defineSlo({ workflow, name: 'from-queue', sli: { withinMs: WITHIN, from: 'queued' } }),
  defineSlo({ workflow, name: 'charged', sli: { step: 'charge' } }),
  defineSlo({ workflow, name: 'tries', sli: { step: 'charge', per: 'attempt' } }),
  defineSlo({ workflow, name: 'first-try', sli: { step: 'charge', per: 'attempt', good: 'first-try' } }),
];

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
