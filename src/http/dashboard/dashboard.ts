import { readFileSync } from 'node:fs';
import type { Request, RequestHandler, Response } from 'express';
import type { Queries } from '../../core/ports/queries.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { HtmlValue } from './html.ts';
import { html } from './html.ts';
import { overviewPage } from './overview-page.ts';
import { page } from './layout.ts';
import { sloId } from '../requests/slo-path.ts';
import { sloPage } from './slo-page.ts';
import type { ServiceStatus } from '../../core/ports/service-status.ts';

export interface DashboardOptions {
  readonly queries: Queries;
  readonly status: () => ServiceStatus;
  readonly publicUrl: string | null;
  readonly version: string;
}

const ASSETS = [
  ['/dashboard.css', 'text/css; charset=utf-8'],
  ['/dashboard.js', 'text/javascript; charset=utf-8'],
  ['/dashboard.svg', 'image/svg+xml'],
] as const;

/** The pages for people: their paths and what answers there. They work without their script, too. */
export function createDashboard({
  queries,
  status,
  publicUrl,
  version,
}: DashboardOptions): readonly (readonly [path: string, handler: RequestHandler])[] {
  const base = publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');

  function send(response: Response, code: number, title: string, main: HtmlValue): void {
    response
      .status(code)
      .type('html')
      .send(page({ title, base, version, status: status() }, main));
  }

  async function show(response: Response, render: () => Promise<void>): Promise<void> {
    try {
      await render();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      const text = 'Outcomes are refused with 503 until it answers again; producers send them again.';
      send(
        response,
        503,
        'Store unavailable',
        html`<h1>The store does not answer</h1>
          <p>${text}</p>`,
      );
    }
  }

  const overview: RequestHandler = (request, response) =>
    show(response, async () => {
      const [slos, inFlight] = await Promise.all([queries.slos(), queries.inFlight()]);
      const filter = { text: queryText(request, 'q'), state: queryText(request, 'state') };
      const origin = publicUrl?.replace(/\/+$/, '') ?? requestOrigin(request);
      send(response, 200, 'Error budgets', overviewPage({ slos, inFlight, filter, base, origin }));
    });

  const detail: RequestHandler = (request, response) =>
    show(response, async () => {
      const id = sloId(request);
      const slo = await queries.slo(id);
      if (slo) send(response, 200, slo.id, sloPage(slo, base));
      else {
        const back = html`<p><a href="${base}/">All SLOs</a></p>`;
        send(
          response,
          404,
          'Not found',
          html`<h1>No SLO ${id} is loaded</h1>
            ${back}`,
        );
      }
    });

  const assets = ASSETS.map(([path, type]) => {
    const content = readFileSync(new URL(`./browser${path}`, import.meta.url));
    const handler: RequestHandler = (_request, response) => {
      response.set({ 'Content-Type': type, 'Cache-Control': 'private, max-age=300' }).send(content);
    };
    return [path, handler] as const;
  });
  return [['/', overview], ['/slos/*id', detail], ...assets];
}

function queryText(request: Request, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value.slice(0, 128) : '';
}

/** Where this very request came in; the header is the client's word, so only what can be a host is taken. */
function requestOrigin(request: Request): string {
  const host = request.headers.host ?? '';
  return `http://${/^[A-Za-z0-9.:[\]-]{1,255}$/.test(host) ? host : 'localhost'}`;
}
