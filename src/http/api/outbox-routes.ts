import { ROW_STATES } from '../../core/ports/outbox-reports.ts';
import { notificationPageJson } from '../answers/report-json.ts';
import { HttpProblem } from '../answers/problems.ts';
import { answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { TEXT } from './parameters.ts';
import type { Call, JsonRoute } from './route-table.ts';
import { ROW_LIMIT, rowLimit } from './row-limit.ts';

const AFTER = { schema: TEXT, description: '`next` of the answer before, to go on' } as const;

export const OUTBOX_FILTER = {
  state: {
    schema: { enum: ROW_STATES },
    description: '`undeliverable` if absent: refused, or given up after a day; `pending`: not sent yet',
  },
  after: AFTER,
} satisfies Parameters;

const WHICH: Parameters = {
  id: { schema: TEXT, description: 'the id of one, or `all`', required: true },
  after: AFTER,
};

/** Notifications that are not delivered. They may be of any workflow, so that it takes a scope for all of them. */
export const OUTBOX_ROUTES: readonly JsonRoute[] = [
  {
    method: 'GET',
    path: '/v1/outbox',
    scope: 'read',
    everyWorkflow: true,
    summary: 'notifications that are not delivered, oldest first, and why',
    query: {
      parameters: {
        ...OUTBOX_FILTER,
        limit: { ...ROW_LIMIT, description: 'the most notifications' },
      },
      others: 'refused',
    },
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, call) =>
      notificationPageJson(
        answerOf(
          await operator.notifications(rowState(call), call.query('after'), rowLimit(call.query('limit'))),
          'unknown-notification',
          'invalid-query',
        ),
      ),
  },
  {
    method: 'POST',
    path: '/v1/outbox/retry',
    scope: 'respond',
    everyWorkflow: true,
    audit: { what: 'outbox.retried', about: 'id' },
    summary: 'has undeliverable ones sent again: one with what belongs to it, or all',
    body: WHICH,
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { body }) =>
      answerOf(await operator.retryNotifications(body), 'unknown-notification'),
  },
  {
    method: 'POST',
    path: '/v1/outbox/drop',
    scope: 'write',
    everyWorkflow: true,
    audit: { what: 'outbox.dropped', about: 'id' },
    summary: 'removes undeliverable ones for good',
    body: WHICH,
    answer: { kind: 'json', statuses: [200] },
    handler: async ({ operator }, { body }) =>
      answerOf(await operator.dropNotifications(body), 'unknown-notification'),
  },
];

/** The state that a list is asked for; throws the `HttpProblem` for one there is not. */
function rowState({ query }: Pick<Call, 'query'>): (typeof ROW_STATES)[number] {
  const text = query('state') ?? 'undeliverable';
  const state = ROW_STATES.find((known) => known === text);
  if (state) return state;
  throw new HttpProblem('invalid-query', `state must be ${ROW_STATES.join(' or ')}.`);
}
