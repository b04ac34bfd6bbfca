import type { DefinitionChange } from '../../src/core/alerting/definition-history.ts';
import { measurementSubject, parseMeasurement } from '../../src/core/outcomes/measurement.ts';
import { parseOutcome } from '../../src/core/outcomes/outcome.ts';
import type { Rejection } from '../../src/core/outcomes/record-fields.ts';
import { isRejection } from '../../src/core/outcomes/record-fields.ts';
import { stateOfBudget } from '../../src/core/budget/error-budget.ts';
import type { Recorder } from '../../src/core/ports/recorder.ts';
import type { AcknowledgementReport, DataLossReport, Operator } from '../../src/core/ports/operator.ts';
import type { LinkView, UsedLink } from '../../src/core/ports/incident-links.ts';
import { isRefused, refuse } from '../../src/core/ports/refused.ts';
import type { DeadLetterReport } from '../../src/core/ports/dead-letters.ts';
import type { Refused } from '../../src/core/ports/refused.ts';
import type {
  AdjustmentReport,
  DependencyDetail,
  HistoryReport,
  IncidentReport,
  Queries,
  RecentCounts,
  SloDetail,
  TierReport,
  WindowReport,
  ValueReport,
  WorkflowReport,
} from '../../src/core/ports/queries.ts';
import type { FailureChange } from '../../src/core/alerting/failure-changes.ts';
import type { IncidentEvent, IncidentNote } from '../../src/core/alerting/incident-event.ts';
import { createGateOverrides } from '../../src/engine/gate/gate-overrides.ts';
import type { GateOverride } from '../../src/core/ports/gate-override.ts';
import { storedGateOverride } from '../../src/core/ports/stored-gate-override.ts';
import { createAnnotations } from '../../src/engine/annotations/annotations.ts';
import { PAYMENTS, define, defineSlo } from '../support/definitions.ts';
import { onCallReports } from '../../src/core/ports/on-call.ts';
import type { OnCallSchedule } from '../../src/core/slo/on-call.ts';
import type { Annotation } from '../../src/core/ports/store/annotations.ts';
import { storedAnnotation } from '../../src/core/ports/stored-annotation.ts';
import { createIncidentReports } from '../../src/engine/incidents/incident-reports.ts';
import { chartData } from '../charts/chart-data.ts';
import { incidentEvents, incidentsInMemory, openIncident } from './incident-fakes.ts';
import { periodReport } from './period-report-fake.ts';
import { silenceReport } from './silence-fakes.ts';
import type { SilenceReport } from '../../src/core/ports/silences.ts';
import type { WorkflowStatistics } from '../../src/core/ports/workflow-statistics.ts';
import type { ExecutionReport } from '../../src/core/ports/execution-report.ts';
import type { Audit, AuditEntry } from '../../src/core/ports/audit.ts';
import type { FlightReport } from '../../src/core/ports/store/counting.ts';
import type { RecordStore } from '../../src/core/ports/store/records.ts';
import type { ScrapeReport } from '../../src/core/ports/scrape.ts';
import { totalsOf } from '../../src/core/statistics/step-totals.ts';
import type { TargetTestReport } from '../../src/core/ports/target-tests.ts';
import type { NotificationPage } from '../../src/core/ports/outbox-reports.ts';
import { attemptSlot, endedSlot, statisticsOf } from '../../src/core/statistics/outcome-counts.ts';
import { DAY, HOUR, MINUTE, parseDuration } from '../../src/core/time/duration.ts';
import type { ServiceStatus } from '../../src/core/ports/service-status.ts';

export const NOW = Date.parse('2026-03-10T12:00:00Z');

/** Anna and Ben, a week each. */
const ROTATION: OnCallSchedule = {
  kind: 'rotation',
  name: 'oncall',
  timeZone: 'Europe/Berlin',
  every: 7 * DAY,
  starting: Date.UTC(2026, 2, 2, 9),
  people: ['anna', 'ben'].map((name) => ({ name, targets: [`${name}-phone`] })),
  overrides: [],
  source: 'teams.yaml:3',
};

/** A recorder that keeps what it is given; it can be told to fail, or to wait. */
export interface RecordingRecorder extends Recorder {
  readonly calls: (readonly unknown[])[];
  /** Called before each answer; may throw or wait. */
  before: () => unknown;
}

/** Checks records as the real one does, at the present time, and counts each execution once. */
export function recordingRecorder(): RecordingRecorder {
  const known = new Set<string>();
  async function take(records: readonly unknown[], identityOf: (record: unknown) => string | Rejection) {
    await recorder.before();
    recorder.calls.push(records);
    const rejected: ({ index: number } & Rejection)[] = [];
    let accepted = 0;
    records.forEach((record, index) => {
      const identity = identityOf(record);
      if (typeof identity !== 'string') rejected.push({ index, ...identity });
      else if (!known.has(identity)) {
        known.add(identity);
        accepted++;
      }
    });
    return { accepted, duplicates: records.length - rejected.length - accepted, rejected };
  }
  const recorder: RecordingRecorder = {
    calls: [],
    before: () => null,
    queued: 0,
    drain: () => Promise.resolve(),
    refusal: () => null,
    record: (records) =>
      take(records, (record) => {
        const outcome = parseOutcome(record, Date.now());
        return isRejection(outcome) ? outcome : outcome.execution;
      }),
    recordMeasurements: (records) =>
      take(records, (record) => {
        const measurement = parseMeasurement(record, Date.now());
        return isRejection(measurement) ? measurement : measurementSubject(measurement);
      }),
  };
  return recorder;
}

