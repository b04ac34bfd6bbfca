import type { Interval } from '../adjustments/adjustment.ts';
import type { Silence } from '../alerting/silence.ts';
import type { Severity } from '../slo/alert-policy.ts';
import type { ListPage, PageChoice, PlaceShape } from './list-page.ts';
import type { Refused } from './refused.ts';
import type { Caller } from './token.ts';

/** `active`: it holds now. `coming`: it will. `ended`: it will not any more. */
export const SILENCE_STATES = ['active', 'coming', 'ended'] as const;
export type SilenceState = (typeof SILENCE_STATES)[number];

/** A silence as readers see it. */
export interface SilenceReport extends Silence {
  readonly state: SilenceState;
  /** The time in which it holds, or will next; null when there is none any more. */
  readonly occurrence: Interval | null;
  /** What it would mute, as far as the caller may read that. */
  readonly mutes: SilenceReach;
}

/** The SLOs that a silence is of, and their open incidents that it mutes while it holds: how many, and the first of them. */
export interface SilenceReach {
  readonly slos: readonly string[];
  readonly sloCount: number;
  readonly incidents: readonly MutedIncident[];
  readonly incidentCount: number;
}

export interface MutedIncident {
  readonly id: string;
  readonly slo: string;
  readonly severity: Severity;
}

/** What mutes an incident. */
export interface IncidentSilence {
  /**
   * `silence`: people made one. `flapping`: it comes and goes too often. `dependency`: it is told with the incident of a dependency
   * that explains it, which is `id`, of the SLO `by`.
   */
  readonly kind: 'silence' | 'flapping' | 'dependency';
  /** The id of the silence. */
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly since: number;
  /** At the latest; of `dependency`, when it is looked at again. */
  readonly until: number;
  readonly untilResolved: boolean;
}

/** What a silence would be, without making it. */
export type SilencePreview = Omit<SilenceReport, 'id' | 'createdAt' | 'ended'>;

export interface SilenceQuery extends PageChoice {
  /** Null: any. */
  readonly state: SilenceState | null;
}

/** Those that hold first, then those to come, then those that ended; of each the latest made first. */
export type SilencePage = ListPage<SilenceReport>;

/** By their state, when they were made, and their id. */
export const SILENCE_PLACE: PlaceShape = ['number', 'number', 'string'];

/** Creates, ends and lists silences, as far as a caller may. */
export interface ManageSilences {
  silences(query: SilenceQuery, caller: Caller): Promise<SilencePage>;
  /** Null when there is none, or none that the caller may know of. */
  silence(id: string, caller: Caller): Promise<SilenceReport | null>;
  /** With an id, that of a silence that is made once only: then gives the one that there is. */
  createSilence(request: unknown, caller: Caller, id?: string): Promise<SilenceReport | Refused>;
  /** What a request would make and mute now; nothing is stored. */
  previewSilence(request: unknown, caller: Caller): Promise<SilencePreview | Refused>;
  /** Doing it again changes nothing. */
  endSilence(id: string, caller: Caller): Promise<SilenceReport | Refused>;
}
