import type { IncidentEvent } from '../../alerting/incident-event.ts';

/**
 * The history of incidents: what happened to each, in the order in which it was written. Transitions come in with `commit`, and
 * what became of notifications with `settle`, each in one write with what it tells of.
 */
export interface IncidentStore {
  /**
   * Incidents that opened from one moment up to another, that one not included, latest first, and
   * of one moment by their ids, backwards.
   */
  incidents(range: IncidentRange): Promise<readonly OpenedIncident[]>;
  /** Null when nothing is kept of it. */
  incident(id: string): Promise<StoredIncident | null>;
  /** Adds an event, once however often it is repeated. False when nothing is kept of that incident, or too much. */
  addIncidentEvent(id: string, event: IncidentEvent): Promise<boolean>;
  /** Forgets the oldest incidents beyond the latest `keep`, some hundred at most. Answers how many were forgotten. */
  forgetIncidents(keep: number): Promise<number>;
}

export interface IncidentRange {
  readonly from: number;
  readonly to: number;
  /** Only those that come after where this one stands, or stood, in that order. */
  readonly before: Pick<OpenedIncident, 'id' | 'openedAt'> | null;
  readonly limit: number;
}

export interface StoredIncident {
  readonly id: string;
  /** Those that this version of Burnwatch understands, oldest first. */
  readonly events: readonly IncidentEvent[];
}

export interface OpenedIncident extends StoredIncident {
  readonly openedAt: number;
}

/** Of the events of one incident that are not decisive (see `isDecisive`), no more are kept. */
export const MAX_INCIDENT_EVENTS = 500;
/** How many incidents are kept: not by their age, so that a clock that is set forward forgets none. */
export const MAX_INCIDENTS = 5000;
/** How many incidents are forgotten at once at most. */
export const FORGOTTEN_INCIDENTS = 200;
