import { MAX_RECORD_BYTES, MAX_RECORD_ID } from '../core/ports/store/records.ts';

// Control characters would break keys, and halves of a surrogate pair do not come back as they went.
const NOT_IN_IDS = /[\p{Cc}\p{Cs}]/u;

/**
 * The value of a record as JSON, null for none. Throws a `RangeError` that says what
 * would be right when it, or the record's id, will not do.
 */
export function recordText(collection: string, id: string, value: object | null): string | null {
  if (id.length === 0 || id.length > MAX_RECORD_ID || NOT_IN_IDS.test(id)) {
    throw new RangeError(
      `An id of ${collection} has 1 to ${MAX_RECORD_ID} characters, none of them a control character; this one has ${id.length}: ${JSON.stringify(id.slice(0, 40))}.`,
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
