import type { BudgetState } from '../../core/budget/error-budget.ts';
import { BUDGET_STATES } from '../../core/budget/error-budget.ts';
import type { AlertLevel, DataState, SloReport } from '../../core/ports/queries.ts';
import { ALERT_LEVELS, DATA_STATES } from '../../core/ports/queries.ts';
import type { SloFilter } from '../../core/ports/slo-filter.ts';
import { isAskedFor } from '../../core/ports/slo-filter.ts';
import { inTurns } from './in-turns.ts';

/** SLOs gone through before others get a turn of the event loop (G2). */
const AT_ONCE = 1000;

/** What the overview says of all SLOs of a report, whatever of them is chosen. */
export interface Survey {
  /** Those that need people first. */
  readonly byAttention: readonly SloReport[];
  /** How many are in each state; of a state that none is in, nothing. */
  readonly alerts: ReadonlyMap<AlertLevel, number>;
  readonly budgets: ReadonlyMap<BudgetState, number>;
  readonly data: ReadonlyMap<DataState, number>;
  /** In the order of the alphabet. */
  readonly owners: readonly string[];
  readonly workflows: ReadonlySet<string>;
  readonly hasLabels: boolean;
  /** Whether any outcome counts. */
  readonly hasOutcomes: boolean;
}

const surveys = new WeakMap<readonly SloReport[], Promise<Survey>>();

/** Surveys a report once, however much is asked of it. */
export function surveyOf(slos: readonly SloReport[]): Promise<Survey> {
  let survey = surveys.get(slos);
  if (!survey) surveys.set(slos, (survey = makeSurvey(slos)));
  return survey;
}

async function makeSurvey(slos: readonly SloReport[]): Promise<Survey> {
  const alerts = new Map<AlertLevel, number>();
  const budgets = new Map<BudgetState, number>();
  const data = new Map<DataState, number>();
  const owners = new Set<string>();
  const workflows = new Set<string>();
  const placed: Placed[] = [];
  let [hasLabels, hasOutcomes] = [false, false];
  await inTurns(slos, AT_ONCE, (slo) => {
    add(alerts, slo.alert);
    add(budgets, slo.budget.state);
    add(data, slo.data);
    owners.add(slo.owner);
    workflows.add(slo.workflow);
    hasLabels ||= slo.labels !== undefined;
    hasOutcomes ||= slo.sli.total > 0;
    placed.push({ slo, urgency: urgencyOf(slo), left: leftOf(slo) });
  });
  placed.sort((one, other) => one.urgency - other.urgency || one.left - other.left);
  return {
    byAttention: placed.map(({ slo }) => slo),
    alerts,
    budgets,
    data,
    owners: [...owners].toSorted(),
    workflows,
    hasLabels,
    hasOutcomes,
  };
}

/** Those of the SLOs that are asked for, in the same order. */
export async function chosenOf(slos: readonly SloReport[], filter: SloFilter): Promise<readonly SloReport[]> {
  const chosen: SloReport[] = [];
  await inTurns(slos, AT_ONCE, (slo) => {
    if (isAskedFor(slo, filter)) chosen.push(slo);
  });
  return chosen;
}

/** An open page comes first, whatever the budget; then what is left of it. */
export function byAttention(one: SloReport, other: SloReport): number {
  return urgencyOf(one) - urgencyOf(other) || leftOf(one) - leftOf(other);
}

interface Placed {
  readonly slo: SloReport;
  readonly urgency: number;
  readonly left: number;
}

/** The lower, the sooner people must look at it. */
function urgencyOf({ alert, budget, data }: SloReport): number {
  const severity = ALERT_LEVELS.indexOf(alert) * BUDGET_STATES.length + BUDGET_STATES.indexOf(budget.state);
  return severity * DATA_STATES.length + DATA_STATES.indexOf(data);
}

function leftOf({ budget }: SloReport): number {
  return budget.remainingRatio ?? 1;
}

function add<State>(counts: Map<State, number>, state: State): void {
  counts.set(state, (counts.get(state) ?? 0) + 1);
}
