import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the receiver answers one request; `hang` never answers, `reset` breaks the connection. */
export type SlackAnswer =
  | 'ok'
  | 'hang'
  | 'reset'
  | {
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface SlackRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly payload: ReceivedPayload;
}

export interface ReceivedPayload {
  readonly text: string;
  readonly blocks: readonly ReceivedBlock[];
}

export interface ReceivedText {
  readonly type: string;
  readonly text: string;
  readonly verbatim?: boolean;
}

export interface ReceivedBlock {
  readonly type: string;
  readonly text?: ReceivedText;
  readonly fields?: readonly ReceivedText[];
  readonly elements?: readonly ReceivedText[];
}

export interface SlackReceiver {
  /** The webhook's address. */
  readonly url: string;
  /** Everything received, whatever the answer was. */
  readonly requests: readonly SlackRequest[];
  /** The answers to the next requests; after them it is `ok` again. */
  answer(...answers: SlackAnswer[]): void;
  close(): Promise<void>;
}

/** Stands in for Slack's incoming webhooks: a real HTTP server on a free loopback port. */
export async function startSlackReceiver(
  path = '/services/T0000AAAA/B0000BBBB/sEcReTwEbHoOk12345678',
): Promise<SlackReceiver> {
  const requests: SlackRequest[] = [];
  const answers: SlackAnswer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const payload = JSON.parse(Buffer.concat(chunks).toString() || 'null') as ReceivedPayload;
      requests.push({ method, path: url, headers, payload });
      const answer = answers.shift() ?? 'ok';
      if (answer === 'hang') return;
      if (answer === 'reset') {
        request.socket.resetAndDestroy();
      } else if (answer === 'ok') {
        response.end('ok');
      } else {
        response.writeHead(answer.status, answer.headers).end(answer.body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    requests,
    answer: (...next) => void answers.push(...next),
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
