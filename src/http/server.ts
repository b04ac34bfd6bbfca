import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createNodeServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ButtonPresses } from '../core/ports/button-presses.ts';
import type { ChartRenderer } from '../core/ports/chart-renderer.ts';
import type { Log } from '../core/ports/log.ts';
import type { Operator } from '../core/ports/operator.ts';
import type { Pings } from '../core/ports/pings.ts';
import type { Queries } from '../core/ports/queries.ts';
import type { Rejections } from '../core/ports/rejections.ts';
import type { Recorder } from '../core/ports/recorder.ts';
import { SECOND } from '../core/time/duration.ts';
import { sendProblem } from './answers/respond.ts';
import type { TelemetryRecorder } from '../core/ports/telemetry-recorder.ts';
import type { ServiceStatus } from '../core/ports/service-status.ts';
import type { Grant, Token } from '../core/ports/token.ts';
import type { Audit } from '../core/ports/audit.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { RecordStore } from '../core/ports/store/records.ts';
import { createLineLimit } from '../core/ports/limited-log.ts';
import { createConnectionShares } from './guard/connection-shares.ts';
import { createRequestShares } from './guard/request-shares.ts';
import { peerOf, trustedProxies } from './guard/client-address.ts';
import { createSessions } from './guard/sessions.ts';
import { createSignIn } from './guard/sign-in.ts';
import { createGuard } from './guard/auth.ts';
import { createHostCheck } from './guard/host-check.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { IngestLimits } from './ingest/ingest.ts';
import { INGEST_LIMITS, createIngest } from './ingest/ingest.ts';
import { execScript } from './ingest/exec-script.ts';
import type { ProblemCode } from './answers/problems.ts';
import { PROBLEM_TYPE, HttpProblem, problemBody } from './answers/problems.ts';
import { mountIngest, mountRoutes } from './api/mount.ts';
import { openapi, referenceOf } from './api/openapi.ts';
import type { HttpRoute, Services } from './api/route-table.ts';
import { ROUTES } from './api/routes.ts';
import { createDashboard } from './dashboard/dashboard.tsx';
import type { Rhythm } from './dashboard/live-pages.ts';
import { createLivePages } from './dashboard/live-pages.ts';

export interface ServerOptions {
  readonly recorder: Recorder;
  readonly telemetry: TelemetryRecorder;
  readonly queries: Queries;
  readonly operator: Operator;
  readonly pings: Pings;
  readonly presses: ButtonPresses;
  readonly charts: ChartRenderer;
  /** The origins whose pages may show ours in a frame; none if absent. */
  readonly frameAncestors?: readonly string[];
  readonly rejections: Rejections;
  readonly status: () => ServiceStatus;
  readonly log: Log;
  /** Where people reach this service, for links; null when it is not set. A path in it prefixes all links. */
  readonly publicUrl: string | null;
  /** Where traces are shown, with `{traceId}` in it; null: nowhere. */
  readonly traceUrl: string | null;
  readonly version: string;
  readonly access: Access;
  readonly audit: Audit;
  /** Where the key of signed-in browsers is kept, and who signed out. */
  readonly records: RecordStore;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly ingest?: Partial<IngestLimits>;
  readonly timeouts?: Partial<Timeouts>;
  /** 10,000 if absent. */
  readonly maxConnections?: number;
  /** Requests that are handled at once; half of `maxConnections` if absent. */
  readonly maxRequests?: number;
  /** Open pages that are kept up to date at once; a tenth of `maxConnections` if absent. */
  readonly maxStreams?: number;
  /** How often those are looked after. */
  readonly rhythm?: Rhythm;
  /** What can be asked; all `ROUTES` if absent. */
  readonly routes?: readonly HttpRoute[];
}

