import type { IncomingMessage } from 'node:http';
import type { ButtonPresses } from '../../core/ports/button-presses.ts';
import type { ChartRenderer } from '../../core/ports/chart-renderer.ts';
import type { Operator } from '../../core/ports/operator.ts';
import type { Pings } from '../../core/ports/pings.ts';
import type { Queries } from '../../core/ports/queries.ts';
import type { ServiceStatus } from '../../core/ports/service-status.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Audit } from '../../core/ports/audit.ts';
import type { Caller, Scope } from '../../core/ports/token.ts';
import { mayAll } from '../../core/ports/token.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { FieldTree } from '../answers/fields.ts';
import type { Reply } from '../answers/respond.ts';
import type { ReferenceSection } from '../dashboard/reference-page.tsx';
import type { Dashboard } from '../dashboard/dashboard.tsx';
import type { LivePages } from '../dashboard/live-pages.ts';
import type { Guard } from '../guard/auth.ts';
import type { ReportedRecords } from '../ingest/ingest.ts';
import type { RequestShares } from '../guard/request-shares.ts';
import type { SignIn } from '../guard/sign-in.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Parameters } from './parameters.ts';

/** One thing that can be asked of the service. Everything that is true of all of them is made from these. */
export type HttpRoute = JsonRoute | ContentRoute | StreamRoute | IngestRoute;

/** `HEAD` comes with `GET`. */
export type Method = 'GET' | 'POST' | 'DELETE';

export interface Endpoint {
  readonly method: Method;
  /** `{workflow}/{slo}` stands for the id of an SLO, the parameter `slo`; any other `{name}` for one segment. */
  readonly path: string;
  /** The scope that a token must have; `public` needs no token. */
  readonly scope: Scope | 'public';
  /** What it answers cannot be told apart by workflow, so that the scope must be for all of them. */
  readonly everyWorkflow?: true;
  /** It changes something although it may be a GET, so that no page of another site may make a browser ask for it. */
  readonly changes?: true;
  /** It is a page that pages of others may show in a frame, as far as that is allowed at all. */
  readonly framed?: true;
  /** It asks the store although it needs no token, and so counts among the requests of its address. */
  readonly counted?: true;
  /** What it does, as a phrase in Markdown. */
  readonly summary: string;
  readonly query?: {
    readonly parameters: Parameters;
    /** What becomes of a request with other parameters, or with one of these twice. */
    readonly others: 'refused' | 'ignored';
  };
  /** The fields of the JSON object that the body is. */
  readonly body?: Parameters;
}

/** Status codes of answers that are no problems; the first is the usual one, for the others handlers give a `Reply`. */
type Statuses = readonly [usual: number, ...others: number[]];

/** Answers with JSON. */
export interface JsonRoute extends Endpoint {
  /** What is noted in the audit log when it was done, and which parameter of the path or field of the answer it was done to. */
  readonly audit?: { readonly what: string; readonly about: string };
  readonly answer: { readonly kind: 'json'; readonly statuses: Statuses };
  /** What the parameter `fields` can choose of the answer, or of each of the items of a list. */
  readonly fields?: FieldTree;
  readonly itemFields?: FieldTree;
  /** Gives what the JSON is made of, a `SharedText` of it or `OtherFields`; throws the `HttpProblem` to answer with. */
  readonly handler: (services: Services, call: Call) => Promise<object>;
}

