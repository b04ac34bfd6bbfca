import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Ignored } from '../../core/mapping/telemetry.ts';
import type { DependencyReport, SloReport } from '../../core/ports/queries.ts';
import type { ScrapeReport } from '../../core/ports/scrape.ts';
import type { SourceStatus } from '../../core/ports/sources.ts';
import type { Delivery } from '../../core/ports/target.ts';
import { joined } from './exposition.ts';
import type { StoredOutcomes } from './outcome-metrics.ts';
import { WorkflowOutcomes } from './outcome-metrics.ts';
import { renderDependencyMetrics } from './dependency-metrics.ts';
import { renderWorkflowMetrics } from './workflow-metrics.ts';
import { renderSloMetrics } from './slo-metrics.ts';
import type { ServiceStatus } from '../../core/ports/service-status.ts';

/** The metrics of the service itself, beside those of its process: name, labels and what each says. */
export const METRICS = {
  rejected: {
    name: 'burnwatch_outcomes_rejected_total',
    labelNames: ['code'],
    help: 'Outcomes rejected one by one, by code.',
  },
  telemetry: {
    name: 'burnwatch_telemetry_total',
    labelNames: ['signal', 'result'],
    help: 'Spans, points of metrics and events that arrived, by what became of them: mapped; ignored because no-workflow or not-mapped; rejected; alike, of those mapped, for another one of the same request stands for the same outcome.',
  },
  failedRequests: {
    name: 'burnwatch_requests_failed_total',
    labelNames: ['code'],
    help: 'HTTP requests answered with an error, by code.',
  },
  failedAuthentication: {
    name: 'burnwatch_authentication_failures_total',
    labelNames: ['by'],
    help: 'Unknown tokens that were sent, by how: bearer, basic, path (of a ping), link (of a message), or the form of the sign-in page.',
  },
  dropped: {
    name: 'burnwatch_dropped_total',
    labelNames: ['what', 'why'],
    help: 'Connections and requests turned away for want of room, by which limit: of one token or address, or of all.',
  },
  largeCounts: {
    name: 'burnwatch_large_counts_total',
    labelNames: ['workflow'],
    help: 'Records with a count of 10,000 or more, which move a budget by themselves.',
  },
  breakdownFull: {
    name: 'burnwatch_breakdown_full',
    labelNames: ['workflow', 'attribute'],
    help: '1 for each attribute with more values than are told apart, so that further ones count as other; absent otherwise.',
  },
  overdue: {
    name: 'burnwatch_overdue_total',
    labelNames: [],
    help: 'Executions and steps counted as bad because their deadline passed before they ended.',
  },
  suppressed: {
    name: 'burnwatch_notifications_suppressed_total',
    labelNames: [],
    help: 'Notifications that were not made because a silence held, one a target.',
  },
  silencesActive: {
    name: 'burnwatch_silences_active',
    labelNames: [],
    help: 'Silences that held at the last evaluation; only the leader says more than 0.',
  },
  unjudged: {
    name: 'burnwatch_unjudged_total',
    labelNames: [],
    help: 'Ends that no deadline could be judged for, because their start was never reported.',
  },
  notifications: {
    name: 'burnwatch_notifications_total',
    labelNames: ['target', 'result'],
    help: 'Tries to send a notification, by target and result.',
  },
  evaluationDuration: {
    name: 'burnwatch_evaluation_duration_seconds',
    labelNames: [],
    help: 'How long evaluating all SLOs took.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  lastEvaluationAge: {
    name: 'burnwatch_last_evaluation_age_seconds',
    labelNames: [],
    help: 'Seconds since this replica saw an evaluation end, its own or that of the leader; since its start, before any. No clock changes it.',
  },
  evaluationFailures: {
    name: 'burnwatch_evaluation_failures_total',
    labelNames: [],
    help: 'Evaluations that failed, of one SLO or as a whole.',
  },
  sloFilesOk: {
    name: 'burnwatch_slo_files_ok',
    labelNames: [],
    help: '1 when the SLO files load, 0 when the last good definitions are in use instead.',
  },
  leader: {
    name: 'burnwatch_leader',
    labelNames: [],
    help: '1 when this replica evaluates and delivers.',
  },
  queued: {
    name: 'burnwatch_outcomes_queued',
    labelNames: [],
    help: 'Outcomes waiting for the store at this moment.',
  },
  outboxPending: {
    name: 'burnwatch_outbox_pending',
    labelNames: [],
    help: 'Notifications waiting to be delivered.',
  },
  outboxUndeliverable: {
    name: 'burnwatch_outbox_undeliverable',
    labelNames: [],
    help: 'Notifications given up as undeliverable.',
  },
  targetFailing: {
    name: 'burnwatch_target_failing',
    labelNames: ['target'],
    help: '1 while a target takes no notifications.',
  },
  storeUp: {
    name: 'burnwatch_store_up',
    labelNames: [],
    help: '1 when the store answers and takes writes.',
  },
  storePartAway: {
    name: 'burnwatch_store_shard_away',
    labelNames: ['shard'],
    help: '1 for each shard of a Redis cluster that does not answer or refuses writes; absent while it does.',
  },
  dataLosses: {
    name: 'burnwatch_data_losses',
    labelNames: [],
    help: 'Losses of stored data that nobody has acknowledged.',
  },
  sourceUp: {
    name: 'burnwatch_source_up',
    labelNames: ['source'],
    help: '0 when a source that this replica reads by itself stands still.',
  },
  sourceEntries: {
    name: 'burnwatch_source_entries_total',
    labelNames: ['source', 'what'],
    help: 'Entries of a source: read, claimed from a replica that did not finish them, or lost because they were trimmed, deleted or older than a day before they were read.',
  },
  sourceRecords: {
    name: 'burnwatch_source_records_total',
    labelNames: ['source', 'result'],
    help: 'Records in those entries, by result: accepted, duplicate or rejected.',
  },
  sourcePending: {
    name: 'burnwatch_source_pending',
    labelNames: ['source'],
    help: 'Entries that were read and are not acknowledged: by any replica, of a topic by this one.',
  },
  sourceLag: {
    name: 'burnwatch_source_lag',
    labelNames: ['source'],
    help: 'Entries that no replica has read; absent while that is not known.',
  },
  deadLetters: {
    name: 'burnwatch_dead_letters',
    labelNames: [],
    help: 'Dead letters: entries of sources with records that could not be counted.',
  },
  buildInfo: { name: 'burnwatch_build_info', labelNames: ['version'], help: 'Always 1; the version.' },
} as const;

