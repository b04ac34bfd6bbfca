import { hash53 } from '../hash.ts';
import { versionOf } from '../stored-version.ts';
import type { DefinitionHistory } from './definition-history.ts';

/**
 * Definitions of SLOs and their changes as they are stored. To change a field of `DefinitionHistory`: raise `VERSION`, describe the former
 * shape in a type of its own with a function that brings it one version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 1: the fields of `DefinitionHistory`.
 */
const VERSION = 1;

/** A history as it is stored from now on. */
export function storedDefinition(history: DefinitionHistory): object {
  return { v: VERSION, ...history };
}

/** The history of a stored value; null when a newer version of Burnwatch wrote it. */
export function upgradeDefinition(stored: unknown): DefinitionHistory | null {
  if (versionOf(stored) > VERSION) return null;
  const { v: _, ...history } = stored as DefinitionHistory & { readonly v: number };
  return history;
}

/** The id of the record of an SLO: ids of SLOs may be longer than those of records. */
export function definitionRecord(slo: string): string {
  return hash53(slo).toString(36);
}
