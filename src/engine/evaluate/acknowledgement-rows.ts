import { alertDefinition } from '../../core/alerting/alert-definition.ts';
import {
  conversationFacts,
  conversationOf,
  hearsAcknowledgements,
  rowsFor,
} from '../../core/alerting/conversations.ts';
import type { Incident } from '../../core/alerting/incident.ts';
import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import { targetsAt } from '../../core/slo/on-call.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { bareFacts } from './bare-facts.ts';

/** An incident with what a tick found of it. */
interface FoundIncident {
  readonly slo: Slo;
  /** As it is after the tick; null: it is over. */
  readonly incident: Incident | null;
  /** Who was notified of it before. */
  readonly before: readonly string[];
  /** Who is notified of something else in this tick, and hears of it with that. */
  readonly notify: readonly string[];
  /** What happened to it since the last tick. */
  readonly earlier: readonly IncidentEvent[];
  /** The number that its rows have. */
  readonly sequence: number;
}

/**
 * The rows that tell an acknowledgement, in the tick that finds it, also where something else is kept back in that tick: everybody who was woken wants to know
 * that somebody took it, and what manages incidents by itself goes on to wake others until it knows. None of one that does not hold any more.
 */
export function acknowledgementRows(
  { slo, incident, before, notify, earlier, sequence }: FoundIncident,
  current: Definitions,
  now: number,
): readonly OutboxRow[] {
  if (!incident?.acknowledged || before.length === 0) return [];
  if (!earlier.some(({ kind }) => kind === 'acknowledged')) return [];
  const { targets, teams } = current;
  // The fallback may have got what others would not take; before it is sent it is looked at who was told.
  const fallback = targetsAt(current, teams.get(slo.owner)?.fallback ?? [], now);
  const notified = [...new Set([...before, ...fallback])].filter(
    (name) => !notify.includes(name) && hearsAcknowledgements(targets.get(name)?.kind),
  );
  return rowsFor(current, notified, sequence, {
    ...bareFacts(slo.id, incident, alertDefinition(slo), now),
    kind: 'acknowledged',
    cause: null,
    ...conversationFacts(incident.id, conversationOf(slo.id, incident), 0),
    timeZone: teams.get(slo.owner)?.timeZone ?? null,
    notified,
  });
}
