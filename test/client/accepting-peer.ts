import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers as a Burnwatch that accepts everything, and keeps it. */
export interface AcceptingPeer {
  readonly url: string;
  /** What has arrived since this was emptied. */
  readonly records: Readonly<Record<string, unknown>>[];
  close(): void;
}

export async function startAcceptingPeer(): Promise<AcceptingPeer> {
  const records: Readonly<Record<string, unknown>>[] = [];
  const accept = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const lines = body
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    records.push(...lines);
    response.end(JSON.stringify({ accepted: lines.length, duplicates: 0, rejected: [] }));
  };
  const server = createServer((request, response) => {
    accept(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
