import { versionOf } from '../stored-version.ts';
import type { DeadLetter } from './dead-letters.ts';

/**
 * Dead letters as they are stored. To change a field: raise `VERSION`, describe the former shape in a type of its own with a function
 * that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `DeadLetter` without its id.
 */
const VERSION = 1;

export function storedDeadLetter({ id: _id, ...letter }: DeadLetter): object {
  return { v: VERSION, ...letter };
}

/** The letter of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeDeadLetter(id: string, stored: unknown): DeadLetter | null {
  if (versionOf(stored) > VERSION) return null;
  const { source, entry, at, deadAt, deliveries, code, message, records } = stored as DeadLetter;
  return { id, source, entry, at, deadAt, deliveries, code, message, records };
}
