import { TEXT } from './parameters.ts';
import type { ContentRoute } from './route-table.ts';

const HTML = { kind: 'html', type: 'text/html; charset=utf-8' } as const;

/** The dashboard. */
export const PAGE_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/',
    scope: 'read',
    summary: 'the dashboard',
    query: {
      parameters: {
        q: { schema: TEXT, description: 'only SLOs with this text in their id or owner' },
        state: { schema: TEXT, description: 'only SLOs in this state' },
      },
      // A link to a page must not break because something was appended to it.
      others: 'ignored',
    },
    answer: { ...HTML, statuses: [200, 503] },
    handler: ({ dashboard }, { query, request }) =>
      dashboard.overview({ text: query('q') ?? '', state: query('state') ?? '' }, request.headers.host),
  },
  {
    method: 'GET',
    path: '/slos/{workflow}/{slo}',
    scope: 'read',
    summary: 'the page of one SLO',
    answer: { ...HTML, statuses: [200, 404, 503] },
    handler: ({ dashboard }, { param }) => dashboard.slo(param('slo')),
  },
  asset('dashboard.css', 'text/css; charset=utf-8', 'the style sheet of the pages'),
  asset('dashboard.js', 'text/javascript; charset=utf-8', 'the script of the pages'),
  asset('dashboard.svg', 'image/svg+xml', 'the icon of the pages'),
];

function asset(
  name: 'dashboard.css' | 'dashboard.js' | 'dashboard.svg',
  type: string,
  summary: string,
): ContentRoute {
  return {
    method: 'GET',
    path: `/${name}`,
    scope: 'read',
    summary,
    answer: { kind: 'asset', type, statuses: [200], headers: { 'Cache-Control': 'private, max-age=300' } },
    handler: async ({ dashboard }) => dashboard.asset(name),
  };
}
