import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import express from 'express';
import helmet from 'helmet';
import type { Operator } from '../../core/ports/operator.ts';
import type { Log } from '../../core/ports/log.ts';
import type { HistoryReport, Queries } from '../../core/ports/queries.ts';
import { historyJson, sloDetailJson, sloJson } from '../answers/report-json.ts';
import { problemOf, sendJson, sendProblem } from '../answers/respond.ts';
import type { Guard } from '../guard/auth.ts';
import { createDashboard } from '../dashboard/dashboard.ts';
import { addOperatorReading, addWriting, answerOf } from './operator-routes.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { METRICS_TYPE } from '../metrics/metrics.ts';
import { HttpProblem } from '../answers/problems.ts';
import { sloId } from '../requests/slo-path.ts';
import type { ServiceStatus } from '../../core/ports/service-status.ts';

export interface RoutesOptions {
  readonly queries: Queries;
  readonly operator: Operator;
  readonly status: () => ServiceStatus;
  readonly guard: Guard;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Where people reach this service, for links; null when nobody said. A path in it prefixes all links. */
  readonly publicUrl: string | null;
  readonly version: string;
}

const MAX_OUTBOX_ROWS = 1000;
const DEFAULT_OUTBOX_ROWS = 100;

/**
 * Makes the handler of everything but outcomes and measurements. Reading needs the scope `read`, health alone does not;
 * what changes something says itself what it needs.
 */
export function createRoutes(
  options: RoutesOptions,
  extra?: (app: Express) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { queries, operator, status, guard, metrics, log } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', 'simple');
  app.use(securityHeaders());
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });

  reading(app, '/healthz', (_request, response) => sendJson(response, 200, '{"status":"ok"}'));
  reading(app, '/readyz', (request, response) => {
    const { ready, checks, sloProblems } = status();
    const details = guard.permits(request, 'read') ? { checks, sloProblems } : {};
    const body = { status: ready ? 'ready' : 'not-ready', ...details };
    sendJson(response, ready ? 200 : 503, JSON.stringify(body));
  });

  addWriting(app, operator, guard);
  app.use((request, _response, next) => {
    guard.demand(request, 'read');
    next();
  });

  async function history(id: string, request: Request): Promise<HistoryReport | null> {
    demandKnown(request, ['from', 'to', 'step']);
    const text = (name: string) => queryText(request, name);
    const found = await queries.history(id, { from: text('from'), to: text('to'), step: text('step') });
    return found && answerOf(found, 'unknown-slo', 'invalid-query');
  }

  reading(app, '/v1/slos', async (_request, response) => {
    sendJson(response, 200, JSON.stringify((await queries.slos()).map(sloJson)));
  });
  reading(app, '/v1/slos/*id', async (request, response) => {
    const id = sloId(request);
    const slo = await queries.slo(id);
    // An SLO may be called history itself.
    const [, past] = slo ? [] : (/^(.+)\/history$/s.exec(id) ?? []);
    const found = past === undefined ? null : await history(past, request);
    if (!slo && !found) {
      const told = JSON.stringify(past ?? id);
      throw new HttpProblem('unknown-slo', `No SLO ${told} is loaded; GET /v1/slos lists them.`);
    }
    sendJson(response, 200, JSON.stringify(slo ? sloDetailJson(slo) : historyJson(found!)));
  });
  addOperatorReading(app, operator);
  reading(app, '/v1/outbox', async (request, response) => {
    demandKnown(request, ['limit']);
    sendJson(response, 200, JSON.stringify(await queries.outbox(rowLimit(request.query['limit']))));
  });
  reading(app, '/metrics', async (_request, response) => {
    // A scrape must tell that the store is down, so it cannot fail with it.
    const slos = await queries.slos().catch(() => []);
    response.setHeader('Content-Type', METRICS_TYPE);
    response.end(await metrics.render(status(), slos));
  });
  for (const [path, handler] of createDashboard(options)) reading(app, path, handler);
  extra?.(app);

  app.use((request) => {
    throw new HttpProblem('not-found', `There is nothing at ${JSON.stringify(request.path.slice(0, 200))}.`);
  });
  // Express tells an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const problem = problemOf(error);
    if (problem.code === 'internal-error') log.error({ err: error }, 'Answering a request failed.');
    metrics.failedRequest(problem.code);
    sendProblem(response, problem);
  });
  return app;
}

function reading(app: Express, path: string, handler: RequestHandler): void {
  app
    .route(path)
    .get(handler)
    .all(() => {
      throw new HttpProblem('method-not-allowed', 'This can only be read.', { Allow: 'GET, HEAD' });
    });
}

/** Refuses a query with any other parameter: a misspelt one would be passed over in silence. */
function demandKnown(request: Request, names: readonly string[]): void {
  const strange = Object.keys(request.query).find((name) => !names.includes(name));
  if (strange === undefined) return;
  const told = JSON.stringify(strange.slice(0, 100));
  throw new HttpProblem('invalid-query', `There is no parameter ${told}; there are ${names.join(', ')}.`);
}

/** A parameter of the query; null when it is not there. */
function queryText(request: Request, name: string): string | null {
  const value = request.query[name];
  if (value === undefined) return null;
  if (typeof value === 'string') return value.slice(0, 100);
  throw new HttpProblem('invalid-query', `${name} must be given once.`);
}

function rowLimit(text: unknown): number {
  if (text === undefined) return DEFAULT_OUTBOX_ROWS;
  const limit = typeof text === 'string' && /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_OUTBOX_ROWS) return limit;
  throw new HttpProblem('invalid-query', `limit must be a whole number from 1 to ${MAX_OUTBOX_ROWS}.`);
}

function securityHeaders(): RequestHandler {
  const own = ["'self'"];
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: own,
        styleSrc: own,
        imgSrc: own,
        connectSrc: own,
        formAction: own,
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Whether this host is to be HTTPS for ever is for whoever terminates TLS in front of it to say.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}
