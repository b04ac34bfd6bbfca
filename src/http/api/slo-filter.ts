import type { AlertLevel, SloFilter } from '../../core/ports/queries.ts';
import { ALERT_LEVELS, DATA_STATES } from '../../core/ports/queries.ts';
import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { Parameters } from './parameters.ts';
import type { Call } from './route-table.ts';

/** The parameters by which lists of SLOs are narrowed. */
export const SLO_FILTER = {
  alert: { schema: { enum: ALERT_LEVELS }, description: 'only SLOs whose open incident is this severe' },
  budget: { schema: { enum: BUDGET_STATES }, description: 'only SLOs whose budget is in this state' },
  data: { schema: { enum: DATA_STATES }, description: 'only SLOs with this much data' },
} satisfies Parameters;

/** The filter that a request asks for; throws the `HttpProblem` for a value there is not. */
export function readSloFilter({ query }: Pick<Call, 'query'>): SloFilter {
  const read = <Value extends string>(name: keyof SloFilter, values: readonly Value[]): Value | null => {
    const text = query(name);
    const value = values.find((known) => known === text);
    if (text === null || value !== undefined) return value ?? null;
    throw new HttpProblem(
      'invalid-query',
      `${name} must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}.`,
    );
  };
  return {
    alert: read('alert', ALERT_LEVELS),
    budget: read('budget', BUDGET_STATES),
    data: read('data', DATA_STATES),
  };
}

/** The same for a page: a link must not break, so a value there is not asks for nothing. */
export function readPageFilter(call: Pick<Call, 'query'>): SloFilter {
  const { query } = call;
  return {
    alert: readAlert(call),
    budget: BUDGET_STATES.find((state) => state === query('budget')) ?? null,
    data: DATA_STATES.find((state) => state === query('data')) ?? null,
  };
}

/** The alert that a page's icon is asked for; null when there is none such. */
export function readAlert({ query }: Pick<Call, 'query'>): AlertLevel | null {
  return ALERT_LEVELS.find((level) => level === query('alert')) ?? null;
}