/** Answers with a page, a text or a file. */
export interface ContentRoute extends Endpoint {
  /** The fields of a form that the body is. */
  readonly form?: Parameters;
  /** The body is any text, the beginning of which is read. */
  readonly text?: true;
  /** The body is signed, and read as it was sent, as `raw`; the handler checks it. */
  readonly signed?: true;
  readonly answer: {
    readonly kind: 'html' | 'text' | 'asset';
    readonly type: string;
    readonly statuses: Statuses;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly handler: (services: Services, call: Call) => Promise<Content>;
}

/** Answers with server-sent events that say when pages would show something new. */
export interface StreamRoute extends Endpoint {
  readonly answer: { readonly kind: 'stream'; readonly statuses: Statuses };
}

export type Content = string | Buffer | Reply<string | Buffer>;

/** Takes in records, beside express; what may be sent and what comes back is the same for every kind of record. */
export interface IngestRoute extends Endpoint {
  readonly answer: { readonly kind: 'ingest'; readonly records: ReportedRecords };
}

export function isIngest(route: HttpRoute): route is IngestRoute {
  return route.answer.kind === 'ingest';
}

/** What handlers may ask. */
export interface Services {
  readonly queries: Queries;
  readonly operator: Operator;
  readonly status: () => ServiceStatus;
  readonly guard: Guard;
  readonly requests: RequestShares;
  readonly metrics: Metrics;
  readonly dashboard: Dashboard;
  readonly live: LivePages;
  readonly audit: Audit;
  readonly signIn: SignIn;
  /** The description of all routes, as JSON. */
  readonly openapi: () => string;
  /** The same for people. */
  readonly reference: () => readonly ReferenceSection[];
  /** `exec.sh`, as it is given to producers. */
  readonly execScript: string;
  readonly pings: Pings;
  readonly presses: ButtonPresses;
  readonly charts: ChartRenderer;
  /** The origins whose pages may show ours in a frame; none, unless they are set. */
  readonly frameAncestors: readonly string[];
  readonly clock: Clock;
  /** Without a slash at its end; null when none is set. */
  readonly publicUrl: string | null;
}

/** One request to a route, as far as the route says what belongs to it. */
export interface Call {
  /** What stands for `{name}` in the path, decoded. */
  readonly param: (name: string) => string;
  /** A parameter of the query that the route declares; null when it was not given. */
  readonly query: (name: string) => string | null;
  /** The body, parsed; null for a route without one. */
  readonly body: unknown;
  /** A field of the form; '' when it is not there. */
  readonly field: (name: string) => string;
  /** The bytes of a body that is signed; none for a route without one. */
  readonly raw: Buffer;
  /** The beginning of a body that is a text; '' for a route without one. */
  readonly text: string;
  readonly caller: Caller;
  readonly request: IncomingMessage;
}

/** The routes of one path. */
export interface PathRoutes<R extends Endpoint> {
  readonly path: string;
  readonly routes: readonly R[];
}

/** The routes that a request's path leads to, with what stands in it for parameters, still encoded. */
export interface FoundPath<R extends Endpoint> extends PathRoutes<R> {
  readonly params: Readonly<Record<string, string>>;
}

/** Puts routes of the same path together. Throws when two of them have the same method. */
export function routesByPath<R extends Endpoint>(routes: readonly R[]): readonly PathRoutes<R>[] {
  const paths = new Map<string, R[]>();
  for (const route of routes) {
    const others = paths.get(route.path) ?? [];
    if (others.some(({ method }) => method === route.method))
      throw new Error(`The route ${route.method} ${route.path} is there twice`);
    paths.set(route.path, [...others, route]);
  }
  return [...paths].map(([path, at]) => ({ path, routes: at }));
}

/**
 * Makes a function that finds the routes of a path, null where there is none. Of several paths that fit, the one with
 * more literal text is taken, so the order of the table means nothing.
 */
export function createFinder<R extends Endpoint>(
  routes: readonly R[],
): (path: string) => FoundPath<R> | null {
  const paths = routesByPath(routes)
    .map((entry) => ({ ...entry, pattern: patternOf(entry.path), literal: literalLength(entry.path) }))
    .toSorted((one, other) => other.literal - one.literal || (one.path < other.path ? -1 : 1));
  return (path) => {
    for (const { pattern, ...entry } of paths) {
      const match = pattern.exec(path);
      if (match) return { path: entry.path, routes: entry.routes, params: { ...match.groups } };
    }
    return null;
  };
}

/**
 * Gives the route that a request asks for, of those at its path, and who asks. Throws the `HttpProblem` to answer with: without the
 * scope first, so that strangers learn nothing, and then for a method that none has. Such a method needs the scope
 * `elsewhere`, unless the path is public.
 */
export function admit<R extends Endpoint>(
  request: IncomingMessage,
  routes: readonly R[],
  guard: Guard,
  elsewhere: Scope,
): { readonly route: R; readonly caller: Caller } {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = routes.find((candidate) => candidate.method === method);
  const open = routes.some(({ scope }) => scope === 'public');
  const scope = route?.scope ?? (open ? 'public' : elsewhere);
  const caller = scope === 'public' ? guard.identify(request) : guard.demand(request, scope, route?.changes);
  if (scope !== 'public' && route?.everyWorkflow && !mayAll(caller, scope))
    throw new HttpProblem('forbidden', `This needs the scope ${scope} for every workflow.`);
  if (route) return { route, caller };
  const allow = allowedMethods(routes);
  throw new HttpProblem('method-not-allowed', `What is possible here: ${allow}.`, { Allow: allow });
}

/** The value of `Allow` for the routes of one path. */
export function allowedMethods(routes: readonly Endpoint[]): string {
  const methods = new Set(routes.map(({ method }) => method));
  const others = (['POST', 'DELETE'] as const).filter((method) => methods.has(method));
  return [...(methods.has('GET') ? ['GET', 'HEAD'] : []), ...others].join(', ');
}

const SLASH = '(?:/|%2[fF])';
const PLACEHOLDER = /(\{workflow\}\/\{slo\}\/?|\{\w+\})/;

function patternOf(path: string): RegExp {
  const parts = path.split(PLACEHOLDER).map((part) => {
    if (part === '{workflow}/{slo}') return '(?<slo>.+)';
    // The slashes of a workflow may be encoded, and then so may be the others. An id has one at least, so that an SLO that is
    // named as what comes after it here is one.
    if (part === '{workflow}/{slo}/') return `(?<slo>.+${SLASH}.+)${SLASH}`;
    if (part.startsWith('{')) return `(?<${part.slice(1, -1)}>[^/]+)`;
    return part.replaceAll('.', '\\.');
  });
  return new RegExp(`^${parts.join('')}$`);
}

function literalLength(path: string): number {
  return path.replaceAll(/\{\w+\}/g, '').length;
}
