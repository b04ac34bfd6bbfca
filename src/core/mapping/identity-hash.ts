import { hash53 } from '../hash.ts';

/** A short text for a long one, to be part of an identity. Two lanes of 53 bits: one alone would let two of different programs meet now and then. */
export function identityHash(text: string): string {
  return hash53(text).toString(36) + hash53(`${text.length} ${text}`).toString(36);
}
