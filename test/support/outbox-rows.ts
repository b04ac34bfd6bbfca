import type { NotificationFacts, OutboxRow } from '../../src/core/alerting/notification.ts';
import { newRow, outboxRowId } from '../../src/core/alerting/notification.ts';
import { EVERY_EXECUTION } from '../../src/core/sli/sli.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time/duration.ts';
import { START } from './clock.ts';

/** Plausible facts of a page about one incident, with what differs filled in. */
export function sketchFacts(fields: Partial<NotificationFacts> = {}): NotificationFacts {
  return {
    kind: 'opened',
    cause: null,
    slo: 'orders/done',
    workflow: 'orders',
    owner: 'payments',
    description: null,
    runbook: null,
    objective: 0.99,
    errorBudget: 0.01,
    window: '28d',
    sli: EVERY_EXECUTION,
    incident: 'incident-1',
    severity: 'page',
    openedAt: START,
    began: null,
    at: START,
    timeZone: null,
    failing: null,
    failedUntil: null,
    recovering: null,
    missedRun: null,
    waiting: 0,
    stuck: [],
    likelyCause: null,
    standsOut: null,
    reasons: [
      {
        kind: 'burnRate',
        tier: 'fast',
        severity: 'page',
        factor: 13.44,
        long: { duration: HOUR, good: 80, bad: 20, burnRate: 20 },
        short: { duration: 5 * MINUTE, good: 5, bad: 5, burnRate: 50 },
      },
    ],
    budget: { allowed: 100, spent: 20, remaining: 80, remainingRatio: 0.8 },
    counted: 10_000,
    exhaustsAt: START + DAY,
    pace: null,
    peakBurnRate: 20,
    during: { good: 80, bad: 20 },
    acknowledged: null,
    waited: null,
    members: [],
    postmortem: null,
    failures: [],
    lastFailed: [],
    notified: ['pager'],
    insteadOf: null,
    ...fields,
  };
}

/** A row of the outbox for one target, as the transition of this number would make it. */
export function sketchRow(target: string, sequence = 1, fields: Partial<NotificationFacts> = {}): OutboxRow {
  const facts = sketchFacts(fields);
  return newRow(outboxRowId(facts, sequence, target), target, facts);
}
