import type { LostData } from '../alerting/data-loss.ts';
import type { NotedAcknowledgement } from '../alerting/stored-acknowledgement.ts';
import type { IncidentNote } from '../alerting/incident-event.ts';
import type { ManageAnnotations } from './annotations.ts';
import type { ManageDeadLetters } from './dead-letters.ts';
import type { ManageGateOverrides } from './gate-override.ts';
import type { ManageOutbox } from './outbox-reports.ts';
import type { IncidentReports } from './incident-reports.ts';
import type { FollowLinks } from './incident-links.ts';
import type { PeriodReports } from './period-report.ts';
import type { Refused } from './refused.ts';
import type { ManageSilences } from './silences.ts';
import type { TestTargets } from './target-tests.ts';
import type { Caller } from './token.ts';
import type { AdjustmentReport, IncidentReport } from './queries.ts';

/**
 * What people do to a running Burnwatch. Requests are as parsed from JSON; everything is
 * logged, nothing is erased. What a caller may not do is refused as `forbidden`, or as unknown where it may not even be named.
 */
export interface Operator
  extends
    ManageAdjustments,
    ManageAnnotations,
    ManageGateOverrides,
    ManageIncidents,
    FollowLinks,
    ManageSilences,
    IncidentReports,
    PeriodReports,
    ManageDataLosses,
    ManageDeadLetters,
    ManageOutbox,
    TestTargets {}

export interface ManageAdjustments {
  /** All adjustments there ever were, latest first. */
  adjustments(): Promise<readonly AdjustmentReport[]>;
  adjust(request: unknown, caller: Caller): Promise<AdjustmentReport | Refused>;
  /** `ended`: outcomes count again from now on. `withdrawn`: it never applied. Doing either again changes nothing. */
  endAdjustment(
    id: string,
    kind: 'ended' | 'withdrawn',
    request: unknown,
    caller: Caller,
  ): Promise<AdjustmentReport | Refused>;
}

export interface ManageIncidents {
  /** Open incidents, pages first. */
  incidents(): Promise<readonly IncidentReport[]>;
  /** The other open incidents of its conversation, as far as a caller may respond to them, pages first. */
  incidentsBeside(incident: string, caller: Caller): Promise<readonly IncidentReport[]>;
  /**
   * Says who looks after an incident; the first one who did stays. With `conversation`, also after those of `incidentsBeside`: those that
   * are open now, and none that joins later.
   */
  acknowledge(incident: string, request: unknown, caller: Caller): Promise<AcknowledgementReport | Refused>;
  /** Adds what a person wrote down to the history of an incident, which may be over. */
  noteIncident(incident: string, request: unknown, caller: Caller): Promise<IncidentNote | Refused>;
}

export interface ManageDataLosses {
  /** Losses of data, oldest first; acknowledged ones for 90 days. */
  losses(): Promise<readonly DataLossReport[]>;
  /** Takes a loss off the dashboard and out of `/readyz`; the first one who did stays. */
  acknowledgeLoss(id: string, request: unknown, caller: Caller): Promise<DataLossReport | Refused>;
}

/** That data of the store was found to be gone; see `LostData`. */
export interface DataLossReport extends LostData {
  readonly id: string;
  /** What happened, as a sentence without its full stop. */
  readonly message: string;
  readonly acknowledged: NotedAcknowledgement | null;
}

export interface AcknowledgementReport extends IncidentTaken {
  /** See `Caller.name`. */
  readonly actor: string | null;
  readonly note: string | null;
  /** Set where the whole conversation was asked for: what holds of its other open incidents. */
  readonly others?: readonly OtherTaken[];
}

interface IncidentTaken {
  readonly incident: string;
  readonly at: number;
  readonly by: string;
}

/** `isNew`: not before this request. */
export interface OtherTaken extends IncidentTaken {
  readonly slo: string;
  readonly isNew: boolean;
}
