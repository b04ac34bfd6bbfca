import { ANNOTATION_FIELDS } from '../answers/answer-fields.ts';
import { annotationJson } from '../answers/annotation-json.ts';
import { TIME_AND_ID } from '../../core/ports/list-page.ts';
import { PAGE_PARAMETERS, pageJson, readPage } from './list-query.ts';
import { readTime } from './query-times.ts';
import { answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { TEXT, TIMESTAMP } from './parameters.ts';
import type { JsonRoute } from './route-table.ts';

const ANNOTATION: Parameters = {
  text: { schema: TEXT, description: 'what happened', required: true },
  kind: { schema: TEXT, description: 'what it is, such as `deploy`; `event` if absent' },
  at: { schema: TIMESTAMP, description: 'when it happened, or began; now if absent' },
  to: { schema: TIMESTAMP, description: 'when it ended, of what has a length' },
  workflow: { schema: TEXT, description: 'the workflow it is about' },
  slo: { schema: TEXT, description: 'or the id of the SLO it is about' },
  owner: { schema: TEXT, description: 'or the team; without any of the three it is about everything' },
  link: { schema: TEXT, description: 'the address of more about it' },
  id: { schema: TEXT, description: 'its id, so that the same request again changes nothing' },
};

/** What happened beside outcomes: deploys and other events. */
export const ANNOTATION_ROUTES: readonly JsonRoute[] = [
  {
    method: 'GET',
    path: '/v1/annotations',
    scope: 'read',
    summary: 'deploys and other events, the latest first',
    query: {
      parameters: {
        workflow: { schema: TEXT, description: 'only those about this workflow' },
        slo: { schema: TEXT, description: 'only those about the SLO of this id' },
        owner: { schema: TEXT, description: 'only those about this team' },
        kind: { schema: TEXT, description: 'only those of this kind' },
        from: { schema: TIMESTAMP, description: 'only those of this time or later' },
        to: { schema: TIMESTAMP, description: 'only those before this time' },
        ...PAGE_PARAMETERS,
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    itemFields: ANNOTATION_FIELDS,
    async handler({ operator }, call) {
      const { query, caller } = call;
      const page = await operator.annotationPage(
        {
          workflow: query('workflow'),
          slo: query('slo'),
          owner: query('owner'),
          kind: query('kind'),
          from: readTime('from', query('from')) ?? 0,
          to: readTime('to', query('to')) ?? Number.MAX_SAFE_INTEGER,
          ...readPage(call, TIME_AND_ID),
        },
        caller,
      );
      return pageJson(page, annotationJson);
    },
  },
  {
    method: 'POST',
    path: '/v1/annotations',
    scope: 'write',
    audit: { what: 'annotation.created', about: 'id' },
    summary: 'notes a deploy or another event, to be seen on charts and in incidents',
    body: ANNOTATION,
    answer: { kind: 'json', statuses: [201] },
    handler: async ({ operator }, { body, caller }) =>
      annotationJson(answerOf(await operator.annotate(body, caller), 'unknown-annotation')),
  },
  {
    method: 'DELETE',
    path: '/v1/annotations/{id}',
    scope: 'write',
    audit: { what: 'annotation.removed', about: 'id' },
    summary: 'removes one',
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { param, caller }) =>
      annotationJson(answerOf(await operator.removeAnnotation(param('id'), caller), 'unknown-annotation')),
  },
];
