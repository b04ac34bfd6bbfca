import type { Definitions } from '../core/slo/slo.ts';
import { allSlos } from '../core/slo/slo.ts';
import { registeredSeries } from '../core/slo/series.ts';
import type { CountStore } from '../core/ports/store/counting.ts';
import type { RecordStore } from '../core/ports/store/records.ts';
import type { Log } from '../core/ports/log.ts';
import { DAY, HOUR, MINUTE } from '../core/time/duration.ts';
import { createCounterCache } from '../engine/counters/counter-cache.ts';
import { createDeriver } from '../engine/counters/derive.ts';
import { createBreakdownValues } from '../engine/ingest/breakdown-values.ts';
import { createRecorder } from '../engine/ingest/record.ts';
import { USUAL_FAILURE_SHARE } from './incident-script.ts';
import {
  BATCHES_PER_MINUTE,
  DEAD_LETTER_SHARE,
  ORDERS_PER_MINUTE,
  RECORDS_PER_BATCH,
  REGIONS,
  SUSPECTED_FRAUD_SHARE,
} from './live-outcomes.ts';
import { leftBehind } from './left-behind.ts';
import { nightlyOutcomes } from './nightly-run.ts';
import type { ReportedMeasurement } from './queue-measurements.ts';
import { createQueueGauges } from './queue-measurements.ts';
import type { ReportedOutcome } from './reported-outcome.ts';
import { pick, randomTraceId, seededRandom } from './seeded-random.ts';

export interface HistoryOptions {
  readonly store: CountStore & RecordStore & { readonly partitions: number };
  readonly definitions: Definitions;
  /** Where the history ends; everything in it happened before. */
  readonly now: number;
  /** How far back it reaches, to the hour. */
  readonly length: number;
  readonly log: Log;
  /** Cuts the writing short; what is written by then stays. */
  readonly signal?: AbortSignal;
}

/** What the demo shows of the past: enough for the windows of 28 days. */
export const HISTORY_LENGTH = 30 * DAY;
/** Outcomes are written in chunks of this much history; they must not be older than the dedup horizon by then. */
const CHUNK = 20 * HOUR;
/** Slices, freshness and schedules are computed as far back as minutes are kept, one day a call. */
const DERIVED_DAYS = 4;

/**
 * Writes outcomes of the example workflows, through the recorder, on a clock that runs through the past: days and
 * weeks with their ups and downs, a few failures all the time, and two small incidents. The same `now` and `length`
 * give the same history. At its end no alert fires and, after a month, budgets are partly spent.
 */
export async function writeHistory({
  store,
  definitions,
  now,
  length,
  log,
  signal,
}: HistoryOptions): Promise<void> {
  const begin = Math.ceil((now - length) / HOUR) * HOUR;
  const clock = { time: begin, now: () => clock.time };
  const common = { store, definitions: () => definitions };
  const values = createBreakdownValues({ ...common, clock, elapsed: clock.now, log });
  const recorder = createRecorder({ ...common, clock, queueLimit: Infinity, values });
  await store.registerSlis(registeredSeries(definitions), clock.time);
  const producers = [orders(now), leftBehind(now), clicks(now), invoices];
  const measure = queues();
  let chunk: ReportedOutcome[] = [];
  let measured: ReportedMeasurement[] = [];
  for (const period of periods(begin, now)) {
    if (signal?.aborted) return;
    chunk.push(...producers.flatMap((produce) => produce(period)));
    measured.push(...measure(period));
    if (period.to < now && period.to - clock.time < CHUNK) continue;
    clock.time = period.to;
    const results = [await recorder.record(chunk), await recorder.recordMeasurements(measured)];
    const [rejection] = results.flatMap(({ rejected }) => rejected);
    if (rejection)
      throw new Error(`The history of the demo does not fit its SLO files: ${rejection.message}`);
    chunk = [];
    measured = [];
  }
  const deriver = createDeriver({ store, counterCache: createCounterCache(store), log });
  for (let day = 0; day < DERIVED_DAYS; day++) await deriver.derive(allSlos(definitions), now);
}

