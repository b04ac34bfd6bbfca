import { versionOf } from '../stored-version.ts';
import type { AuditEntry } from './audit.ts';

/**
 * Entries of the audit log as they are stored. To change a field of `AuditEntry`: raise `VERSION`, describe the former shape in a
 * type of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `AuditEntry`.
 */
const VERSION = 1;

/** An entry as it is stored from now on. */
export function storedAuditEntry(entry: AuditEntry): object {
  return { v: VERSION, ...entry };
}

/** The entry of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeAuditEntry(stored: unknown): AuditEntry | null {
  if (versionOf(stored) > VERSION) return null;
  const { at, who, what, about, address } = stored as AuditEntry;
  return { at, who, what, about, address };
}
