import { versionOf } from '../stored-version.ts';
import type { FailingTarget } from './failing-target.ts';

/**
 * Failing targets as they are stored. To change a field of `FailingTarget`: raise `VERSION`, describe the former shape in a
 * type of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `FailingTarget`.
 */
const VERSION = 1;

/** A failing target as it is stored from now on. */
export function storedFailingTarget(failing: FailingTarget): object {
  return { v: VERSION, ...failing };
}

/** The failing target of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeFailingTarget(stored: unknown): FailingTarget | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...failing } = stored as FailingTarget & { readonly v: number };
  return failing;
}
