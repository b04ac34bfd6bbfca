import type { Outcome } from '../../core/outcomes/outcome.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import type { OutcomeSli } from '../../core/sli/sli.ts';
import { ofValue } from '../../core/slo/breakdown.ts';
import type { ValueAdmission } from './breakdown-values.ts';
import type { Selection } from './selection.ts';

/** The attributes that the outcomes of a workflow are broken down by. */
export interface Breakdown {
  readonly values: ValueAdmission;
  readonly workflow: string;
  readonly attributes: readonly string[];
}

/** Combinations of values whose selections are remembered. */
const MAX_COMBINATIONS = 1000;

type Value = readonly [attribute: string, value: string];

/** Adds, to what counts an outcome, the counters of each of its values that is told apart. */
export function withValues(
  select: (outcome: Outcome) => Selection,
  slis: readonly (readonly [fingerprint: string, sli: OutcomeSli])[],
  breakdown: Breakdown | null,
): (outcome: Outcome) => Selection {
  if (!breakdown || breakdown.attributes.length === 0) return select;
  const { values, workflow, attributes } = breakdown;
  const byFingerprint = new Map(slis);
  const known = new WeakMap<Selection, Map<string, Selection>>();

  return (outcome) => {
    const selection = select(outcome);
    if (!outcome.attributes || selection.slis.length + selection.attempts.length === 0) return selection;
    const told: Value[] = [];
    let key = '';
    for (const attribute of attributes) {
      const value = outcome.attributes[attribute];
      if (value !== undefined && values.admit(workflow, attribute, value)) {
        told.push([attribute, value]);
        key += value;
      }
      // No value holds it.
      key += '\u0000';
    }
    if (told.length === 0) return selection;
    let extended = known.get(selection);
    if (!extended) known.set(selection, (extended = new Map()));
    let found = extended.get(key);
    if (!found) {
      if (extended.size >= MAX_COMBINATIONS) extended.clear();
      extended.set(key, (found = extend(selection, byFingerprint, told)));
    }
    return found;
  };
}

/** An SLI of the files may be the same as another one with a value: then it is counted once for both. */
function extend(
  selection: Selection,
  slis: ReadonlyMap<string, OutcomeSli>,
  told: readonly Value[],
): Selection {
  const counted = new Set([...selection.slis, ...selection.attempts].map(({ fingerprint: name }) => name));
  const namesOf = (name: string): string[] =>
    told.flatMap(([attribute, value]) => {
      const own = fingerprint(ofValue(slis.get(name)!, attribute, value));
      if (counted.has(own)) return [];
      counted.add(own);
      return [own];
    });
  const added = selection.slis.flatMap((sli) =>
    namesOf(sli.fingerprint).map((name) => ({ ...sli, fingerprint: name })),
  );
  const attempts = selection.attempts.flatMap((sli) =>
    namesOf(sli.fingerprint).map((name) => ({ ...sli, fingerprint: name })),
  );
  return {
    ...selection,
    slis: [...selection.slis, ...added],
    attempts: [...selection.attempts, ...attempts],
    watches: [
      ...selection.watches,
      ...added.flatMap(({ fingerprint: name, withinMs, from }) =>
        withinMs === null ? [] : [{ fingerprint: name, withinMs, from }],
      ),
    ],
    key: [selection.key, ...added, ...attempts]
      .map((part) => (typeof part === 'string' ? part : part.fingerprint))
      .join(','),
  };
}
