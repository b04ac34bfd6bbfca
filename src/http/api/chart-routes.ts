import { chartStylesheet } from '../../charts/palette.ts';
import type { ContentRoute } from './route-table.ts';

/** Pictures of budgets, and what pages need to show them. */
export const CHART_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/charts.css',
    scope: 'read',
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
