import type { AlertState } from '../../core/alerting/incident.ts';
import { acknowledge, isAcknowledgementOf } from '../../core/alerting/incident.ts';
import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import type { NotedAcknowledgement } from '../../core/alerting/stored-acknowledgement.ts';
import { upgradeAcknowledgement } from '../../core/alerting/stored-acknowledgement.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import type { StoredState } from '../../core/ports/store/states.ts';

/** By the id of the incident. */
export type Acknowledgements = ReadonlyMap<string, StoredRecord<NotedAcknowledgement>>;

/** The state with an acknowledgement that was made since the last tick, and that as an event. */
export function acknowledged(
  state: AlertState,
  acknowledgements: Acknowledgements,
): { readonly state: AlertState; readonly events: readonly IncidentEvent[] } {
  const made = state.incident && acknowledgements.get(state.incident.id)?.value;
  if (!made || !state.incident || state.incident.acknowledged) return { state, events: [] };
  if (!isAcknowledgementOf(made, state.incident.severity)) return { state, events: [] };
  const { note, actor, ...acknowledgement } = made;
  const { at, by } = made;
  return {
    state: acknowledge(state, acknowledgement),
    events: [{ kind: 'acknowledged', at, by, note, actor }],
  };
}

/** Reads them; nothing can be acknowledged while nothing burns. */
export async function readAcknowledgements(
  store: Pick<RecordStore, 'records'>,
  states: ReadonlyMap<string, StoredState>,
  log: Log,
): Promise<Acknowledgements> {
  if ([...states.values()].every(({ state }) => !state?.incident)) return new Map();
  const records = await store.records('acknowledgements');
  return new Map(
    records.flatMap(({ id, revision, value }): [string, StoredRecord<NotedAcknowledgement>][] => {
      const acknowledgement = upgradeAcknowledgement(value);
      if (acknowledgement) return [[id, { id, revision, value: acknowledgement }]];
      log.error(
        { incident: id },
        'a newer version of Burnwatch stored an acknowledgement; here it does not hold',
      );
      return [];
    }),
  );
}

/** Removes those of incidents that are over: an acknowledgement lasts as long as its incident. */
export async function forgetAcknowledgements(
  store: Pick<RecordStore, 'putRecord'>,
  read: Acknowledgements,
  states: ReadonlyMap<string, StoredState> | null,
): Promise<void> {
  if (read.size === 0 || !states) return;
  const current = [...states.values()].map(({ state }) => state);
  // Nor is it known which incident a state of a newer version has.
  if (current.includes(null)) return;
  const burning = new Set(current.map((state) => state?.incident?.id));
  for (const { id, revision } of read.values()) {
    if (!burning.has(id)) await store.putRecord('acknowledgements', id, revision, null);
  }
}
