import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import compression from 'compression';
import express from 'express';
import helmet from 'helmet';
import type { Log } from '../../core/ports/log.ts';
import { HttpProblem } from '../answers/problems.ts';
import {
  PACKING_LEVEL,
  Reply,
  WORTH_PACKING,
  problemOf,
  sendContent,
  sendJson,
  sendPage,
  sendProblem,
  sendShared,
} from '../answers/respond.ts';
import { SharedText, taggedText } from '../answers/shared-text.ts';
import { chosenBody } from './field-choice.ts';
import type { Caller } from '../../core/ports/token.ts';
import type { Guard } from '../guard/auth.ts';
import type { RequestShares } from '../guard/request-shares.ts';
import type { Ingest, IngestHandler } from '../ingest/ingest.ts';
import { readJson } from '../requests/json-body.ts';
import { readForm } from '../requests/form-body.ts';
import { readSigned } from '../requests/signed-body.ts';
import { readText } from '../requests/text-body.ts';
import type {
  Call,
  ContentRoute,
  Endpoint,
  FoundPath,
  JsonRoute,
  HttpRoute,
  Services,
  StreamRoute,
} from './route-table.ts';
import { themeOf } from './theme.ts';
import { admit, createFinder, isIngest, routesByPath } from './route-table.ts';

/** Nothing that may be asked is as long. */
const LONGEST_VALUE = 2048;

/** Makes the handler of all routes but those that take in records. What no route has needs the scope `read`. */
export function mountRoutes(
  routes: readonly HttpRoute[],
  services: Services,
  log: Log,
): (request: IncomingMessage, response: ServerResponse) => void {
  const find = createFinder(routes.filter((route): route is AnsweredRoute => !isIngest(route)));
  const { guard, metrics, dashboard } = services;
  /** Whether whoever opened a stream may still read it: the session may be over, the token gone. */
  async function mayStill(request: Request, route: StreamRoute): Promise<boolean> {
    await services.signIn.prepare(request);
    try {
      admit(request, [route], guard, 'read');
      return true;
    } catch {
      return false;
    }
  }
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(securityHeaders());
  // On threads of its own.
  app.use(compression({ threshold: WORTH_PACKING, level: PACKING_LEVEL }));
  app.use((_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  app.use(async (request, response) => {
    const found = find(request.path);
    response.locals['asPage'] = wantsPage(found, request);
    if (!found) {
      await services.signIn.prepare(request);
      guard.demand(request, 'read');
      const path = JSON.stringify(request.path.slice(0, 200));
      throw new HttpProblem('not-found', `There is nothing at ${path}.`);
    }
    await services.signIn.prepare(request);
    const { route, caller } = admit(request, found.routes, guard, 'read');
    if (isStream(route)) {
      // Streams have shares of their own: pages that stay open must not keep anyone from asking.
      services.live.open(response, caller, () => mayStill(request, route));
      return;
    }
    // What needs no token and has no body is answered at once, and health is asked for by what restarts the service.
    if (route.scope !== 'public' || route.counted || 'form' in route || 'signed' in route)
      countIn(caller, services.requests, response);
    const params = new Map(
      Object.entries(found.params).map(([name, text]) => [name, decodeURIComponent(text)]),
    );
    const query = readQuery(route, request);
    if (
      (route.body || 'form' in route || 'text' in route || 'signed' in route) &&
      request.headers.expect !== undefined
    )
      response.writeContinue();
    const form = 'form' in route ? await readForm(request) : null;
    const call: Call = {
      param: (name) => required(params.get(name), route, name),
      query: (name) => required(query.get(name), route, name),
      body: route.body ? await readJson(request) : null,
      field: (name) => form?.get(name) ?? '',
      raw: 'signed' in route ? await readSigned(request) : Buffer.alloc(0),
      text: 'text' in route ? await readText(request) : '',
      caller,
      request,
    };
    await answer(route, services, call, response);
  });
  // Express recognises an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const problem = problemOf(error);
    if (problem.code === 'internal-error') log.error({ err: error }, 'Answering a request failed.');
    metrics.failedRequest(problem.code);
    if (response.locals['asPage'] !== true || response.headersSent) return sendProblem(response, problem);
    const { status, body } =
      problem.code === 'unauthenticated'
        ? dashboard.signIn(401, request.originalUrl, null, request)
        : dashboard.problem(problem, themeOf(request));
    // The browser would ask for a password itself.
    const { 'WWW-Authenticate': _, ...headers } = problem.headers;
    sendContent(response, status, body, 'text/html; charset=utf-8', headers);
  });
  return app;
}

function isStream(route: AnsweredRoute): route is StreamRoute {
  return route.answer.kind === 'stream';
}

/** Until the answer was taken, or the client has gone. */
function countIn(caller: Caller, requests: RequestShares, response: Response): void {
  // Its client has gone by now, and with it the event that would end it.
  if (response.closed) return;
  const who = requests.begin(caller);
  response.on('close', () => requests.end(who));
}

