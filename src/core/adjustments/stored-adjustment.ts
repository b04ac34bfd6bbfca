import { versionOf } from '../stored-version.ts';
import type { Adjustment } from './adjustment.ts';

/**
 * Adjustments as they are stored. To change a field of `Adjustment`: raise `VERSION`, describe the former shape in a type
 * of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `Adjustment`.
 */
const VERSION = 1;

/** An adjustment as it is stored from now on. */
export function storedAdjustment(adjustment: Adjustment): object {
  return { v: VERSION, ...adjustment };
}

/** The adjustment of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeAdjustment(stored: unknown): Adjustment | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...adjustment } = stored as Adjustment & { readonly v?: number };
  return adjustment;
}