/** Gauges of prom-client that end in `_total`, which only counters may; the same numbers exist without it. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

export interface EvaluationCounts {
  /** SLOs that could not be evaluated. */
  readonly failed: number;
  readonly overdue: number;
  /** Notifications that silences kept from being sent. */
  readonly suppressed: number;
  readonly unjudged: number;
}

/** What programs report anyway, and is mapped to outcomes and measurements. */
export type TelemetrySignal = 'spans' | 'points' | 'events';
export type TelemetryOutcome = Ignored | 'mapped' | 'rejected' | 'alike';

/** What was read to be rendered; empty while it cannot be read. */
export interface Scraped {
  readonly slos: readonly SloReport[];
  readonly dependencies: readonly DependencyReport[];
  readonly report: ScrapeReport;
}

/** Where everything that is worth a number is counted. */
export interface Metrics {
  /** Counts what became of valid outcomes of a workflow that is loaded. */
  outcomes(workflow: string, stored: StoredOutcomes): void;
  /** Counts records that were rejected, one unless `count` says otherwise. */
  rejected(code: string, count?: number): void;
  /** Counts what became of telemetry. */
  telemetry(signal: TelemetrySignal, result: TelemetryOutcome, count: number): void;
  /** Counts one request that was answered with an error. */
  failedRequest(code: string): void;
  /** Counts what was turned away for want of room. */
  dropped(what: 'connection' | 'request', why: string): void;
  /** Counts one record with a large count. */
  largeCount(workflow: string): void;
  /** Notes that an attribute has more values than are told apart. */
  breakdownFull(workflow: string, attribute: string, full: boolean): void;
  /** Counts one unknown token, and how it was sent. */
  failedAuthentication(by: string): void;
  /** Counts one try to send to a target, and what came of it. */
  notification(target: string, result: Delivery['result']): void;
  /** Counts one evaluation of so many milliseconds, and what it found. */
  evaluation(duration: number, found: EvaluationCounts): void;
  /** Counts an evaluation that failed as a whole. */
  evaluationFailed(): void;
  /** Says whether the SLO files load as they are now. */
  sloFiles(ok: boolean): void;
  /** Everything in the Prometheus text format. */
  render(status: ServiceStatus, scraped: Scraped): Promise<Buffer>;
}