/** How it is known who asks. */
export interface Access {
  /** The tokens at this moment. */
  readonly tokens: () => readonly Token[];
  /** What a caller without a token may do; null when a token is needed. */
  readonly open: readonly Grant[] | null;
  /** Whether the service listens on a loopback address, so that all it may be called is a name of that. */
  readonly loopback: boolean;
  /** Addresses and networks of the proxies in front. */
  readonly trustedProxies: readonly string[];
  /** The header in which they name a user, in lower case, and what such users may do; null when they do not. */
  readonly identityHeader: { readonly name: string; readonly grants: readonly Grant[] } | null;
}

/** In milliseconds. */
export interface Timeouts {
  /** For the headers of a request to arrive. */
  readonly headers: number;
  /** For a request to arrive whole. */
  readonly request: number;
  /** For `close` to wait for requests that are being handled. */
  readonly close: number;
}

const TIMEOUTS: Timeouts = { headers: 10 * SECOND, request: 60 * SECOND, close: 10 * SECOND };

/** Longer than load balancers keep idle connections, so that they close them and not we, under a request. */
const KEEP_ALIVE = 65 * SECOND;
/** A connection on which nothing moves for this long is cut: its client does not read its answer. */
const STALLED = 120 * SECOND;
const MAX_CONNECTIONS = 10_000;

/** The HTTP side of the service. */
export interface HttpServer {
  /** Starts listening; port 0 takes any free one. Rejects when the port cannot be had. */
  listen(port: number, host: string): Promise<{ readonly port: number; readonly url: string }>;
  /**
   * Stops accepting, lets accepted requests finish and closes all other connections at once. After
   * `timeouts.close` it cuts what is left. May be called twice.
   */
  close(): Promise<void>;
  /** What `/metrics` shows; the rest of the service counts here too. */
  readonly metrics: Metrics;
}

