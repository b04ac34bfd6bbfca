import { chartStylesheet } from '../../charts/palette.ts';
import type { ContentRoute } from './route-table.ts';

/** What pages need to show charts. A page in a frame needs it as well, and sends no token for it. */
export const CHART_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/charts.css',
    scope: 'public',
    summary: 'the colours of the charts in the pages',
    answer: {
      kind: 'asset',
      type: 'text/css; charset=utf-8',
      statuses: [200],
      headers: { 'Cache-Control': 'private, max-age=300' },
    },
    handler: async () => STYLESHEET,
  },
];

const STYLESHEET = chartStylesheet();
