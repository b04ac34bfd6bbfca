import type { FailureChange } from '../alerting/failure-changes.ts';
import type { MissedRun } from '../alerting/notification.ts';
import type { FlightReport } from './store/counting.ts';

/** What people ask of an SLO besides its numbers. */
export interface SloFindings {
  /** What failed in the last hour (since the beginning of the one in which it began) against the day before. */
  readonly changes: readonly FailureChange[];
  /** Of a schedule: the run that was missed last within its window. */
  readonly missedRun: MissedRun | null;
  /** What of it is in flight past a deadline, those that began first; at most 10. */
  readonly stuck: readonly FlightReport[];
  readonly route: RouteReport;
  /** How soon it alerts at which error rate, the highest first, as `burnwatch check` works it out; empty without alerts. */
  readonly detections: readonly DetectionReport[];
  /** Where it is defined: `folder/file:line`. */
  readonly source: string;
  /**
   * Its definition, of the SLO of a value that of the whole, as OpenSLO in YAML; null for who may not read all that it names.
   * Targets are in it by their names alone.
   */
  readonly definition: string | null;
}

/** Who is notified of an SLO, by the names of targets. */
export interface RouteReport {
  readonly page: readonly RouteTarget[];
  readonly ticket: readonly RouteTarget[];
  /** When one of those refuses for good. */
  readonly fallback: readonly RouteTarget[];
  /** Of a page that is not acknowledged, after so many milliseconds. */
  readonly escalation: readonly { readonly after: number; readonly to: readonly RouteTarget[] }[];
}

export interface RouteTarget {
  readonly name: string;
  /** `slack`, `email`, ...; null where no such target is defined. */
  readonly kind: string | null;
}

/** What a sudden error rate leads to. */
export interface DetectionReport {
  /** `everything`, `2x budget (2%)`. */
  readonly label: string;
  /** 0 to 1. */
  readonly errorRate: number;
  /** The first tier that fires, after so many milliseconds, and the first that pages; null when none ever does. */
  readonly first: { readonly tier: string; readonly severity: string; readonly after: number } | null;
  readonly page: { readonly tier: string; readonly after: number } | null;
  /** The share of the budget that is spent when it is first noticed. */
  readonly budgetSpent: number | null;
}
