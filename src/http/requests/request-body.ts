import type { IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { HttpProblem } from '../answers/problems.ts';

/** The client went away before its request had arrived whole: there is no one to answer. */
export class Disconnected extends Error {
  override readonly name = 'Disconnected';
}

/** Reserves memory for so many more bytes of this request; throws the `HttpProblem` to answer with if there is none. */
export type Reserve = (bytes: number) => void;

/**
 * Collects the body of a request, at most `limit` bytes of it.
 * Rejects with the `HttpProblem` to answer with when it is longer, and with `Disconnected` when it never ends.
 */
export function readBody(request: IncomingMessage, limit: number, reserve: Reserve): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let first: Buffer | null = null;
    let chunks: Buffer[] | null = null;
    let length = 0;

    function onData(chunk: Buffer): void {
      length += chunk.length;
      try {
        if (length > limit) throw tooLarge(limit);
        reserve(chunk.length);
      } catch (error) {
        // The rest flows by unseen, so that the client gets to read its answer.
        request.off('data', onData);
        reject(error);
        return;
      }
      // Most bodies come in one piece, which then need not be copied.
      if (!first) first = chunk;
      else if (chunks) chunks.push(chunk);
      else chunks = [first, chunk];
    }

    request.on('data', onData);
    request.on('end', () => resolve(chunks ? Buffer.concat(chunks, length) : (first ?? Buffer.alloc(0))));
    request.on('close', () => {
      if (!request.complete) reject(new Disconnected());
    });
  });
}

/**
 * Unpacks gzip, to at most `limit` bytes; a bomb is stopped there.
 * Rejects with the `HttpProblem` to answer with when it is more, not gzip, or cut short.
 */
export function gunzip(packed: Buffer, limit: number, reserve: Reserve): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = createGunzip({ chunkSize: 65_536 });
    const chunks: Buffer[] = [];
    let length = 0;
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      try {
        if (length > limit) throw tooLarge(limit);
        reserve(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        reject(error);
        stream.destroy();
      }
    });
    stream.on('end', () => resolve(Buffer.concat(chunks, length)));
    stream.on('error', ({ message }) => {
      reject(new HttpProblem('invalid-gzip', `The body cannot be unpacked: ${message}.`));
    });
    stream.end(packed);
  });
}

/** The answer to a body of more than `limit` bytes. */
export function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(
    'body-too-large',
    `A body may have at most ${limit} bytes; send it in several requests.`,
  );
}
