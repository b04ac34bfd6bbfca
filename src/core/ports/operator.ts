import type { Refused } from './refused.ts';
import type { AdjustmentReport, IncidentReport } from './queries.ts';

/** What people do to a running Burnwatch. Requests are as parsed from JSON; everything is logged, nothing is erased. */
export interface Operator extends ManageAdjustments, ManageIncidents {}

export interface ManageAdjustments {
  /** All adjustments there ever were, latest first. */
  adjustments(): Promise<readonly AdjustmentReport[]>;
  adjust(request: unknown): Promise<AdjustmentReport | Refused>;
  /** `ended`: outcomes count again from now on. `withdrawn`: it never applied. Doing either again changes nothing. */
  endAdjustment(
    id: string,
    kind: 'ended' | 'withdrawn',
    request: unknown,
  ): Promise<AdjustmentReport | Refused>;
}

export interface ManageIncidents {
  /** Open incidents, pages first. */
  incidents(): Promise<readonly IncidentReport[]>;
  /** Says who looks after an incident; the first one who did stays. */
  acknowledge(incident: string, request: unknown): Promise<AcknowledgementReport | Refused>;
}

export interface AcknowledgementReport {
  readonly incident: string;
  readonly at: number;
  readonly by: string;
  readonly note: string | null;
}
