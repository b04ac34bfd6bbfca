import { iconSvg } from '../dashboard/icon.ts';
import { TEXT } from './parameters.ts';
import { SLO_FILTER, readAlert, readPageFilter } from './slo-filter.ts';
import type { ContentRoute } from './route-table.ts';

const ASSET = {
  kind: 'asset',
  statuses: [200],
  headers: { 'Cache-Control': 'private, max-age=300' },
} as const;
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
        ...SLO_FILTER,
      },
      // A link to a page must not break because something was appended to it.
      others: 'ignored',
    },
    answer: { ...HTML, statuses: [200, 503] },
    handler: ({ dashboard }, call) =>
      dashboard.overview({ text: call.query('q') ?? '', ...readPageFilter(call) }, call.request.headers.host),
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
  {
    method: 'GET',
    path: '/dashboard.svg',
    scope: 'read',
    summary: 'the icon of the pages, by the severest open alert',
    query: { parameters: { alert: SLO_FILTER.alert }, others: 'ignored' },
    answer: { ...ASSET, type: 'image/svg+xml' },
    handler: async (_services, call) => iconSvg(readAlert(call) ?? 'none'),
  },
];

function asset(name: 'dashboard.css' | 'dashboard.js', type: string, summary: string): ContentRoute {
  return {
    method: 'GET',
    path: `/${name}`,
    scope: 'read',
    summary,
    answer: { ...ASSET, type },
    handler: async ({ dashboard }) => dashboard.asset(name),
  };
}
