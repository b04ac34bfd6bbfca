import type { Adjustment } from '../../core/adjustments/adjustment.ts';
import { wholeOf } from '../../core/slo/each-value.ts';

/** Which adjustments apply to which SLO. */
export interface AdjustmentIndex {
  /** By the time of their creation. */
  readonly all: readonly Adjustment[];
  /** Those of an SLO and those of its workflow; the same array for the same ones, as long as none of them changes. */
  readonly of: (component: { readonly slo: string; readonly workflow: string }) => readonly Adjustment[];
}

const NONE: readonly Adjustment[] = [];

/** Makes the index; thousands of SLOs ask it at every tick. */
export function indexAdjustments(adjustments: readonly Adjustment[]): AdjustmentIndex {
  const all = inOrder(adjustments);
  const bySlo = new Map<string, Adjustment[]>();
  const byWorkflow = new Map<string, Adjustment[]>();
  for (const adjustment of all) {
    const [map, key] =
      adjustment.slo === null ? [byWorkflow, adjustment.workflow ?? ''] : [bySlo, adjustment.slo];
    const known = map.get(key);
    if (known) known.push(adjustment);
    else map.set(key, [adjustment]);
  }
  const withWhole = new Map<string, readonly Adjustment[]>();
  /** Those of an SLO that is one value's, with those of the whole. */
  function ofSlo(slo: string): readonly Adjustment[] | undefined {
    const id = wholeOf(slo);
    const own = bySlo.get(slo);
    const whole = id === null ? undefined : bySlo.get(id);
    if (!own || !whole) return own ?? whole;
    let merged = withWhole.get(slo);
    if (!merged) withWhole.set(slo, (merged = inOrder([...whole, ...own])));
    return merged;
  }
  const both = new Map<string, readonly Adjustment[]>();
  return {
    all,
    of({ slo, workflow }) {
      const own = ofSlo(slo);
      const shared = byWorkflow.get(workflow);
      if (!own || !shared) return own ?? shared ?? NONE;
      let merged = both.get(slo);
      if (!merged) both.set(slo, (merged = inOrder([...shared, ...own])));
      return merged;
    },
  };
}

function inOrder(adjustments: readonly Adjustment[]): Adjustment[] {
  return adjustments.toSorted((a, b) => a.createdAt - b.createdAt);
}
