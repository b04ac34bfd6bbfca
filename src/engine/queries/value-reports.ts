import type { AlertState } from '../../core/alerting/incident.ts';
import type { SloReport, SloWarning, ValueReport } from '../../core/ports/queries.ts';
import { MAX_EACH_VALUES, OTHER_VALUES } from '../../core/slo/each-value.ts';

/** What the SLO of a whole has to say of the SLOs of its values. */
export const VALUES_FULL: SloWarning = {
  code: 'values-full',
  since: null,
  message: `More than ${MAX_EACH_VALUES} values came: the first ${MAX_EACH_VALUES} have an SLO each, all others share the one of ${OTHER_VALUES}.`,
};

/** The SLOs of values, those that burn first, then those with the least budget. */
export function reportValues(
  results: readonly { readonly report: SloReport; readonly state: AlertState }[],
): readonly ValueReport[] {
  const values = results.map(({ report, state }): ValueReport => {
    const { id, value, alert, sli, windows } = report;
    return {
      slo: id,
      value: value!.value,
      alert,
      firing: Object.keys(state.firing),
      sli: { good: sli.good, bad: sli.bad, total: sli.total, ratio: sli.ratio },
      // The first window is the one that `budget` is about.
      budget: windows[0]!.budget,
    };
  });
  const left = ({ budget }: ValueReport): number => budget.remainingRatio ?? Infinity;
  const burns = ({ firing }: ValueReport): number => (firing.length > 0 ? 0 : 1);
  return values.toSorted((one, other) => burns(one) - burns(other) || compare(left(one), left(other)));
}

/** Two that have no outcomes are both infinitely far from burning. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one - other;
}
