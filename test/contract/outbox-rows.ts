import { outboxRowId } from '../../src/core/alerting/notification.ts';
import type { NotificationFacts, OutboxRow } from '../../src/core/alerting/notification.ts';
import type { Claim } from '../../src/core/ports/store/outbox.ts';
import { EVERY_EXECUTION } from '../../src/core/sli/sli.ts';
import { HOUR, MINUTE, SECOND } from '../../src/core/time/duration.ts';
import { NOW } from './outcomes.ts';

const FACTS: NotificationFacts = {
  kind: 'opened',
  cause: null,
  slo: 'orders/fast',
  workflow: 'orders',
  owner: 'payments',
  description: 'all that JSON "quotes" \\ and 🦊',
  runbook: null,
  objective: 0.999,
  errorBudget: 0.001,
  window: '28d',
  sli: EVERY_EXECUTION,
  incident: 'i',
  severity: 'page',
  openedAt: NOW,
  began: NOW - HOUR,
  at: NOW,
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
      long: { duration: HOUR, good: 10, bad: 20, burnRate: 666.6666666666666 },
      short: { duration: 5 * MINUTE, good: 0, bad: 0, burnRate: null },
    },
  ],
  budget: { allowed: 0.03, spent: 20, remaining: -19.97, remainingRatio: -665.6666666666666 },
  counted: 30,
  exhaustsAt: null,
  pace: null,
  peakBurnRate: 700,
  during: { good: 10, bad: 20 },
  acknowledged: null,
  waited: null,
  members: [],
  postmortem: null,
  failures: [{ step: 'charge', dependency: null, error: '__proto__', count: 20 }],
  lastFailed: [],
  notified: ['slack'],
  insteadOf: null,
};

/** The row that tells a target of an incident's transition, made that many seconds after `NOW`. */
export function outboxRow(incident: string, sequence: number, target = 'slack'): OutboxRow {
  return {
    id: outboxRowId({ incident }, sequence, target),
    incident,
    target,
    facts: { ...FACTS, incident },
    createdAt: NOW + sequence * SECOND,
    attempts: 0,
    lastError: null,
    recipients: null,
    mayRepeat: false,
  };
}

/** The same with some of its facts changed. */
export function withFacts(
  incident: string,
  sequence: number,
  facts: Partial<Pick<NotificationFacts, 'severity' | 'kind' | 'peakBurnRate'>> = {},
  target?: string,
): OutboxRow {
  const row = outboxRow(incident, sequence, target);
  return { ...row, facts: { ...row.facts, ...facts } };
}

/** The rows of a claim as they are kept after a try that failed. */
export function tried({ rows }: Claim, reason: string): readonly OutboxRow[] {
  return rows.map((row) => ({ ...row, attempts: row.attempts + 1, lastError: reason }));
}
