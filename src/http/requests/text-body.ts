import type { IncomingMessage } from 'node:http';
import { Disconnected } from './request-body.ts';

/** Of a text that may come along with a request, this much is read. */
const READ_BYTES = 1024;

/** The beginning of a body, whatever it is; the rest flows by unseen. Rejects with `Disconnected` when it never ends. */
export function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      if (length < READ_BYTES) chunks.push(chunk.subarray(0, READ_BYTES - length));
      length += chunk.length;
    });
    request.on('end', () =>
      resolve(
        Buffer.concat(chunks)
          .toString()
          .replace(/\ufffd+$/, ''),
      ),
    );
    request.on('close', () => {
      if (!request.complete) reject(new Disconnected());
    });
  });
}