/** A report of these SLOs; `fail` makes every question of it reject. */
export interface FixedQueries extends Queries {
  list: SloDetail[];
  /** Beside those that are asked for by the name of an SLO's workflow. */
  workflows: WorkflowReport[];
  /** The dependencies that are listed; `bank` can be asked for anyway. */
  calls: DependencyDetail[];
  fail: Error | null;
  /** How every definition changed. */
  changes: DefinitionChange[];
  /** What every history is. */
  past: HistoryReport | Refused;
  /** What histories were asked for. */
  readonly queries: object[];
}

export function fixedReport(list: SloDetail[]): FixedQueries {
  const unlessFailing = <T>(value: T): Promise<T> =>
    queries.fail ? Promise.reject(queries.fail) : Promise.resolve(value);
  const queries: FixedQueries = {
    list,
    fail: null,
    queries: [],
    past: history(),
    changes: [definitionChange()],
    workflows: [],
    calls: [],
    slos: () => unlessFailing(queries.list.map(withoutDetail)),
    recent: (ids) =>
      unlessFailing(new Map(ids.map((id) => [id, recentCounts(queries.list.find((slo) => slo.id === id))]))),
    slo: (id) => unlessFailing(queries.list.find((slo) => slo.id === id) ?? null),
    history: (id, query) => {
      queries.queries.push(query);
      return unlessFailing(queries.list.some((slo) => slo.id === id) ? queries.past : null);
    },
    definitionChanges: (id) =>
      unlessFailing(queries.list.some((slo) => slo.id === id) ? queries.changes : null),
    charts: (id, query) => {
      queries.queries.push(query);
      return unlessFailing(queries.list.some((slo) => slo.id === id) ? { ...chartData(), id } : null);
    },
    inFlight: (workflows) =>
      unlessFailing(
        workflows.map((workflow) => ({
          workflow,
          running: 1204,
          overdue: 3,
          waiting: 0,
          conflicts: 0,
        })),
      ),
    workflow: (name) =>
      unlessFailing(
        queries.workflows.find(({ workflow }) => workflow === name) ??
          (queries.list.some(({ workflow }) => workflow === name) ? workflowReport(name) : null),
      ),
    statistics: (name, window) =>
      unlessFailing(
        queries.list.some(({ workflow }) => workflow === name)
          ? window === null || parseDuration(window) !== null
            ? workflowStatistics(window)
            : refuse('invalid', 'window must be a duration.')
          : null,
      ),
    execution: (workflow, execution) =>
      unlessFailing(
        queries.list.some((slo) => slo.workflow === workflow) ? executionReport(workflow, execution) : null,
      ),
    dependencies: (workflows) =>
      unlessFailing(
        queries.calls.map((report) => {
          const { failures: _, lastFailed: __, ...listed } = calledBy(report, workflows);
          return listed;
        }),
      ),
    dependency(name, workflows) {
      const known = [...queries.calls, dependencyReport('bank', ['order-fulfillment'])];
      const found = known.find((report) => report.name === name);
      return unlessFailing(found ? calledBy(found, workflows) : null);
    },
    onCall: () =>
      unlessFailing(onCallReports(define([], [{ ...PAYMENTS, page: ['oncall'] }], [], [], [ROTATION]), NOW)),
    scrape: () => unlessFailing(scrapeReport(queries.list)),
  };
  return queries;
}

/** One notification that a target refused. */
export function notificationPage(): NotificationPage {
  return {
    items: [
      {
        id: 'mk2x1-a7f3/1/pager',
        state: 'undeliverable',
        target: 'pager',
        incident: 'mk2x1-a7f3',
        slo: 'order-fulfillment/fulfilled-in-10m',
        workflow: 'order-fulfillment',
        owner: 'payments',
        severity: 'page',
        kind: 'opened',
        createdAt: NOW - HOUR,
        attempts: 3,
        waitsUntil: null,
        lastError: 'answered 404',
        recipients: null,
        mayRepeat: false,
      },
    ],
    next: null,
    pendingCount: 1,
    undeliverableCount: 1,
  };
}

/** Thirty days of which three missed their objective and one held nothing, and a day of hours that burned more and more. */
function recentCounts(slo: SloDetail | undefined): RecentCounts {
  const bad = (share: number) => ({ good: Math.round(1000 * (1 - share)), bad: Math.round(1000 * share) });
  if (!slo || slo.data === 'none') {
    const nothing = (length: number) => Array.from({ length }, () => ({ good: 0, bad: 0 }));
    return { days: nothing(30), hours: nothing(24) };
  }
  return {
    days: Array.from({ length: 30 }, (_, day) =>
      day === 4 ? { good: 0, bad: 0 } : bad(day > 26 ? 0.2 : day % 3 === 0 ? 0.01 : 0),
    ),
    hours: Array.from({ length: 24 }, (_, hour) => bad(hour / 1000)),
  };
}

