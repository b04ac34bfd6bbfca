import { versionOf } from '../stored-version.ts';
import type { ToldReceipt } from './receipts.ts';

/**
 * Receipts as they are stored. To change a field of `ToldReceipt`: raise `VERSION`, describe the former shape in a type of its own
 * with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `ToldReceipt`.
 */
const VERSION = 1;

/** A receipt as it is stored from now on. */
export function storedReceipt(receipt: ToldReceipt): object {
  return { v: VERSION, ...receipt };
}

/** The receipt of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeReceipt(stored: unknown): ToldReceipt | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...receipt } = stored as ToldReceipt & { readonly v: number };
  return receipt;
}
