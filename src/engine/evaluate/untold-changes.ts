import { alertDefinition } from '../../core/alerting/alert-definition.ts';
import {
  conversationFacts,
  conversationOf,
  rowsFor,
  takesAcknowledgements,
} from '../../core/alerting/conversations.ts';
import type { AlertState } from '../../core/alerting/incident.ts';
import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import { entriesOf, muteEvents } from '../../core/alerting/incident-event.ts';
import type { StateChange } from '../../core/ports/store/states.ts';
import { targetsAt } from '../../core/slo/on-call.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { bareFacts } from './bare-facts.ts';

/** A state that changed without a transition of its incident. */
interface UntoldChange {
  readonly slo: Slo;
  readonly revision: number;
  readonly stored: AlertState;
  readonly state: AlertState;
  /** What happened to its incident since the last tick: it was acknowledged, or nothing. */
  readonly earlier: readonly IncidentEvent[];
}

/**
 * What evaluation has to remember of it, with its history. People need not hear of it; what manages incidents by itself hears at once that
 * someone took one, so that it does not go on to wake others.
 */
export function untoldChange(change: UntoldChange, current: Definitions, now: number): StateChange {
  const { slo, revision, stored, earlier } = change;
  const events = [...earlier, ...muteEvents(stored.incident, change.state.incident, now)];
  const history = stored.incident && events.length > 0 ? entriesOf(stored.incident, events) : null;
  const told = earlier.length > 0 ? tellingManagers(change, current, now) : { state: change.state, rows: [] };
  return { slo: slo.id, revision, ...told, history };
}

function tellingManagers(
  { slo, state }: UntoldChange,
  current: Definitions,
  now: number,
): Pick<StateChange, 'state' | 'rows'> {
  const { incident } = state;
  if (!incident || incident.notified.length === 0) return { state, rows: [] };
  const { targets, teams } = current;
  // The fallback may have got what others would not take; what it has not got it does not mind.
  const fallback = targetsAt(current, teams.get(slo.owner)?.fallback ?? [], now);
  const notified = [...new Set([...incident.notified, ...fallback])].filter((name) =>
    takesAcknowledgements(targets.get(name)?.kind),
  );
  if (notified.length === 0) return { state, rows: [] };
  const sequence = incident.sequence + 1;
  const rows = rowsFor(current, notified, sequence, {
    ...bareFacts(slo.id, incident, alertDefinition(slo), now),
    kind: 'acknowledged',
    cause: null,
    ...conversationFacts(incident.id, conversationOf(slo.id, incident), 0),
    timeZone: teams.get(slo.owner)?.timeZone ?? null,
    notified,
  });
  return { state: { ...state, incident: { ...incident, sequence } }, rows };
}
