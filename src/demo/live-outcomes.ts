import { SECOND } from '../core/time/duration.ts';
import type { ReportedOutcome } from './reported-outcome.ts';
import { pick, randomTraceId } from './seeded-random.ts';

export const ORDERS_PER_MINUTE = 90;
export const BATCHES_PER_MINUTE = 6;
export const RECORDS_PER_BATCH = 1000;
export const REGIONS = ['eu', 'us'] as const;

/** Shares of failures that have other causes, incident or not. */
export const SUSPECTED_FRAUD_SHARE = 0.0015;
export const DEAD_LETTER_SHARE = 0.00045;

const MAX_ATTEMPTS = 3;
const GATEWAY_TIMEOUT = 1.2 * SECOND;
/** Of the orders that cannot be charged, the share whose worker dies while it waits: no end is ever reported. */
const HANGING_SHARE = 0.2;

/**
 * Everything that will be reported about one order that starts at `start`, in order of time. What takes minutes
 * in life takes seconds here. `failureShare` gives the share of calls to the payment gateway at a timestamp that time
 * out, `turnedAway` says whether the circuit breaker lets none through at one.
 */
export function planOrder(
  execution: string,
  start: number,
  failureShare: (at: number) => number,
  turnedAway: (at: number) => boolean,
  random: () => number,
): ReportedOutcome[] {
  const order = {
    workflow: 'order-fulfillment',
    execution,
    traceId: randomTraceId(random),
    attributes: { region: pick(random, REGIONS) },
  };
  const outcomes: ReportedOutcome[] = [{ ...order, status: 'started', at: start }];
  let at = start;

  const end = (outcome: Partial<ReportedOutcome> & Pick<ReportedOutcome, 'status'>): ReportedOutcome[] => {
    outcomes.push({ ...order, at, durationMs: at - start, ...outcome });
    return outcomes;
  };
  const begin = (step: string, attempt: number): void => {
    outcomes.push({ ...order, step, attempt, status: 'started', at });
  };
  const finish = (step: string, took: number, outcome: Partial<ReportedOutcome>): void => {
    at += Math.round(took);
    outcomes.push({ ...order, step, status: 'succeeded', at, durationMs: Math.round(took), ...outcome });
  };

  begin('reserve-stock', 1);
  finish('reserve-stock', (0.2 + 0.4 * random()) * SECOND, { dependency: 'warehouse' });

  begin('charge-card', 1);
  if (random() < SUSPECTED_FRAUD_SHARE) {
    const error = 'suspected-fraud';
    finish('charge-card', 0.2 * SECOND, { status: 'failed', dependency: 'fraud-check', error });
    return end({ status: 'failed', failedStep: 'charge-card', dependency: 'fraud-check', error });
  }
  if (turnedAway(at)) {
    // The gateway is not called, so it is not named.
    const error = 'circuit-open';
    finish('charge-card', 5, { status: 'failed', error });
    return end({ status: 'failed', failedStep: 'charge-card', error });
  }
  let attempt = 1;
  while (random() < failureShare(at)) {
    if (attempt === MAX_ATTEMPTS && random() < HANGING_SHARE) return outcomes;
    const failure = { status: 'failed', dependency: 'payment-gateway', error: 'timeout' } as const;
    finish('charge-card', GATEWAY_TIMEOUT, { ...failure, attempt });
    if (attempt === MAX_ATTEMPTS) return end({ ...failure, failedStep: 'charge-card' });
    attempt++;
    begin('charge-card', attempt);
  }
  finish('charge-card', (0.3 + 0.5 * random()) * SECOND, { dependency: 'payment-gateway', attempt });

  begin('ship', 1);
  finish('ship', (1 + 3 * random()) * SECOND, { dependency: 'carrier' });
  return end({ status: 'succeeded' });
}

/** Everything that will be reported about one batch of click records that starts at `start`, in order of time. */
export function planBatch(execution: string, start: number, random: () => number): ReportedOutcome[] {
  const workflow = 'clickstream-pipeline';
  const loaded = start + Math.round((2 + 4 * random()) * SECOND);
  const deadLetters = random() < RECORDS_PER_BATCH * DEAD_LETTER_SHARE ? 1 : 0;
  const records = { workflow, step: 'load-warehouse', dependency: 'warehouse', at: loaded };
  const dropped: ReportedOutcome = {
    ...records,
    execution: `${execution}/dlq`,
    status: 'failed',
    error: 'dead-letter',
    count: deadLetters,
  };
  return [
    { workflow, execution, status: 'started', at: start },
    { ...records, execution: `${execution}/ok`, status: 'succeeded', count: RECORDS_PER_BATCH - deadLetters },
    ...(deadLetters > 0 ? [dropped] : []),
    { workflow, execution, status: 'succeeded', at: loaded, durationMs: loaded - start },
  ];
}
