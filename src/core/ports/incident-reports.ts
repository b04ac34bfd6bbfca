import type { EndCause } from '../alerting/incident.ts';
import type { IncidentEvent } from '../alerting/incident-event.ts';
import type { FailedExecution, FailureCount, Stuck } from '../alerting/notification.ts';
import type { LikelyCause } from '../alerting/likely-cause.ts';
import type { StandingValue } from '../alerting/value-breakdown.ts';
import type { Severity } from '../slo/alert-policy.ts';
import type { Annotation } from './store/annotations.ts';
import type { IncidentReport } from './queries.ts';
import type { ListPage, PageChoice, PlaceShape } from './list-page.ts';
import type { Caller } from './token.ts';

/**
 * `open`: evaluation has it burning. `resolved`: it ended. `lost`: neither, because the store lost what evaluation knew of it, so that
 * its end was never seen.
 */
export const INCIDENT_STATES = ['open', 'resolved', 'lost'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** An incident as lists show it. While it is open, severity and tiers are those of now, later the severest there was. */
export interface IncidentSummary extends IncidentReport {
  readonly state: IncidentState;
  readonly resolvedAt: number | null;
  /** Why it ended, if not because it was over. */
  readonly cause: EndCause | null;
  /** When it became a page; null when it never did. */
  readonly pagedAt: number | null;
  /** Null when its history begins before it was kept. */
  readonly cost: IncidentCost | null;
  /** Most of what failed; null when it is not known. */
  readonly topFailure: FailureCount | null;
}

/** What failed since an incident began, as it was at its last transition. */
export interface IncidentCost {
  readonly at: number;
  readonly good: number;
  readonly bad: number;
  /** The share of the whole budget that this is; null where there is no budget. */
  readonly budget: number | null;
}

export interface IncidentDetail extends IncidentSummary {
  readonly runbook: string | null;
  readonly objective: number | null;
  readonly window: string | null;
  readonly failedUntil: number | null;
  readonly failures: readonly FailureCount[];
  readonly lastFailed: readonly FailedExecution[];
  readonly stuck: readonly Stuck[];
  readonly likelyCause: LikelyCause | null;
  readonly standsOut: StandingValue | null;
  /** The share of the budget above which the policy asks for a postmortem, where this spent more. */
  readonly postmortemAbove: number | null;
  /** Everything that happened, oldest first. */
  readonly events: readonly IncidentEvent[];
  /** What was noted from half an hour before it began until it ended, oldest first. */
  readonly annotations: readonly Annotation[];
  /** Earlier ones of the same SLO, or of the same workflow with the same failure, latest first. */
  readonly similar: readonly IncidentSummary[];
}

/** What of all incidents is wanted; null: any. */
export interface IncidentQuery extends PageChoice {
  readonly state: IncidentState | null;
  readonly severity: Severity | null;
  readonly workflow: string | null;
  readonly owner: string | null;
  readonly slo: string | null;
  /** In the id of its SLO, its owner, or what failed; upper and lower case are the same. */
  readonly text: string;
  /** When they opened; the end is not included. */
  readonly from: number;
  readonly to: number;
}

/** Open ones with pages first, those open longest before others; else the latest first, by `TIME_AND_ID`. */
export type IncidentPage = ListPage<IncidentSummary>;

/** Of a list of open ones: by severity, when they opened, and their id. */
export const OPEN_INCIDENT_PLACE: PlaceShape = ['number', 'number', 'string'];

/** Reads incidents, those that are over as well, as far as a caller may. */
export interface IncidentReports {
  incidentPage(query: IncidentQuery, caller: Caller): Promise<IncidentPage>;
  /** Null when nothing is kept of it. */
  incident(id: string, caller: Caller): Promise<IncidentDetail | null>;
}

/** Reads what opened in a time: all of it at once, for a report of that time. */
export interface OpenedIncidents {
  /** Latest first, `most` at most, as far as a caller may. */
  incidentsOpened(
    when: Pick<IncidentQuery, 'from' | 'to' | 'owner'>,
    most: number,
    caller: Caller,
  ): Promise<readonly IncidentSummary[]>;
}