/** The media type of what `render` writes. */
export const METRICS_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Makes an independent set of metrics, with those of the process among them. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);

  const outcomes = new WorkflowOutcomes();
  const rejected = new Counter({ ...METRICS.rejected, registers });
  const telemetry = new Counter({ ...METRICS.telemetry, registers });
  const failedRequests = new Counter({ ...METRICS.failedRequests, registers });
  const failedAuthentication = new Counter({ ...METRICS.failedAuthentication, registers });
  const dropped = new Counter({ ...METRICS.dropped, registers });
  const largeCounts = new Counter({ ...METRICS.largeCounts, registers });
  const breakdownFull = new Gauge({ ...METRICS.breakdownFull, registers });
  const overdue = new Counter({ ...METRICS.overdue, registers });
  const suppressed = new Counter({ ...METRICS.suppressed, registers });
  const silencesActive = new Gauge({ ...METRICS.silencesActive, registers });
  const unjudged = new Counter({ ...METRICS.unjudged, registers });
  const notifications = new Counter({ ...METRICS.notifications, registers });
  const evaluationDuration = new Histogram({
    ...METRICS.evaluationDuration,
    buckets: [...METRICS.evaluationDuration.buckets],
    registers,
  });
  const evaluationFailures = new Counter({ ...METRICS.evaluationFailures, registers });
  const sloFilesOk = new Gauge({ ...METRICS.sloFilesOk, registers });
  const lastEvaluationAge = new Gauge({ ...METRICS.lastEvaluationAge, registers });
  const leader = new Gauge({ ...METRICS.leader, registers });
  const queued = new Gauge({ ...METRICS.queued, registers });
  const outboxPending = new Gauge({ ...METRICS.outboxPending, registers });
  const outboxUndeliverable = new Gauge({ ...METRICS.outboxUndeliverable, registers });
  const targetFailing = new Gauge({ ...METRICS.targetFailing, registers });
  const storeUp = new Gauge({ ...METRICS.storeUp, registers });
  const storePartAway = new Gauge({ ...METRICS.storePartAway, registers });
  const dataLosses = new Gauge({ ...METRICS.dataLosses, registers });
  const sourceUp = new Gauge({ ...METRICS.sourceUp, registers });
  const sourceEntries = new Counter({ ...METRICS.sourceEntries, registers });
  const sourceRecords = new Counter({ ...METRICS.sourceRecords, registers });
  const sourcePending = new Gauge({ ...METRICS.sourcePending, registers });
  const sourceLag = new Gauge({ ...METRICS.sourceLag, registers });
  const deadLetters = new Gauge({ ...METRICS.deadLetters, registers });
  new Gauge({ ...METRICS.buildInfo, registers }).set({ version }, 1);

  function setStatus(status: ServiceStatus): void {
    leader.set(status.leader ? 1 : 0);
    lastEvaluationAge.set(status.evaluation.age / 1000);
    queued.set(status.queued);
    outboxPending.set(status.outbox.pending);
    outboxUndeliverable.set(status.outbox.undeliverable);
    targetFailing.reset();
    for (const { target } of status.failingTargets) targetFailing.set({ target }, 1);
    storeUp.set(status.checks.store.ok ? 1 : 0);
    storePartAway.reset();
    for (const shard of status.partsAway) storePartAway.set({ shard }, 1);
    dataLosses.set(status.dataLosses);
    silencesActive.set(status.leader ? status.silencesActive : 0);
    deadLetters.set(status.deadLetters);
    setSources(status.sources);
  }

  /** Sources count by themselves, since the start of the process as counters do. */
  function setSources(sources: readonly SourceStatus[]): void {
    for (const each of [sourceEntries, sourceRecords, sourcePending, sourceLag]) each.reset();
    for (const { name: source, ok, entries, records, pending, lag } of sources) {
      sourceUp.set({ source }, ok ? 1 : 0);
      for (const what of ['read', 'claimed', 'lost'] as const)
        sourceEntries.inc({ source, what }, entries[what]);
      sourceRecords.inc({ source, result: 'accepted' }, records.accepted);
      sourceRecords.inc({ source, result: 'duplicate' }, records.duplicates);
      sourceRecords.inc({ source, result: 'rejected' }, records.rejected);
      if (pending !== null) sourcePending.set({ source }, pending);
      if (lag !== null) sourceLag.set({ source }, lag);
    }
  }

  return {
    outcomes: (workflow, stored) => outcomes.add(workflow, stored),
    rejected: (code, count = 1) => rejected.inc({ code }, count),
    telemetry: (signal, result, count) => telemetry.inc({ signal, result }, count),
    failedRequest: (code) => failedRequests.inc({ code }),
    dropped: (what, why) => dropped.inc({ what, why }),
    breakdownFull(workflow, attribute, full) {
      if (full) breakdownFull.set({ workflow, attribute }, 1);
      else breakdownFull.remove({ workflow, attribute });
    },
    largeCount: (workflow) => largeCounts.inc({ workflow }),
    failedAuthentication: (by) => failedAuthentication.inc({ by }),
    notification: (target, result) => notifications.inc({ target, result }),
    evaluation(duration, found) {
      evaluationDuration.observe(duration / 1000);
      evaluationFailures.inc(found.failed);
      overdue.inc(found.overdue);
      suppressed.inc(found.suppressed);
      unjudged.inc(found.unjudged);
    },
    evaluationFailed: () => evaluationFailures.inc(),
    sloFiles: (ok) => sloFilesOk.set(ok ? 1 : 0),
    async render(status, { slos, dependencies, report }) {
      setStatus(status);
      const own = Buffer.from(await registry.metrics());
      return joined([
        own,
        await outcomes.render(),
        await renderSloMetrics(slos, report.events),
        await renderWorkflowMetrics(report),
        renderDependencyMetrics(dependencies),
      ]);
    },
  };
}
