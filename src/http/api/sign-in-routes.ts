import { maySome } from '../../core/ports/token.ts';
import { Reply } from '../answers/respond.ts';
import { TEXT } from './parameters.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';

const HTML = { kind: 'html', type: 'text/html; charset=utf-8' } as const;
const NEXT = { schema: TEXT, description: 'the path of the page to show then' };

/** Signing in to the dashboard with a browser, and out again. */
export const SIGN_IN_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/login',
    scope: 'public',
    summary: 'the page where people sign in with a token',
    query: { parameters: { next: NEXT }, others: 'ignored' },
    answer: { ...HTML, statuses: [200, 303] },
    async handler({ signIn, dashboard }, { query, caller, request }) {
      const next = pathOnly(query('next') ?? '/');
      if (maySome(caller, 'read')) return leadTo(dashboard.place(next));
      return dashboard.signIn(200, next, signIn.possible(request) ? null : 'no-tls', request);
    },
  },
  {
    method: 'POST',
    path: '/login',
    scope: 'public',
    summary: 'signs a browser in: answers with a cookie that is good for 12 hours',
    form: { token: { schema: TEXT, description: 'the secret of a token', required: true }, next: NEXT },
    answer: { ...HTML, statuses: [303, 401, 403] },
    handler: begin,
  },
  {
    method: 'POST',
    path: '/logout',
    scope: 'public',
    summary: 'signs it out, on every replica',
    form: {},
    answer: { ...HTML, statuses: [303] },
    async handler({ signIn, dashboard, audit }, { caller, request }) {
      const wasSignedIn = signIn.isSignedIn(request);
      const cookie = await signIn.end(request);
      if (wasSignedIn)
        await audit.note({
          who: caller.name,
          what: 'session.ended',
          about: null,
          address: caller.address,
        });
      return leadTo(dashboard.place('/login'), { 'Set-Cookie': cookie });
    },
  },
];

async function begin(
  { signIn, dashboard, audit }: Services,
  { field, request }: Call,
): Promise<Reply<string>> {
  const next = pathOnly(field('next') || '/');
  if (!signIn.needed) return leadTo(dashboard.place(next));
  if (!signIn.possible(request)) return dashboard.signIn(403, next, 'no-tls', request);
  const begun = await signIn.begin(request, field('token').trim());
  if (!begun) return dashboard.signIn(401, next, 'unknown-token', request);
  const { name, address } = begun.caller;
  await audit.note({ who: name, what: 'session.began', about: null, address });
  return leadTo(dashboard.place(next), { 'Set-Cookie': begun.cookie });
}

function leadTo(place: string, headers: Readonly<Record<string, string>> = {}): Reply<string> {
  return new Reply(303, '', { Location: place, ...headers });
}

/** A path of this service; whatever leads elsewhere becomes its front page. */
export function pathOnly(text: string): string {
  const known = URL.canParse(text, 'http://own.invalid') ? new URL(text, 'http://own.invalid') : null;
  return known?.host === 'own.invalid' && text.startsWith('/') ? known.pathname + known.search : '/';
}
