import type { BudgetState } from '../budget/error-budget.ts';
import type { Labels } from '../slo/labels.ts';
import { hasLabels } from '../slo/labels.ts';
import type { AlertLevel, DataState, SloReport } from './queries.ts';

/** Which SLOs are asked for; null: whatever it is. */
export interface SloFilter {
  readonly alert: AlertLevel | null;
  readonly budget: BudgetState | null;
  readonly data: DataState | null;
  readonly owner: string | null;
  readonly workflow: string | null;
  /** Globs by the names of labels, all of which it has. */
  readonly labels: Labels;
  /** In the id or the owner; upper and lower case are the same. */
  readonly text: string;
}

/** Whether an SLO is among those asked for. */
export function isAskedFor(
  {
    id,
    owner,
    workflow,
    labels,
    alert,
    budget,
    data,
  }: Pick<SloReport, 'id' | 'owner' | 'workflow' | 'labels' | 'alert' | 'budget' | 'data'>,
  filter: SloFilter,
): boolean {
  const text = filter.text.toLowerCase();
  return (
    (filter.alert === null || filter.alert === alert) &&
    (filter.budget === null || filter.budget === budget.state) &&
    (filter.data === null || filter.data === data) &&
    (filter.owner === null || filter.owner === owner) &&
    (filter.workflow === null || filter.workflow === workflow) &&
    hasLabels(labels, filter.labels) &&
    (text === '' || id.toLowerCase().includes(text) || owner.toLowerCase().includes(text))
  );
}
