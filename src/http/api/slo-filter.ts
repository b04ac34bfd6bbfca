import type { AlertLevel } from '../../core/ports/queries.ts';
import type { SloFilter } from '../../core/ports/slo-filter.ts';
import { ALERT_LEVELS, DATA_STATES } from '../../core/ports/queries.ts';
import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import type { Labels } from '../../core/slo/labels.ts';
import { parseLabels } from '../../core/slo/labels.ts';
import { HttpProblem } from '../answers/problems.ts';
import type { OverviewChoice } from '../dashboard/overview-choice.ts';
import { GROUPS, VIEWS } from '../dashboard/overview-choice.ts';
import { oneOf } from './list-query.ts';
import { TEXT } from './parameters.ts';
import type { Parameters } from './parameters.ts';
import type { Call } from './route-table.ts';

/** The parameters by which lists of SLOs are narrowed. */
export const SLO_FILTER = {
  q: { schema: TEXT, description: 'only SLOs with this text in their id or owner' },
  alert: { schema: { enum: ALERT_LEVELS }, description: 'only SLOs whose open incident is this severe' },
  budget: { schema: { enum: BUDGET_STATES }, description: 'only SLOs whose budget is in this state' },
  data: { schema: { enum: DATA_STATES }, description: 'only SLOs with this much data' },
  owner: { schema: TEXT, description: 'only SLOs of this owner' },
  workflow: { schema: TEXT, description: 'only SLOs of this workflow' },
  label: {
    schema: { ...TEXT, examples: ['tier=gold'] },
    description: 'only SLOs with this label, or all of these with commas; values are globs',
  },
} satisfies Parameters;

/** What the overview may be asked to show. */
export const OVERVIEW_CHOICE = {
  ...SLO_FILTER,
  group: { schema: { enum: GROUPS }, description: 'by what SLOs are put together' },
  view: { schema: { enum: VIEWS }, description: 'as a page, or for a screen on the wall' },
  page: { schema: { type: 'integer', minimum: 1 }, description: 'which part of a long list' },
} satisfies Parameters;

/** The filter that a request asks for; throws the `HttpProblem` for a value there is not. */
export function readSloFilter(call: Pick<Call, 'query'>): SloFilter {
  return {
    alert: oneOf(call, 'alert', ALERT_LEVELS),
    budget: oneOf(call, 'budget', BUDGET_STATES),
    data: oneOf(call, 'data', DATA_STATES),
    owner: call.query('owner'),
    workflow: call.query('workflow'),
    labels: readLabels(call.query('label')),
    text: call.query('q') ?? '',
  };
}

function readLabels(text: string | null): Labels {
  const labels = text === null ? {} : parseLabels(text);
  if (labels) return labels;
  throw new HttpProblem(
    'invalid-query',
    'label must be a name and a glob such as tier=gold, or several with commas.',
  );
}

/** What the overview is asked to show; throws the `HttpProblem` for a value there is not. */
export function readOverviewChoice(call: Pick<Call, 'query'>): OverviewChoice {
  // A form sends nothing for any.
  const text = (name: string) => call.query(name) || null;
  const asked = { query: text };
  const page = text('page') ?? '1';
  if (!/^[1-9]\d{0,5}$/.test(page))
    throw new HttpProblem('invalid-query', 'page must be a number from 1 on.');
  return {
    ...readSloFilter(asked),
    group: oneOf(asked, 'group', GROUPS) ?? 'workflow',
    view: oneOf(asked, 'view', VIEWS) ?? 'page',
    page: Number(page),
  };
}

/** The alert that a page's icon is asked for; null when there is none such. */
export function readAlert({ query }: Pick<Call, 'query'>): AlertLevel | null {
  return ALERT_LEVELS.find((level) => level === query('alert')) ?? null;
}
