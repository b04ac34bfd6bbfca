import { versionOf } from '../stored-version.ts';
import type { GateOverride } from './gate-override.ts';

/**
 * Overrides of the gate as they are stored. To change a field of `GateOverride`: raise `VERSION`, describe the former shape in a type
 * of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `GateOverride`. Those that were stored before it said so are as good as not `notified`.
 */
const VERSION = 1;

/** An override as it is stored from now on. */
export function storedGateOverride(override: GateOverride): object {
  return { v: VERSION, ...override };
}

/** The override of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeGateOverride(stored: unknown): GateOverride | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...override } = stored as GateOverride & { readonly v: number };
  return override;
}
