import { TIME_AND_ID, readPlace } from '../../core/ports/list-page.ts';
import { ROW_STATES } from '../../core/ports/outbox-reports.ts';
import { isRefused, refuse } from '../../core/ports/refused.ts';
import { mayAll } from '../../core/ports/token.ts';
import { Reply } from '../answers/respond.ts';
import type { OutboxVisitor } from '../dashboard/outbox-page.tsx';
import { OUTBOX_FILTER } from './outbox-routes.ts';
import { viewerOf } from './page-routes.ts';
import { TEXT } from './parameters.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';

const HTML = { kind: 'html', type: 'text/html; charset=utf-8' } as const;
const ROWS = 50;
const ID = { schema: TEXT, description: 'the id of one, or `all`', required: true } as const;

/** The page of the outbox, and what its forms do. */
export const OUTBOX_PAGE_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/outbox',
    scope: 'read',
    everyWorkflow: true,
    summary: 'the page of notifications that are not delivered',
    query: { parameters: OUTBOX_FILTER, others: 'ignored' },
    answer: { ...HTML, statuses: [200, 503] },
    handler: (services, call) => show(services, call, null),
  },
  {
    method: 'POST',
    path: '/outbox/retry',
    scope: 'respond',
    everyWorkflow: true,
    summary: 'has undeliverable notifications sent again, from their page',
    form: { id: ID },
    answer: { ...HTML, statuses: [303, 400, 404, 409, 503] },
    handler: (services, call) =>
      change(services, call, 'outbox.retried', async (request) => {
        const found = await services.operator.retryNotifications(request);
        if (isRefused(found) || found.left === 0) return found;
        const { retried, left, reasons } = found;
        return refuse('over', `${retried} to be sent again, ${left} left: ${reasons[0]!.message}`);
      }),
  },
  {
    method: 'POST',
    path: '/outbox/drop',
    scope: 'write',
    everyWorkflow: true,
    summary: 'removes undeliverable notifications for good, from their page',
    form: { id: ID },
    answer: { ...HTML, statuses: [303, 400, 404, 409, 503] },
    handler: (services, call) =>
      change(services, call, 'outbox.dropped', (request) => services.operator.dropNotifications(request)),
  },
];

const STATUSES = { invalid: 400, forbidden: 403, unknown: 404, over: 409, 'too-many': 409 } as const;

async function change(
  services: Services,
  call: Call,
  what: string,
  act: (request: { readonly id: string }) => Promise<object>,
): Promise<Reply<string>> {
  const id = call.field('id');
  const found = await act({ id });
  if (isRefused(found) && found.refused !== 'over')
    return show(services, call, found.problems.join(' '), STATUSES[found.refused]);
  const { name: who, address } = call.caller;
  await services.audit.note({ who, what, about: id, address });
  if (isRefused(found)) return show(services, call, found.problems.join(' '), STATUSES[found.refused]);
  return new Reply(303, '', { Location: services.dashboard.place('/outbox') });
}

function show(
  services: Services,
  call: Call,
  problem: OutboxVisitor['problem'],
  status = 200,
): Promise<Reply<string>> {
  const { dashboard, operator, clock } = services;
  // After a form there is no query, and a link must not break.
  const asked = problem === null ? call.query('state') : null;
  const state = ROW_STATES.find((known) => known === asked) ?? 'undeliverable';
  const after = readPlace((problem === null ? call.query('after') : null) ?? '', TIME_AND_ID) ?? null;
  return dashboard.outbox(
    () => operator.notifications(state, { after, limit: ROWS }),
    state,
    {
      mayRetry: mayAll(call.caller, 'respond'),
      mayDrop: mayAll(call.caller, 'write'),
      problem,
    },
    { now: clock.now(), status },
    viewerOf(services, call),
  );
}