/** An execution that was late. */
export function executionReport(workflow: string, execution: string): ExecutionReport {
  const [startedAt, endedAt] = [NOW - 2 * HOUR, NOW - HOUR];
  const slos = [`${workflow}/fulfilled-in-10m`];
  return {
    workflow,
    execution,
    at: NOW,
    subjects: [
      {
        step: null,
        notes: [],
        state: 'ended',
        queuedAt: null,
        startedAt,
        attempt: 1,
        willRetry: false,
        ends: [{ status: 'succeeded', at: endedAt, count: 1, error: null }],
        counts: [{ slos, at: startedAt + 10 * MINUTE, good: false, count: 1, why: 'it ended late' }],
        deadlines: [{ slos, at: startedAt + 10 * MINUTE }],
      },
    ],
  };
}

/** What monitoring collects of some SLOs and their workflows. */
function scrapeReport(slos: readonly SloDetail[]): ScrapeReport {
  const counted = slos.filter(({ sli }) => sli.kind !== 'composite');
  const totals = totalsOf(
    new Map([
      [endedSlot('succeeded', 2500), 90],
      [endedSlot('failed', 60_000), 10],
      [attemptSlot(1), 100],
      [attemptSlot(2), 25],
    ]),
  );
  return {
    events: new Map(counted.map(({ id, sli: { good, bad } }) => [id, { good, bad, since: NOW - DAY }])),
    workflows: [...new Map(slos.toReversed().map(({ workflow, owner }) => [workflow, owner]))].map(
      ([workflow, owner]) => ({
        workflow,
        owner,
        running: 1204,
        overdue: 3,
        waiting: 0,
        queues: [{ queue: 'dlq-depth', depth: 12 }],
        steps: [
          { step: null, totals },
          { step: 'charge-card', totals },
        ],
      }),
    ),
    stepsLeftOut: 0,
  };
}

/** A workflow whose steps went well and badly, over one window. */
export function workflowStatistics(window: string | null): WorkflowStatistics {
  const charge = new Map([
    [endedSlot('succeeded', 2500), 90],
    [endedSlot('failed', 60_000), 10],
    [attemptSlot(1), 100],
    [attemptSlot(2), 25],
  ]);
  const length = parseDuration(window ?? '1h')!;
  return {
    readShare: 1,
    windows: [
      {
        window: length,
        from: NOW - length,
        endToEnd: statisticsOf(charge),
        steps: [
          { step: 'reserve', ...statisticsOf(new Map()) },
          { step: 'charge-card', ...statisticsOf(charge) },
          { step: 'charge-cards', ...statisticsOf(charge) },
        ],
        others: statisticsOf(charge),
      },
    ],
  };
}

function calledBy(report: DependencyDetail, workflows: readonly string[] | null): DependencyDetail {
  if (workflows === null) return report;
  const isAsked = ({ workflow }: { readonly workflow: string }) => workflows.includes(workflow);
  return {
    ...report,
    workflows: report.workflows.filter(isAsked),
    failures: report.failures.filter(isAsked),
    lastFailed: report.lastFailed.filter(isAsked),
  };
}

/** A dependency that broke its promise and burns. */
export function dependencyReport(name: string, callers: readonly string[]): DependencyDetail {
  const ratio = (good: number, bad: number) => ({
    good,
    bad,
    total: good + bad,
    ratio: good / (good + bad),
  });
  return {
    name,
    owner: 'acme',
    status: 'https://status.acme.example',
    sla: 0.995,
    at: NOW,
    month: { from: NOW - 9 * DAY - 12 * HOUR, to: NOW + 21 * DAY + 12 * HOUR, ...ratio(9800, 200) },
    today: ratio(961, 39),
    lastHour: ratio(80, 20),
    promise: 'broken',
    burning: true,
    budget: { allowed: 50, spent: 200, remaining: -150, remainingRatio: -3 },
    countedSince: NOW - 40 * DAY,
    complete: true,
    workflows: callers.map((workflow) => ({ workflow, month: ratio(9800, 200), lastHour: ratio(80, 20) })),
    failures: callers.map((workflow) => ({ workflow, step: 'charge-card', error: 'timeout', count: 20 })),
    lastFailed: callers.map((workflow) => ({
      workflow,
      execution: 'order-1042',
      at: NOW - MINUTE,
      step: 'charge-card',
      dependency: name,
      error: 'timeout',
      traceId: null,
    })),
  };
}

