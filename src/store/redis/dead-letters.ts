import { LETTER_BEGINNING, MAX_DEAD_LETTERS } from '../../core/ports/store/dead-letters.ts';
import type { DeadLetterStore, StoredLetter } from '../../core/ports/store/dead-letters.ts';
import type { Connection } from './connection.ts';
import { deadLetterKeys } from './keys.ts';
import { scripts } from './scripts.ts';

/** Dead letters in Redis; see `DeadLetterStore`. */
export function deadLetterStore(connection: Connection): DeadLetterStore {
  const [about, data, order] = deadLetterKeys;
  return {
    async putDeadLetters(letters) {
      const parts = letters.flatMap(({ id, about: known, data: held }) => [id, JSON.stringify(known), held]);
      return Number(await connection.write(scripts.putLetters, deadLetterKeys, [MAX_DEAD_LETTERS, ...parts]));
    },
    async deadLetters(after, limit) {
      const reply = await connection.run(scripts.letters, deadLetterKeys, [
        after ?? '',
        limit,
        LETTER_BEGINNING,
      ]);
      const parts = reply as string[];
      return Array.from({ length: parts.length / 3 }, (_, index) => letterOf(parts.slice(index * 3)));
    },
    async deadLetter(id) {
      const [known, held] = await connection.call((client) =>
        Promise.all([client.hget(about, id), client.hget(data, id)]),
      );
      return known === null || held === null ? null : letterOf([id, known, held]);
    },
    async removeDeadLetters(ids) {
      return Number(await connection.write(scripts.removeLetters, deadLetterKeys, ids));
    },
    deadLetterCount: () => connection.call((client) => client.zcard(order)),
  };
}

function letterOf([id, about, data]: readonly string[]): StoredLetter {
  return { id: id!, about: JSON.parse(about!) as object, data: data! };
}
