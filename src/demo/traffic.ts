import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/ports/log.ts';
import { SECOND } from '../core/time/duration.ts';
import { createLiveReports } from './live-reports.ts';
import type { LiveReportsOptions } from './live-reports.ts';
import type { ReportedMeasurement } from './queue-measurements.ts';
import type { ReportedOutcome } from './reported-outcome.ts';

export interface TrafficOptions extends LiveReportsOptions {
  /** The service, as its producers reach it. */
  readonly url: string;
  readonly log: Log;
}

const SEND_EVERY = SECOND / 4;
const SEND_TIMEOUT = 5 * SECOND;

/**
 * Reports orders, click batches, the nightly run and the levels of queues as they happen, as producers do: in batches
 * over HTTP, each sent again with the next one until it is acknowledged. Stops within the time a request takes.
 */
export function startTraffic({ url, log, ...options }: TrafficOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const liveReports = createLiveReports(options);
  let outcomes: ReportedOutcome[] = [];
  let measurements: ReportedMeasurement[] = [];

  async function report(): Promise<void> {
    const reports = liveReports(Date.now());
    outcomes.push(...reports.outcomes);
    measurements.push(...reports.measurements);
    try {
      if (outcomes.length > 0) await send('/v1/outcomes', outcomes);
      outcomes = [];
      if (measurements.length > 0) await send('/v1/measurements', measurements);
      measurements = [];
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
