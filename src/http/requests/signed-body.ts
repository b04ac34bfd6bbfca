import type { IncomingMessage } from 'node:http';
import { demandForm } from './form-body.ts';
import { readBody } from './request-body.ts';

/** A button of Slack comes with the message that it is below. */
const MAX_BYTES = 128 * 1024;

/** A form as it was sent, byte by byte, so that its signature can be checked. Rejects with the `HttpProblem` to answer with. */
export async function readSigned(request: IncomingMessage): Promise<Buffer> {
  demandForm(request);
  return readBody(request, MAX_BYTES, () => {});
}
