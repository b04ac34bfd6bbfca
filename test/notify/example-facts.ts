import { rowsOfOverride } from '../../src/core/alerting/gate-notifications.ts';
import { rowsOfReport } from '../../src/core/alerting/report-notifications.ts';
import { NO_FIGURES } from '../../src/core/alerting/notification.ts';
import type { FailedExecution, NotificationFacts } from '../../src/core/alerting/notification.ts';
import type { BurnRateReason, OutageReason } from '../../src/core/alerting/reason.ts';
import type { OutcomeSli, Sli } from '../../src/core/sli/sli.ts';
import type { Notification } from '../../src/core/ports/target.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time/duration.ts';
import type { Links } from '../../src/notify/message/message.ts';

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

const HOURLY: BurnRateReason = {
  kind: 'burnRate',
  tier: 'hourly',
  severity: 'page',
  factor: 2.8,
  long: { duration: HOUR, good: 1828, bad: 312, burnRate: 2.9159 },
  short: { duration: 5 * MINUTE, good: 61, bad: 118, burnRate: 13.1844 },
};

const DRIFT: BurnRateReason = {
  kind: 'burnRate',
  tier: 'drift',
  severity: 'ticket',
  factor: 2.8,
  long: { duration: 24 * HOUR, good: 30_214, bad: 5102, burnRate: 2.8893 },
  short: { duration: 2 * HOUR, good: 2600, bad: 499, burnRate: 3.2204 },
};

const WHOLE: OutcomeSli = {
  kind: 'outcomes',
  step: null,
  dependency: null,
  where: {},
  withinMs: null,
  from: 'started',
  per: 'execution',
  good: 'succeeded',
};

