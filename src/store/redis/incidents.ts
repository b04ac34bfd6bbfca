import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import { isDecisive } from '../../core/alerting/incident-event.ts';
import { storedIncidentEvent, upgradeIncidentEvent } from '../../core/alerting/stored-incident-event.ts';
import { FORGOTTEN_INCIDENTS, MAX_INCIDENT_EVENTS } from '../../core/ports/store/incidents.ts';
import type { IncidentStore, StoredIncident } from '../../core/ports/store/incidents.ts';
import type { Connection } from './connection.ts';
import { incidentKeys } from './keys.ts';
import { scripts } from './scripts.ts';

/** An event as the scripts take it: itself as JSON, and whether it is kept however many there are. */
export function eventArguments(event: IncidentEvent): [string, 0 | 1] {
  return [JSON.stringify(storedIncidentEvent(event)), isDecisive(event) ? 1 : 0];
}

/** The history of incidents in Redis; see `IncidentStore`. */
export function incidentStore(connection: Connection): IncidentStore {
  return {
    async incidents({ from, to, before, limit }) {
      const args = [from, to, limit, ...(before ? [before.openedAt, before.id] : [])];
      const reply = await connection.run(scripts.incidents, incidentKeys, args);
      return (reply as [string, string[], string][]).map(([id, events, openedAt]) => ({
        ...storedIncident(id, events),
        openedAt: Number(openedAt),
      }));
    },
    async incident(id) {
      const reply = await connection.run(scripts.incident, incidentKeys, [id]);
      return reply === null ? null : storedIncident(id, reply as string[]);
    },
    async addIncidentEvent(id, event) {
      const args = [id, ...eventArguments(event), MAX_INCIDENT_EVENTS];
      return (await connection.write(scripts.addIncidentEvent, incidentKeys, args)) === 1;
    },
    async forgetIncidents(keep) {
      const args = [keep, FORGOTTEN_INCIDENTS];
      return Number(await connection.write(scripts.forgetIncidents, incidentKeys, args));
    },
  };
}

/** `events`: numbers and JSON in turn, as a hash holds them. */
function storedIncident(id: string, events: readonly string[]): StoredIncident {
  const numbered = Array.from({ length: events.length / 2 }, (_, index) => ({
    number: Number(events[index * 2]),
    event: upgradeIncidentEvent(JSON.parse(events[index * 2 + 1]!)),
  }));
  const inOrder = numbered.toSorted((one, other) => one.number - other.number);
  return { id, events: inOrder.flatMap(({ event }) => event ?? []) };
}
