import type { Outcome } from '../../core/outcomes/outcome.ts';
import { fingerprint } from '../../core/sli/fingerprint.ts';
import type { OutcomeSli } from '../../core/sli/sli.ts';
import { ofValue } from '../../core/slo/breakdown.ts';
import { NO_VALUE, OTHER_VALUES } from '../../core/slo/each-value.ts';
import type { ValueAdmission } from './breakdown-values.ts';
import type { Selection } from './selection.ts';

/** The attributes that the outcomes of a workflow are broken down by. */
export interface Breakdown {
  readonly values: ValueAdmission;
  readonly workflow: string;
  readonly attributes: readonly string[];
  /** Those of them of which each value has an SLO: then no outcome may be without one. */
  readonly each: readonly string[];
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
  const each = new Set(breakdown.each);
  const byFingerprint = new Map(slis);
  const known = new WeakMap<Selection, Map<string, Selection>>();

  /** The value that an outcome counts for; null: none. */
  function valueOf({ attributes: own }: Outcome, attribute: string): string | null {
    const isJudged = each.has(attribute);
    const value = own?.[attribute] ?? (isJudged ? NO_VALUE : null);
    if (value === null || (value !== OTHER_VALUES && values.admit(workflow, attribute, value))) return value;
    return isJudged ? OTHER_VALUES : null;
  }

  return (outcome) => {
    const selection = select(outcome);
    if ((!outcome.attributes && each.size === 0) || selection.slis.length + selection.attempts.length === 0)
      return selection;
    const told: Value[] = [];
    let key = '';
    for (const attribute of attributes) {
      const value = valueOf(outcome, attribute);
      if (value !== null) {
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
