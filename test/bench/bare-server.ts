import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The least a JSON endpoint can do: collect the body, parse it, answer. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { status: string };
    const answer = JSON.stringify({ accepted: body.status ? 1 : 0, duplicates: 0, rejected: [] });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
