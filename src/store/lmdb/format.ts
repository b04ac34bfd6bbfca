import { knownFormat, stepsFrom } from '../format.ts';
import type { About, Databases } from './databases.ts';
import type { Writer } from './writer.ts';

/** Changes the tables to the next format, in the transaction that notes it. */
export type LmdbStep = (db: Databases) => void;

/**
 * See store/format.ts. A new one goes to the end. Format 2 has receipts of ends, and records that span attempts; what format 1
 * holds of either is read as it is (stored-flight.ts, seen.ts), but its version must not read what is written now.
 */
export const LMDB_STEPS: readonly LmdbStep[] = [() => undefined];

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
