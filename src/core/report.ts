import type { ErrorBudget } from './error-budget.ts';
import type { FailedExecution, FailureCount } from './notification.ts';
import type { OutboxView } from './store.ts';

export type SloState = 'healthy' | 'burning' | 'exhausted' | 'no-data' | 'warming-up';

/** One SLO as `GET /v1/slos` shows it (design §2.5). Times are RFC 3339, ratios null without outcomes. */
export interface SloReport {
  readonly id: string;
  readonly workflow: string;
  readonly name: string;
  readonly owner: string;
  readonly description: string | null;
  readonly runbook: string | null;
  readonly objective: number;
  readonly window: string;
  readonly state: SloState;
  readonly sli: {
    readonly good: number;
    readonly bad: number;
    readonly total: number;
    readonly ratio: number | null;
  };
  readonly budget: ErrorBudget & { readonly exhaustsAt: string | null };
  /** Window length to burn rate, shortest first. */
  readonly burnRates: Readonly<Record<string, number | null>>;
  readonly incident: {
    readonly id: string;
    readonly severity: string;
    readonly tier: string;
    readonly openedAt: string;
    readonly peakBurnRate: number;
  } | null;
  /** Since when this SLI has been counted. */
  readonly historySince: string;
  readonly evaluatedAt: string;
  /** Outcomes that happened up to here can be in the numbers. */
  readonly dataThrough: string;
}

/** An SLO with what explains its spending. */
export interface SloDetail extends SloReport {
  readonly tiers: readonly {
    readonly name: string;
    readonly severity: string;
    readonly long: string;
    readonly short: string;
    readonly factor: number;
    readonly longBurnRate: number | null;
    readonly shortBurnRate: number | null;
    readonly firing: boolean;
  }[];
  /** Over the last hour, worst first. */
  readonly failures: readonly FailureCount[];
  readonly lastFailed: readonly FailedExecution[];
}

/** What HTTP, the dashboard and the exporters ask; all read the same counters. */
export interface Report {
  slos(): Promise<SloReport[]>;
  /** Null when no such SLO is loaded. */
  slo(id: string): Promise<SloDetail | null>;
  /** Executions and steps under way, by workflow. */
  inFlight(): Promise<
    readonly { readonly workflow: string; readonly running: number; readonly overdue: number }[]
  >;
  outbox(limit: number): Promise<OutboxView>;
}
