import { MINUTE, SECOND } from '../core/time/duration.ts';
import { gatewayFailureShare, isTurnedAway } from './incident-script.ts';
import { BATCHES_PER_MINUTE, ORDERS_PER_MINUTE, planBatch, planOrder } from './live-outcomes.ts';
import { nightlyOutcomes } from './nightly-run.ts';
import { createQueueGauges } from './queue-measurements.ts';
import type { ReportedMeasurement } from './queue-measurements.ts';
import type { ReportedOutcome } from './reported-outcome.ts';
import { seededRandom } from './seeded-random.ts';

export interface LiveReportsOptions {
  /** When the live traffic begins; the incidents are timed from it. */
  readonly since: number;
  /** Where the history ended: the nightly run continues from there. */
  readonly historyEnd: number;
}

export interface LiveReports {
  readonly outcomes: readonly ReportedOutcome[];
  readonly measurements: readonly ReportedMeasurement[];
}

/** So much busier than its history is the shop while someone watches: in half a minute enough orders fail for proof. */
const LIVE_VOLUME = 4;
const MEASURE_EVERY = 5 * SECOND;
/** After a pause longer than this (a sleeping laptop) orders and batches are not made up for it. */
const LONGEST_GAP = 10 * SECOND;

/**
 * Makes a function that gives what all producers have to report at `now`: everything that has happened since the
 * call before. The same `since` and calls give the same reports.
 */
export function createLiveReports({ since, historyEnd }: LiveReportsOptions): (now: number) => LiveReports {
  const random = seededRandom(since);
  const arrivals = [
    arrivalsOf('order-9', LIVE_VOLUME * ORDERS_PER_MINUTE, (id, at, serial) => {
      const failureShare = (calledAt: number) => gatewayFailureShare(calledAt - since, serial);
      const turnedAway = (calledAt: number) => isTurnedAway(calledAt - since, serial);
      return planOrder(id, at, failureShare, turnedAway, random);
    }),
    arrivalsOf('batch-9', BATCHES_PER_MINUTE, (id, at) => planBatch(id, at, random)),
  ];
  const measureQueues = createQueueGauges(random);
  let planned: ReportedOutcome[] = [];
  let nextMeasured = since;
  let nightlyUntil = historyEnd;

  function arrivalsOf(
    prefix: string,
    perMinute: number,
    plan: (id: string, at: number, serial: number) => ReportedOutcome[],
  ): (now: number) => ReportedOutcome[] {
    let next = since;
    let serial = 0;
    return (now) => {
      if (now - next > LONGEST_GAP) next = now;
      const outcomes: ReportedOutcome[] = [];
      for (; next <= now; next += Math.round((MINUTE / perMinute) * (0.5 + random()))) {
        outcomes.push(...plan(prefix + String(serial).padStart(5, '0'), next, serial));
        serial++;
      }
      return outcomes;
    };
  }

  return (now) => {
    planned.push(...arrivals.flatMap((arrive) => arrive(now)));
    const due = planned.filter(({ at }) => at <= now);
    planned = planned.filter(({ at }) => at > now);
    due.push(...nightlyOutcomes(nightlyUntil, now));
    nightlyUntil = now;
    if (now < nextMeasured) return { outcomes: due, measurements: [] };
    nextMeasured = now + MEASURE_EVERY;
    return { outcomes: due, measurements: measureQueues(now) };
  };
}
