import { getSystemErrorName } from 'node:util';

/** So much of what a peer answers is read. Its own words are short; what is longer is not from who it should be. */
export const MAX_ANSWER_BYTES = 16 * 1024;

/** The first bytes of an answer's body as text; the rest is never read, nor unpacked. */
export async function readAnswer(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (length < MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value.subarray(0, MAX_ANSWER_BYTES - length));
      length += value.length;
    }
  } finally {
    // Not awaited: a peer that goes on sending must not be waited for.
    void reader.cancel().catch(() => {});
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Why a connection failed, as the code of the innermost error, such as `ECONNREFUSED`: messages may hold addresses, and
 * what the peer sent. `unknown` when there is none.
 */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.cause !== undefined) return failureCode(error.cause);
  if ('errno' in error && typeof error.errno === 'number' && error.errno < 0)
    return getSystemErrorName(error.errno);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^[A-Z][A-Z0-9_]{1,49}$/.test(code) ? code : 'unknown';
}
