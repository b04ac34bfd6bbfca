import type { IncidentEntries, IncidentEvent } from '../../core/alerting/incident-event.ts';
import { isDecisive } from '../../core/alerting/incident-event.ts';
import { storedIncidentEvent, upgradeIncidentEvent } from '../../core/alerting/stored-incident-event.ts';
import { FORGOTTEN_INCIDENTS, MAX_INCIDENT_EVENTS } from '../../core/ports/store/incidents.ts';
import type { IncidentRange, IncidentStore, StoredIncident } from '../../core/ports/store/incidents.ts';
import type { Databases } from './databases.ts';
import { incidentEventKey, incidentEventsOf, incidentKey, incidentOfEvent, incidentsOpened } from './keys.ts';
import type { Range } from './keys.ts';
import type { Writer } from './writer.ts';

/** The history of incidents in LMDB; see `IncidentStore`. */
export function incidentStore(db: Databases, writer: Writer): IncidentStore {
  const openedAtOf = (id: string): number | null => openedAtOfKnown(db, id);

  return {
    async incidents({ from, to, before, limit }) {
      const range = before === null ? incidentsOpened(from, to) : rangeBefore(from, before);
      const found: { readonly id: string; readonly openedAt: number }[] = [];
      const reversed = { start: range.end, end: range.start, reverse: true, exclusiveStart: true };
      for (const key of db.incidents.getKeys({ ...reversed, inclusiveEnd: true })) {
        const incident = incidentOfEvent(key);
        if (found.at(-1)?.id === incident.id) continue;
        if (found.length === limit) break;
        found.push(incident);
      }
      return found.map(({ id, openedAt }) => ({ ...stored(id, openedAt), openedAt }));
    },

    async incident(id) {
      const openedAt = openedAtOf(id);
      return openedAt === null ? null : stored(id, openedAt);
    },

    addIncidentEvent: (id, event) =>
      writer.write(() => {
        const openedAt = openedAtOf(id);
        if (openedAt === null) return false;
        const text = JSON.stringify(storedIncidentEvent(event));
        for (const { value } of db.incidents.getRange(incidentEventsOf(openedAt, id))) {
          if (JSON.stringify(value) === text) return true;
        }
        return addEvent(db, openedAt, id, event);
      }),

    forgetIncidents: (keep) =>
      writer.write(() => {
        const ids = new Map<string, number>();
        const surplus = countOf(db) - keep;
        for (const key of db.incidents.getKeys(incidentsOpened(0, Infinity))) {
          const { id, openedAt } = incidentOfEvent(key);
          if (ids.has(id)) continue;
          if (ids.size >= Math.min(surplus, FORGOTTEN_INCIDENTS)) break;
          ids.set(id, openedAt);
        }
        for (const [id, openedAt] of ids) {
          // Copied, since a range that is being read does not like to be written to.
          const events = [...db.incidents.getKeys(incidentEventsOf(openedAt, id))];
          for (const key of events) db.incidents.removeSync(key);
          db.incidents.removeSync(incidentKey(id));
        }
        return ids.size;
      }, FORGOTTEN_INCIDENTS),
  };

  /** The range of what comes after an incident, where the latest come first. */
  function rangeBefore(from: number, { openedAt, id }: NonNullable<IncidentRange['before']>): Range {
    return { start: incidentsOpened(from, openedAt).start, end: incidentEventsOf(openedAt, id).start };
  }

  function stored(id: string, openedAt: number): StoredIncident {
    const values = Array.from(db.incidents.getRange(incidentEventsOf(openedAt, id)), ({ value }) => value);
    return { id, events: values.flatMap((value) => upgradeIncidentEvent(value) ?? []) };
  }
}

/** Adds to the history of an incident; call it in a write transaction. */
export function addEvents(db: Databases, { incident, openedAt, events }: IncidentEntries): void {
  db.incidents.putSync(incidentKey(incident), openedAt);
  for (const event of events) addEvent(db, openedAt, incident, event);
}

/** Adds to the history of an incident that has one; call it in a write transaction. */
export function addToKnown(db: Databases, incident: string, event: IncidentEvent): void {
  const openedAt = openedAtOfKnown(db, incident);
  if (openedAt !== null) addEvent(db, openedAt, incident, event);
}

function openedAtOfKnown(db: Databases, id: string): number | null {
  return (db.incidents.get(incidentKey(id)) as number | undefined) ?? null;
}

function addEvent(db: Databases, openedAt: number, incident: string, event: IncidentEvent): boolean {
  const number = db.incidents.getKeysCount(incidentEventsOf(openedAt, incident));
  if (number >= MAX_INCIDENT_EVENTS && !isDecisive(event)) return false;
  db.incidents.putSync(incidentEventKey(openedAt, incident, number), storedIncidentEvent(event));
  return true;
}

function countOf(db: Databases): number {
  return db.incidents.getKeysCount({ start: incidentKey(''), end: incidentKey('\uffff') });
}