/** A workflow with something overdue in a step. */
export function workflowReport(workflow: string): WorkflowReport {
  const flight: FlightReport = {
    of: 'execution',
    execution: 'order-1001',
    step: 'charge-card',
    stepSince: NOW - HOUR,
    startedAt: NOW - 2 * HOUR,
    queuedAt: null,
    attempt: 1,
    deadline: NOW - HOUR,
    overdue: true,
    traceId: null,
  };
  return {
    workflow,
    at: NOW,
    owner: 'payments',
    runbook: null,
    steps: ['reserve', 'charge-card', 'ship'],
    after: { reserve: [], 'charge-card': ['reserve'], ship: ['charge-card'] },
    unmapped: [{ step: 'charge-cards', meant: 'charge-card' }],
    queues: [
      {
        name: 'dlq-depth',
        after: 'ship',
        depth: 12,
        at: NOW - 60_000,
        history: [
          { from: NOW - 2 * HOUR, mean: 0.5, highest: 3 },
          { from: NOW - HOUR, mean: 8, highest: 12 },
        ],
      },
    ],
    slos: [`${workflow}/fulfilled`],
    parts: [
      { slo: `${workflow}/fulfilled`, part: 'execution', name: null },
      { slo: `${workflow}/charged`, part: 'step', name: 'charge-card' },
      { slo: `${workflow}/dlq`, part: 'measurement', name: 'dlq-depth' },
    ],
    handOvers: [
      {
        from: 'charge-card',
        to: 'ship',
        slo: `${workflow}/handed-over`,
        within: '5m',
        lastHour: { good: 96, bad: 4 },
      },
    ],
    calls: [
      {
        dependency: 'bank',
        declared: true,
        lastHour: { good: 80, bad: 20 },
        steps: [{ step: 'charge-card', failed: 20 }],
      },
    ],
    running: 1204,
    overdue: 3,
    waiting: 0,
    conflicts: 0,
    places: [
      { of: 'execution', step: 'charge-card', running: 4, overdue: 3, oldest: NOW - 2 * HOUR },
      { of: 'step', step: 'charge-card -> ship', running: 2, overdue: 1, oldest: NOW - HOUR },
      { of: 'execution', step: null, running: 1200, overdue: 0, oldest: null },
    ],
    slowest: [flight],
  };
}

/** An audit log in memory. */
export interface NotedAudit extends Audit {
  readonly noted: Omit<AuditEntry, 'at'>[];
}

export function notedAudit(): NotedAudit {
  const noted: Omit<AuditEntry, 'at'>[] = [];
  return {
    noted,
    note: (entry) => Promise.resolve(void noted.push(entry)),
    entries: () =>
      Promise.resolve(noted.map((entry, index) => ({ id: `e${index}`, at: NOW + index, ...entry }))),
  };
}

/** Records in memory, as a store keeps them. */
export function keptRecords(): RecordStore {
  const kept = new Map<string, { revision: number; value: object }>();
  return {
    records: (collection) =>
      Promise.resolve(
        [...kept]
          .filter(([key]) => key.startsWith(`${collection} `))
          .map(([key, record]) => ({ id: key.slice(collection.length + 1), ...record }))
          .toSorted((one, other) => (one.id < other.id ? -1 : 1)),
      ),
    putRecord(collection, id, revision, value) {
      const key = `${collection} ${id}`;
      if ((kept.get(key)?.revision ?? 0) !== revision) return Promise.resolve(false);
      if (value === null) kept.delete(key);
      else kept.set(key, { revision: revision + 1, value });
      return Promise.resolve(true);
    },
  };
}

/** A operator that answers as it is told and keeps what it is asked. */
export interface FixedOperator extends Operator {
  answer: AdjustmentReport | Refused;
  acknowledgement: AcknowledgementReport | Refused;
  note: IncidentNote | Refused;
  loss: DataLossReport | Refused;
  tested: TargetTestReport | Refused;
  /** The answer to all that is asked of silences. */
  silenced: SilenceReport | Refused;
  open: IncidentReport[];
  /** The others of the conversation of any incident. */
  beside: IncidentReport[];
  link: LinkView;
  readonly histories: Map<string, readonly IncidentEvent[]>;
  readonly asked: unknown[][];
}

