import type { AlertLevel, SloFilter } from '../../core/ports/queries.ts';
import { ALERT_LEVELS, DATA_STATES } from '../../core/ports/queries.ts';
import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { OverviewChoice } from '../dashboard/overview-choice.ts';
import { GROUPS, VIEWS } from '../dashboard/overview-choice.ts';
import { TEXT } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Call } from './route-table.ts';

/** The parameters by which lists of SLOs are narrowed. */
export const SLO_FILTER = {
  alert: { schema: { enum: ALERT_LEVELS }, description: 'only SLOs whose open incident is this severe' },
  budget: { schema: { enum: BUDGET_STATES }, description: 'only SLOs whose budget is in this state' },
  data: { schema: { enum: DATA_STATES }, description: 'only SLOs with this much data' },
} satisfies Parameters;

/** What the overview may be asked to show, beside the text to search for. */
export const OVERVIEW_CHOICE = {
  ...SLO_FILTER,
  owner: { schema: TEXT, description: 'only SLOs of this owner' },
  workflow: { schema: TEXT, description: 'only SLOs of this workflow' },
  group: { schema: { enum: GROUPS }, description: 'by what SLOs are put together' },
  view: { schema: { enum: VIEWS }, description: 'as a page, or for a screen on the wall' },
  page: { schema: { type: 'integer', minimum: 1 }, description: 'which part of a long list' },
} satisfies Parameters;

/** The filter that a request asks for; throws the `HttpProblem` for a value there is not. */
export function readSloFilter({ query }: Pick<Call, 'query'>): SloFilter {
  const read = <Value extends string>(name: keyof SloFilter, values: readonly Value[]): Value | null => {
    const text = query(name);
    const value = values.find((known) => known === text);
    if (text === null || value !== undefined) return value ?? null;
    throw notOneOf(name, values);
  };
  return {
    alert: read('alert', ALERT_LEVELS),
    budget: read('budget', BUDGET_STATES),
    data: read('data', DATA_STATES),
  };
}

function notOneOf(name: string, values: readonly string[]): HttpProblem {
  return new HttpProblem(
    'invalid-query',
    `${name} must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}.`,
  );
}

/** What the overview is asked to show; throws the `HttpProblem` for a value there is not. */
export function readOverviewChoice(call: Pick<Call, 'query'>): OverviewChoice {
  // A form sends nothing for any.
  const text = (name: string) => call.query(name) || null;
  const [group, view] = [text('group') ?? 'workflow', text('view') ?? 'page'];
  const page = text('page') ?? '1';
  const knownGroup = GROUPS.find((known) => known === group);
  const knownView = VIEWS.find((known) => known === view);
  if (!knownGroup) throw notOneOf('group', GROUPS);
  if (!knownView) throw notOneOf('view', VIEWS);
  if (!/^[1-9]\d{0,5}$/.test(page))
    throw new HttpProblem('invalid-query', 'page must be a number from 1 on.');
  return {
    ...readSloFilter({ query: text }),
    text: call.query('q') ?? '',
    owner: text('owner'),
    workflow: text('workflow'),
    group: knownGroup,
    view: knownView,
    page: Number(page),
  };
}

/** The alert that a page's icon is asked for; null when there is none such. */
export function readAlert({ query }: Pick<Call, 'query'>): AlertLevel | null {
  return ALERT_LEVELS.find((level) => level === query('alert')) ?? null;
}
