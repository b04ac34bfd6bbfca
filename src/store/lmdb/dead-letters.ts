import { LETTER_BEGINNING, MAX_DEAD_LETTERS } from '../../core/ports/store/dead-letters.ts';
import type { DeadLetterStore, StoredLetter } from '../../core/ports/store/dead-letters.ts';
import type { Databases } from './databases.ts';
import { idOfRecord, letterKey, lettersAfter } from './keys.ts';
import type { Writer } from './writer.ts';

type KeptLetter = Omit<StoredLetter, 'id'>;

/** Dead letters in LMDB, in the table of records; see `DeadLetterStore`. */
export function deadLetterStore(db: Databases, writer: Writer): DeadLetterStore {
  const count = (): number => db.records.getKeysCount(lettersAfter(null));

  function kept(id: string): KeptLetter | null {
    return (db.records.get(letterKey(id))?.value as KeptLetter | undefined) ?? null;
  }

  return {
    putDeadLetters: (letters) =>
      writer.write(() => {
        for (const { id, about, data } of letters) {
          if (kept(id) === null) db.records.putSync(letterKey(id), { revision: 1, value: { about, data } });
        }
        const surplus = Math.max(0, count() - MAX_DEAD_LETTERS);
        // Copied, since a range that is being read does not like to be written to.
        const oldest =
          surplus === 0 ? [] : [...db.records.getKeys({ ...lettersAfter(null), limit: surplus })];
        for (const key of oldest) db.records.removeSync(key);
        return surplus;
      }, letters.length),

    async deadLetters(after, limit) {
      return Array.from(db.records.getRange({ ...lettersAfter(after), limit }), ({ key, value }) => {
        const { about, data } = value.value as KeptLetter;
        return { id: idOfRecord(key), about, data: data.slice(0, LETTER_BEGINNING) };
      });
    },

    async deadLetter(id) {
      const letter = kept(id);
      return letter && { id, ...letter };
    },

    removeDeadLetters: (ids) =>
      writer.write(() => {
        const there = ids.filter((id) => kept(id) !== null);
        for (const id of there) db.records.removeSync(letterKey(id));
        return there.length;
      }, ids.length),

    deadLetterCount: async () => count(),
  };
}
