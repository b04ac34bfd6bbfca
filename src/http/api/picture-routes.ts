import { createHash } from 'node:crypto';
import { badge, badgeFactsOf } from '../../charts/badge.ts';
import type { ChartTheme } from '../../charts/palette.ts';
import { budgetChart } from '../../charts/slo-charts.ts';
import type { Queries, SloReport } from '../../core/ports/queries.ts';
import { HttpProblem } from '../answers/problems.ts';
import { Reply, isHeld } from '../answers/respond.ts';
import { summaryPage } from '../dashboard/summary-page.tsx';
import { chartDataOf, timeZoneOf, unknownSlo } from './chart-query-texts.ts';
import { oneOf } from './list-query.ts';
import { TEXT } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import { readableQueries } from './restricted.ts';
import type { Call, ContentRoute, Services } from './route-table.ts';

const SVG = 'image/svg+xml; charset=utf-8';
const NARROWEST = 240;
const WIDEST = 1600;
const THEMES = ['light', 'dark'] as const;
const SCALES = ['1', '2', '3'] as const;

const THEME = {
  theme: { schema: { type: 'string', enum: THEMES }, description: 'light if absent' },
} satisfies Parameters;
const PICTURE = {
  ...THEME,
  width: {
    schema: { type: 'integer', minimum: NARROWEST, maximum: WIDEST, default: 760 },
    description: 'in pixels',
  },
  zone: { schema: TEXT, description: 'the time zone of its times, such as Europe/Berlin; UTC if absent' },
} satisfies Parameters;

/** Pages of others may show these; what such a page can read of them is nothing. */
const SHOWN_ANYWHERE = { 'Cross-Origin-Resource-Policy': 'cross-origin' };
const IMAGE = { kind: 'asset', statuses: [200, 304], headers: SHOWN_ANYWHERE } as const;

/** Pictures of budgets for places outside: badges, mail, wikis, and a page for an iframe. */
export const PICTURE_ROUTES: readonly ContentRoute[] = [
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}/badge.svg',
    scope: 'embed',
    summary: 'the state of one SLO and what is left of its budget, as a badge',
    query: { parameters: THEME, others: 'refused' },
    answer: { ...IMAGE, type: SVG },
    async handler(services, call) {
      const slo = await readSlo(services, call);
      return unlessHeld(call, badge(badgeFactsOf(slo), readTheme(call)));
    },
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}/budget.svg',
    scope: 'embed',
    summary: 'the error budget of one SLO over its window, as a chart',
    query: { parameters: PICTURE, others: 'refused' },
    answer: { ...IMAGE, type: SVG },
    handler: async (services, call) => unlessHeld(call, await budgetPicture(services, call)),
  },
  {
    method: 'GET',
    path: '/v1/slos/{workflow}/{slo}/budget.png',
    scope: 'embed',
    summary: 'the same chart as a bitmap, for mail and chat',
    query: {
      parameters: {
        ...PICTURE,
        scale: { schema: { enum: SCALES }, description: 'pixels for each of the chart; 2 if absent' },
      },
      others: 'refused',
    },
    answer: { ...IMAGE, type: 'image/png' },
    async handler(services, call) {
      const scale = oneOf(call, 'scale', SCALES) ?? '2';
      const svg = await budgetPicture(services, call);
      // Asked before it is drawn: a chart that the client has costs no drawing.
      const etag = etagOf(`${scale} ${svg}`);
      if (isHeld(call.request.headers['if-none-match'], etag)) return notModified(etag);
      const png = await services.charts.png(svg, Number(scale));
      return new Reply(200, Buffer.from(png.buffer, png.byteOffset, png.byteLength), cached(etag));
    },
  },
  {
    method: 'GET',
    path: '/summary/{workflow}/{slo}',
    scope: 'embed',
    framed: true,
    summary: 'one SLO on a page for an iframe: its state, its budget as a number and as a chart',
    query: { parameters: { theme: THEME.theme, zone: PICTURE.zone }, others: 'ignored' },
    answer: { kind: 'html', type: 'text/html; charset=utf-8', statuses: [200] },
    async handler(services, call) {
      const queries = embeddable(services, call);
      const slo = await readSlo(services, call);
      const theme = THEMES.find((known) => known === call.query('theme')) ?? null;
      const timeZone = timeZoneOf(call.query('zone')) ?? 'UTC';
      const data = await chartDataOf(queries, slo.id, { range: null, from: null, to: null });
      return summaryPage({ slo, data, theme, timeZone, base: services.dashboard.place('') });
    },
  },
];

/** What the one who asks may show to others: what it may read, and what a token for embedding is for. */
function embeddable({ queries }: Services, { caller }: Call): Queries {
  return readableQueries(queries, caller, 'embed');
}

async function readSlo(services: Services, call: Call): Promise<SloReport> {
  const slo = await embeddable(services, call).slo(call.param('slo'));
  if (!slo) throw unknownSlo(call.param('slo'));
  return slo;
}

async function budgetPicture(services: Services, call: Call): Promise<string> {
  const [theme, width] = [readTheme(call), readWidth(call)];
  const timeZone = timeZoneOf(call.query('zone') ?? 'UTC');
  if (timeZone === null)
    throw new HttpProblem('invalid-query', 'zone must be the name of a time zone, such as Europe/Berlin.');
  const id = call.param('slo');
  const data = await chartDataOf(embeddable(services, call), id, { range: null, from: null, to: null });
  const setting = {
    id: 'budget',
    width,
    height: Math.round(Math.min(360, Math.max(260, width * 0.42))),
    theme,
    timeZone,
    alone: true,
    explainsMarks: true,
  };
  return budgetChart(setting, data, id);
}

function readTheme(call: Call): ChartTheme {
  return oneOf(call, 'theme', THEMES) ?? 'light';
}

function readWidth({ query }: Call): number {
  const text = query('width');
  if (text === null) return PICTURE.width.schema.default;
  const width = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (width >= NARROWEST && width <= WIDEST) return width;
  throw new HttpProblem(
    'invalid-query',
    `width must be a whole number of pixels from ${NARROWEST} to ${WIDEST}.`,
  );
}

function unlessHeld({ request }: Call, svg: string): Reply<string> {
  const etag = etagOf(svg);
  return isHeld(request.headers['if-none-match'], etag)
    ? notModified(etag)
    : new Reply(200, svg, cached(etag));
}

function notModified(etag: string): Reply<string> {
  return new Reply(304, '', cached(etag));
}

/** Kept, but asked about each time: a badge that is a minute old says what is no longer so. */
function cached(etag: string): Readonly<Record<string, string>> {
  return { ...SHOWN_ANYWHERE, ETag: etag, 'Cache-Control': 'private, no-cache' };
}

function etagOf(text: string): string {
  return `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}