/** A page of a busy workflow, complete; the other examples vary it. */
export const OPENED: NotificationFacts = {
  kind: 'opened',
  cause: null,
  slo: 'order-fulfillment/fulfilled-in-10m',
  workflow: 'order-fulfillment',
  owner: 'payments',
  description: '95% of orders are fulfilled within 10 minutes',
  runbook: 'https://wiki.example.com/runbooks/fulfillment',
  objective: 0.95,
  errorBudget: 0.05,
  window: '28d',
  sli: WHOLE,
  incident: 'mi9x2k00-4f7a',
  severity: 'page',
  openedAt: OPENED_AT,
  began: OPENED_AT - 9 * MINUTE,
  at: OPENED_AT,
  timeZone: null,
  failing: { since: OPENED_AT - 9 * MINUTE, good: 140, bad: 270 },
  failedUntil: null,
  recovering: null,
  missedRun: null,
  waiting: 0,
  stuck: [],
  likelyCause: null,
  standsOut: null,
  reasons: [HOURLY, DRIFT],
  budget: { allowed: 3061.4, spent: 1806, remaining: 1255.4, remainingRatio: 0.41007 },
  counted: 61_228,
  exhaustsAt: OPENED_AT + 14 * HOUR + 20 * MINUTE,
  pace: null,
  peakBurnRate: 2.9159,
  during: { good: 140, bad: 270 },
  acknowledged: null,
  waited: null,
  members: [],
  postmortem: null,
  failures: [
    { step: 'charge-card', dependency: 'stripe', error: 'timeout', count: 199 },
    { step: 'charge-card', dependency: 'stripe', error: 'card_declined', count: 28 },
    { step: 'ship', dependency: 'dhl', error: 'timeout', count: 25 },
    { step: null, dependency: null, error: null, count: 18 },
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
  notified: ['payments-oncall'],
  insteadOf: null,
};

/** The same incident while what it calls does worse than promised. */
export const LIKELY_CAUSE: NotificationFacts = {
  ...OPENED,
  likelyCause: {
    dependency: 'stripe',
    failures: 227 / 270,
    usual: 0.61,
    sla: 0.995,
    broken: true,
    lastHour: { good: 2210, bad: 291 },
    today: { good: 61_007, bad: 2475 },
  },
};

/** Told with the incident of the dependency that explains it, and on its own once that is over. */
export const FOLDED: NotificationFacts = {
  ...LIKELY_CAUSE,
  folded: {
    incident: 'mk2w9-77aa',
    slo: 'payments/bank-answers',
    because: '93% of its failures call bank',
  },
  conversation: {
    id: 'mk2w9-77aa',
    openedAt: OPENED_AT - 5 * MINUTE,
    slo: 'payments/bank-answers',
    others: 1,
  },
};

export const UNFOLDED: NotificationFacts = {
  ...LIKELY_CAUSE,
  silenced: {
    reason: 'dependency',
    since: OPENED_AT - 20 * MINUTE,
    until: OPENED_AT,
    by: 'payments/bank-answers',
    because: '93% of its failures call bank',
  },
};

/** The same incident where one region fails. */
export const STANDS_OUT: NotificationFacts = {
  ...OPENED,
  standsOut: { attribute: 'region', value: 'eu', failures: 0.914, outcomes: 0.2 },
};

/** What it calls keeps its promise, and yet most of what calls it fails. */
export const CALLED_BY_FAILURES: NotificationFacts = {
  ...OPENED,
  likelyCause: {
    dependency: 'stripe',
    failures: 0.93,
    usual: 0.2,
    sla: 0.9,
    broken: false,
    lastHour: { good: 0, bad: 0 },
    today: { good: 61_007, bad: 2475 },
  },
};

/** The same incident when it was only a ticket. */
export const TICKET: NotificationFacts = {
  ...OPENED,
  severity: 'ticket',
  reasons: [DRIFT],
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
  reasons: [
    {
      ...HOURLY,
      long: { duration: HOUR, good: 2100, bad: 12, burnRate: 0.1136 },
      short: { duration: 5 * MINUTE, good: 180, bad: 0, burnRate: 0 },
    },
  ],
  failing: null,
  failedUntil: OPENED_AT + 2 * HOUR + 4 * MINUTE,
  during: { good: 1120, bad: 1403 },
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
  reasons: [],
  budget: { allowed: 0, spent: 0, remaining: 0, remainingRatio: null },
  counted: 0,
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
  errorBudget: 0.005,
  sli: {
    ...WHOLE,
    step: 'charge-card',
    dependency: 'stripe',
    where: { region: { op: 'in', values: ['eu', 'us'] }, tenant: { op: 'not-glob', values: ['test-*'] } },
  },
  severity: 'ticket',
  reasons: [
    {
      ...DRIFT,
      long: { duration: 6 * HOUR, good: 799, bad: 75, burnRate: 17.1625 },
      short: { duration: 30 * MINUTE, good: 14, bad: 9, burnRate: 78.26 },
    },
  ],
  budget: { allowed: 80.5, spent: 75, remaining: 5.5, remainingRatio: 0.0683 },
  exhaustsAt: OPENED_AT + 25 * MINUTE,
  failing: { since: OPENED_AT - 9 * MINUTE, good: 40, bad: 75 },
  during: { good: 40, bad: 75 },
  // Kept by the hour, and so a few more than those since it began.
  failures: [{ step: 'charge-card', dependency: 'stripe', error: 'timeout', count: 86 }],
  lastFailed: [OPENED.lastFailed[0]!],
};

/** Executions that never finished; the budget has nothing left to run out of. */
export const OVERDUE: NotificationFacts = {
  ...OPENED,
  waiting: 995,
  stuck: [
    { of: 'execution', step: 'payment-confirmation', count: 37, oldest: OPENED_AT - 48 * MINUTE },
    { of: 'execution', step: null, count: 1, oldest: OPENED_AT - 12 * MINUTE },
  ],
  sli: { ...WHOLE, withinMs: 10 * MINUTE },
  reasons: [
    {
      ...HOURLY,
      long: { duration: HOUR, good: 0, bad: 41, burnRate: 20 },
      short: { duration: 5 * MINUTE, good: 0, bad: 6, burnRate: 20 },
    },
  ],
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

/** A job that runs twice a day has failed again and again; the outage tier has no window. */
export const OUTAGE: NotificationFacts = {
  ...OPENED,
  slo: 'nightly-invoices/sent',
  description: null,
  reasons: [
    {
      kind: 'outage',
      tier: 'outage',
      severity: 'page',
      consecutiveBad: 7,
      needed: 3,
      streakSince: OPENED_AT - 3 * DAY,
    },
  ],
  budget: { allowed: 2.8, spent: 8, remaining: -5.2, remainingRatio: -5.2 / 2.8 },
  exhaustsAt: null,
  peakBurnRate: 20,
  failures: [{ step: 'render', dependency: null, error: 'out-of-memory', count: 7 }],
  lastFailed: [FAILED],
  failing: { since: OPENED_AT - 3 * DAY, good: 0, bad: 7 },
  began: OPENED_AT - 3 * DAY,
  during: { good: 0, bad: 7 },
};

/** A workflow so quiet that nothing may fail at all. */
export const TINY: NotificationFacts = {
  ...OUTAGE,
  objective: 0.99,
  errorBudget: 0.01,
  budget: { allowed: 0.04, spent: 2, remaining: -1.96, remainingRatio: -49 },
  counted: 4,
};

/** The first morning of a workflow: too early for a percentage of a month. */
export const FIRST_MORNING: NotificationFacts = {
  ...OPENED,
  objective: 0.999,
  errorBudget: 0.001,
  budget: { allowed: 10.1, spent: 2, remaining: 8.1, remainingRatio: null },
  counted: 45,
  exhaustsAt: null,
  reasons: [
    {
      ...HOURLY,
      long: { duration: HOUR, good: 43, bad: 2, burnRate: 2000 / 45 },
      short: { duration: 5 * MINUTE, good: 3, bad: 2, burnRate: 400 },
    },
  ],
  peakBurnRate: 2000 / 45,
  failing: { since: OPENED_AT - 4 * MINUTE, good: 2, bad: 2 },
  began: OPENED_AT - 4 * MINUTE,
  during: { good: 2, bad: 2 },
  failures: [{ step: 'charge-card', dependency: 'stripe', error: 'timeout', count: 2 }],
  lastFailed: [FAILED],
};

/** Fails fast, for a few minutes only: the long window still reassures. */
export const SUDDEN: NotificationFacts = {
  ...OPENED,
  budget: { allowed: 3061.4, spent: 1806, remaining: 1255.4, remainingRatio: 0.41007 },
  exhaustsAt: OPENED_AT + 3 * HOUR,
  pace: 5 * MINUTE,
};

export const SILENT: NotificationFacts = {
  ...OPENED,
  severity: 'ticket',
  reasons: [
    {
      kind: 'noData',
      tier: 'no-data',
      severity: 'ticket',
      after: HOUR,
      lastAt: OPENED_AT - 2 * HOUR,
      silentFor: 2 * HOUR,
    },
  ],
  exhaustsAt: null,
  peakBurnRate: 0,
  failing: null,
  failures: [],
  lastFailed: [],
};

export const SUCCESS_RATE: NotificationFacts = {
  ...OPENED,
  sli: { kind: 'measurement', name: 'dlq-depth', where: {}, op: '<=', limit: 100, sums: false },
  reasons: [
    {
      kind: 'successRate',
      tier: 'low',
      severity: 'page',
      below: 0.98,
      over: { duration: 15 * MINUTE, good: 12, bad: 3, burnRate: 4 },
    },
  ],
  failures: [{ step: null, dependency: null, error: 'dlq-depth', count: 3 }],
  lastFailed: [{ ...FAILED, execution: 'dlq-depth=412', step: null, error: 'dlq-depth' }],
};

export const BUDGET_LOW: NotificationFacts = {
  ...TICKET,
  sli: {
    kind: 'slices',
    sliceMs: 5 * MINUTE,
    of: { ...WHOLE, withinMs: 10 * MINUTE },
    rule: { kind: 'ratio', atLeast: { numerator: 99, denominator: 100 } },
  },
  budget: { allowed: 403.2, spent: 350, remaining: 53.2, remainingRatio: 53.2 / 403.2 },
  reasons: [{ kind: 'budgetRemaining', tier: 'budget-25', severity: 'ticket', below: 0.25 }],
};

export const FORECAST: NotificationFacts = {
  ...TICKET,
  sli: { kind: 'freshness', of: WHOLE, everyMs: 26 * HOUR },
  reasons: [
    {
      kind: 'forecast',
      tier: 'soon-gone',
      severity: 'ticket',
      within: DAY,
      left: 14 * HOUR,
      recent: { duration: DAY, good: 1200, bad: 240, burnRate: 3.33 },
    },
  ],
};

const SCHEDULE: Sli = {
  kind: 'schedule',
  where: {},
  schedule: { cron: '0 3 * * *', timeZone: 'Europe/Berlin', ticks: () => [] },
  startEarlyMs: 5 * MINUTE,
  startWithinMs: 10 * MINUTE,
  finishWithinMs: HOUR,
};

const LAST_TICK = OPENED_AT - 16 * HOUR - 6 * MINUTE;

export const MISSED_TICKS: NotificationFacts = {
  ...OUTAGE,
  sli: SCHEDULE,
  timeZone: 'Europe/Berlin',
  missedRun: {
    tick: LAST_TICK,
    missed: 'start',
    started: false,
    startBy: LAST_TICK + 10 * MINUTE,
    finishBy: LAST_TICK + HOUR,
  },
  lastFailed: [],
  failures: [],
};

/** The first run in the window that did not finish in time, of a schedule whose starts are not reported. */
export const FIRST_MISS: NotificationFacts = {
  ...MISSED_TICKS,
  severity: 'ticket',
  missedRun: { ...MISSED_TICKS.missedRun!, missed: 'finish', started: null, startBy: null },
  budget: { allowed: 1.4, spent: 1, remaining: 0.4, remainingRatio: 0.4 / 1.4 },
  reasons: [{ ...MISSED_TICKS.reasons[0]!, consecutiveBad: 1, needed: 1 } as OutageReason],
};

/** A journey over two workflows. */
export const COMPOSITE: NotificationFacts = {
  ...OPENED,
  sli: {
    kind: 'composite',
    method: 'all-of',
    members: [
      { slo: 'checkout/paid', workflow: 'checkout', sli: WHOLE, fingerprint: 'a', weight: 1 },
      { slo: 'shipping/sent', workflow: 'shipping', sli: SCHEDULE, fingerprint: 'b', weight: 1 },
    ],
  },
  members: [
    { name: 'shipping/sent', share: 0.9 },
    { name: 'checkout/paid', share: 0.1 },
  ],
};

export const DEESCALATED: NotificationFacts = {
  ...ESCALATED,
  kind: 'deescalated',
  severity: 'ticket',
  reasons: [DRIFT],
  failures: [{ step: 'charge-card', dependency: 'stripe', error: 'timeout', count: 4900 }],
  acknowledged: { at: OPENED_AT + 6 * MINUTE, by: 'eva' },
};

export const REMINDER: NotificationFacts = { ...ESCALATED, kind: 'reminder' };

/** What PagerDuty and Opsgenie are sent when someone acknowledges. */
export const ACKNOWLEDGED: NotificationFacts = {
  ...OPENED,
  ...NO_FIGURES,
  kind: 'acknowledged',
  at: OPENED_AT + 6 * MINUTE,
  acknowledged: { at: OPENED_AT + 6 * MINUTE, by: 'eva' },
};

const TOGETHER = { id: OPENED.incident, openedAt: OPENED_AT, slo: OPENED.slo, others: 0 };

/** All of a conversation that somebody took at once. */
export const ACKNOWLEDGED_TOGETHER: readonly NotificationFacts[] = [
  ACKNOWLEDGED,
  ...['charged-in-1m', 'shipped-in-1d'].map((name) => ({
    ...ACKNOWLEDGED,
    slo: `order-fulfillment/${name}`,
    incident: `mi9x2k00-${name}`,
    conversation: TOGETHER,
  })),
];

/** Joins them as nobody looks after it yet. */
export const JOINED: NotificationFacts = {
  ...OPENED,
  slo: 'order-fulfillment/refunded',
  incident: 'mi9x2k00-refunded',
  openedAt: OPENED_AT + 6 * MINUTE,
  at: OPENED_AT + 6 * MINUTE,
  conversation: { ...TOGETHER, others: 1 },
};

/** Still open, but nothing has failed for a while. */
export const RECOVERING: NotificationFacts = {
  ...ESCALATED,
  kind: 'unacknowledged',
  waited: 95 * MINUTE,
  reasons: [{ ...HOURLY, short: { duration: 5 * MINUTE, good: 170, bad: 0, burnRate: 0 } }],
  failing: null,
  during: { good: 4100, bad: 1403 },
  recovering: { lastFailedAt: ESCALATED.at - 2 * MINUTE, resolvesAt: ESCALATED.at + 4 * MINUTE + 20_000 },
};

/** Below the threshold, though some still fail. */
export const EASING: NotificationFacts = {
  ...RECOVERING,
  kind: 'deescalated',
  reasons: [{ ...HOURLY, short: { duration: 5 * MINUTE, good: 164, bad: 6, burnRate: 0.7 } }],
};

/** The same page as its owner in another time zone reads it, a day later than it began. */
export const IN_A_ZONE: NotificationFacts = {
  ...ESCALATED,
  timeZone: 'Europe/Berlin',
  at: OPENED_AT + 5 * HOUR,
};

export const UNACKNOWLEDGED: NotificationFacts = {
  ...ESCALATED,
  kind: 'unacknowledged',
  at: OPENED_AT + 15 * MINUTE,
  waited: 15 * MINUTE,
  notified: ['payments-lead'],
};

export const POSTMORTEM: NotificationFacts = {
  ...RESOLVED,
  postmortem: { policy: 'standard', above: 0.2, spent: 1403 / 3100 },
};

export const DATA_AGAIN: NotificationFacts = {
  ...SILENT,
  kind: 'resolved',
  at: OPENED_AT + 3 * HOUR,
  reasons: [
    { kind: 'noData', tier: 'no-data', severity: 'ticket', after: HOUR, lastAt: OPENED_AT, silentFor: 0 },
  ],
};

/** What may be said of an incident that burns, beside what `OPENED` says. */
export const EVERY_PART = {
  acknowledged: { at: OPENED_AT + 6 * MINUTE, by: 'eva' },
  members: COMPOSITE.members,
  after: { at: OPENED_AT - 13 * MINUTE, text: 'deploy 7f3c', link: 'https://wiki.example.com/deploys/7f3c' },
  burning: { attribute: 'region', values: ['eu', 'us', 'ap', 'sa'], of: 7 },
  stuck: OVERDUE.stuck,
  likelyCause: LIKELY_CAUSE.likelyCause,
  standsOut: STANDS_OUT.standsOut,
  conversation: FOLDED.conversation!,
} satisfies Partial<NotificationFacts>;

/** A notification of these facts, oldest first, under a key as delivery makes one. */
export function notificationOf(...facts: NotificationFacts[]): Notification {
  return { facts, key: facts.map(({ incident, kind }) => `${incident}/${kind}/payments-oncall`).join('+') };
}

/** Deploys pass although the budget is spent. */
export const GATE_OVERRIDDEN: NotificationFacts = rowsOfOverride(
  'mk2x1-a7f3',
  {
    workflow: 'order-fulfillment',
    team: null,
    reason: 'the fix of the bank timeouts',
    by: 'sam',
    from: Date.parse('2026-11-23T14:00:00Z'),
    until: Date.parse('2026-11-23T16:00:00Z'),
  },
  { owner: 'payments', timeZone: 'Europe/Berlin' },
  ['payments-chat'],
)[0]!.facts;

/** What a team is sent on Monday: one SLO missed its objective, one kept it, one has no data. */
export const REPORT: NotificationFacts = rowsOfReport(
  { id: 'week/payments', targets: ['payments-chat'], timeZone: 'Europe/Berlin' },
  {
    period: 'week',
    from: Date.parse('2026-11-15T23:00:00Z'),
    to: Date.parse('2026-11-22T23:00:00Z'),
    owner: 'payments',
    totals: { slos: 60, met: 57, missed: 1, withoutData: 2, pages: 1, tickets: 1, moreIncidents: false },
    slos: [
      {
        id: 'order-fulfillment/fulfilled-in-10m',
        objective: 0.995,
        bad: 1_250,
        total: 100_000,
        spent: 2.5,
        spentBefore: 0.4,
        incidents: 2,
      },
      {
        id: 'order-fulfillment/charge-card-succeeds',
        objective: 0.999,
        bad: 41,
        total: 98_000,
        spent: 0.418,
        spentBefore: null,
        incidents: 0,
      },
      { id: 'nightly/ran', objective: 0.99, bad: 0, total: 0, spent: null, spentBefore: 0, incidents: 0 },
    ],
    incidents: [
      {
        slo: 'order-fulfillment/fulfilled-in-10m',
        severity: 'page',
        openedAt: Date.parse('2026-11-21T18:07:00Z'),
        resolvedAt: Date.parse('2026-11-21T19:17:00Z'),
      },
      {
        slo: 'order-fulfillment/fulfilled-in-10m',
        severity: 'ticket',
        openedAt: Date.parse('2026-11-22T22:00:00Z'),
        resolvedAt: null,
      },
    ],
  },
  [
    { step: 'charge-card', dependency: 'payment-gateway', error: 'timeout', count: 900 },
    { step: null, dependency: null, error: 'overdue', count: 350 },
  ],
  Date.parse('2026-11-23T08:00:00Z'),
)[0]!.facts;
