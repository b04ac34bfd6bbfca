import type { Severity } from '../slo/alert-policy.ts';

/** What a notification says of a report: its figures, and of its lists what is worst. Shares are ratios, times milliseconds. */
export interface ReportFacts {
  readonly period: 'week' | 'month';
  readonly from: number;
  readonly to: number;
  /** The team; null: of all teams. */
  readonly owner: string | null;
  readonly totals: {
    readonly slos: number;
    readonly met: number;
    readonly missed: number;
    readonly withoutData: number;
    readonly pages: number;
    readonly tickets: number;
    /** There were more incidents than a report counts. */
    readonly moreIncidents: boolean;
  };
  /** The one that spent the largest share of its budget first, at most `MAX_SLOS_TOLD`. */
  readonly slos: readonly ReportedSlo[];
  /** The latest first, at most `MAX_INCIDENTS_TOLD`. */
  readonly incidents: readonly ReportedIncident[];
}

export interface ReportedSlo {
  readonly id: string;
  readonly objective: number;
  readonly bad: number;
  readonly total: number;
  /** Of the budget of the period, and of the one before; null where nothing was counted or is kept. */
  readonly spent: number | null;
  readonly spentBefore: number | null;
  readonly incidents: number;
}

export interface ReportedIncident {
  readonly slo: string;
  readonly severity: Severity;
  readonly openedAt: number;
  /** Null while it is open. */
  readonly resolvedAt: number | null;
}

/** So much is in a mail; all of it is in the report that it links to. */
export const MAX_SLOS_TOLD = 50;
export const MAX_INCIDENTS_TOLD = 20;
