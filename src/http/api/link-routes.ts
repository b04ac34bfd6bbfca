import type { LinkUse, LinkView } from '../../core/ports/incident-links.ts';
import { isRefused } from '../../core/ports/refused.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { Reply } from '../answers/respond.ts';
import type { LinkVisitor } from '../dashboard/link-page.tsx';
import { demandSameOrigin } from '../guard/auth.ts';
import { SPANS, STATUSES, nameOf } from './incident-page-routes.ts';
import { TEXT } from './parameters.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';
import { themeOf } from './theme.ts';

const HTML = {
  kind: 'html',
  type: 'text/html; charset=utf-8',
  headers: { 'X-Robots-Tag': 'noindex' },
} as const;
const FORM = {
  by: { schema: TEXT, description: 'who does this', required: true },
  reason: { schema: TEXT, description: 'why, of a silence' },
  span: { schema: { enum: Object.keys(SPANS) }, description: 'until when, of a silence' },
} as const;

/** What becomes of a link, as the status of its page. */
const LINK_STATUSES: Readonly<Record<LinkView['state'], number>> = {
  usable: 200,
  used: 200,
  forged: 404,
  expired: 410,
  over: 410,
  'became-page': 410,
};

/**
 * The links in messages that acknowledge and silence. The link is the right: whoever holds it needs no token, and a token that comes along
 * changes nothing.
 */
export const LINK_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/links/{link}',
    scope: 'public',
    counted: true,
    summary: 'the page of a link in a message: what it would do; nothing is done yet',
    answer: { ...HTML, statuses: [200, 404, 410, 503] },
    async handler(services, call) {
      const view = await services.operator.lookAtLink(call.param('link'));
      return show(services, call, view, LINK_STATUSES[view.state], null);
    },
  },
  {
    method: 'POST',
    path: '/links/{link}',
    scope: 'public',
    summary: 'does what a link in a message is for, once',
    form: FORM,
    answer: { ...HTML, statuses: [200, 400, 403, 404, 409, 410, 503] },
    handler: follow,
  },
];

async function follow(services: Services, call: Call): Promise<Reply<string>> {
  demandSameOrigin(call.request, services.publicUrl);
  const { operator, audit } = services;
  const { address } = call.caller;
  const link = call.param('link');
  const span = Object.entries(SPANS).find(([name]) => name === call.field('span'))?.[1] ?? {};
  const request = {
    by: call.field('by'),
    reason: call.field('reason'),
    span,
  };
  const answer = await operator.followLink(link, request, address);
  if (isRefused(answer)) {
    const view = await operator.lookAtLink(link);
    return show(services, call, view, STATUSES[answer.refused], answer.problems.join(' '));
  }
  if (!isUse(answer)) {
    const status = answer.state === 'used' ? 409 : LINK_STATUSES[answer.state];
    return show(services, call, answer, status, null);
  }
  for (const { what, about } of answer.done) await audit.note({ who: answer.who, what, about, address });
  return show(services, call, answer.view, answer.done.length > 0 ? 200 : 409, null);
}

function isUse(answer: LinkUse | LinkView): answer is LinkUse {
  return 'done' in answer;
}

async function show(
  { dashboard, guard, clock }: Services,
  call: Call,
  view: LinkView,
  status: number,
  problem: string | null,
): Promise<Reply<string>> {
  // Who tries many gets an answer of few bytes.
  const tooMany = view.state === 'forged' ? guard.noteForged(call.request) : null;
  if (tooMany instanceof HttpProblem) throw tooMany;
  const visitor: LinkVisitor = {
    link: call.param('link'),
    by: call.field('by') || nameOf(call.caller),
    reason: call.field('reason'),
    problem,
    isDone: call.request.method === 'POST' && status === 200,
  };
  return dashboard.link(view, visitor, { now: clock.now(), status, theme: themeOf(call.request) });
}