interface Period {
  readonly from: number;
  readonly to: number;
}

/** All by the hour, the last four days by the quarter of an hour, what the windows of the first tier hold by the minute. */
function* periods(begin: number, now: number): Generator<Period> {
  for (let from = begin; from < now;) {
    const age = now - from;
    const step = age > 4 * DAY ? HOUR : age > 75 * MINUTE ? 15 * MINUTE : MINUTE;
    const to = Math.min(Math.floor(from / step) * step + step, now);
    yield { from, to };
    from = to;
  }
}

/** Two small incidents of the payment gateway: how long ago they began, how long they took, and how bad they were. */
const PAST_INCIDENTS = [
  { ago: 12 * DAY, length: 90 * MINUTE, failureShare: 0.035 },
  { ago: 5 * DAY, length: 45 * MINUTE, failureShare: 0.03 },
];

const LATE_SHARE = 0.02;
const LATE_BATCH_SHARE = 0.004;
/** Of the first attempts that time out, those whose second attempt times out too. */
const LOST_SHARE = 0.2;

/** How long ago orders came to shipping long after they were charged. */
const LATE_HAND_OVERS = [4 * DAY + HOUR, 11 * DAY, 19 * DAY];

function orders(now: number): (period: Period) => ReportedOutcome[] {
  const random = seededRandom(1);
  const whole = wholeNumbers();
  let serial = 100_000;
  return ({ from, to }) => {
    const at = timestampIn({ from, to }, random);
    const some = (count: number) => ({
      workflow: 'order-fulfillment',
      execution: `order-${serial++}`,
      at,
      count,
      traceId: randomTraceId(random),
      attributes: { region: pick(random, REGIONS) },
    });
    const done = (count: number, durationMs: number) => ({
      ...some(count),
      status: 'succeeded' as const,
      durationMs,
    });
    const failed = (count: number, dependency: string, error: string, attempt: number) => {
      const failure = { ...some(count), status: 'failed' as const, dependency, error };
      return [
        { ...failure, step: 'charge-card', attempt, durationMs: 30_000 },
        { ...failure, failedStep: 'charge-card', durationMs: 70_000 },
      ];
    };
    const charge = { step: 'charge-card', dependency: 'payment-gateway' };

    const perMinute = ORDERS_PER_MINUTE * shopVolume(now - from) * (activity(from) / activity(now));
    const all = whole('all', (perMinute * (to - from) * wobble(random)) / MINUTE);
    const suspected = whole('suspected', all * SUSPECTED_FRAUD_SHARE * wobble(random));
    const timedOut = Math.min(
      all,
      whole('timed out', all * failureShare({ from, to }, now) * wobble(random)),
    );
    const lost = Math.min(timedOut, whole('lost', timedOut * LOST_SHARE));
    const late = whole('late', all * LATE_SHARE * wobble(random));
    const shipped = Math.max(0, all - suspected - lost);
    // The same orders: of those that are records of their own it shows which were handed over.
    const chargedAndShipped = (count: number, attempt: number, before = 0) => {
      const charged = done(count, 900);
      return [
        { ...charged, ...charge, attempt, at: at - before },
        { ...charged, step: 'ship', dependency: 'carrier', durationMs: MINUTE },
      ];
    };
    const isStray = LATE_HAND_OVERS.some((ago) => from <= now - ago && now - ago < to);
    return counted([
      { ...done(all, 400), step: 'reserve-stock', dependency: 'warehouse' },
      ...chargedAndShipped(1, 1, isStray ? 12 * MINUTE : 0),
      ...chargedAndShipped(all - suspected - timedOut - 1, 1),
      ...failed(suspected, 'fraud-check', 'suspected-fraud', 1),
      { ...some(timedOut), ...charge, status: 'failed', error: 'timeout', durationMs: 30_000 },
      ...chargedAndShipped(timedOut - lost, 2),
      ...failed(lost, 'payment-gateway', 'timeout', 2),
      done(shipped - late, 4 * MINUTE),
      done(late, 14 * MINUTE),
    ]);
  };
}

