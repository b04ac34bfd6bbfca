import { NOTIFICATION_FIELDS } from '../answers/answer-fields.ts';
import { ROW_STATES } from '../../core/ports/outbox-reports.ts';
import { notificationJson } from '../answers/report-json.ts';
import { TIME_AND_ID } from '../../core/ports/list-page.ts';
import { AFTER, PAGE_PARAMETERS, oneOf, pageJson, readPage } from './list-query.ts';
import { answerOf } from './operator-routes.ts';
import type { Parameters } from './parameters.ts';
import { TEXT } from './parameters.ts';
import type { JsonRoute } from './route-table.ts';

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
    query: { parameters: { ...OUTBOX_FILTER, ...PAGE_PARAMETERS }, others: 'refused' },
    answer: { kind: 'json', statuses: [200] },
    itemFields: NOTIFICATION_FIELDS,
    async handler({ operator }, call) {
      const state = oneOf(call, 'state', ROW_STATES) ?? 'undeliverable';
      const page = await operator.notifications(state, readPage(call, TIME_AND_ID));
      const { pendingCount, undeliverableCount } = page;
      return { ...pageJson(page, notificationJson), pendingCount, undeliverableCount };
    },
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
