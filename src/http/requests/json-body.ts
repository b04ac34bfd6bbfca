import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '../answers/problems.ts';
import { readBody } from './request-body.ts';

/** What people ask for fits into this many bytes. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads the JSON of a request that changes something. The media type is demanded because a page of another origin
 * cannot send it without being asked about first. Rejects with the `HttpProblem` to answer with.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const [type = ''] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  if (type.trim() !== 'application/json') {
    throw new HttpProblem('unsupported-media-type', 'The Content-Type must be application/json.', {
      Accept: 'application/json',
    });
  }
  if (
    request.headers['content-encoding'] !== undefined &&
    request.headers['content-encoding'] !== 'identity'
  ) {
    throw new HttpProblem('unsupported-encoding', 'Send this without a Content-Encoding.');
  }
  const bytes = await readBody(request, MAX_BYTES, () => {});
  if (bytes.length === 0) throw new HttpProblem('empty-body', 'The body is empty; send a JSON object.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new HttpProblem('invalid-utf8', 'The body is not UTF-8 text.');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new HttpProblem('invalid-json', `The body is not JSON: ${String(error)}.`);
  }
}
