import type { Severity } from '../slo/alert-policy.ts';
import type { Acknowledgement, EndCause } from './incident.ts';
import { isAcknowledgementOf } from './incident.ts';
import type { IncidentChanged, IncidentEvent } from './incident-event.ts';

/** What is known of an incident by everything that happened to it. */
export interface IncidentHistory {
  readonly id: string;
  /** Oldest first. */
  readonly events: readonly IncidentEvent[];
  /** Its first and its latest transition that are kept. */
  readonly first: IncidentChanged;
  readonly last: IncidentChanged;
  /** The severest it ever was. */
  readonly severity: Severity;
  readonly resolvedAt: number | null;
  /** Why it ended, if not because it was over. */
  readonly cause: EndCause | null;
  readonly acknowledged: Acknowledgement | null;
  /** Since when it was a page first; null when it never was one. */
  readonly pagedAt: number | null;
  /** What of its changes says most of why: the latest one that failures are known of, else the first. */
  readonly worst: IncidentChanged;
}

/** The first one, but that of a ticket only until it became a page: who took on the ticket was not woken by that. */
function heldAcknowledgement(events: readonly IncidentEvent[]): Acknowledgement | null {
  let severity: Severity | null = null;
  let held: Acknowledgement | null = null;
  for (const event of events) {
    if (event.kind === 'acknowledged') held ??= { ...event, ...(severity === 'ticket' && { severity }) };
    else if ('tier' in event && event.kind !== 'resolved') {
      severity = event.severity;
      if (held && !isAcknowledgementOf(held, severity)) held = null;
    }
  }
  return held;
}

/** Puts an incident together; null when none of its transitions is kept or can be understood. */
export function incidentHistory(id: string, events: readonly IncidentEvent[]): IncidentHistory | null {
  const changes = events.filter((event): event is IncidentChanged => 'tier' in event);
  const [first] = changes;
  const last = changes.at(-1);
  if (!first || !last) return null;
  const end = changes.findLast(({ kind }) => kind === 'resolved') ?? null;
  const paged = changes.find(({ severity }) => severity === 'page');
  const acknowledged = heldAcknowledgement(events);
  return {
    id,
    events,
    first,
    last,
    severity: paged ? 'page' : 'ticket',
    resolvedAt: end?.at ?? null,
    cause: end?.cause ?? null,
    acknowledged: acknowledged ? { at: acknowledged.at, by: acknowledged.by } : null,
    pagedAt: paged?.at ?? null,
    worst: changes.findLast(({ failures }) => failures.length > 0) ?? first,
  };
}
