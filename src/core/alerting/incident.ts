import type { EscalationStep, Severity } from '../slo/alert-policy.ts';
import type { TierReading } from './tier-kind.ts';
import type { FlappingNote, HeldBack } from './flapping-note.ts';
import type { Mute } from './mute.ts';
import type { AlertDefinition } from './alert-definition.ts';
import type { IncidentConversation } from './conversation.ts';

/** Who said that they look after an incident, and when. */
export interface Acknowledgement {
  readonly at: number;
  readonly by: string;
  /** Set on that of a ticket. */
  readonly severity?: 'ticket';
}

/** Whether an acknowledgement holds for an incident of this severity: who took on a ticket was not woken by the page. */
export function isAcknowledgementOf({ severity }: Acknowledgement, of: Severity): boolean {
  return of === 'ticket' || severity !== 'ticket';
}

/** One episode of one SLO burning, from the first tier that fires until the last one stops. */
export interface Incident {
  readonly id: string;
  readonly openedAt: number;
  /** When what led to it began: the far edge of what its first reading was of. */
  readonly began: number;
  /** That of its worst firing tier. */
  readonly severity: Severity;
  /** The tier of the latest notification. */
  readonly tier: string;
  /** Highest burn rate of a firing tier; 0 while none has one. */
  readonly peakBurnRate: number;
  /** Since when it is a page; null while it is a ticket. */
  readonly pagedAt: number | null;
  /** How many steps of the policy's escalation were taken since then. */
  readonly stepsTaken: number;
  /** When the latest notification of it was made. */
  readonly lastNotifiedAt: number;
  /** Holds until the end; that of a ticket until it becomes a page. */
  readonly acknowledged: Acknowledgement | null;
  /** How many transitions it has had; numbers its notifications. */
  readonly sequence: number;
  /** Targets that were notified, so that the same ones hear the end of it. */
  readonly notified: readonly string[];
  /** Set while it is not notified of, see `Mute`. */
  readonly muted?: Muted;
  /** What it is told with; absent on incidents from before there were conversations: itself alone. */
  readonly conversation?: IncidentConversation;
}

/** Since when an incident is not notified of, why, and what was notified of it before. */
export interface Muted {
  readonly since: number;
  readonly mute: Mute;
  /** The severity that it was notified with last; null: none. */
  readonly notifiedAs: Severity | null;
}

export interface FiringTier {
  readonly since: number;
  /** Since when its level has been low enough to resolve it; null while it is not. */
  readonly belowSince: number | null;
}

/** What evaluation remembers of one SLO between ticks. */
export interface AlertState {
  readonly firing: Readonly<Record<string, FiringTier>>;
  readonly incident: Incident | null;
  /** What the SLO was defined as when that was found; null while nothing fires, and in states from before this was kept. */
  readonly definition: AlertDefinition | null;
  /** When it paged within the last hour, oldest first, see `flappingMute`; absent: not at all. */
  readonly pages?: readonly number[];
  /** The pages that came and went since something was told last, and were held back; absent: none. */
  readonly heldBack?: HeldBack;
}

export const QUIET: AlertState = { firing: {}, incident: null, definition: null };

/** Whether nothing of a state has to be remembered. */
export function isQuiet({ firing, incident, pages, heldBack }: AlertState): boolean {
  return (
    incident === null && pages === undefined && heldBack === undefined && Object.keys(firing).length === 0
  );
}

/** Whether there is nothing in the second one to be remembered that is not in the first. */
export function isSame(before: AlertState, after: AlertState): boolean {
  if (isQuiet(before) && isQuiet(after)) return true;
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}

/**
 * `escalated`: from ticket to page. `deescalated`: the page tiers have resolved and a ticket tier still fires.
 * `unacknowledged`: a page stayed unacknowledged for the time of an escalation step. `reminder`: it still burns.
 */
export type TransitionKind =
  | 'opened'
  | 'escalated'
  | 'deescalated'
  | 'unacknowledged'
  | 'reminder'
  | 'resolved';

/**
 * Why an incident ended or came down, if not because it is over. `definition-changed`: under the new definition of the SLO
 * its tiers do not fire. `removed`: no file defines the SLO any more.
 */
export type EndCause = 'definition-changed' | 'removed';

/** A change of an incident that is notified. */
export interface Transition {
  readonly kind: TransitionKind;
  readonly incident: Incident;
  /**
   * Why: the readings of the firing tiers at this moment, worst first; of an incident that resolved, the one of its
   * tier. Empty only where the policy has lost that tier.
   */
  readonly readings: readonly TierReading[];
  /** The step that is taken; of `unacknowledged` only. */
  readonly step: EscalationStep | null;
  /** Of `resolved` and `deescalated` only. */
  readonly cause: EndCause | null;
  /**
   * What changed; null when nothing did but that the incident is no longer muted. `kind` is what it is notified as: to
   * those who heard nothing of an incident, it opens.
   */
  readonly change: TransitionKind | null;
  /** Why it is not notified; null when it is. */
  readonly mute: Mute | null;
  /** What kept earlier changes from being notified until now; null when nothing did. */
  readonly unmuted: Muted | null;
  /** What is said with it of an SLO that comes and goes; absent: nothing. */
  readonly flapping?: FlappingNote;
}

/** Gives why an incident of this severity is not to be notified now; `incident` is its id, null while it opens. */
export type MuteOfIncident = (severity: Severity, incident: string | null) => Mute | null;

/** The state with an acknowledgement of its incident; the first one holds. */
export function acknowledge(state: AlertState, acknowledged: Acknowledgement): AlertState {
  if (!state.incident || state.incident.acknowledged) return state;
  return { ...state, incident: { ...state.incident, acknowledged } };
}

/** The state after the clock was set by so many milliseconds: intervals go on as if it had not been. */
export function afterClockMoved(state: AlertState, by: number): AlertState {
  const { pages, heldBack } = state;
  const paged = {
    ...(pages && { pages: pages.map((at) => at + by) }),
    ...(heldBack && { heldBack: { ...heldBack, since: heldBack.since + by } }),
  };
  if (!state.incident) return { ...state, ...paged };
  const { pagedAt, lastNotifiedAt, muted } = state.incident;
  const moved = {
    pagedAt: pagedAt === null ? null : pagedAt + by,
    lastNotifiedAt: lastNotifiedAt + by,
    ...(muted && { muted: { ...muted, since: muted.since + by } }),
  };
  return { ...state, ...paged, incident: { ...state.incident, ...moved } };
}