export function fixedOperator(): FixedOperator {
  const asking =
    <Answer>(name: string, answer: () => Answer) =>
    (...what: unknown[]): Promise<Answer> => {
      operator.asked.push([name, ...what]);
      return Promise.resolve(answer());
    };
  const records = keptRecords();
  void records.putRecord('annotations', 'mk2x1-a7f3', 0, storedAnnotation(SALE));
  const annotations = createAnnotations({
    store: records,
    definitions: () =>
      define([defineSlo({ workflow: 'order-fulfillment' }), defineSlo({ workflow: 'orders' })]),
    clock: { now: () => NOW },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const ended = { at: NOW, by: 'sam', actor: null };
  void records.putRecord('gate-overrides', 'mk2x1-a7f3', 0, storedGateOverride({ ...OVERRIDE, ended }));
  const overrides = createGateOverrides({
    store: records,
    definitions: () => define([defineSlo({ workflow: 'order-fulfillment' })]),
    clock: { now: () => NOW },
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  const operator: FixedOperator = {
    answer: adjustment(),
    acknowledgement: { incident: 'mk2x1-a7f3', at: NOW, by: 'sam', note: null, actor: null },
    note: { kind: 'note', at: NOW, by: 'sam', text: 'rolled back', actor: null },
    loss: dataLoss(),
    tested: { delivered: true, message: 'Delivered a test notification to pager (pagerduty).' },
    silenced: silenceReport(),
    open: [],
    beside: [],
    link: {
      state: 'usable',
      link: { action: 'acknowledge', incident: 'mk2x1-a7f3', severity: 'page', expiresAt: NOW + DAY },
      incident: openIncident(),
    },
    asked: [],
    testTarget: asking('testTarget', () => operator.tested),
    adjustments: () => Promise.resolve([adjustment()]),
    adjust: asking('adjust', () => operator.answer),
    endAdjustment: asking('endAdjustment', () => operator.answer),
    incidents: () => Promise.resolve(operator.open),
    histories: new Map([['mk2x1-a7f3', incidentEvents(openIncident())]]),
    incidentPage: (query, caller) => reports.incidentPage(query, caller),
    incident: (id, caller) => reports.incident(id, caller),
    periodReport: async (query) =>
      query.period === 'year' ? refuse('invalid', 'period must be week or month.') : periodReport(),
    noteIncident: asking('noteIncident', () => operator.note),
    // It only reads, as every page of an incident does.
    incidentsBeside: async () => operator.beside,
    lookAtLink: asking('lookAtLink', () => operator.link),
    followLink: asking('followLink', () => ({
      view: USED_LINK,
      who: 'link:sam',
      done: [{ what: 'incident.acknowledged', about: 'mk2x1-a7f3' }],
    })),
    acknowledge: asking('acknowledge', () => operator.acknowledgement),
    silences: asking('silences', () => ({
      items: isRefused(operator.silenced) ? [] : [operator.silenced],
      next: null,
    })),
    silence: asking('silence', () => (isRefused(operator.silenced) ? null : operator.silenced)),
    createSilence: asking('createSilence', () => operator.silenced),
    previewSilence: asking('previewSilence', () => operator.silenced),
    endSilence: asking('endSilence', () => operator.silenced),
    losses: () => Promise.resolve([dataLoss()]),
    acknowledgeLoss: asking('acknowledgeLoss', () => operator.loss),
    deadLetters: asking('deadLetters', () => ({ items: [deadLetter()], next: null })),
    replayDeadLetters: asking('replayDeadLetters', () => ({
      id: deadLetter().id,
      replayed: 1,
      left: 0,
      reasons: [],
      next: null,
    })),
    notifications: asking('notifications', () => notificationPage()),
    retryNotifications: asking('retryNotifications', () => ({
      id: 'mk2x1-a7f3/1/pager',
      retried: 1,
      left: 0,
      reasons: [],
      next: null,
    })),
    dropNotifications: asking('dropNotifications', () => ({
      id: 'mk2x1-a7f3/1/pager',
      dropped: 1,
      next: null,
    })),
    ...annotations,
    ...overrides,
    dropDeadLetters: asking('dropDeadLetters', () => ({ id: deadLetter().id, dropped: 1, next: null })),
  };
  const reports = createIncidentReports({
    store: incidentsInMemory(operator.histories),
    annotations,
    clock: { now: () => NOW },
    open: async () => ({
      ids: new Set(operator.open.map(({ id }) => id)),
      reports: operator.open,
      conversations: new Map(),
    }),
  });
  return operator;
}

const OVERRIDE: GateOverride = {
  id: 'mk2x1-a7f3',
  workflow: 'order-fulfillment',
  owner: null,
  reason: 'the fix',
  by: 'sam',
  actor: null,
  createdAt: NOW - HOUR,
  until: NOW + HOUR,
  ended: null,
};

const USED_LINK: UsedLink = {
  state: 'used',
  link: { action: 'acknowledge', incident: 'mk2x1-a7f3', severity: 'page', expiresAt: NOW + DAY },
  slo: 'orders/done',
  by: 'sam',
  at: NOW,
  silence: null,
};

/** An annotation about everything, long before what else there is. */
const SALE: Annotation = {
  id: 'mk2x1-a7f3',
  at: NOW - 30 * DAY,
  to: NOW - 29 * DAY,
  kind: 'event',
  text: 'the spring sale',
  link: null,
  workflow: null,
  slo: null,
  owner: null,
  actor: 'sam',
  createdAt: NOW - 30 * DAY,
};

/** An entry of a stream that was for a workflow that is not loaded. */
export function deadLetter(): DeadLetterReport {
  return {
    id: 'mk2x1a7f3-1k2j3h',
    source: 'stream:outcomes',
    entry: `${NOW - HOUR}-0`,
    at: NOW - HOUR,
    deadAt: NOW,
    deliveries: 1,
    code: 'unknown-workflow',
    message: 'No SLO file defines the workflow chekout; did you mean checkout?',
    records: 1,
    data: '{"workflow":"chekout"}',
  };
}

/** A shard that was wiped, which somebody looks after. */
export function dataLoss(): DataLossReport {
  return {
    id: 'wiped-10.0.0.1-6379-2w',
    kind: 'wiped',
    part: '10.0.0.1:6379',
    at: NOW,
    message: 'the shard 10.0.0.1:6379 was wiped',
    acknowledged: { at: NOW, by: 'sam', note: 'a new disk', actor: null },
  };
}

/** A maintenance that is in force. */
export function adjustment(changes: Partial<AdjustmentReport> = {}): AdjustmentReport {
  const [from, to] = [NOW - HOUR, NOW + HOUR];
  return {
    id: 'mk2x1-1a2b3c4d',
    slo: 'order-fulfillment/fulfilled-in-10m',
    workflow: null,
    reason: 'the card provider moves to another data centre',
    createdAt: NOW - DAY,
    createdBy: 'sam',
    actor: null,
    when: { kind: 'once', from, to },
    ended: null,
    withdrawn: null,
    active: true,
    occurrence: { from, to },
    notes: [],
    ...changes,
  };
}

export function definitionChange(changes: Partial<DefinitionChange> = {}): DefinitionChange {
  return {
    sequence: 1,
    at: NOW - 2 * DAY,
    countsAnew: false,
    fields: [
      { field: 'objective', from: '90%', to: '95%' },
      { field: 'runbook', from: null, to: 'https://wiki.example.com/orders' },
    ],
    ...changes,
  };
}

export function history(): HistoryReport {
  return {
    id: 'order-fulfillment/fulfilled-in-10m',
    objective: 0.95,
    window: '28d',
    unit: 'executions',
    from: NOW - HOUR,
    to: NOW,
    step: '1h',
    resolution: 'minute',
    points: [
      {
        from: NOW - HOUR,
        good: 97,
        bad: 3,
        total: 100,
        ratio: 0.97,
        budgetRemaining: 0.42,
        adjusted: true,
        excluded: { good: 0, bad: 7 },
      },
    ],
    adjustments: [],
  };
}

function withoutDetail({
  tiers: _tiers,
  members: _members,
  adjustments: _adjustments,
  failures: _failures,
  lastFailed: _lastFailed,
  example: _example,
  changes: _changes,
  missedRun: _missedRun,
  stuck: _stuck,
  route: _route,
  detections: _detections,
  source: _source,
  values: _values,
  breakdown: _breakdown,
  definition: _definition,
  ...queries
}: SloDetail) {
  return queries;
}

export function fixedStatus(changes: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    ready: true,
    degraded: [],
    checks: { store: { ok: true, message: 'answers' } },
    sloProblems: [],
    leader: true,
    partsAway: [],
    silencesActive: 0,
    dataLosses: 0,
    evaluation: { lastAt: NOW, age: 3_250, lastDurationMs: 12, failures: 0 },
    outbox: { pending: 1, undeliverable: 0 },
    queued: 7,
    failingTargets: [],
    sources: [],
    deadLetters: 0,
    ...changes,
  };
}

/** One SLO that is well, in every detail; `changes` say what is different. */
/** The SLO of a value as that of the whole lists it. */
export function valueReport(changes: Partial<ValueReport> = {}): ValueReport {
  const { sli, windows } = sloDetail();
  const { good, bad, total, ratio } = sli;
  const counts = { good, bad, total, ratio };
  return {
    slo: 'order-fulfillment/fulfilled-in-10m@eu',
    value: 'eu',
    alert: 'none',
    firing: [],
    sli: counts,
    budget: windows[0]!.budget,
    ...changes,
  };
}

/** Of nothing that usually fails. */
const FAILURE_CHANGE: FailureChange = {
  by: 'step',
  attribute: null,
  value: null,
  failed: 0,
  share: 0,
  usual: null,
  usualShare: 0.2,
  times: null,
  unusual: false,
};

export function sloDetail(changes: Partial<SloDetail> = {}): SloDetail {
  const workflow = changes.workflow ?? 'order-fulfillment';
  const name = changes.name ?? 'fulfilled-in-10m';
  return {
    id: `${workflow}/${name}`,
    workflow,
    name,
    owner: 'payments',
    description: '95% of orders are fulfilled within 10 minutes',
    runbook: 'https://wiki.example.com/runbooks/fulfillment',
    objective: 0.95,
    window: '28d',
    alert: 'none',
    data: 'ok',
    sli: { kind: 'outcomes', unit: 'executions', good: 9710, bad: 290, total: 10_000, ratio: 0.971 },
    budget: {
      allowed: 500,
      spent: 290,
      remaining: 210,
      remainingRatio: 0.42,
      expectedTotal: null,
      state: 'ok',
      exhaustsAt: null,
    },
    windows: [windowOf('28d', 28 * DAY, 9710, 290)],
    budgetPolicy: null,
    gateOverride: null,
    pageNearness: 0.04,
    burnRates: { '5m': 0.4, '30m': 0.5, '1h': 0.6, '2h': 0.6, '6h': 0.7, '1d': 0.5, '3d': null },
    incident: null,
    historySince: NOW - 20 * DAY,
    evaluatedAt: NOW,
    readShare: 1,
    warnings: [],
    dataThrough: NOW,
    tiers: [
      tier('fast', 'page', '1h', '5m', 13.44, 0.6, 0.4),
      tier('slow', 'page', '6h', '30m', 5.6, 0.7, 0.5),
      tier('drift', 'ticket', '1d', '2h', 2.8, 0.5, 0.6),
      tier('creep', 'ticket', '3d', '6h', 1, null, 0.7),
    ],
    members: [],
    adjustments: [],
    failures: [
      { step: 'charge-card', dependency: 'card-api', error: 'timeout', count: 41 },
      { step: 'ship', dependency: null, error: 'overdue', count: 9 },
      { step: 'charge-card', dependency: 'card-api', error: 'declined', count: 2 },
    ],
    values: [],
    changes: [
      {
        ...FAILURE_CHANGE,
        value: 'charge-card',
        failed: 43,
        share: 43 / 52,
        usual: 2,
        times: 21.5,
        unusual: true,
      },
      { ...FAILURE_CHANGE, value: 'ship', failed: 9, share: 9 / 52, usual: 8, usualShare: 0.8, times: 9 / 8 },
      {
        ...FAILURE_CHANGE,
        by: 'dependency',
        value: null,
        failed: 9,
        share: 9 / 52,
        usual: null,
        usualShare: null,
      },
      {
        ...FAILURE_CHANGE,
        by: 'error',
        value: 'timeout',
        failed: 41,
        share: 41 / 52,
        usual: 0,
        unusual: true,
      },
      {
        ...FAILURE_CHANGE,
        by: 'attribute',
        attribute: 'region',
        value: 'eu',
        failed: 91,
        share: 0.91,
        usual: 80,
      },
    ],
    missedRun: null,
    stuck: [],
    route: {
      page: [{ name: 'pager', kind: 'pagerduty' }],
      ticket: [{ name: 'payments-chat', kind: 'slack' }],
      fallback: [],
      escalation: [{ after: 15 * MINUTE, to: [{ name: 'head', kind: 'email' }] }],
    },
    detections: [
      {
        label: 'everything',
        errorRate: 1,
        first: { tier: 'outage', severity: 'page', after: 5 * MINUTE },
        page: { tier: 'outage', after: 5 * MINUTE },
        budgetSpent: 0.0025,
      },
      {
        label: '1x budget (5%)',
        errorRate: 0.05,
        first: { tier: 'creep', severity: 'ticket', after: 3 * DAY },
        page: null,
        budgetSpent: 0.107,
      },
      { label: '0.1%', errorRate: 0.001, first: null, page: null, budgetSpent: null },
    ],
    source: 'slos/orders.yaml:14',
    definition: 'apiVersion: openslo/v1\nkind: SLO\n',
    breakdown: [
      {
        attribute: 'region',
        full: true,
        values: [
          { value: 'eu', good: 9, bad: 91, failures: 0.91, outcomes: 0.2, standsOut: true },
          { value: null, good: 391, bad: 9, failures: 0.09, outcomes: 0.8, standsOut: false },
        ],
      },
    ],
    example: { kind: 'outcome', workflow, step: null, dependency: null, attributes: {} },
    lastFailed: [
      {
        execution: 'order-4711',
        at: NOW - 2 * MINUTE,
        step: 'charge-card',
        dependency: 'card-api',
        error: 'timeout',
        traceId: '0af7651916cd43dd8448eb211c80319c',
      },
      { execution: 'order-4690', at: NOW - HOUR, step: null, dependency: null, error: null, traceId: null },
    ],
    ...changes,
  };
}

/** An SLO that burns, with an incident. */
export function burningSlo(changes: Partial<SloDetail> = {}): SloDetail {
  return sloDetail({
    alert: 'page',
    sli: { kind: 'outcomes', unit: 'executions', good: 9560, bad: 440, total: 10_000, ratio: 0.956 },
    budget: {
      allowed: 500,
      spent: 440,
      remaining: 60,
      remainingRatio: 0.12,
      expectedTotal: null,
      state: 'low',
      exhaustsAt: NOW + 3 * HOUR + 20 * MINUTE,
    },
    pageNearness: 14.9 / 13.44,
    burnRates: { '5m': 17.2, '30m': 15.1, '1h': 14.9, '2h': 9.3, '6h': 3.2, '1d': 1.1, '3d': 0.8 },
    incident: {
      id: 'mk2x1-a7f3',
      severity: 'page',
      tier: 'fast',
      openedAt: NOW - 25 * MINUTE,
      began: NOW - 25 * MINUTE,
      notified: ['pager'],
      peakBurnRate: 18.4,
      firing: ['fast'],
      acknowledged: null,
      silenced: null,
    },
    tiers: [
      { ...tier('fast', 'page', '1h', '5m', 13.44, 14.9, 17.2), firing: true },
      tier('slow', 'page', '6h', '30m', 5.6, 3.2, 15.1),
      tier('drift', 'ticket', '1d', '2h', 2.8, 1.1, 9.3),
      tier('creep', 'ticket', '3d', '6h', 1, 0.8, 3.2),
    ],
    ...changes,
  });
}

/** An SLO that overspent its budget; nothing is open. */
export function exhaustedSlo(changes: Partial<SloDetail> = {}): SloDetail {
  return sloDetail({
    sli: { kind: 'outcomes', unit: 'executions', good: 9350, bad: 650, total: 10_000, ratio: 0.935 },
    budget: {
      allowed: 500,
      spent: 650,
      remaining: -150,
      remainingRatio: -0.3,
      expectedTotal: null,
      state: 'exhausted',
      exhaustsAt: null,
    },
    ...changes,
  });
}

/** A composite with everything there can be: several windows, members, tiers of every kind, adjustments, a freeze. */
export function journeySlo(changes: Partial<SloDetail> = {}): SloDetail {
  const month: WindowReport = {
    ...windowOf('month (Europe/Berlin)', 9.5 * DAY, 3402.5, 97.5),
    kind: 'calendar',
    from: Date.parse('2026-02-28T23:00:00Z'),
    to: Date.parse('2026-03-31T22:00:00Z'),
  };
  const plain = { severity: 'ticket', firing: false };
  return exhaustedSlo({
    workflow: 'checkout-journey',
    name: 'whole-journey',
    description: 'From the basket to the door',
    alert: 'page',
    sli: { kind: 'composite', unit: 'outcomes', good: 9350.25, bad: 649.75, total: 10_000, ratio: 0.935025 },
    windows: [windowOf('28d', 28 * DAY, 9350.25, 649.75), windowOf('7d', 7 * DAY, 2000, 0), month],
    budgetPolicy: {
      name: 'standard',
      deploys: 'frozen',
      reasons: [
        'The budget over 28d is overspent by 29.9%; once it is overspent the policy standard freezes deploys.',
      ],
      postmortemAbove: 0.2,
    },
    incident: {
      id: 'mk2x1-b8e4',
      severity: 'page',
      tier: 'outage',
      firing: ['outage', 'below-98%'],
      openedAt: NOW - 2 * HOUR,
      began: NOW - 2 * HOUR,
      notified: ['pager'],
      peakBurnRate: 20,
      acknowledged: { at: NOW - HOUR, by: 'sam' },
      silenced: null,
    },
    tiers: [
      {
        name: 'outage',
        severity: 'page',
        kind: 'outage',
        condition: '5 consecutive bad outcomes, more than chance explains',
        now: '12 of 5 in a row',
        firing: true,
      },
      {
        ...plain,
        name: 'below-98%',
        kind: 'successRate',
        condition: 'less than 98% good over 15m',
        now: '20% good',
        firing: true,
      },
      tier('slow', 'page', '6h', '30m', 5.6, 0.7, 0.5),
      {
        ...plain,
        name: 'budget-below-50%',
        kind: 'budgetRemaining',
        condition: 'less than 50% of the budget left',
        now: '-29.9% left',
      },
      {
        ...plain,
        name: 'gone-within-1d',
        kind: 'forecast',
        condition: 'at this pace the budget is gone within 1d',
        now: 'it is gone',
      },
      {
        ...plain,
        name: 'no-data',
        kind: 'noData',
        condition: 'no outcomes for 1h',
        now: 'outcomes are coming',
      },
    ],
    members: [
      { slo: 'order-fulfillment/fulfilled-in-10m', weight: 3, ratio: 0.92, share: 0.9 },
      { slo: 'billing/eu/invoice-sent', weight: 1, ratio: 0.9733, share: 0.1 },
      { slo: 'signup/welcomed', weight: 1, ratio: null, share: 0 },
    ],
    adjustments: [
      adjustment({ workflow: 'order-fulfillment', slo: null }),
      adjustment({
        reason: 'weekly backup',
        when: {
          kind: 'recurring',
          rrule: 'FREQ=WEEKLY;BYDAY=SU;BYHOUR=2',
          start: NOW,
          duration: 2 * HOUR,
          timeZone: 'Europe/Berlin',
          until: null,
        },
        active: false,
        occurrence: {
          from: NOW + 3 * DAY,
          to: NOW + 3 * DAY + 2 * HOUR,
        },
      }),
      adjustment({
        reason: 'flood in the warehouse',
        active: false,
        occurrence: null,
        notes: ['It is rounded out to whole hours, since single minutes are kept for 3 days only.'],
        ended: { at: NOW - 2 * DAY, by: 'kim', actor: 'other-token', reason: 'the water is gone' },
      }),
    ],
    ...changes,
  });
}

/** An SLO without outcomes. */
export function silentSlo(changes: Partial<SloDetail> = {}): SloDetail {
  return sloDetail({
    data: 'none',
    sli: { kind: 'outcomes', unit: 'executions', good: 0, bad: 0, total: 0, ratio: null },
    budget: {
      allowed: 0,
      spent: 0,
      remaining: 0,
      remainingRatio: null,
      expectedTotal: null,
      state: 'ok',
      exhaustsAt: null,
    },
    windows: [windowOf('28d', 28 * DAY, 0, 0)],
    burnRates: { '5m': null, '1h': null },
    failures: [],
    lastFailed: [],
    ...changes,
  });
}

/** A rolling window that holds so much, of an objective of 95%. */
export function windowOf(text: string, duration: number, good: number, bad: number): WindowReport {
  const total = good + bad;
  const allowed = total / 20;
  const remainingRatio = total === 0 ? null : (allowed - bad) / allowed;
  return {
    window: text,
    kind: 'rolling',
    from: NOW - duration,
    to: NOW,
    sli: { good, bad, total, ratio: total === 0 ? null : good / total },
    budget: {
      allowed,
      spent: bad,
      remaining: allowed - bad,
      remainingRatio,
      expectedTotal: null,
      state: stateOfBudget({ remainingRatio }),
    },
  };
}

function tier(
  name: string,
  severity: string,
  long: string,
  short: string,
  factor: number,
  longBurnRate: number | null,
  shortBurnRate: number | null,
): TierReport {
  const rate = (value: number | null) => (value === null ? 'nothing' : `${value}x`);
  return {
    name,
    severity,
    kind: 'burnRate',
    condition: `burns ${factor}x or faster over ${long} and ${short}`,
    now: `${rate(longBurnRate)} over ${long}, ${rate(shortBurnRate)} over ${short}`,
    firing: false,
    long,
    short,
    factor,
    longBurnRate,
    shortBurnRate,
  };
}
