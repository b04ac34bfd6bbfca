import type { Closing, Interval } from '../../core/adjustments/adjustment.ts';
import type { ExecutionReport } from '../../core/ports/execution-report.ts';
import type { NotedEntry } from '../../core/ports/audit.ts';
import type { NotificationReport } from '../../core/ports/outbox-reports.ts';
import type { DeadLetterReport } from '../../core/ports/dead-letters.ts';
import type { AcknowledgementReport, DataLossReport } from '../../core/ports/operator.ts';
import type {
  AdjustmentReport,
  DependencyDetail,
  DependencyReport,
  HistoryReport,
  OpenIncident,
  SloDetail,
  SloReport,
  WorkflowReport,
} from '../../core/ports/queries.ts';
import type { FlightReport } from '../../core/ports/store/counting.ts';
import type { IncidentSilence, SilencePreview, SilenceReport } from '../../core/ports/silences.ts';
import type { WorkflowStatistics } from '../../core/ports/workflow-statistics.ts';
import { formatDuration } from '../../core/time/duration.ts';
import { iso } from '../../core/time/timestamp.ts';

// Reports hold times as milliseconds and durations as numbers; this is the one place that writes them as the API does:
// RFC 3339 in UTC, and `2h`.

/** One SLO of `GET /v1/slos`. */
export function sloJson(slo: SloReport): object {
  return {
    ...slo,
    budget: { ...slo.budget, exhaustsAt: isoOrNull(slo.budget.exhaustsAt) },
    windows: slo.windows.map((window) => ({ ...window, ...intervalJson(window) })),
    gateOverride: slo.gateOverride && { ...slo.gateOverride, until: iso(slo.gateOverride.until) },
    incident: slo.incident && openIncidentJson(slo.incident),
    historySince: iso(slo.historySince),
    warnings: slo.warnings.map((warning) => ({ ...warning, since: isoOrNull(warning.since) })),
    evaluatedAt: isoOrNull(slo.evaluatedAt),
    dataThrough: iso(slo.dataThrough),
  };
}

/** `GET /v1/slos/{workflow}/{slo}`. */
export function sloDetailJson(slo: SloDetail): object {
  const { missedRun, route } = slo;
  return {
    ...sloJson(slo),
    adjustments: slo.adjustments.map(adjustmentJson),
    lastFailed: slo.lastFailed.map((failed) => ({ ...failed, at: iso(failed.at) })),
    stuck: slo.stuck.map(flightJson),
    missedRun: missedRun && {
      ...missedRun,
      tick: iso(missedRun.tick),
      startBy: isoOrNull(missedRun.startBy),
      finishBy: iso(missedRun.finishBy),
    },
    detections: slo.detections.map(({ first, page, ...detection }) => ({
      ...detection,
      first: first && { ...first, after: formatDuration(first.after) },
      page: page && { ...page, after: formatDuration(page.after) },
    })),
    route: {
      ...route,
      escalation: route.escalation.map((step) => ({ ...step, after: formatDuration(step.after) })),
    },
  };
}

/** One notification of `GET /v1/outbox`. */
export function notificationJson({ waitsUntil, ...notification }: NotificationReport): object {
  return {
    ...notification,
    createdAt: iso(notification.createdAt),
    waitsUntil: waitsUntil && { ...waitsUntil, at: iso(waitsUntil.at) },
  };
}

/** One letter of `GET /v1/dead-letters`. */
export function deadLetterJson(letter: DeadLetterReport): object {
  return { ...letter, at: iso(letter.at), deadAt: iso(letter.deadAt) };
}

/** `GET /v1/workflows/{workflow}`. */
export function workflowJson(workflow: WorkflowReport): object {
  return {
    ...workflow,
    at: iso(workflow.at),
    places: workflow.places.map((place) => ({ ...place, oldest: isoOrNull(place.oldest) })),
    queues: workflow.queues.map((queue) => ({
      ...queue,
      at: isoOrNull(queue.at),
      history: queue.history.map((hour) => ({ ...hour, from: iso(hour.from) })),
    })),
    slowest: workflow.slowest.map(flightJson),
  };
}

function flightJson(flight: FlightReport): object {
  const { stepSince, startedAt, queuedAt, deadline } = flight;
  return {
    ...flight,
    stepSince: isoOrNull(stepSince),
    startedAt: isoOrNull(startedAt),
    queuedAt: isoOrNull(queuedAt),
    deadline: isoOrNull(deadline),
  };
}

/** What `GET /v1/workflows/{workflow}` says of windows of time. */
export function statisticsJson({ readShare, windows }: WorkflowStatistics): object {
  return {
    readShare,
    statistics: windows.map(({ window, from, ...statistics }) => ({
      window: formatDuration(window),
      from: iso(from),
      ...statistics,
    })),
  };
}

