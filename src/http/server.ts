import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createNodeServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import type { Recorder } from '../core/ports/recorder.ts';
import { SECOND } from '../core/time/duration.ts';
import { sendProblem } from './answers/respond.ts';
import type { Token } from '../core/ports/token.ts';
import { createGuard } from './guard/auth.ts';
import { createHostCheck } from './guard/host-check.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { IngestHandler, IngestLimits } from './ingest/ingest.ts';
import { INGEST_LIMITS, MEASUREMENTS_PATH, OUTCOMES_PATH, createIngest } from './ingest/ingest.ts';
import type { ProblemCode } from './answers/problems.ts';
import { PROBLEM_TYPE, HttpProblem, problemBody } from './answers/problems.ts';
import type { RoutesOptions } from './api/routes.ts';
import { createRoutes } from './api/routes.ts';

export interface ServerOptions extends Omit<RoutesOptions, 'guard' | 'metrics'> {
  readonly recorder: Recorder;
  /** Without tokens everybody may do everything. */
  readonly tokens: readonly Token[];
  readonly ingest?: Partial<IngestLimits>;
  readonly timeouts?: Partial<Timeouts>;
  /** Adds routes, which then need the scope `read` like all others. */
  readonly extra?: (app: Express) => void;
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
  const guard = createGuard(options.tokens);
  const strangeHost = createHostCheck({ tokens: options.tokens.length > 0, publicUrl: options.publicUrl });
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const { recorder, log } = options;
  const metrics = createMetrics(options.version);
  const limits = { ...INGEST_LIMITS, ...options.ingest };
  const ingest = createIngest({ recorder, guard, metrics, log, limits });
  const routes = createRoutes({ ...options, guard, metrics }, options.extra);

  /** Open connections with the latest answer on each; cheaper than to hear of the end of every answer. */
  const connections = new Map<Duplex, ServerResponse | null>();
  let closed: Promise<void> | null = null;

  function unanswered(socket: Duplex): ServerResponse | null {
    const response = connections.get(socket);
    return response && !response.writableFinished ? response : null;
  }

  /** Who takes what is sent to a path, if it is one of those that do not go through express. */
  function ingestOf(url: string): IngestHandler | null {
    if (isAt(url, OUTCOMES_PATH)) return ingest.outcomes;
    return isAt(url, MEASUREMENTS_PATH) ? ingest.measurements : null;
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
    const take = ingestOf(request.url!);
    if (take) {
      void take(request, response);
    } else {
      if (request.headers.expect !== undefined) response.writeContinue();
      routes(request, response);
    }
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
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = STALLED;
  // With a listener of our own a request can be refused before its body is sent.
  server.on('checkContinue', handle);
  server.on('connection', (socket: Socket) => {
    connections.set(socket, null);
    socket.on('close', () => connections.delete(socket));
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

function isAt(url: string, path: string): boolean {
  return url === path || url.startsWith(`${path}?`);
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
