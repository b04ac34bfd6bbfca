import type { RecordStore } from '../../core/ports/store/records.ts';
import { recordText } from '../record-limits.ts';
import type { Connection } from './connection.ts';
import { recordsKey } from './keys.ts';
import { scripts } from './scripts.ts';

/** Records of people in Redis; see `RecordStore`. */
export function recordStore(connection: Connection): RecordStore {
  return {
    async records(collection) {
      const stored = await connection.call((client) => client.hgetall(recordsKey(collection)));
      return Object.entries(stored)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, text]) => {
          const space = text.indexOf(' ');
          return {
            id,
            revision: Number(text.slice(0, space)),
            value: JSON.parse(text.slice(space + 1)) as unknown,
          };
        });
    },

    async putRecord(collection, id, revision, value) {
      const text = recordText(collection, id, value);
      const stored = text === null ? '' : `${revision + 1} ${text}`;
      const reply = await connection.write(
        scripts.putRecord,
        [recordsKey(collection)],
        [id, revision, stored],
      );
      return reply === 1;
    },
  };
}
