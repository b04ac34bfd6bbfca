import { versionOf } from '../stored-version.ts';
import type { DataLoss } from './data-loss.ts';

/**
 * Losses of data as they are stored. To change a field of `DataLoss`: raise `VERSION`, describe the former shape in a type
 * of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `DataLoss`.
 */
const VERSION = 1;

/** A loss as it is stored from now on. */
export function storedLoss(loss: DataLoss): object {
  return { v: VERSION, ...loss };
}

/** The loss of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeLoss(stored: unknown): DataLoss | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...loss } = stored as DataLoss & { readonly v: number };
  return loss;
}
