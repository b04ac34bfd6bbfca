import type { Severity } from './alert-policy.ts';
import type { Counts } from './cells.ts';
import type { ErrorBudget } from './error-budget.ts';
import type { TransitionKind } from './incident.ts';
import type { Sli } from './sli.ts';

/** How many bad outcomes a combination of step, dependency and error class stands for. */
export interface FailureCount {
  readonly step: string | null;
  readonly dependency: string | null;
  readonly error: string | null;
  readonly count: number;
}

/** One execution that failed or is overdue, for people who go and look. */
export interface FailedExecution {
  readonly execution: string;
  readonly at: number;
  readonly step: string | null;
  readonly dependency: string | null;
  readonly error: string | null;
  readonly traceId: string | null;
}

/** Everything a notification says, as facts; words are made of them when it is sent. */
export interface NotificationFacts {
  /** `test` marks a notification somebody sent to try a target. */
  readonly kind: TransitionKind | 'test';
  readonly slo: string;
  readonly workflow: string;
  readonly owner: string;
  readonly description: string | null;
  readonly runbook: string | null;
  /** The promised ratio, and the window it holds over as written (`28d`). */
  readonly objective: number;
  readonly window: string;
  /** What was judged, so that the text can name it; absent: whole executions, however long they took. */
  readonly sli?: Sli;
  readonly incident: string;
  readonly severity: Severity;
  readonly openedAt: number;
  readonly at: number;
  readonly tier: string;
  readonly factor: number;
  /** The tier's windows: milliseconds, what they held, and how fast that burned. */
  readonly long: WindowFacts;
  readonly short: WindowFacts;
  readonly budget: ErrorBudget;
  /** When the budget runs out at the present pace; null when it does not. */
  readonly exhaustsAt: number | null;
  readonly peakBurnRate: number;
  /** Outcomes since the incident opened, counting the long window before it; told when it resolves. */
  readonly during: Counts;
  /** Worst first. */
  readonly failures: readonly FailureCount[];
  /** Latest first. */
  readonly lastFailed: readonly FailedExecution[];
  /** Set on a copy that went to a fallback: the target that refused, and why. */
  readonly insteadOf: { readonly target: string; readonly reason: string } | null;
}

export interface WindowFacts {
  readonly duration: number;
  readonly good: number;
  readonly bad: number;
  readonly burnRate: number | null;
}

/** One notification for one target: a row of the outbox. */
export interface OutboxRow {
  /** `incident/sequence/target`: the same transition always makes the same row. */
  readonly id: string;
  readonly incident: string;
  readonly target: string;
  readonly facts: NotificationFacts;
  readonly createdAt: number;
  /** Failed tries so far, and what the last one said. */
  readonly attempts: number;
  readonly lastError: string | null;
}

export function outboxRowId(
  facts: Pick<NotificationFacts, 'incident'>,
  sequence: number,
  target: string,
): string {
  return `${facts.incident}/${sequence}/${target}`;
}
