import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '../answers/problems.ts';
import { readBody } from './request-body.ts';

const MAX_BYTES = 16 * 1024;

/** Throws the `HttpProblem` to answer with for a body that is said to be something other than a form. */
export function demandForm(request: IncomingMessage): void {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (type.trim() !== '' && type.trim() !== 'application/x-www-form-urlencoded') {
    throw new HttpProblem(
      'unsupported-media-type',
      'The Content-Type must be application/x-www-form-urlencoded.',
      {
        Accept: 'application/x-www-form-urlencoded',
      },
    );
  }
}

/** Reads the fields of a form. Rejects with the `HttpProblem` to answer with. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  demandForm(request);
  const bytes = await readBody(request, MAX_BYTES, () => {});
  return new URLSearchParams(bytes.toString());
}
