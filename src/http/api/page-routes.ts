import { iconSvg } from '../dashboard/icon.ts';
import { DURATION } from './parameters.ts';
import { OVERVIEW_CHOICE, SLO_FILTER, readAlert, readOverviewChoice } from './slo-filter.ts';
import { mayAll } from '../../core/ports/token.ts';
import type { Viewer } from '../dashboard/dashboard.tsx';
import type { AssetName } from '../dashboard/page-assets.ts';
import { pageAsset } from '../dashboard/page-assets.ts';
import { THEME_ROUTE, themeOf } from './theme.ts';
import { readableQueries } from './restricted.ts';
import type { Reply } from '../answers/respond.ts';
import type { Call, ContentRoute, Services, StreamRoute } from './route-table.ts';

const ASSET = {
  kind: 'asset',
  statuses: [200],
  headers: { 'Cache-Control': 'private, max-age=300' },
} as const;
const HTML = { kind: 'html', type: 'text/html; charset=utf-8' } as const;

/** The dashboard. */
export const PAGE_ROUTES: readonly (ContentRoute | StreamRoute)[] = [
  {
    method: 'GET',
    path: '/',
    scope: 'read',
    summary: 'the dashboard',
    query: {
      parameters: OVERVIEW_CHOICE,
      // A filter that is misspelt would show SLOs that were not asked for.
      others: 'refused',
    },
    answer: { ...HTML, statuses: [200, 503] },
    async handler(services, call) {
      const choice = readOverviewChoice(call);
      return shared(services, call, (viewer) =>
        services.dashboard.overview(choice, call.request.headers.host, viewer),
      );
    },
  },
  {
    method: 'GET',
    path: '/workflows/{workflow}',
    scope: 'read',
    summary: 'the page of one workflow',
    query: {
      parameters: { window: { schema: DURATION, description: 'of what became of executions and steps' } },
      others: 'ignored',
    },
    answer: { ...HTML, statuses: [200, 404, 503] },
    handler: (services, call) =>
      shared(services, call, (viewer) =>
        services.dashboard.workflow(call.param('workflow'), call.query('window'), viewer),
      ),
  },
  {
    method: 'GET',
    path: '/dependencies/{dependency}',
    scope: 'read',
    summary: 'the page of one dependency',
    answer: { ...HTML, statuses: [200, 404, 503] },
    handler: (services, call) =>
      shared(services, call, (viewer) => services.dashboard.dependency(call.param('dependency'), viewer)),
  },
  {
    method: 'GET',
    path: '/live',
    scope: 'read',
    summary: 'server-sent events that keep open pages up to date',
    answer: { kind: 'stream', statuses: [200] },
  },
  {
    method: 'GET',
    path: '/reference',
    scope: 'read',
    summary: 'the reference of the API',
    answer: { ...HTML, statuses: [200] },
    handler: (services, call) => services.dashboard.reference(services.reference(), viewerOf(services, call)),
  },
  THEME_ROUTE,
  // The page where people sign in shows these.
  asset('dashboard.css', 'public', 'text/css; charset=utf-8', 'the style sheet of the pages'),
  asset('dashboard.js', 'read', 'text/javascript; charset=utf-8', 'the script of the pages'),
  asset('uplot.js', 'read', 'text/javascript; charset=utf-8', 'the script that reads charts value by value'),
  asset('uplot.css', 'read', 'text/css; charset=utf-8', 'its style sheet'),
  asset('idiomorph.js', 'read', 'text/javascript; charset=utf-8', 'the script that changes a page in place'),
  {
    method: 'GET',
    path: '/dashboard.svg',
    scope: 'public',
    summary: 'the icon of the pages, by the severest open alert',
    query: { parameters: { alert: SLO_FILTER.alert }, others: 'ignored' },
    answer: { ...ASSET, type: 'image/svg+xml' },
    handler: async (_services, call) => iconSvg(readAlert(call) ?? 'none'),
  },
];

/** A page, rendered once for all of one viewer's browsers that ask for it because of the same tick. */
export function shared(
  services: Services,
  call: Call,
  make: (viewer: Viewer) => Promise<Reply<string>>,
): Promise<Reply<string>> {
  const viewer = viewerOf(services, call);
  const { name, grants } = call.caller;
  return services.live.shared(
    call.request,
    JSON.stringify([name, viewer.signedIn, viewer.theme, grants]),
    () => make(viewer),
  );
}

/** Who looks at a page, by what was sent along. */
export function viewerOf({ queries, signIn }: Services, { caller, request }: Call): Viewer {
  return {
    queries: readableQueries(queries, caller),
    readsAll: mayAll(caller, 'read'),
    signedIn: signIn.isSignedIn(request) ? caller.name : null,
    theme: themeOf(request),
  };
}

function asset(name: AssetName, scope: 'read' | 'public', type: string, summary: string): ContentRoute {
  return {
    method: 'GET',
    path: `/${name}`,
    scope,
    summary,
    answer: { ...ASSET, type },
    handler: async () => pageAsset(name),
  };
}
