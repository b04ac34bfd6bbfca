import { DEAD_LETTER_FIELDS } from '../answers/answer-fields.ts';
import { deadLetterJson } from '../answers/report-json.ts';
import { PAGE_PARAMETERS, rowLimit } from './list-query.ts';
import { answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { TEXT } from './parameters.ts';
import type { JsonRoute } from './route-table.ts';

const SOURCE = { schema: TEXT, description: 'only those of this source, such as `stream:outcomes`' } as const;

const WHICH: Parameters = {
  id: { schema: TEXT, description: 'the id of one, or `all`', required: true },
  source: SOURCE,
  after: PAGE_PARAMETERS.after,
};

/** What sources could not get counted. It may be of any workflow, so that it takes a scope for all of them. */
export const DEAD_LETTER_ROUTES: readonly JsonRoute[] = [
  {
    method: 'GET',
    path: '/v1/dead-letters',
    scope: 'read',
    everyWorkflow: true,
    summary: 'what was read from streams and topics and could not be counted, oldest first, and why',
    query: { parameters: { source: SOURCE, ...PAGE_PARAMETERS }, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    itemFields: DEAD_LETTER_FIELDS,
    async handler({ operator }, { query }) {
      const page = await operator.deadLetters(query('source'), query('after'), rowLimit(query('limit')));
      return { items: page.items.map(deadLetterJson), next: page.next };
    },
  },
  {
    method: 'POST',
    path: '/v1/dead-letters/replay',
    scope: 'write',
    everyWorkflow: true,
    audit: { what: 'dead-letters.replayed', about: 'id' },
    summary: 'has them counted now; removes those of which nothing is rejected again',
    body: WHICH,
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { body, caller }) =>
      answerOf(await operator.replayDeadLetters(body, caller), 'unknown-dead-letter'),
  },
  {
    method: 'POST',
    path: '/v1/dead-letters/drop',
    scope: 'write',
    everyWorkflow: true,
    audit: { what: 'dead-letters.dropped', about: 'id' },
    summary: 'removes them for good',
    body: WHICH,
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { body }) =>
      answerOf(await operator.dropDeadLetters(body), 'unknown-dead-letter'),
  },
];
