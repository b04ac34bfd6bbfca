import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands where Burnwatch should be. */
export interface Receiver {
  readonly url: string;
  /** The records of each request, in the order in which they came. */
  readonly requests: {
    readonly records: readonly Record<string, unknown>[];
    readonly headers: IncomingHttpHeaders;
  }[];
  /** All records so far. */
  readonly records: () => readonly Record<string, unknown>[];
  close(): Promise<void>;
}

export type Answer = (response: ServerResponse, records: number) => void;

/** As Burnwatch does when it has stored all. */
export const stored: Answer = (response, records) =>
  void response.end(`{"accepted":${records},"duplicates":0,"rejected":[]}`);

export async function startReceiver(answer: Answer = stored): Promise<Receiver> {
  const requests: Receiver['requests'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const records = body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      requests.push({ records, headers: request.headers });
      answer(response, records.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    records: () => requests.flatMap(({ records }) => records),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
