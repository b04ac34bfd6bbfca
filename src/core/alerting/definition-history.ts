import type { Slo } from '../slo/slo.ts';
import type { DefinitionFields } from './definition-fields.ts';
import { DEFINITION_WORDS, definitionFields, sizeOf } from './definition-fields.ts';

/** What one field of a definition was and became; null: it was not there. */
export interface FieldChange {
  readonly field: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** That the definition of an SLO changed. */
export interface DefinitionChange {
  /** 1, 2, ...: the order of changes, whatever clocks said. */
  readonly sequence: number;
  /** When the leader first judged by it. */
  readonly at: number;
  /** Whether what is counted changed, so that its counters began anew. */
  readonly countsAnew: boolean;
  readonly fields: readonly FieldChange[];
}

/** The definition of an SLO, and how it came to be what it is. */
export interface DefinitionHistory {
  readonly slo: string;
  /** Since when this is followed; what was before is not known. */
  readonly since: number;
  /** That of the latest change; 0 without any. */
  readonly sequence: number;
  readonly fingerprint: string;
  /** `DEFINITION_WORDS` of when its fields were written. */
  readonly words: number;
  readonly fields: DefinitionFields;
  /** The latest first, at most `MOST_CHANGES`. */
  readonly changes: readonly DefinitionChange[];
}

export const MOST_CHANGES = 50;
/** A history is kept to as many bytes: with fewer changes, if need be. */
const LARGEST = 12_000;
/** A definition is looked for among as many former ones. */
const LOOKED_BACK = 5;

export function beginHistory(slo: Slo, at: number): DefinitionHistory {
  return {
    slo: slo.id,
    since: at,
    sequence: 0,
    fingerprint: slo.fingerprint,
    words: DEFINITION_WORDS,
    fields: definitionFields(slo),
    changes: [],
  };
}

/** The fields in which one definition differs from another. */
export function changedFields(before: DefinitionFields, after: DefinitionFields): readonly FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .map((field) => ({ field, from: before[field] ?? null, to: after[field] ?? null }))
    .filter(({ from, to }) => from !== to);
}

/** Whether a definition is one that the SLO had before. */
export function isFormer({ fields, changes }: DefinitionHistory, after: DefinitionFields): boolean {
  const former = new Map(Object.entries(fields));
  return changes.slice(0, LOOKED_BACK).some((change) => {
    for (const { field, from } of change.fields) {
      if (from === null) former.delete(field);
      else former.set(field, from);
    }
    return changedFields(Object.fromEntries(former), after).length === 0;
  });
}

/** The history with the change to what an SLO is now. */
export function withChange(history: DefinitionHistory, slo: Slo, at: number): DefinitionHistory {
  const fields = definitionFields(slo);
  const change: DefinitionChange = {
    sequence: history.sequence + 1,
    at,
    countsAnew: history.fingerprint !== slo.fingerprint,
    fields: changedFields(history.fields, fields),
  };
  const { sequence } = change;
  const { fingerprint } = slo;
  const next = { ...history, sequence, fingerprint, words: DEFINITION_WORDS, fields };
  const changes = [change, ...history.changes].slice(0, MOST_CHANGES);
  while (changes.length > 1 && sizeOf(JSON.stringify({ ...next, changes })) > LARGEST) changes.pop();
  return { ...next, changes };
}
