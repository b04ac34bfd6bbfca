import type { AlertState } from '../../core/alerting/incident.ts';
import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import { entriesOf, muteEvents } from '../../core/alerting/incident-event.ts';
import type { StateChange } from '../../core/ports/store/states.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { acknowledgementRows } from './acknowledgement-rows.ts';

/** A state that changed without a transition of its incident. */
interface UntoldChange {
  readonly slo: Slo;
  readonly revision: number;
  readonly stored: AlertState;
  readonly state: AlertState;
  /** What happened to its incident since the last tick: it was acknowledged, or nothing. */
  readonly earlier: readonly IncidentEvent[];
}

/** What evaluation has to remember of it, with its history. Nobody need hear of it, but that it was acknowledged. */
export function untoldChange(change: UntoldChange, current: Definitions, now: number): StateChange {
  const { slo, revision, stored, state, earlier } = change;
  const { incident } = state;
  const events = [...earlier, ...muteEvents(stored.incident, incident, now)];
  const history = stored.incident && events.length > 0 ? entriesOf(stored.incident, events) : null;
  const sequence = (incident?.sequence ?? 0) + 1;
  const before = incident?.notified ?? [];
  const rows = acknowledgementRows({ slo, incident, before, notify: [], earlier, sequence }, current, now);
  const after = incident && rows.length > 0 ? { ...state, incident: { ...incident, sequence } } : state;
  return { slo: slo.id, revision, state: after, rows, history };
}