/** Whether a person's browser asks for a page, or for an address that there is not. */
function wantsPage(found: FoundPath<AnsweredRoute> | null, request: Request): boolean {
  const isPage = found === null || found.routes.some(({ answer: { kind } }) => kind === 'html');
  return isPage && request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
}

/** Makes the handlers of the routes that take in records, by their paths. */
export function mountIngest(
  routes: readonly HttpRoute[],
  ingest: Ingest,
  guard: Guard,
): ReadonlyMap<string, IngestHandler> {
  const paths = routesByPath(routes.filter(isIngest));
  return new Map(
    // They only take POST, so that there is one of a path.
    paths.map(({ path, routes: here }) => [
      path,
      ingest(here[0]!.answer.records, (request) => admit(request, here, guard, 'ingest').caller),
    ]),
  );
}

type AnsweredRoute = JsonRoute | ContentRoute | StreamRoute;

async function answer(
  route: JsonRoute | ContentRoute,
  services: Services,
  call: Call,
  response: Response,
): Promise<void> {
  const [usual] = route.answer.statuses;
  const made = await route.handler(services, call);
  if (made instanceof SharedText) return sendShared(response, usual, made);
  const { status, body, headers } = made instanceof Reply ? made : { status: usual, body: made, headers: {} };
  if (route.answer.kind === 'json') {
    const asked = route as JsonRoute;
    if (asked.audit) await note(asked.audit, call, body as object, services);
    const text = JSON.stringify(chosenBody(asked, call, body as object));
    if (!isTagged(route) || status !== usual) return sendJson(response, status, text);
    sendShared(response, status, taggedText(text));
  } else {
    const { type, headers: usualHeaders } = route.answer;
    if (isTagged(route) && typeof body === 'string' && status === usual && !('ETag' in headers))
      return sendShared(response, status, taggedText(body), {
        'Content-Type': type,
        ...usualHeaders,
        ...headers,
      });
    if (route.framed) letBeFramed(response, services.frameAncestors);
    if (route.answer.kind === 'html' && made instanceof Reply && typeof body === 'string')
      return sendPage(response, made as Reply<string>, type, usualHeaders);
    sendContent(response, status, body as string | Buffer, type, { ...usualHeaders, ...headers });
  }
}

/** Whether answers have a tag, by which whoever asks again is told that nothing is new. */
function isTagged({ method, path, changes, answer: { kind } }: JsonRoute | ContentRoute): boolean {
  return method === 'GET' && !changes && (kind === 'json' || (kind === 'text' && TAGGED_TEXT.test(path)));
}

/** What monitoring collects is new each time. */
const TAGGED_TEXT = /^\/(v1\/|openapi\.json$)/;

async function note(
  { what, about }: NonNullable<JsonRoute['audit']>,
  { caller }: Call,
  body: object,
  { audit }: Services,
): Promise<void> {
  const id = (body as Readonly<Record<string, unknown>>)[about];
  await audit.note({
    who: caller.name,
    what,
    about: typeof id === 'string' ? id : null,
    address: caller.address,
  });
}

/** The declared parameters of the query; null for those that were not given. Of the API, others are refused. */
function readQuery({ path, query }: Endpoint, request: Request): ReadonlyMap<string, string | null> {
  const values = new Map<string, string | null>();
  const given = request.query;
  const names = Object.keys(query?.parameters ?? {});
  const strange = Object.keys(given).find((name) => !names.includes(name));
  const refused = query ? query.others === 'refused' : path.startsWith('/v1/');
  if (strange !== undefined && refused) {
    // A misspelt one would be passed over in silence.
    const named = JSON.stringify(strange.slice(0, 100));
    const known = names.length === 0 ? 'this takes none' : `there are ${names.join(', ')}`;
    throw new HttpProblem('invalid-query', `There is no parameter ${named}; ${known}.`);
  }
  for (const name of names) {
    const value = given[name];
    if (Array.isArray(value) && refused)
      throw new HttpProblem('invalid-query', `${name} must be given once.`);
    if (typeof value === 'string' && value.length > LONGEST_VALUE && refused)
      throw new HttpProblem('invalid-query', `${name} is longer than ${LONGEST_VALUE} characters.`);
    values.set(name, typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : null);
  }
  return values;
}

function required<Value>(value: Value | undefined, { method, path }: Endpoint, name: string): Value {
  if (value === undefined) throw new Error(`The route ${method} ${path} declares no parameter ${name}`);
  return value;
}

const FRAMED_BY_NONE = "frame-ancestors 'none'";

/** Lets pages of some origins show an answer in a frame; browsers that know X-Frame-Options only cannot be told which. */
function letBeFramed(response: Response, ancestors: readonly string[]): void {
  if (ancestors.length === 0) return;
  const policy = String(response.getHeader('Content-Security-Policy'));
  response.setHeader(
    'Content-Security-Policy',
    policy.replace(FRAMED_BY_NONE, `frame-ancestors ${ancestors.join(' ')}`),
  );
  response.removeHeader('X-Frame-Options');
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
    // With none at all, browsers send forms with an Origin of null, which another page can, too.
    referrerPolicy: { policy: 'same-origin' },
    // Whether this host stays HTTPS is for the TLS terminator in front of it to say.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
}
