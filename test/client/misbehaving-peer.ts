import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pass } from 'node:timers/promises';

/** What stands between a client and Burnwatch does with one request; what is not listed is passed on. */
export type Fault =
  /** Ends the connection without an answer, before anything reached Burnwatch. */
  | 'cut'
  /** Passes it on, and ends the connection instead of answering. */
  | 'lose-reply'
  /** Never answers. */
  | 'silent'
  /** Answers a byte now and then, and never all of it. */
  | 'drip'
  /** Begins an answer that does not end. */
  | 'endless'
  /** A login page, with 200. */
  | 'page'
  /** Counts that do not add up. */
  | 'miscounts'
  /** Not HTTP at all. */
  | 'noise'
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

export interface Arrived {
  /** Milliseconds of a clock that cannot be set. */
  readonly at: number;
  readonly records: readonly string[];
  readonly authorization: string | undefined;
}

/** A proxy on loopback in front of Burnwatch. */
export interface MisbehavingPeer {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  close(): Promise<void>;
}

/**
 * Starts one that does the faults to the first requests, one each, and refuses with 413 what has more than `maxRecords`. `forwardTo`
 * is asked for each request.
 */
export async function startMisbehavingPeer(
  forwardTo: () => string,
  faults: readonly Fault[],
  maxRecords = Infinity,
): Promise<MisbehavingPeer> {
  const arrived: Arrived[] = [];
  const left = [...faults];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const records = body.split('\n');
    arrived.push({ at: performance.now(), records, authorization: request.headers.authorization });
    const fault = left.shift();
    if (fault === undefined && records.length <= maxRecords) return passOn(request, body, response);
    switch (fault) {
      case undefined:
        sendProblem(response, 413, 'too-many-records');
        return undefined;
      case 'cut':
        response.destroy();
        return undefined;
      case 'lose-reply':
        await forward(request, body);
        response.destroy();
        return undefined;
      case 'silent':
        return undefined;
      case 'drip':
      case 'endless':
        response.writeHead(200, { 'Content-Type': 'application/json' });
        // Bounded, though the client is to leave much sooner.
        for (let n = 0; n < 3000 && !response.destroyed; n++) {
          response.write(fault === 'drip' ? ' ' : ' '.repeat(65_536));
          await pass(fault === 'drip' ? 20 : 1);
        }
        response.destroy();
        return undefined;
      case 'page':
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>Please log in</html>');
        return undefined;
      case 'miscounts':
        response.writeHead(200).end('{"accepted":1000000,"duplicates":0,"rejected":[]}');
        return undefined;
      case 'noise':
        request.socket.end('What is this?\r\n\r\n');
        return undefined;
      default:
        response.writeHead(fault.status, fault.headers).end(fault.body);
        return undefined;
    }
  }

  async function forward(request: IncomingMessage, body: string): Promise<Response> {
    const { authorization, 'content-type': type = '' } = request.headers;
    const headers = { 'Content-Type': type, ...(authorization ? { Authorization: authorization } : {}) };
    return fetch(new URL(request.url!, forwardTo()), { method: 'POST', headers, body });
  }

  async function passOn(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const { status, headers, ...answered } = await forward(request, body).then(async (answer) => ({
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
    }));
    response.writeHead(status, { 'Content-Type': headers.get('content-type') ?? '' }).end(answered.text);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    arrived,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function sendProblem(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { 'Content-Type': 'application/problem+json' })
    .end(JSON.stringify({ status, code, detail: 'Too many.' }));
}