/** Builds the HTTP server: outcomes and measurements on a lean path of their own, everything else through express. */
export function createServer(options: ServerOptions): HttpServer {
  const { access, publicUrl, records, clock } = options;
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const { recorder, telemetry, queries, operator, status, log, routes = ROUTES } = options;
  const metrics = createMetrics(options.version);
  const proxies = trustedProxies(access.trustedProxies);
  const sessions = createSessions({ store: records, tokens: access.tokens, clock });
  const guard = createGuard({
    ...access,
    proxies,
    sessions,
    publicUrl,
    elapsed: options.elapsed,
    log,
    onFailure: (by) => metrics.failedAuthentication(by),
  });
  const signIn = createSignIn({ guard, sessions, proxies, publicUrl });
  const strangeHost = createHostCheck({ tokens: guard.closed, loopback: access.loopback, publicUrl });
  const lineOf = createLineLimit(options.elapsed);
  function noteDropped(what: 'connection' | 'request', who: string, why: ProblemCode): void {
    metrics.dropped(what, why);
    const omitted = lineOf(`${what} ${who}`);
    if (omitted !== null) log.warn({ what, who, why, omitted }, 'turned away for want of room');
  }
  const maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  const requests = createRequestShares(
    // Connections on which a request is being handled cannot be cut for others, so these must leave some.
    options.maxRequests ?? Math.ceil(maxConnections / 2),
    (who) => noteDropped('request', who, 'too-many-requests'),
  );
  const limits = { ...INGEST_LIMITS, ...options.ingest };
  const ingest = mountIngest(
    routes,
    createIngest({
      recorder,
      rejections: options.rejections,
      telemetry,
      metrics,
      log,
      limits,
      requests,
      dropped: (who, why) => noteDropped('request', who, why),
    }),
    guard,
  );
  const dashboard = createDashboard(options);
  const reference = referenceOf(routes);
  const description = JSON.stringify(openapi(routes, options.version));
  const live = createLivePages({
    status,
    shares: createRequestShares(options.maxStreams ?? Math.ceil(maxConnections / 10), (who) =>
      noteDropped('request', who, 'too-many-requests'),
    ),
    rhythm: options.rhythm,
  });
  const { audit } = options;
  const services: Services = {
    queries,
    operator,
    status,
    guard,
    requests,
    metrics,
    dashboard,
    live,
    audit,
    signIn,
    openapi: () => description,
    reference: () => reference,
    execScript: execScript(publicUrl),
    pings: options.pings,
    presses: options.presses,
    charts: options.charts,
    frameAncestors: options.frameAncestors ?? [],
    clock,
    publicUrl,
  };
  const answer = mountRoutes(routes, services, log);

  /** Open connections with the latest answer on each; cheaper than listening for the end of every answer. */
  const connections = new Map<Duplex, ServerResponse | null>();
  let closed: Promise<void> | null = null;

  function unanswered(socket: Duplex): ServerResponse | null {
    const response = connections.get(socket);
    return response && !response.writableFinished ? response : null;
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    connections.set(request.socket, response);
    if (closed) response.shouldKeepAlive = false;
    const stranger = strangeHost(request);
    if (stranger) {
      metrics.failedRequest(stranger.code);
      sendProblem(response, stranger);
      return;
    }
    guard.takePathToken(request);
    const take = ingest.get(pathOf(request.url!));
    if (take) void take(request, response);
    else answer(request, response);
  }

  const server = createNodeServer(
    {
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: KEEP_ALIVE,
      connectionsCheckingInterval: Math.min(timeouts.headers, timeouts.request, SECOND),
    },
    handle,
  );
  const shares = createConnectionShares<Socket>(maxConnections, (socket) => unanswered(socket) === null);
  server.timeout = STALLED;
  // With a listener of our own a request can be refused before its body is sent.
  server.on('checkContinue', handle);
  server.on('connection', (socket: Socket) => {
    connections.set(socket, null);
    const address = peerOf({ socket, headers: {} });
    socket.on('close', () => {
      connections.delete(socket);
      shares.remove(socket, address);
    });
    // With `maxConnections` of Node whoever came last would be cut, and the one who holds all would keep them.
    const full = shares.add(socket, address);
    if (!full) return;
    noteDropped('connection', `address ${full.address}`, full.cut === socket ? 'queue-full' : 'over-share');
    full.cut.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const open = unanswered(socket);
    // What was asked whole is no longer part of the broken request, and an answer that began cannot be taken back.
    const tooLate = open !== null && (open.headersSent || open.req.complete);
    if (tooLate || !socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const problem = brokenRequest(error.code);
    metrics.failedRequest(problem.code);
    socket.end(rawAnswer(problem), () => socket.destroy());
  });

  function close(): Promise<void> {
    live.close();
    return new Promise((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), timeouts.close);
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      for (const socket of connections.keys()) {
        const response = unanswered(socket);
        if (!response) {
          socket.destroy();
          continue;
        }
        response.shouldKeepAlive = false;
        // The headers of an answer that has begun may have promised to keep the connection.
        response.on('close', () => socket.end());
      }
    });
  }

  return {
    listen: (port, host) => listen(server, port, host),
    close: () => (closed ??= close()),
    metrics,
  };
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

function listen(server: Server, port: number, host: string): Promise<{ port: number; url: string }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { port } = server.address() as AddressInfo;
      resolve({ port, url: `http://${reachable(host)}:${port}` });
    });
  });
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function brokenRequest(errorCode: string | undefined): HttpProblem {
  const answers: Readonly<Record<string, readonly [ProblemCode, string]>> = {
    HPE_HEADER_OVERFLOW: ['headers-too-large', 'The request line and headers are too long.'],
    ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'The request took too long to arrive.'],
  };
  const [code, detail] = answers[errorCode ?? ''] ?? ['invalid-request', 'This is not an HTTP request.'];
  return new HttpProblem(code, detail);
}

/** An answer for a connection on which there is no request to answer. */
function rawAnswer(problem: HttpProblem): string {
  const body = problemBody(problem);
  return [
    `HTTP/1.1 ${problem.status} ${problem.code}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
