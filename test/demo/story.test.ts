import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { NotificationFacts } from '../../src/core/alerting/notification.ts';
import { parseOutcome } from '../../src/core/outcomes/outcome.ts';
import { isRejection } from '../../src/core/outcomes/record-fields.ts';
import type { SloReport } from '../../src/core/ports/queries.ts';
import type { Definitions } from '../../src/core/slo/slo.ts';
import { allSlos } from '../../src/core/slo/slo.ts';
import type { Store } from '../../src/core/ports/store/store.ts';
import { MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { writeHistory } from '../../src/demo/history.ts';
import { FIRST_INCIDENT_AFTER, gatewayFailureShare } from '../../src/demo/incident-script.ts';
import { BATCHES_PER_MINUTE, ORDERS_PER_MINUTE, planBatch, planOrder } from '../../src/demo/live-outcomes.ts';
import type { ReportedOutcome } from '../../src/demo/reported-outcome.ts';
import { seededRandom } from '../../src/demo/seeded-random.ts';
import { createAdjustments } from '../../src/engine/adjustments/adjustments.ts';
import { createDeriver } from '../../src/engine/counters/derive.ts';
import { createEvaluator } from '../../src/engine/evaluate/evaluate.ts';
import { createCounterCache } from '../../src/engine/counters/counter-cache.ts';
import { createReader } from '../../src/engine/counters/evidence-reader.ts';
import { createRecorder } from '../../src/engine/ingest/record.ts';
import { createQueries } from '../../src/engine/queries/slo-queries.ts';
import { loadDefinitions } from '../../src/slo-files/load.ts';
import { manualClock } from '../support/clock.ts';
import type { ManualClock } from '../support/clock.ts';
import { openEmbeddedStore } from '../support/embedded-store.ts';
import { memoryLog } from '../support/memory-log.ts';

const SLO_FILES = fileURLToPath(new URL('../../slos', import.meta.url));
const CHARGE_CARD = 'order-fulfillment/charge-card-succeeds';

interface Stage {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly definitions: Definitions;
  slos(): Promise<SloReport[]>;
}

const stores: Store[] = [];

/** The examples on an embedded store that holds the history up to `now`, on a clock that stands still there. */
async function stageAt(now: number): Promise<Stage> {
  const { definitions } = await loadDefinitions([SLO_FILES], {});
  if (!definitions) throw new Error('the examples do not load');
  const clock = manualClock(now);
  const store = await openEmbeddedStore(1, clock);
  stores.push(store);
  await writeHistory({ store, definitions, now });
  const counterCache = createCounterCache(store);
  // As the ticks of the service would, a day of hours each.
  const deriver = createDeriver({ store, counterCache, log: memoryLog() });
  for (let call = 0; call < 5; call++) await deriver.derive(allSlos(definitions), now);
  const queries = createQueries({
    store,
    reader: createReader({ store, counterCache }),
    adjustments: createAdjustments(store, memoryLog()),
    definitions: () => definitions,
    clock,
  });
  return { clock, store, definitions, slos: () => queries.slos() };
}

/** Plays live traffic with a tick every five seconds, and gives what was told to whom, after how long. */
async function play(
  { clock, store, definitions }: Stage,
  length: number,
): Promise<{ readonly after: number; readonly facts: NotificationFacts }[]> {
  const since = clock.now();
  const random = seededRandom(5);
  const counterCache = createCounterCache(store);
  const evaluator = createEvaluator({
    store,
    reader: createReader({ store, counterCache }),
    deriver: createDeriver({ store, counterCache, log: memoryLog() }),
    elapsed: () => clock.now(),
    definitions: () => definitions,
    owner: 'test',
    term: () => 1,
    log: memoryLog(),
  });
  const recorder = createRecorder({ store, definitions: () => definitions, clock, queueLimit: 100_000 });
  await store.lead('test', length);
  const failureShare = (at: number) => gatewayFailureShare(at - since);
  let planned: ReportedOutcome[] = [];
  for (let at = since, order = 0; at < since + length; at += MINUTE / ORDERS_PER_MINUTE, order++) {
    planned.push(...planOrder(`order-${order}`, Math.floor(at), failureShare, random));
  }
  for (let at = since, batch = 0; at < since + length; at += MINUTE / BATCHES_PER_MINUTE, batch++) {
    planned.push(...planBatch(`batch-${batch}`, at, random));
  }
  const told = new Map<string, { after: number; facts: NotificationFacts }>();
  while (clock.now() < since + length) {
    clock.advance(5 * SECOND);
    const { rejected } = await recorder.record(planned.filter(({ at }) => at <= clock.now()));
    expect(rejected).toEqual([]);
    planned = planned.filter(({ at }) => at > clock.now());
    await evaluator.tick(clock.now());
    for (const { id, facts } of (await store.outbox(100)).pending) {
      if (!told.has(id)) told.set(id, { after: clock.now() - since, facts });
    }
  }
  return [...told.values()];
}

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});

