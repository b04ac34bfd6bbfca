import { conversationOf } from '../../core/alerting/conversations.ts';
import { isAcknowledgementOf } from '../../core/alerting/incident.ts';
import type { NotedAcknowledgement } from '../../core/alerting/stored-acknowledgement.ts';
import { storedAcknowledgement, upgradeAcknowledgement } from '../../core/alerting/stored-acknowledgement.ts';
import { parseAcknowledgement, parseNote } from '../../core/adjustments/adjustment-request.ts';
import { NOTHING_NOTED } from '../annotations/annotations.ts';
import type { Annotations } from '../annotations/annotations.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { IncidentNote } from '../../core/alerting/incident-event.ts';
import type { IncidentReports, OpenedIncidents } from '../../core/ports/incident-reports.ts';
import type { AcknowledgementReport, ManageIncidents, OtherTaken } from '../../core/ports/operator.ts';
import type { IncidentReport } from '../../core/ports/queries.ts';
import type { Refused } from '../../core/ports/refused.ts';
import { isRefused, quoted, refuse } from '../../core/ports/refused.ts';
import type { Caller } from '../../core/ports/token.ts';
import { may, mayName } from '../../core/ports/token.ts';
import type { IncidentStore } from '../../core/ports/store/incidents.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import type { StateStore } from '../../core/ports/store/states.ts';
import type { Definitions } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { openIncident } from '../queries/slo-report.ts';
import type { OpenIncidents } from './incident-reports.ts';
import { createIncidentReports } from './incident-reports.ts';

export interface ManageIncidentsOptions {
  readonly store: RecordStore & Pick<StateStore, 'loadStates'> & IncidentStore;
  readonly definitions: () => Definitions;
  readonly clock: Clock;
  readonly log: Log;
  /** Absent: nothing is noted. */
  readonly annotations?: Pick<Annotations, 'about'>;
}

/** Open incidents named in an answer that knows none of that id. */
const NAMED = 10;

