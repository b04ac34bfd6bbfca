import { isRefused } from '../../core/ports/refused.ts';
import type { Caller } from '../../core/ports/token.ts';
import { may } from '../../core/ports/token.ts';
import { HttpProblem } from '../answers/problems.ts';
import { Reply } from '../answers/respond.ts';
import { INCIDENT_FILTER, auditOthers, readIncidentQuery } from './incident-routes.ts';
import { viewerOf } from './page-routes.ts';
import { TEXT } from './parameters.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';

const HTML = { kind: 'html', type: 'text/html; charset=utf-8' } as const;
const ROWS = 50;
const BY = { schema: TEXT, description: 'who does this', required: true } as const;
const NOTE = { schema: TEXT, description: 'what others should know' } as const;

/** Until when an incident may be silenced from its page. */
export const SPANS = {
  resolved: { untilResolved: true },
  morning: { untilMorning: true },
  '1h': { for: '1h' },
  '4h': { for: '4h' },
} as const;

/** The pages of incidents, and what their forms do. */
export const INCIDENT_PAGE_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/incidents',
    scope: 'read',
    summary: 'the page of all incidents',
    query: { parameters: INCIDENT_FILTER, others: 'ignored' },
    answer: { ...HTML, statuses: [200, 503] },
    handler: (services, call) => {
      const query = pageQuery(call);
      return services.dashboard.incidents(
        () => services.operator.incidentPage(query, call.caller),
        query,
        services.clock.now(),
        viewerOf(services, call),
      );
    },
  },
  {
    method: 'GET',
    path: '/incidents/{id}',
    scope: 'read',
    summary: 'the page of one incident',
    answer: { ...HTML, statuses: [200, 404, 503] },
    handler: (services, call) => show(services, call, null),
  },
  {
    method: 'POST',
    path: '/incidents/{id}/ack',
    scope: 'respond',
    summary: 'acknowledges one, from its page',
    form: {
      by: BY,
      note: NOTE,
      conversation: { schema: { enum: ['yes'] }, description: 'with the others of its conversation' },
    },
    answer: { ...HTML, statuses: [303, 400, 403, 404, 503] },
    handler: (services, call) =>
      change(services, call, 'incident.acknowledged', async (body) => {
        const request = { ...body, conversation: call.field('conversation') === 'yes' };
        const taken = await services.operator.acknowledge(call.param('id'), request, call.caller);
        if (!isRefused(taken)) await auditOthers(services, taken, call.caller);
        return taken;
      }),
  },
  {
    method: 'POST',
    path: '/incidents/{id}/silence',
    scope: 'respond',
    summary: 'silences one, from its page',
    form: {
      by: BY,
      reason: { schema: TEXT, description: 'why', required: true },
      span: { schema: { enum: Object.keys(SPANS) }, description: 'until when', required: true },
    },
    answer: { ...HTML, statuses: [303, 400, 403, 404, 409, 503] },
    handler: silence,
  },
  {
    method: 'POST',
    path: '/incidents/{id}/notes',
    scope: 'respond',
    summary: 'adds a note to one, from its page',
    form: { by: BY, note: { ...NOTE, required: true } },
    answer: { ...HTML, statuses: [303, 400, 403, 404, 409, 503] },
    handler: (services, call) =>
      change(services, call, 'incident.noted', (body) =>
        services.operator.noteIncident(call.param('id'), body, call.caller),
      ),
  },
];

async function silence(services: Services, call: Call): Promise<Reply<string>> {
  const { caller, param, field } = call;
  const span = Object.entries(SPANS).find(([name]) => name === field('span'))?.[1] ?? {};
  const request = { incident: param('id'), reason: field('reason'), by: field('by'), ...span };
  const made = await services.operator.createSilence(request, caller);
  if (isRefused(made))
    return show(services, call, { status: STATUSES[made.refused], problem: made.problems.join(' ') });
  return done(services, call, 'silence.created', made.id, `/incidents/${encodeURIComponent(param('id'))}`);
}

/** A link must not break, so a value that there is not asks for nothing. */
function pageQuery(call: Call) {
  try {
    return readIncidentQuery({ query: (name) => call.query(name) || null }, ROWS);
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return readIncidentQuery({ query: () => null }, ROWS);
  }
}

async function show(
  services: Services,
  call: Call,
  refused: { readonly status: number; readonly problem: string } | null,
): Promise<Reply<string>> {
  const { caller, param } = call;
  const { dashboard, operator, clock } = services;
  const beside = await operator.incidentsBeside(param('id'), caller);
  return dashboard.incident(
    param('id'),
    () => operator.incident(param('id'), caller),
    (incident) => ({
      mayRespond: may(caller, 'respond', incident),
      name: nameOf(caller),
      others: beside.filter(({ acknowledged }) => acknowledged === null).length,
      problem: refused?.problem ?? null,
    }),
    { now: clock.now(), status: refused?.status ?? 200 },
    viewerOf(services, call),
  );
}

/** The statuses of pages that say why something was refused. */
export const STATUSES = { invalid: 400, forbidden: 403, unknown: 404, over: 409, 'too-many': 409 } as const;

async function change(
  services: Services,
  call: Call,
  what: string,
  act: (body: object) => Promise<object>,
): Promise<Reply<string>> {
  const note = call.field('note').trim();
  const answer = await act({ by: call.field('by'), ...(note !== '' && { note }) });
  if (isRefused(answer))
    return show(services, call, {
      status: STATUSES[answer.refused],
      problem: answer.problems.join(' '),
    });
  const about = call.param('id');
  return done(services, call, what, about, `/incidents/${encodeURIComponent(about)}`);
}

/** The name that a form is filled in with. */
export function nameOf({ name }: Caller): string {
  return name?.replace(/^proxy:/, '') ?? '';
}

/** Notes what was done in the audit log, and leads back to a page. */
export async function done(
  { audit, dashboard }: Services,
  { caller }: Call,
  what: string,
  about: string,
  page: string,
): Promise<Reply<string>> {
  await audit.note({ who: caller.name, what, about, address: caller.address });
  return new Reply(303, '', { Location: dashboard.place(page) });
}
