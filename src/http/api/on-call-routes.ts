import { onCallJson } from '../../core/ports/on-call.ts';
import { ON_CALL_FIELDS } from '../answers/answer-fields.ts';
import { shared } from './page-routes.ts';
import type { HttpRoute } from './route-table.ts';

/** Who is on call. Schedules are of teams, whose workflows may be any, so that it takes a scope for all of them. */
export const ON_CALL_ROUTES: readonly HttpRoute[] = [
  {
    method: 'GET',
    path: '/v1/on-call',
    scope: 'read',
    everyWorkflow: true,
    summary: 'who is on call now and next, by schedule',
    answer: { kind: 'json', statuses: [200] },
    itemFields: ON_CALL_FIELDS,
    handler: async ({ queries }) => ({ items: (await queries.onCall()).map(onCallJson) }),
  },
  {
    method: 'GET',
    path: '/on-call',
    scope: 'read',
    everyWorkflow: true,
    summary: 'the page of who is on call',
    answer: { kind: 'html', type: 'text/html; charset=utf-8', statuses: [200, 503] },
    handler: (services, call) =>
      shared(services, call, (viewer) => services.dashboard.onCall(services.clock.now(), viewer)),
  },
];
