import { versionOf } from '../stored-version.ts';

/** The values of one attribute of a workflow that have counters of their own. */
export interface StoredBreakdown {
  readonly workflow: string;
  readonly attribute: string;
  readonly values: readonly string[];
  /** The days (since the epoch, UTC) on which each of them came last; absent where a version before 0.2 stored it. */
  readonly seen?: readonly number[];
  /** Whether a further value came, for which there was no room. */
  readonly full: boolean;
}

/**
 * Values of attributes as they are stored. To change a field: raise `VERSION`, describe the former shape in a type of its own with a
 * function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `StoredBreakdown`.
 */
const VERSION = 1;

export function storedBreakdown(breakdown: StoredBreakdown): object {
  return { v: VERSION, ...breakdown };
}

/** The values of a stored record; null when a newer version of Burnwatch wrote it. */
export function upgradeBreakdown(stored: unknown): StoredBreakdown | null {
  if (versionOf(stored) > VERSION) return null;
  const { workflow, attribute, values, seen, full } = stored as StoredBreakdown;
  return { workflow, attribute, values, ...(seen && { seen }), full };
}
