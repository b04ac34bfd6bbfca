import { versionOf } from '../stored-version.ts';
import type { Adjustment, Closing } from './adjustment.ts';

/**
 * Adjustments as they are stored. To change a field of `Adjustment`: raise `VERSION`, describe the former shape in a type
 * of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `Adjustment`; the oldest have no `actor`.
 */
const VERSION = 1;

/** An adjustment as it is stored from now on. */
export function storedAdjustment(adjustment: Adjustment): object {
  return { v: VERSION, ...adjustment };
}

/** The adjustment of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeAdjustment(stored: unknown): Adjustment | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...adjustment } = stored as Omit<Adjustment, 'actor'> &
    Partial<Adjustment> & { readonly v?: number };
  const { actor = null, ended, withdrawn } = adjustment;
  return { ...adjustment, actor, ended: withActor(ended), withdrawn: withActor(withdrawn) };
}

function withActor(closing: (Omit<Closing, 'actor'> & Partial<Closing>) | null): Closing | null {
  return closing && { ...closing, actor: closing.actor ?? null };
}
