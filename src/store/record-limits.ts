import { MAX_RECORD_BYTES, MAX_RECORD_ID } from '../core/store.ts';

/**
 * The value of a record as JSON, null for none. Throws a `RangeError` when it, or the record's id, is longer than
 * records may be.
 */
export function recordText(collection: string, id: string, value: object | null): string | null {
  if (id.length === 0 || id.length > MAX_RECORD_ID) {
    throw new RangeError(
      `An id of ${collection} has 1 to ${MAX_RECORD_ID} characters, not ${id.length}: ${JSON.stringify(id.slice(0, 40))}.`,
    );
  }
  if (value === null) return null;
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_RECORD_BYTES) {
    throw new RangeError(
      `The record ${id} of ${collection} has ${bytes} bytes as JSON; at most ${MAX_RECORD_BYTES} may be kept.`,
    );
  }
  return text;
}
