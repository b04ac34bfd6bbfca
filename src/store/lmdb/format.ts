import { knownFormat, stepsFrom } from '../format.ts';
import type { About, Databases } from './databases.ts';
import { conversationDueKey, conversationOfKey } from './keys.ts';
import type { Writer } from './writer.ts';

/** Changes the tables to the next format, in the transaction that notes it. */
export type LmdbStep = (db: Databases) => void;

/** Claims look at each target by itself. */
const dueByTarget: LmdbStep = (db) => {
  for (const { key, value } of db.conversations.getRange()) {
    const { conversation, target } = conversationOfKey(key);
    const due = conversationDueKey(target, value.urgent === true, value.due, conversation);
    db.conversationsDue.putSync(due, null);
  }
  db.formerDue.clearSync();
};

/**
 * See store/format.ts. A new one goes to the end. Format 3 has what is due by target. Format 2 has receipts of ends, and records that span attempts; what format 1
 * holds of either is read as it is (stored-flight.ts, seen.ts), but its version must not read what is written now.
 */
export const LMDB_STEPS: readonly LmdbStep[] = [() => undefined, dueByTarget];

/** Brings a store to the format that is known here. Rejects when its format is newer. */
export async function upgradeFormat(
  db: Databases,
  writer: Writer,
  about: About,
  folder: string,
  steps = LMDB_STEPS,
): Promise<void> {
  if (stepsFrom(about.format, steps, folder).length === 0) return;
  await writer.write(() => {
    // Another process may have done it in the meantime.
    const stored = db.about.get('about')!;
    for (const step of stepsFrom(stored.format, steps, folder)) step(db);
    db.about.putSync('about', { ...stored, format: knownFormat(steps) });
  });
}
