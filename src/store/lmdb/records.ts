import type { RecordStore } from '../../core/ports/store/records.ts';
import { recordText } from '../record-limits.ts';
import type { Databases } from './databases.ts';
import { idOfRecord, recordKey, recordsOf } from './keys.ts';
import type { Writer } from './writer.ts';

/** Records of people in LMDB; see `RecordStore`. */
export function recordStore(db: Databases, writer: Writer): RecordStore {
  return {
    async records(collection) {
      return Array.from(db.records.getRange(recordsOf(collection)), ({ key, value }) => ({
        id: idOfRecord(key),
        ...value,
      }));
    },

    async putRecord(collection, id, revision, value) {
      const text = recordText(collection, id, value);
      const key = recordKey(collection, id);
      return writer.write(() => {
        const stored = db.records.get(key);
        if (isAsWanted(stored, revision + 1, text)) return true;
        if ((stored?.revision ?? 0) !== revision) return false;
        if (text === null) db.records.removeSync(key);
        else db.records.putSync(key, { revision: revision + 1, value: JSON.parse(text) as unknown });
        return true;
      });
    },
  };
}

/** Whether a record is already what a call would make of it: the call is repeated. */
function isAsWanted(
  stored: { readonly revision: number; readonly value: unknown } | undefined,
  revision: number,
  text: string | null,
): boolean {
  if (text === null) return stored === undefined;
  return stored?.revision === revision && JSON.stringify(stored.value) === text;
}