/**
 * How the past compares with what the demo can send, as a factor. The last half hour is somewhat quieter than
 * the live traffic and all before it busier: so a minute of failures shows in the windows of the first page
 * tier at once, and yet is little in the windows of the slower ones.
 */
function shopVolume(age: number): number {
  const [quiet, busy] = [0.5, 2.5];
  const share = (age - 30 * MINUTE) / (15 * MINUTE);
  return quiet + (busy - quiet) * Math.min(1, Math.max(0, share));
}

function failureShare({ from, to }: Period, now: number): number {
  let share = USUAL_FAILURE_SHARE;
  for (const incident of PAST_INCIDENTS) {
    const began = now - incident.ago;
    const overlap = Math.min(to, began + incident.length) - Math.max(from, began);
    if (overlap > 0) share += (incident.failureShare * overlap) / (to - from);
  }
  return share;
}

function clicks(now: number): (period: Period) => ReportedOutcome[] {
  const random = seededRandom(2);
  const whole = wholeNumbers();
  let serial = 10_000;
  return ({ from, to }) => {
    const at = timestampIn({ from, to }, random);
    const batches = whole('batches', (BATCHES_PER_MINUTE * (to - from)) / MINUTE);
    const late = whole('late', batches * LATE_BATCH_SHARE * wobble(random));
    const all = Math.round(batches * RECORDS_PER_BATCH * (activity(from) / activity(now)) * wobble(random));
    const dead = whole('dead letters', all * DEAD_LETTER_SHARE * wobble(random));
    const execution = `batch-${serial++}`;
    const batch = { workflow: 'clickstream-pipeline', at };
    const records = { ...batch, step: 'load-warehouse', dependency: 'warehouse', durationMs: 40_000 };
    return counted([
      {
        ...batch,
        execution,
        status: 'succeeded',
        count: Math.max(0, batches - late),
        durationMs: 4 * MINUTE,
      },
      { ...batch, execution: `${execution}/late`, status: 'succeeded', count: late, durationMs: 18 * MINUTE },
      { ...records, execution: `${execution}/ok`, status: 'succeeded', count: all - dead },
      { ...records, execution: `${execution}/dlq`, status: 'failed', error: 'dead-letter', count: dead },
    ]);
  };
}

function invoices({ from, to }: Period): ReportedOutcome[] {
  return nightlyOutcomes(from, to);
}

function queues(): (period: Period) => ReportedMeasurement[] {
  const random = seededRandom(4);
  const measure = createQueueGauges(random);
  return (period) => measure(timestampIn(period, random));
}

/** How busy the shop is, from 0.47 in a weekend's night to 1 in a working day's afternoon; in UTC. */
function activity(at: number): number {
  const hour = (at % DAY) / HOUR;
  const weekday = new Date(at).getUTCDay();
  const weekend = weekday === 0 || weekday === 6;
  return (0.775 + 0.225 * Math.cos(((hour - 14) / 24) * 2 * Math.PI)) * (weekend ? 0.85 : 1);
}

function wobble(random: () => number): number {
  return 0.85 + 0.3 * random();
}

function timestampIn({ from, to }: Period, random: () => number): number {
  return from + Math.floor(random() * (to - from));
}

/** Makes a function that rounds amounts down and adds what that left over to the next one of the same name. */
function wholeNumbers(): (name: string, amount: number) => number {
  const rest = new Map<string, number>();
  return (name, amount) => {
    const owed = amount + (rest.get(name) ?? 0);
    rest.set(name, owed - Math.floor(owed));
    return Math.floor(owed);
  };
}

function counted(outcomes: readonly (ReportedOutcome & { readonly count: number })[]): ReportedOutcome[] {
  return outcomes.filter(({ count }) => count > 0);
}
