import { readFileSync } from 'node:fs';
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
  {
    method: 'GET',
    path: '/charts.js',
    scope: 'read',
    summary: 'the script of the charts: it offers them in the time zone of the browser',
    answer: {
      kind: 'asset',
      type: 'text/javascript; charset=utf-8',
      statuses: [200],
      headers: { 'Cache-Control': 'private, max-age=300' },
    },
    handler: async () => SCRIPT,
  },
];

const SCRIPT = readFileSync(new URL('../dashboard/browser/charts.js', import.meta.url));
const STYLESHEET = chartStylesheet();
