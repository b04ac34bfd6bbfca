import type { FlappingNote } from '../../core/alerting/flapping-note.ts';
import type { IncidentChanged, IncidentEvent } from '../../core/alerting/incident-event.ts';
import type { IncidentDetail, IncidentSummary } from '../../core/ports/incident-reports.ts';
import { annotationJson } from './annotation-json.ts';
import { iso } from '../../core/time/timestamp.ts';
import { incidentSilenceJson } from './report-json.ts';

/** `GET /v1/incidents/{id}`. */
export function incidentDetailJson(incident: IncidentDetail): object {
  return {
    ...incident,
    ...incidentSummaryJson(incident),
    failedUntil: isoOrNull(incident.failedUntil),
    lastFailed: incident.lastFailed.map((failed) => ({ ...failed, at: iso(failed.at) })),
    stuck: incident.stuck.map((stuck) => ({ ...stuck, oldest: isoOrNull(stuck.oldest) })),
    events: incident.events.map(incidentEventJson),
    annotations: incident.annotations.map(annotationJson),
    similar: incident.similar.map(incidentSummaryJson),
  };
}

/** One event of an incident, and the answer to adding a note. */
export function incidentEventJson(event: IncidentEvent): object {
  if ('tier' in event) return changeJson(event);
  const at = { at: iso(event.at) };
  if (event.kind === 'silenced') return { ...event, ...at, until: iso(event.until) };
  if (event.kind === 'unsilenced') return { ...event, ...at, since: iso(event.since) };
  return { ...event, ...at };
}

function changeJson(event: IncidentChanged): object {
  const { kind, at, severity, tier, cause, peakBurnRate, budgetRemaining, budgetSpent, during } = event;
  return {
    kind,
    at: iso(at),
    severity,
    tier,
    cause,
    peakBurnRate,
    budgetRemaining,
    cost: { ...during, budget: budgetSpent },
    notified: event.notified,
    ...(event.flapping && { flapping: flappingJson(event.flapping) }),
  };
}

function flappingJson({ last, heldBack }: FlappingNote): object {
  return {
    ...(last && { last: { pages: last.pages, withinMs: last.within, nextLastsMs: last.lasts } }),
    ...(heldBack && { heldBack: { count: heldBack.count, since: iso(heldBack.since) } }),
  };
}

/** One incident of `GET /v1/incidents`, and of other lists. */
export function incidentSummaryJson(incident: IncidentSummary): object {
  const { openedAt, began, resolvedAt, pagedAt, acknowledged, silenced, cost } = incident;
  return {
    ...incident,
    openedAt: iso(openedAt),
    began: iso(began),
    resolvedAt: isoOrNull(resolvedAt),
    pagedAt: isoOrNull(pagedAt),
    acknowledged: acknowledged && { at: iso(acknowledged.at), by: acknowledged.by },
    silenced: silenced && incidentSilenceJson(silenced),
    cost: cost && { ...cost, at: iso(cost.at) },
  };
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}
