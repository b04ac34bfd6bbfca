import { stripVTControlCharacters } from 'node:util';

const MAX_BYTES = 200;

/** The last line of an output that is not empty, without escape sequences and control characters, 200 bytes of it; null without any. */
export function lastLine(output: Buffer): string | null {
  const line = stripVTControlCharacters(withoutBroken(output))
    .split(/[\r\n]/)
    // eslint-disable-next-line no-control-regex
    .map((text) => text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ').trim())
    .findLast((text) => text !== '');
  if (line === undefined) return null;
  const bytes = Buffer.from(line);
  return bytes.length <= MAX_BYTES ? line : withoutBroken(bytes.subarray(0, MAX_BYTES));
}

/** The text of bytes, without those that are no UTF-8. */
function withoutBroken(bytes: Buffer): string {
  return bytes.toString().replaceAll('\ufffd', '');
}
