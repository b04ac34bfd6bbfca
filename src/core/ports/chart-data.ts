import type { Interval } from '../adjustments/adjustment.ts';
import type { Severity } from '../slo/alert-policy.ts';
import type { SliUnit } from '../sli/sli-unit.ts';

/** What became of the budget of one SLO, and of its outcomes. Times are milliseconds since the epoch, as in every report. */
export interface BudgetChartData {
  readonly id: string;
  readonly workflow: string;
  readonly objective: number;
  readonly window: string;
  readonly unit: SliUnit;
  readonly now: number;
  /** What was asked for: everything but the burn-down is of this time. */
  readonly range: Interval;
  /** Oldest first, in equal steps. */
  readonly points: readonly ChartPoint[];
  readonly burnDown: BurnDownData;
  /** That overlap the window or the range, oldest first. */
  readonly incidents: readonly IncidentSpan[];
  readonly adjustments: readonly (Interval & { readonly reason: string })[];
  readonly annotations: readonly ChartAnnotation[];
}

/** What all charts of one SLO show. */
export interface ChartData extends BudgetChartData {
  /** Of each tier that compares burn rates; in the order of the policy. */
  readonly burnRates: readonly BurnRateHistory[];
  readonly causes: CauseHistory;
  /** Of executions as a whole, then of the steps of the SLO or of those that were tried most. */
  readonly durations: readonly DurationHistory[];
  readonly queues: readonly QueueHistory[];
}

/** What was counted from one moment to the next point's; the ratio is null without outcomes. */
export interface ChartPoint {
  readonly from: number;
  readonly good: number;
  readonly bad: number;
  readonly total: number;
  readonly ratio: number | null;
}

/** How the budget of the running window was spent. */
export interface BurnDownData {
  /** The window; a calendar window ends in the future. */
  readonly from: number;
  readonly to: number;
  /** What was left of it at the end of each step; null where nothing was counted in the step. */
  readonly points: readonly { readonly at: number; readonly remaining: number | null }[];
  /** What is left now; null while that cannot be said. */
  readonly remainingRatio: number | null;
  readonly exhaustsAt: number | null;
}

/** How fast the budget burned over the two windows of a tier. */
export interface BurnRateHistory {
  readonly tier: string;
  readonly severity: Severity;
  /** It fires when both burn at least this fast. */
  readonly factor: number;
  /** The windows, as durations are written. */
  readonly long: string;
  readonly short: string;
  readonly points: readonly {
    readonly at: number;
    readonly long: number | null;
    readonly short: number | null;
  }[];
}

/** What failed over time, by cause, the most frequent first. */
export interface CauseHistory {
  readonly causes: readonly {
    readonly step: string | null;
    readonly dependency: string | null;
    readonly error: string | null;
  }[];
  /** In whole hours; how often each cause was it, and all others together last. */
  readonly bars: readonly (Interval & { readonly counts: readonly number[] })[];
}

/** How long executions or a step took, in milliseconds; null where no duration is known. */
export interface DurationHistory {
  /** Null: executions as a whole. */
  readonly step: string | null;
  readonly points: readonly (Interval & {
    readonly p50Ms: number | null;
    readonly p95Ms: number | null;
    readonly p99Ms: number | null;
  })[];
}

export interface QueueHistory {
  readonly name: string;
  /** By hour; null in hours without a reading. */
  readonly points: readonly {
    readonly at: number;
    readonly mean: number | null;
    readonly highest: number | null;
  }[];
}

/** The time an incident was open; null: it still is. */
export interface IncidentSpan {
  readonly id: string;
  readonly severity: Severity;
  readonly from: number;
  readonly to: number | null;
}

export interface ChartAnnotation {
  readonly at: number;
  readonly text: string;
}
