import { INCIDENT_DETAIL_FIELDS, INCIDENT_FIELDS } from '../answers/answer-fields.ts';
import type { AcknowledgementReport } from '../../core/ports/operator.ts';
import type { Caller } from '../../core/ports/token.ts';
import { INCIDENT_STATES, OPEN_INCIDENT_PLACE } from '../../core/ports/incident-reports.ts';
import type { IncidentDetail, IncidentQuery } from '../../core/ports/incident-reports.ts';
import { TIME_AND_ID } from '../../core/ports/list-page.ts';
import { incidentDetailJson, incidentEventJson, incidentSummaryJson } from '../answers/incident-json.ts';
import { postmortem } from '../answers/postmortem.ts';
import { HttpProblem } from '../answers/problems.ts';
import { acknowledgementJson } from '../answers/report-json.ts';
import { AFTER, PAGE_PARAMETERS, oneOf, pageJson, readAfter, rowLimit } from './list-query.ts';
import { ACKNOWLEDGEMENT, BY, answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { TEXT, TIMESTAMP } from './parameters.ts';
import { readTime } from './query-times.ts';
import type { Call, HttpRoute, Services } from './route-table.ts';

const STATES = [...INCIDENT_STATES, 'all'] as const;
const SEVERITIES = ['page', 'ticket'] as const;

/** By what lists of incidents are narrowed. */
export const INCIDENT_FILTER = {
  state: {
    schema: { enum: STATES },
    description: '`open` if absent; `lost`: the store lost it, so that its end was never seen',
  },
  severity: { schema: { enum: SEVERITIES }, description: 'only pages, or only tickets' },
  workflow: { schema: TEXT, description: 'only of this workflow' },
  owner: { schema: TEXT, description: 'only of this team' },
  slo: { schema: TEXT, description: 'only of the SLO of this id' },
  q: {
    schema: TEXT,
    description: 'only with this text in the id, the SLO, the owner, or what failed',
  },
  from: { schema: TIMESTAMP, description: 'only those that opened at this time or later' },
  to: { schema: TIMESTAMP, description: 'only those that opened before this time' },
  after: AFTER,
} satisfies Parameters;

const TAKEN: Parameters = {
  ...ACKNOWLEDGEMENT,
  conversation: {
    schema: { type: 'boolean' },
    description: 'whether also the other incidents of its conversation that are open now',
  },
};

const NOTE: Parameters = {
  by: BY,
  note: { schema: TEXT, description: 'what others should know', required: true },
};

/** Incidents, those that are over as well. */
export const INCIDENT_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/incidents',
    scope: 'read',
    summary: 'incidents: the open ones, or those of the past',
    query: {
      parameters: { ...INCIDENT_FILTER, ...PAGE_PARAMETERS },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    itemFields: INCIDENT_FIELDS,
    handler: async (services, call) =>
      pageJson(
        await services.operator.incidentPage(
          readIncidentQuery(call, rowLimit(call.query('limit'))),
          call.caller,
        ),
        incidentSummaryJson,
      ),
  },
  {
    method: 'GET',
    path: '/v1/incidents/{id}',
    scope: 'read',
    summary: 'one incident: all that happened, what failed, what it cost, similar ones before it',
    answer: { kind: 'json', statuses: [200] },
    fields: INCIDENT_DETAIL_FIELDS,
    handler: async (services, call) => incidentDetailJson(await incidentOf(services, call)),
  },
  {
    method: 'GET',
    path: '/v1/incidents/{id}/postmortem.md',
    scope: 'read',
    summary: 'the beginning of its postmortem: the questions, with what is known filled in',
    answer: { kind: 'text', type: 'text/markdown; charset=utf-8', statuses: [200] },
    async handler(services, call) {
      const incident = await incidentOf(services, call);
      const link = `${services.publicUrl ?? ''}/incidents/${encodeURIComponent(incident.id)}`;
      return postmortem(incident, services.clock.now(), link);
    },
  },
  {
    method: 'POST',
    path: '/v1/incidents/{id}/ack',
    scope: 'respond',
    audit: { what: 'incident.acknowledged', about: 'incident' },
    summary: 'acknowledges one, or its whole conversation; stops reminders and escalation',
    body: TAKEN,
    answer: { kind: 'json', statuses: [200] },
    async handler(services, { param, body, caller }) {
      const taken = answerOf(
        await services.operator.acknowledge(param('id'), body, caller),
        'unknown-incident',
      );
      await auditOthers(services, taken, caller);
      return acknowledgementJson(taken);
    },
  },
  {
    method: 'POST',
    path: '/v1/incidents/{id}/notes',
    scope: 'respond',
    audit: { what: 'incident.noted', about: 'id' },
    summary: 'adds a note to what happened',
    body: NOTE,
    answer: { kind: 'json', statuses: [201] },
    handler: async ({ operator }, { param, body, caller }) => ({
      id: param('id'),
      ...incidentEventJson(
        answerOf(
          await operator.noteIncident(param('id'), body, caller),
          'unknown-incident',
          'invalid-fields',
          'incident-full',
        ),
      ),
    }),
  },
];

/** Notes in the audit log what was acknowledged with an incident, as if each had been by itself. */
export async function auditOthers(
  { audit }: Services,
  { others = [] }: AcknowledgementReport,
  { name, address }: Caller,
): Promise<void> {
  for (const { incident, isNew } of others) {
    if (isNew) await audit.note({ who: name, what: 'incident.acknowledged', about: incident, address });
  }
}

/** What a request asks for; throws the `HttpProblem` for a value there is not. */
export function readIncidentQuery(call: Pick<Call, 'query'>, limit: number): IncidentQuery {
  const { query } = call;
  const state = oneOf(call, 'state', STATES) ?? 'open';
  return {
    state: state === 'all' ? null : state,
    severity: oneOf(call, 'severity', SEVERITIES),
    workflow: query('workflow'),
    owner: query('owner'),
    slo: query('slo'),
    text: query('q')?.trim() ?? '',
    from: readTime('from', query('from')) ?? 0,
    to: readTime('to', query('to')) ?? Number.MAX_SAFE_INTEGER,
    after: readAfter(query('after'), state === 'open' ? OPEN_INCIDENT_PLACE : TIME_AND_ID),
    limit,
  };
}

async function incidentOf({ operator }: Services, { param, caller }: Call): Promise<IncidentDetail> {
  const incident = await operator.incident(param('id'), caller);
  if (incident) return incident;
  throw new HttpProblem(
    'unknown-incident',
    `Nothing is kept of an incident ${JSON.stringify(param('id'))}; GET /v1/incidents?state=all lists those that are.`,
  );
}
