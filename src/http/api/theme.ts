import type { IncomingMessage } from 'node:http';
import type { Theme } from '../dashboard/layout.tsx';
import { THEMES } from '../dashboard/layout.tsx';
import { Reply } from '../answers/respond.ts';
import { pathOnly } from './sign-in-routes.ts';
import type { ContentRoute } from './route-table.ts';

const COOKIE = /(?:^|; )burnwatch_theme=(light|dark)(?:;|$)/;
/** In seconds. */
const YEAR = 31_536_000;

/** The theme that a browser was set to; null: as its system has it. */
export function themeOf({ headers }: Pick<IncomingMessage, 'headers'>): Theme | null {
  return THEMES.find((theme) => theme === COOKIE.exec(headers.cookie ?? '')?.[1]) ?? null;
}

/** Sets it, with a form, so that no script is needed. */
export const THEME_ROUTE: ContentRoute = {
  method: 'POST',
  path: '/theme',
  scope: 'read',
  summary: 'shows pages light or dark in this browser, or as its system has it',
  form: { theme: { schema: { enum: [...THEMES, 'system'] }, description: 'which' } },
  answer: { kind: 'html', type: 'text/html; charset=utf-8', statuses: [303] },
  async handler({ dashboard }, { field, request }) {
    const theme = THEMES.find((known) => known === field('theme'));
    const age = theme === undefined ? 0 : YEAR;
    const cookie = `burnwatch_theme=${theme ?? ''}; Path=/; Max-Age=${age}; SameSite=Lax; HttpOnly`;
    return new Reply(303, '', { Location: placeOf(request) ?? dashboard.place('/'), 'Set-Cookie': cookie });
  },
};

/** The page that the form was on, which its own browser says; null when it does not. */
function placeOf({ headers: { referer } }: Pick<IncomingMessage, 'headers'>): string | null {
  if (referer === undefined || !URL.canParse(referer)) return null;
  const { pathname, search } = new URL(referer);
  return pathOnly(pathname + search);
}
