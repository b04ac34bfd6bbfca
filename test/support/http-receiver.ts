import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  /** The same as it came, where it is not text. */
  readonly bytes: Buffer;
}

/** An answer in full, or what writes it, or breaks off, in its own way. */
export type HttpAnswer =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | ((response: ServerResponse) => void);

export interface HttpReceiver {
  /** The origin, `http://127.0.0.1:port`. */
  readonly url: string;
  /** Everything received, whatever the answer was. */
  readonly requests: readonly ReceivedRequest[];
  /** How often a connection was made. */
  readonly connections: () => number;
  /** The answers to the next requests; after them `usual` answers again. */
  answer(...answers: readonly HttpAnswer[]): void;
  close(): Promise<void>;
}

/** A real HTTP server on a free loopback port; `usual` answers as the receiver that it stands in for does. */
export async function startHttpReceiver(
  usual: (request: ReceivedRequest) => HttpAnswer,
): Promise<HttpReceiver> {
  const requests: ReceivedRequest[] = [];
  const answers: HttpAnswer[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const bytes = Buffer.concat(chunks);
      const received = { method, path: url, headers, raw: bytes.toString(), bytes };
      requests.push(received);
      const answer = answers.shift() ?? usual(received);
      if (typeof answer === 'function') answer(response);
      else response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  server.on('connection', (socket) => {
    connections++;
    // Those who break off are as expected.
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    answer: (...next) => void answers.push(...next),
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
