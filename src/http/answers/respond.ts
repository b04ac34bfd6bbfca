import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Response } from 'express';
import { RendererBusy } from '../../core/ports/chart-renderer.ts';
import { OverShare, QueueFull } from '../../core/ports/recorder.ts';
import { NothingLoaded, StoreUnavailable } from '../../core/ports/store/store.ts';
import { HttpProblem, PROBLEM_TYPE, problemBody } from './problems.ts';
import type { SharedText } from './shared-text.ts';

/** Seconds after which a request that met a full queue or an absent store may come again. */
const RETRY_AFTER = '1';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Headers of every answer of the API: it is never a page, and never the same twice. */
const API_HEADERS = { 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' };

/** Answers with a text of JSON. */
export function sendJson(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': JSON_TYPE,
    'Content-Length': Buffer.byteLength(body),
    ...API_HEADERS,
  });
  response.end(body);
}

/** Answers a request of which nothing was accepted: with a problem that has the members of the usual answer as well, a JSON object. */
export function sendRejected(response: ServerResponse, usual: string): void {
  const problem = problemBody(
    new HttpProblem('nothing-accepted', 'Not one record of the request was accepted; rejected says why.'),
  );
  const body = `${problem.slice(0, -1)},${usual.slice(1)}`;
  response.writeHead(422, {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    ...API_HEADERS,
  });
  response.end(body);
}

/** Answers with JSON, or as the headers say, that others may get as well; or with 304 when the client says it has it. */
export function sendShared(
  response: Response,
  status: number,
  { body, etag }: SharedText,
  headers: Readonly<Record<string, string>> = {},
): void {
  // Kept, but asked about each time: `no-store` would forbid to have it at all.
  response.set({ ...API_HEADERS, ETag: etag, 'Cache-Control': 'private, no-cache' });
  if (isHeld(response.req.headers['if-none-match'], etag)) {
    response.writeHead(304).end();
    return;
  }
  response
    .writeHead(status, { 'Content-Type': JSON_TYPE, ...headers, 'Content-Length': body.length })
    .end(body);
}

/**
 * Whether one of the tags of `If-None-Match` is this one. Whatever `Cache-Control` the request has, which is for caches on the
 * way: some clients say `no-cache` with every condition of their own.
 */
export function isHeld(given: string | undefined, etag: string): boolean {
  return given?.split(',').some((tag) => tag.trim() === etag) ?? false;
}

/** What to answer with when that is not the usual status of what was asked. */
export class Reply<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: Body, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** Answers with a page, a text or a file of this media type. */
export function sendContent(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (status === 304) {
    response.writeHead(status, headers).end();
    return;
  }
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** What is shorter gains nothing. */
export const WORTH_PACKING = 2048;
/** More would cost more time than it saves. */
export const PACKING_LEVEL = 1;

const packAtOnce = promisify(gzip);
const packed = new WeakMap<Reply<string>, Promise<Buffer>>();

/** Answers with a page, compressed once for all who get this same one; `usual` are headers beside its own. */
export async function sendPage(
  response: Response,
  page: Reply<string>,
  type: string,
  usual: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { status, body } = page;
  const headers = { ...usual, ...page.headers };
  response.vary('Accept-Encoding');
  if (body.length < WORTH_PACKING || !response.req.acceptsEncodings('gzip'))
    return sendContent(response, status, body, type, headers);
  let pack = packed.get(page);
  if (!pack) packed.set(page, (pack = packAtOnce(body, { level: PACKING_LEVEL })));
  sendContent(response, status, await pack, type, { ...headers, 'Content-Encoding': 'gzip' });
}

/** Answers with a problem. Does nothing when an answer has begun already. */
export function sendProblem(response: ServerResponse, problem: HttpProblem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = problemBody(problem);
  response.writeHead(problem.status, {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    ...API_HEADERS,
    ...problem.headers,
  });
  response.end(body);
}

/** What to answer when handling a request threw this. Says nothing about the inside of the service. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof NothingLoaded) {
    const detail = 'No SLO file has loaded, so nothing says what to count; send the same again once one has.';
    return new HttpProblem('nothing-loaded', detail, { 'Retry-After': RETRY_AFTER });
  }
  if (error instanceof StoreUnavailable) {
    return new HttpProblem('store-unavailable', 'The store does not answer; send the same again.', {
      'Retry-After': RETRY_AFTER,
    });
  }
  if (error instanceof QueueFull) return queueFull();
  if (error instanceof OverShare) return overShare();
  if (error instanceof RendererBusy) return queueFull();
  if (error instanceof URIError) {
    return new HttpProblem('invalid-path', 'The path is not properly percent-encoded.');
  }
  return new HttpProblem('internal-error', 'Burnwatch failed; its log says how.');
}

/** The answer to a request for which there is no room. */
export function queueFull(): HttpProblem {
  return new HttpProblem('queue-full', 'Too much is waiting; send the same again.', {
    'Retry-After': RETRY_AFTER,
  });
}

/** The answer to a request of one who has more under way than its share. */
export function overShare(): HttpProblem {
  return new HttpProblem(
    'over-share',
    'This token or address has too much under way; what is left is kept for others. Send the same again.',
    { 'Retry-After': RETRY_AFTER },
  );
}
