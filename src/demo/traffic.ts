import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/ports/log.ts';
import { MINUTE, SECOND } from '../core/time/duration.ts';
import { gatewayFailureShare } from './incident-script.ts';
import { BATCHES_PER_MINUTE, ORDERS_PER_MINUTE, planBatch, planOrder } from './live-outcomes.ts';
import type { ReportedMeasurement } from './queue-measurements.ts';
import { measureQueues } from './queue-measurements.ts';
import type { ReportedOutcome } from './reported-outcome.ts';
import { seededRandom } from './seeded-random.ts';

export interface TrafficOptions {
  /** The service, as its producers reach it. */
  readonly url: string;
  /** When the traffic began; the incidents follow from it. */
  readonly since: number;
  readonly log: Log;
}

const SEND_EVERY = SECOND / 4;
const MEASURE_EVERY = 5 * SECOND;
const SEND_TIMEOUT = 5 * SECOND;
/** After a pause longer than this (a sleeping laptop) what was missed is not caught up. */
const LONGEST_GAP = 10 * SECOND;

/**
 * Reports orders, click batches and how full their queues are as they happen, as producers do: in batches over HTTP, each sent again with
 * the next one until it is acknowledged. Stops within the time a request takes.
 */
export function startTraffic({ url, since, log }: TrafficOptions): { stop(): Promise<void> } {
  const random = seededRandom(since);
  const stopping = new AbortController();
  const failureShare = (at: number) => gatewayFailureShare(at - since);
  const arrivals = [
    arrivalsOf('order-9', ORDERS_PER_MINUTE, (id, at) => planOrder(id, at, failureShare, random)),
    arrivalsOf('batch-9', BATCHES_PER_MINUTE, (id, at) => planBatch(id, at, random)),
  ];
  let planned: ReportedOutcome[] = [];
  let measured: ReportedMeasurement[] = [];
  let nextMeasured = since;

  function arrivalsOf(
    prefix: string,
    perMinute: number,
    plan: (id: string, at: number) => ReportedOutcome[],
  ): (now: number) => ReportedOutcome[] {
    let next = since;
    let serial = 0;
    return (now) => {
      if (now - next > LONGEST_GAP) next = now;
      const outcomes: ReportedOutcome[] = [];
      for (; next <= now; next += Math.round((MINUTE / perMinute) * (0.5 + random()))) {
        outcomes.push(...plan(prefix + String(serial++).padStart(5, '0'), next));
      }
      return outcomes;
    };
  }

  async function report(): Promise<void> {
    const now = Date.now();
    planned.push(...arrivals.flatMap((arrive) => arrive(now)));
    if (now >= nextMeasured) {
      measured.push(...measureQueues(now, random));
      nextMeasured = now + MEASURE_EVERY;
    }
    const due = planned.filter(({ at }) => at <= now);
    try {
      if (due.length > 0) await send('/v1/outcomes', due);
      planned = planned.filter(({ at }) => at > now);
      if (measured.length > 0) await send('/v1/measurements', measured);
      measured = [];
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ error: String(error) }, 'outcomes could not be reported yet');
    }
  }

  async function send(path: string, records: readonly object[]): Promise<void> {
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-ndjson' },
      body: records.map((record) => JSON.stringify(record)).join('\n'),
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(SEND_TIMEOUT)]),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the service answered ${answer.status}: ${text}`);
    const { rejected } = JSON.parse(text) as { rejected: readonly { message: string }[] };
    if (rejected[0])
      log.warn({ rejected: rejected.length, first: rejected[0].message }, 'records were rejected');
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await report();
      await sleep(SEND_EVERY, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
