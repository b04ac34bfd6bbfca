import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '../answers/problems.ts';
import { readBody } from './request-body.ts';

const MAX_BYTES = 16 * 1024;

/** Reads the fields of a form. Rejects with the `HttpProblem` to answer with. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
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
  const bytes = await readBody(request, MAX_BYTES, () => {});
  return new URLSearchParams(bytes.toString());
}