/** Promises that a usual month hardly touches. */
const EASY = new Set([
  'clickstream-pipeline/never-silent',
  'clickstream-pipeline/dead-letters-few',
  'clickstream-pipeline/queue-keeps-up',
  'customer-journey/bought-and-billed',
  'customer-journey/shop-health',
  'order-fulfillment/charged-at-first-try',
  'order-fulfillment/usual-speed',
]);

const STARTS = ['2026-11-25T14:03:20Z', '2026-11-21T03:00:01Z'];

describe('the story of the demo', () => {
  it.each(STARTS)(
    'started at %s: a page within a minute, about the right thing, then resolved',
    async (start) => {
      const stage = await stageAt(Date.parse(start));

      const before = await stage.slos();
      for (const { id, state } of before) expect(state, id).toBe('healthy');
      for (const { id, budget } of before) {
        // One failure in a month of nights would be over budget, so there it is all or nothing.
        const [least, most] = id.startsWith('nightly-') ? [1, 1] : EASY.has(id) ? [0.3, 1] : [0.3, 0.85];
        expect(budget.remainingRatio, id).toBeGreaterThanOrEqual(least);
        expect(budget.remainingRatio, id).toBeLessThanOrEqual(most);
      }
      expect(before.length).toBeGreaterThan(0);

      const told = await play(stage, 15 * MINUTE);
      const first = told[0]!;
      expect(first.facts).toMatchObject({ kind: 'opened', slo: CHARGE_CARD, severity: 'page' });
      expect(first.facts.reasons[0]!.tier).toBe('fast');
      expect(first.after).toBeGreaterThan(FIRST_INCIDENT_AFTER);
      expect(first.after).toBeLessThanOrEqual(40 * SECOND);
      expect(first.facts.failures[0]).toMatchObject({
        step: 'charge-card',
        dependency: 'payment-gateway',
        error: 'timeout',
      });
      const kinds = told.map(({ facts: { kind, slo } }) => `${kind} ${slo}`).toSorted();
      expect(kinds).toEqual([
        `opened ${CHARGE_CARD}`,
        'opened order-fulfillment/payment-gateway',
        `resolved ${CHARGE_CARD}`,
        'resolved order-fulfillment/payment-gateway',
      ]);
      // Those that hang since the incident are overdue by then, and counted.
      const failed = (await stage.slos()).find(({ id }) => id === 'order-fulfillment/fulfilled-in-10m')!;
      expect(failed.sli.bad).toBeGreaterThan(before.find(({ id }) => id === failed.id)!.sli.bad);
    },
  );

  it('has the same history for the same moment', async () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    const [one, other] = [await stageAt(now), await stageAt(now)];
    expect(await one.slos()).toEqual(await other.slos());
  });
});

describe('an order of the live traffic', () => {
  const start = Date.parse('2026-11-24T12:00:00Z');
  const plan = (share: number, seed: number) => planOrder('order-1', start, () => share, seededRandom(seed));

  it('is shipped when the gateway works', () => {
    const outcomes = plan(0, 1);
    expect(outcomes[0]).toMatchObject({ status: 'started', at: start });
    expect(outcomes.at(-1)).toMatchObject({ status: 'succeeded' });
    expect(outcomes.at(-1)!.durationMs).toBe(outcomes.at(-1)!.at - start);
    expect(outcomes.filter(({ status }) => status === 'succeeded').map(({ step }) => step)).toEqual([
      'reserve-stock',
      'charge-card',
      'ship',
      undefined,
    ]);
  });

  it('fails at charge-card after three attempts when the gateway times out, or hangs in the third', () => {
    const ends = Array.from({ length: 200 }, (_, seed) => plan(1, seed)).map((outcomes) => {
      const failed = outcomes.filter(({ step, error }) => step === 'charge-card' && error === 'timeout');
      const last = outcomes.at(-1)!;
      return { attempts: failed.map(({ attempt }) => attempt), last };
    });
    const hanging = ends.filter(({ last }) => last.status === 'started');
    const lost = ends.filter(({ last }) => last.error === 'timeout');
    expect(hanging.length).toBeGreaterThan(0);
    expect(lost.length).toBeGreaterThan(hanging.length);
    for (const { attempts, last } of lost) {
      expect(attempts).toEqual([1, 2, 3]);
      expect(last).toMatchObject({
        status: 'failed',
        failedStep: 'charge-card',
        dependency: 'payment-gateway',
      });
    }
    for (const { attempts, last } of hanging) {
      expect(attempts).toEqual([1, 2]);
      expect(last).toMatchObject({ step: 'charge-card', attempt: 3 });
    }
  });

  it('reports nothing that would be rejected, in order of time', () => {
    for (let seed = 0; seed < 100; seed++) {
      const outcomes = [...plan(0.5, seed), ...planBatch('batch-1', start, seededRandom(seed))];
      for (const outcome of outcomes) expect(isRejection(parseOutcome(outcome, outcome.at))).toBe(false);
      const times = plan(0.5, seed).map(({ at }) => at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  });
});
