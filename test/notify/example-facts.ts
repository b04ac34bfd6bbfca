import type { FailedExecution, NotificationFacts } from '../../src/core/notification.ts';
import type { Notification } from '../../src/core/target.ts';
import { HOUR, MINUTE } from '../../src/core/time.ts';
import type { Links } from '../../src/notify/message.ts';

export const OPENED_AT = Date.UTC(2026, 10, 22, 19, 6);

export const LINKS: Links = {
  publicUrl: 'https://burnwatch.example.com/',
  traceUrl: 'https://trace.example.com/{traceId}',
};

const FAILED: FailedExecution = {
  execution: 'order-918260',
  at: OPENED_AT - 3 * MINUTE,
  step: 'ship',
  dependency: null,
  error: 'overdue',
  traceId: null,
};

/** A page of a busy workflow, complete; the other examples vary it. */
export const OPENED: NotificationFacts = {
  kind: 'opened',
  slo: 'order-fulfillment/fulfilled-in-10m',
  workflow: 'order-fulfillment',
  owner: 'payments',
  description: '95% of orders are fulfilled within 10 minutes',
  runbook: 'https://wiki.example.com/runbooks/fulfillment',
  objective: 0.95,
  window: '28d',
  incident: 'mi9x2k00-4f7a',
  severity: 'page',
  openedAt: OPENED_AT,
  at: OPENED_AT,
  tier: 'hourly',
  factor: 2.8,
  long: { duration: HOUR, good: 1828, bad: 312, burnRate: 2.9159 },
  short: { duration: 5 * MINUTE, good: 61, bad: 118, burnRate: 13.1844 },
  budget: { allowed: 3061.4, spent: 1806, remaining: 1255.4, remainingRatio: 0.41007 },
  exhaustsAt: OPENED_AT + 14 * HOUR + 20 * MINUTE,
  peakBurnRate: 2.9159,
  during: { good: 1828, bad: 312 },
  failures: [
    { step: 'charge-card', dependency: 'stripe', error: 'timeout', count: 221 },
    { step: 'charge-card', dependency: 'stripe', error: 'card_declined', count: 38 },
    { step: 'ship', dependency: 'dhl', error: 'timeout', count: 31 },
    { step: null, dependency: null, error: null, count: 22 },
  ],
  lastFailed: [
    {
      execution: 'order-918273',
      at: OPENED_AT - 20_000,
      step: 'charge-card',
      dependency: 'stripe',
      error: 'timeout',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    },
    { ...FAILED, dependency: 'dhl', error: 'timeout' },
  ],
  insteadOf: null,
};

/** The same incident when it was only a ticket. */
export const TICKET: NotificationFacts = {
  ...OPENED,
  severity: 'ticket',
  tier: 'drift',
  factor: 2.8,
  long: { duration: 24 * HOUR, good: 30_214, bad: 5102, burnRate: 2.8893 },
  short: { duration: 2 * HOUR, good: 2600, bad: 499, burnRate: 3.2204 },
};

export const ESCALATED: NotificationFacts = {
  ...OPENED,
  kind: 'escalated',
  at: OPENED_AT + 95 * MINUTE,
  exhaustsAt: OPENED_AT + 95 * MINUTE + 9 * HOUR + 20 * MINUTE,
  budget: { allowed: 3061.4, spent: 2142, remaining: 919.4, remainingRatio: 0.30032 },
  peakBurnRate: 13.4,
};

export const RESOLVED: NotificationFacts = {
  ...OPENED,
  kind: 'resolved',
  at: OPENED_AT + 2 * HOUR + 10 * MINUTE,
  long: { duration: HOUR, good: 2100, bad: 12, burnRate: 0.1136 },
  short: { duration: 5 * MINUTE, good: 180, bad: 0, burnRate: 0 },
  during: { good: 5120, bad: 1403 },
  budget: { allowed: 3100, spent: 2790, remaining: 310, remainingRatio: 0.1 },
  exhaustsAt: null,
  peakBurnRate: 14.82,
  failures: [
    { step: 'charge-card', dependency: 'stripe', error: 'timeout', count: 1312 },
    { step: 'ship', dependency: 'dhl', error: 'timeout', count: 91 },
  ],
};

export const OVERSPENT: NotificationFacts = {
  ...OPENED,
  budget: { allowed: 3000, spent: 3900, remaining: -900, remainingRatio: -0.3 },
  exhaustsAt: OPENED_AT,
  insteadOf: { target: 'payments-oncall', reason: 'Slack answered 404 no_service' },
};

export const TEST: NotificationFacts = {
  ...OPENED,
  kind: 'test',
  slo: 'burnwatch/test',
  description: 'A test of the target payments-oncall',
  severity: 'ticket',
  runbook: null,
  long: { duration: HOUR, good: 0, bad: 0, burnRate: null },
  short: { duration: 5 * MINUTE, good: 0, bad: 0, burnRate: null },
  budget: { allowed: 0, spent: 0, remaining: 0, remainingRatio: null },
  exhaustsAt: null,
  failures: [],
  lastFailed: [],
};

/** A ticket about a step, of one region. */
export const STEP: NotificationFacts = {
  ...OPENED,
  slo: 'order-fulfillment/charge-card-succeeds',
  description: null,
  runbook: null,
  objective: 0.995,
  window: '7d',
  sli: { step: 'charge-card', dependency: 'stripe', where: { region: ['eu', 'us'] }, withinMs: null },
  severity: 'ticket',
  tier: 'drift',
  factor: 2.8,
  long: { duration: 6 * HOUR, good: 799, bad: 75, burnRate: 17.1625 },
  short: { duration: 30 * MINUTE, good: 14, bad: 9, burnRate: 78.26 },
  budget: { allowed: 80.5, spent: 75, remaining: 5.5, remainingRatio: 0.0683 },
  exhaustsAt: OPENED_AT + 25 * MINUTE,
  // Kept by the hour, and so a few more than those of the window.
  failures: [{ step: 'charge-card', dependency: 'stripe', error: 'timeout', count: 86 }],
  lastFailed: [OPENED.lastFailed[0]!],
};

/** Executions that never finished; the budget has nothing left to run out of. */
export const OVERDUE: NotificationFacts = {
  ...OPENED,
  sli: { step: null, dependency: null, where: {}, withinMs: 10 * MINUTE },
  long: { duration: HOUR, good: 0, bad: 41, burnRate: 20 },
  short: { duration: 5 * MINUTE, good: 0, bad: 6, burnRate: 20 },
  budget: { allowed: 61, spent: 61, remaining: 0, remainingRatio: 0 },
  exhaustsAt: OPENED_AT,
  failures: [
    { step: 'ship', dependency: null, error: 'overdue', count: 40 },
    { step: null, dependency: null, error: 'overdue', count: 1 },
  ],
  lastFailed: [
    { ...FAILED, execution: 'order-918275', step: 'ship', error: 'overdue' },
    { ...FAILED, execution: 'order-918274', step: null, error: 'overdue', at: OPENED_AT - 9 * MINUTE },
  ],
};

/** A notification of these facts, oldest first, under a key as delivery makes one. */
export function notificationOf(...facts: NotificationFacts[]): Notification {
  return { facts, key: facts.map(({ incident, kind }) => `${incident}/${kind}/payments-oncall`).join('+') };
}
