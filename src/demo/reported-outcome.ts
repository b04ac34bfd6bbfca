import type { OutcomeStatus } from '../core/outcomes/outcome.ts';

/** An outcome as a producer reports it (design §2.4); the fields left out take their defaults. */
export interface ReportedOutcome {
  readonly workflow: string;
  readonly execution: string;
  readonly status: OutcomeStatus;
  readonly at: number;
  readonly durationMs?: number;
  readonly step?: string;
  readonly attempt?: number;
  readonly dependency?: string;
  readonly error?: string;
  readonly failedStep?: string;
  readonly traceId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly count?: number;
}