/** One dependency of `GET /v1/dependencies`. */
export function dependencyJson(dependency: DependencyReport): object {
  return {
    ...dependency,
    at: iso(dependency.at),
    month: { ...dependency.month, ...intervalJson(dependency.month) },
    countedSince: iso(dependency.countedSince),
  };
}

/** `GET /v1/dependencies/{dependency}`. */
export function dependencyDetailJson(dependency: DependencyDetail): object {
  return { ...dependencyJson(dependency), lastFailed: dependency.lastFailed.map(withTime) };
}

/** `GET /v1/executions/{workflow}/{execution}`. */
export function executionJson(execution: ExecutionReport): object {
  return {
    ...execution,
    at: iso(execution.at),
    subjects: execution.subjects.map((subject) => ({
      ...subject,
      queuedAt: isoOrNull(subject.queuedAt),
      startedAt: isoOrNull(subject.startedAt),
      ends: subject.ends.map(withTime),
      counts: subject.counts.map(withTime),
      deadlines: subject.deadlines.map(withTime),
    })),
  };
}

function withTime(value: { readonly at: number }): object {
  return { ...value, at: iso(value.at) };
}

/** `GET /v1/slos/{workflow}/{slo}/history`. */
export function historyJson(history: HistoryReport): object {
  return {
    ...history,
    ...intervalJson(history),
    points: history.points.map((point) => ({ ...point, from: iso(point.from) })),
    adjustments: history.adjustments.map(adjustmentJson),
  };
}

/** One adjustment of `GET /v1/adjustments`, and the answer to creating or ending one. */
export function adjustmentJson(adjustment: AdjustmentReport): object {
  const { id, slo, workflow, reason, createdAt, createdBy, actor, when, ended, withdrawn } = adjustment;
  const { active, occurrence, notes } = adjustment;
  return {
    id,
    slo,
    workflow,
    reason,
    createdAt: iso(createdAt),
    createdBy,
    actor,
    when: whenJson(when),
    ended: ended && closingJson(ended),
    withdrawn: withdrawn && closingJson(withdrawn),
    active,
    occurrence: occurrence && intervalJson(occurrence),
    notes,
  };
}

/** One entry of `GET /v1/audit`. */
export function auditJson(entry: NotedEntry): object {
  return { ...entry, at: iso(entry.at) };
}

/** The answer to `POST /v1/incidents/{id}/ack`. */
export function acknowledgementJson(acknowledgement: AcknowledgementReport): object {
  const { others, ...own } = acknowledgement;
  return {
    ...own,
    at: iso(own.at),
    ...(others && { others: others.map((other) => ({ ...other, at: iso(other.at) })) }),
  };
}

/** A loss of data as `GET /v1/losses` lists it. */
export function dataLossJson(loss: DataLossReport): object {
  const { acknowledged } = loss;
  return {
    ...loss,
    at: iso(loss.at),
    acknowledged: acknowledged && { ...acknowledged, at: iso(acknowledged.at) },
  };
}

function openIncidentJson(incident: OpenIncident): object {
  const { openedAt, began, acknowledged } = incident;
  return {
    ...incident,
    openedAt: iso(openedAt),
    began: iso(began),
    acknowledged: acknowledged && { at: iso(acknowledged.at), by: acknowledged.by },
    silenced: incident.silenced && incidentSilenceJson(incident.silenced),
  };
}

/** What mutes an incident. */
export function incidentSilenceJson(silenced: IncidentSilence): object {
  return { ...silenced, since: iso(silenced.since), until: iso(silenced.until) };
}

/** One silence of `GET /v1/silences`. */
export function silenceJson(silence: SilenceReport): object {
  return {
    id: silence.id,
    ...silencePreviewJson(silence),
    createdAt: iso(silence.createdAt),
    ended: silence.ended && closingJson(silence.ended),
  };
}

/** `POST /v1/silences/preview`. */
export function silencePreviewJson(silence: SilencePreview): object {
  const { matching, within, when, reason, createdBy, actor, state, occurrence, mutes } = silence;
  return {
    state,
    matching,
    within,
    when: silenceTimeJson(when),
    occurrence: occurrence && intervalJson(occurrence),
    reason,
    createdBy,
    actor,
    mutes,
  };
}

function silenceTimeJson(when: SilencePreview['when']): object {
  if (when.kind === 'recurring') return whenJson(when);
  return { kind: when.kind, ...intervalJson(when) };
}

function whenJson(when: AdjustmentReport['when']): object {
  if (when.kind === 'once') return { kind: when.kind, ...intervalJson(when) };
  const { kind, rrule, start, duration, timeZone, until } = when;
  return {
    kind,
    rrule,
    start: iso(start),
    duration: formatDuration(duration),
    timeZone,
    until: isoOrNull(until),
  };
}

function closingJson(closing: Closing): object {
  return { ...closing, at: iso(closing.at) };
}

function intervalJson({ from, to }: Interval): { readonly from: string; readonly to: string } {
  return { from: iso(from), to: iso(to) };
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}