/** Lists incidents, and takes acknowledgements and notes. */
export function createManageIncidents(
  options: ManageIncidentsOptions,
): ManageIncidents & IncidentReports & OpenedIncidents {
  const { store, definitions, clock, log, annotations = NOTHING_NOTED } = options;

  async function incidents(): Promise<readonly IncidentReport[]> {
    return (await openIncidents()).reports;
  }

  async function openIncidents(): Promise<OpenIncidents> {
    const states = await store.loadStates();
    const ids = new Set([...states.values()].flatMap(({ state }) => state?.incident?.id ?? []));
    const conversations = new Map<string, string>();
    const open = allSlos(definitions()).flatMap((slo): IncidentReport[] => {
      const state = states.get(slo.id)?.state;
      if (state?.incident) conversations.set(state.incident.id, conversationOf(slo.id, state.incident).id);
      const incident = state && openIncident(slo, state);
      return incident ? [{ slo: slo.id, workflow: slo.workflow, owner: slo.owner, ...incident }] : [];
    });
    const acknowledgements = new Map(
      (await store.records('acknowledgements')).map(({ id, value }) => [id, upgradeAcknowledgement(value)]),
    );
    const reports = open
      .map((incident) => {
        const value = acknowledgements.get(incident.id);
        // Evaluation takes it over with its next tick; readers see it before that, too.
        const holds = value && isAcknowledgementOf(value, incident.severity);
        const acknowledged = holds ? { at: value.at, by: value.by } : incident.acknowledged;
        return { ...incident, acknowledged };
      })
      .toSorted(
        (one, other) =>
          Number(other.severity === 'page') - Number(one.severity === 'page') ||
          one.openedAt - other.openedAt,
      );
    return { ids, reports, conversations };
  }

  /** Records an acknowledgement of an open incident unless it has one, and gives the one that it has. */
  async function take(
    found: IncidentReport,
    said: NotedAcknowledgement,
    recorded: ReadonlyMap<string, StoredRecord>,
  ): Promise<{ readonly taken: AcknowledgementReport | Refused; readonly isNew: boolean }> {
    const { id: incident, severity } = found;
    const value: NotedAcknowledgement = { ...said, ...(severity === 'ticket' && { severity }) };
    const known = recorded.get(incident);
    const before = known ? upgradeAcknowledgement(known.value) : null;
    // One of a ticket that became a page is replaced; one that a newer version wrote is left alone.
    const isReplaced = before !== null && !isAcknowledgementOf(before, severity);
    const revision = isReplaced ? known!.revision : 0;
    const written =
      found.acknowledged === null &&
      (await store.putRecord('acknowledgements', incident, revision, storedAcknowledgement(value)));
    if (written) {
      log.info({ incident, slo: found.slo, ...value }, 'an incident was acknowledged');
      return { taken: { incident, ...said }, isNew: true };
    }
    return { taken: await firstOf(found), isNew: false };
  }

  /** The acknowledgement of an incident that has one already. */
  async function firstOf({
    id: incident,
    severity,
    acknowledged,
  }: IncidentReport): Promise<AcknowledgementReport | Refused> {
    const record = (await store.records('acknowledgements')).find(({ id }) => id === incident);
    const first = record && upgradeAcknowledgement(record.value);
    if (first && isAcknowledgementOf(first, severity)) {
      const { severity: _, ...said } = first;
      return { incident, ...said };
    }
    if (acknowledged) return { incident, at: acknowledged.at, by: acknowledged.by, note: null, actor: null };
    if (record) {
      return refuse(
        'unknown',
        `A newer version of Burnwatch stored an acknowledgement of ${quoted(incident)}; ask a replica of that version.`,
      );
    }
    return refuse('unknown', `The incident ${quoted(incident)} has just resolved.`);
  }

  const reports = createIncidentReports({ store, open: openIncidents, annotations, clock });

  return {
    ...reports,
    incidents,
    async noteIncident(id, request, caller) {
      const said = parseNote(request);
      if ('problems' in said) return refuse('invalid', ...said.problems);
      const incident = await reports.incident(id, caller);
      if (!incident) return refuse('unknown', `Nothing is kept of an incident ${quoted(id)}.`);
      if (!may(caller, 'respond', incident))
        return refuse('forbidden', `This token may not add to incidents of ${incident.workflow}.`);
      const note: IncidentNote = { kind: 'note', at: clock.now(), ...said, actor: caller.name };
      if (await store.addIncidentEvent(id, note)) return note;
      return refuse(
        'too-many',
        `Of the incident ${quoted(id)} as much is kept as can be; put the note into its postmortem.`,
      );
    },
    async incidentsBeside(incident, caller) {
      return besideOf(incident, await openIncidents(), caller);
    },
    async acknowledge(incident, request, caller) {
      const said = parseAcknowledgement(request);
      if ('problems' in said) return refuse('invalid', ...said.problems);
      const all = await openIncidents();
      const open = all.reports.filter((one) => mayName(caller, one));
      const found = open.find(({ id }) => id === incident);
      if (found && !may(caller, 'respond', found))
        return refuse('forbidden', `This token may not acknowledge incidents of ${found.workflow}.`);
      if (!found) {
        const named = open.slice(0, NAMED).map(({ id, slo }) => `${id} (${slo})`);
        const others = named.length === 0 ? 'no incident is open' : `open are: ${named.join(', ')}`;
        return refuse('unknown', `No incident ${quoted(incident)} is open; ${others}.`);
      }
      const { by, note, conversation } = said;
      const value = { at: clock.now(), by, note, actor: caller.name };
      const recorded = new Map(
        (await store.records('acknowledgements')).map((record) => [record.id, record]),
      );
      const beside = conversation ? besideOf(incident, all, caller) : [];
      // At once, so that evaluation finds all of them together, and they are told in one message.
      const [{ taken }, ...more] = await Promise.all([
        take(found, value, recorded),
        ...beside.map((other) => take(other, value, recorded)),
      ]);
      if (isRefused(taken) || !conversation) return taken;
      const others = more.flatMap(({ taken: one, isNew }, index): OtherTaken[] => {
        // One that has ended meanwhile needs nobody.
        if (isRefused(one)) return [];
        return [{ incident: one.incident, slo: beside[index]!.slo, at: one.at, by: one.by, isNew }];
      });
      return { ...taken, others };
    },
  };
}

/** The others of a conversation, as far as a caller may respond to them. */
function besideOf(
  incident: string,
  { reports, conversations }: OpenIncidents,
  caller: Caller,
): readonly IncidentReport[] {
  const conversation = conversations.get(incident);
  if (conversation === undefined) return [];
  return reports.filter(
    (other) =>
      other.id !== incident && conversations.get(other.id) === conversation && may(caller, 'respond', other),
  );
}
