import type { IncomingMessage } from 'node:http';
import { readBody } from './request-body.ts';

/** A button of Slack comes with the message that it is below. */
const MAX_BYTES = 128 * 1024;

/** A body as it was sent, byte by byte, so that its signature can be checked. Rejects with the `HttpProblem` to answer with. */
export function readSigned(request: IncomingMessage): Promise<Buffer> {
  return readBody(request, MAX_BYTES, () => {});
}
