import { SILENCE_FIELDS } from '../answers/answer-fields.ts';
import { SILENCE_PLACE, SILENCE_STATES } from '../../core/ports/silences.ts';
import { silenceJson, silencePreviewJson } from '../answers/report-json.ts';
import { HttpProblem } from '../answers/problems.ts';
import { PAGE_PARAMETERS, oneOf, pageJson, readPage } from './list-query.ts';
import { answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { DURATION, MILLISECONDS, TEXT, TIMESTAMP } from './parameters.ts';
import type { JsonRoute } from './route-table.ts';

const STATES = [...SILENCE_STATES, 'all'] as const;

/** The fields of a silence that is asked for. */
export const SILENCE = {
  workflow: {
    schema: TEXT,
    description: 'a glob (`*` any text, `?` one character): SLOs of these workflows',
  },
  slo: { schema: TEXT, description: 'a glob: SLOs of these ids, such as `checkout/*`' },
  owner: { schema: TEXT, description: 'a glob: SLOs of these teams' },
  severity: { schema: { enum: ['page', 'ticket'] }, description: 'only pages, or only tickets' },
  labels: { schema: { type: 'object' }, description: 'a glob a label: SLOs with all of these labels' },
  incident: { schema: TEXT, description: 'the id of an open incident' },
  reason: { schema: TEXT, description: 'why', required: true },
  by: { schema: TEXT, description: 'who does this; the name of the token if absent' },
  from: { schema: TIMESTAMP, description: 'when it begins; now if absent' },
  until: { schema: TIMESTAMP, description: 'when it ends; of one that recurs, when it may start last' },
  for: { schema: DURATION, description: 'how long it lasts, in place of `until`' },
  untilResolved: { schema: { type: 'boolean' }, description: 'until `incident` resolves, 31 days at most' },
  untilMorning: {
    schema: { type: 'boolean' },
    description: 'until the next 08:00 in the time zone of the team that owns the SLO of `incident`',
  },
  rrule: { schema: TEXT, description: 'the RFC 5545 rule of one that recurs' },
  start: { schema: TIMESTAMP, description: 'what its rule starts from; now if absent' },
  duration: { schema: DURATION, description: 'the length of each occurrence; this or `durationMs`' },
  durationMs: { schema: MILLISECONDS, description: 'the same in milliseconds' },
  timeZone: { schema: TEXT, description: 'the IANA name of the zone whose clocks it follows; UTC if absent' },
} satisfies Parameters;

const STATE = { schema: { enum: STATES }, description: 'only those that hold, will, or ended' } as const;

/** Silences: notifications that are not sent for a time. */
export const SILENCE_ROUTES: readonly JsonRoute[] = [
  {
    method: 'GET',
    path: '/v1/silences',
    scope: 'read',
    summary: 'silences: those that hold, then those to come, then those that ended',
    query: { parameters: { state: STATE, ...PAGE_PARAMETERS }, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    itemFields: SILENCE_FIELDS,
    async handler({ operator }, call) {
      const state = oneOf(call, 'state', STATES) ?? 'all';
      const query = { state: state === 'all' ? null : state, ...readPage(call, SILENCE_PLACE) };
      return pageJson(await operator.silences(query, call.caller), silenceJson);
    },
  },
  {
    method: 'POST',
    path: '/v1/silences',
    scope: 'respond',
    audit: { what: 'silence.created', about: 'id' },
    summary:
      'keeps notifications from being sent for a time, once or recurring, or until an incident resolves',
    body: SILENCE,
    answer: { kind: 'json', statuses: [201] },
    handler: async ({ operator }, { body, caller }) =>
      silenceJson(
        answerOf(
          await operator.createSilence(body, caller),
          'unknown-incident',
          'invalid-fields',
          'too-many-silences',
        ),
      ),
  },
  {
    method: 'POST',
    path: '/v1/silences/preview',
    scope: 'respond',
    summary: 'which SLOs and open incidents such a silence would mute now; makes none',
    body: SILENCE,
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { body, caller }) =>
      silencePreviewJson(answerOf(await operator.previewSilence(body, caller), 'unknown-incident')),
  },
  {
    method: 'GET',
    path: '/v1/silences/{id}',
    scope: 'read',
    summary: 'one silence',
    answer: { kind: 'json', statuses: [200] },
    fields: SILENCE_FIELDS,
    async handler({ operator }, { param, caller }) {
      const silence = await operator.silence(param('id'), caller);
      if (silence) return silenceJson(silence);
      const id = JSON.stringify(param('id').slice(0, 200));
      throw new HttpProblem('unknown-silence', `There is no silence ${id}; GET /v1/silences lists them.`);
    },
  },
  {
    method: 'DELETE',
    path: '/v1/silences/{id}',
    scope: 'respond',
    audit: { what: 'silence.ended', about: 'id' },
    summary: 'ends one; what still burns is notified then',
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { param, caller }) =>
      silenceJson(answerOf(await operator.endSilence(param('id'), caller), 'unknown-silence')),
  },
];
