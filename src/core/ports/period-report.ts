import type { ObjectiveAdvice } from '../budget/fitting-objective.ts';
import type { REPORT_PERIODS } from '../slo/report-schedule.ts';
import type { FailureCount } from '../alerting/notification.ts';
import type { IncidentSummary } from './incident-reports.ts';
import type { Ratio } from './queries.ts';
import type { Refused } from './refused.ts';
import type { Caller } from './token.ts';

/** What is asked for, as the texts it came in; null: what is usual. */
export interface ReportQuery {
  readonly period: string | null;
  /** A moment of the period; the last one that is over if null. */
  readonly at: string | null;
  /** The team; null: all. */
  readonly owner: string | null;
}

/** What became of promises over a calendar week (from Monday) or month. */
export interface PeriodReport {
  readonly period: (typeof REPORT_PERIODS)[number];
  readonly from: number;
  readonly to: number;
  /** When it was made; before `to` it is not the whole period. */
  readonly at: number;
  readonly timeZone: string;
  readonly owner: string | null;
  readonly totals: ReportTotals;
  /** The one that spent the largest share of its budget first. */
  readonly slos: readonly SloOutcome[];
  /** Those that opened in it, latest first, at most `MAX_REPORTED_INCIDENTS`. */
  readonly incidents: readonly IncidentSummary[];
  /** Whether there were more. */
  readonly moreIncidents: boolean;
  /** What failed most, of the SLOs that spent most, most first. Nothing older than `causesSince` is in it. */
  readonly causes: readonly WorkflowFailures[];
  readonly causesSince: number;
  readonly dependencies: readonly DependencyOutcome[];
  /** Workflows of which nothing was counted. */
  readonly silent: readonly string[];
}

export const MAX_REPORTED_INCIDENTS = 500;

export interface ReportTotals {
  readonly slos: number;
  readonly met: number;
  readonly missed: number;
  readonly withoutData: number;
  readonly pages: number;
  readonly tickets: number;
}

export interface SloOutcome {
  readonly id: string;
  readonly workflow: string;
  readonly owner: string;
  readonly objective: number;
  readonly counts: Ratio;
  /** Whether the period alone kept the promise; null without outcomes. */
  readonly met: boolean | null;
  /** The share of the budget of the period that was spent; above 1 it was missed. Null without outcomes. */
  readonly spent: number | null;
  /** The same of the period before; null without outcomes, or when they are no longer kept. */
  readonly spentBefore: number | null;
  readonly incidents: number;
  readonly advice: ObjectiveAdvice | null;
}

export interface WorkflowFailures extends FailureCount {
  readonly workflow: string;
}

export interface DependencyOutcome {
  readonly name: string;
  readonly owner: string | null;
  readonly promised: number;
  readonly calls: Ratio;
  readonly kept: boolean | null;
}

export interface PeriodReports {
  periodReport(query: ReportQuery, caller: Caller): Promise<PeriodReport | Refused>;
}
