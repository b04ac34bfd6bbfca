import { versionOf } from '../stored-version.ts';
import type { Silence } from './silence.ts';

/**
 * Silences as they are stored. To change a field of `Silence`: raise `VERSION`, describe the former shape in a type of its own
 * with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `Silence`.
 */
const VERSION = 1;

/** A silence as it is stored from now on. */
export function storedSilence(silence: Silence): object {
  return { v: VERSION, ...silence };
}

/** The silence of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeSilence(stored: unknown): Silence | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...silence } = stored as Silence & { readonly v: number };
  return silence;
}
