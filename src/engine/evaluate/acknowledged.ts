import type { AlertState } from '../../core/alerting/incident.ts';
import { acknowledge } from '../../core/alerting/incident.ts';
import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import type { NotedAcknowledgement } from '../../core/alerting/stored-acknowledgement.ts';
import type { StoredRecord } from '../../core/ports/store/records.ts';

/** By the id of the incident. */
export type Acknowledgements = ReadonlyMap<string, StoredRecord<NotedAcknowledgement>>;

/** The state with an acknowledgement that was made since the last tick, and that as an event. */
export function acknowledged(
  state: AlertState,
  acknowledgements: Acknowledgements,
): { readonly state: AlertState; readonly events: readonly IncidentEvent[] } {
  const made = state.incident && acknowledgements.get(state.incident.id)?.value;
  if (!made || state.incident?.acknowledged) return { state, events: [] };
  const { at, by } = made;
  return { state: acknowledge(state, { at, by }), events: [{ kind: 'acknowledged', ...made }] };
}
