import type { SilenceReport } from './silences.ts';
import type { Severity } from '../slo/alert-policy.ts';
import type { IncidentReport } from './queries.ts';
import type { Refused } from './refused.ts';

export const LINK_ACTIONS = ['acknowledge', 'silence'] as const;
export type LinkAction = (typeof LINK_ACTIONS)[number];

/** What a link in a message lets whoever holds it do: one thing, to one incident, until a moment. */
export interface IncidentLink {
  readonly action: LinkAction;
  readonly incident: string;
  /** What the incident was when the message was made: the link of a ticket is none of the page that it becomes. */
  readonly severity: Severity;
  readonly expiresAt: number;
}

/** Writes what a link is for so that nobody else can, as one part of a path; null for an incident whose id cannot stand there. */
export type SignLink = (link: IncidentLink) => string | null;

/** Reads it again; null when it was not written with our key. */
export type ReadLink = (text: string) => IncidentLink | null;

/** What becomes of a link that somebody follows. */
export type LinkView = UsableLink | UsedLink | DeadLink;

export interface UsableLink {
  readonly state: 'usable';
  readonly link: IncidentLink;
  readonly incident: IncidentReport;
}

/** What it is for was done: with it, or otherwise. */
export interface UsedLink {
  readonly state: 'used';
  readonly link: IncidentLink;
  readonly slo: string;
  readonly by: string;
  readonly at: number;
  /** The silence that it made; null of an acknowledgement. */
  readonly silence: Pick<SilenceReport, 'state' | 'when'> | null;
}

/**
 * `forged`: not of this Burnwatch, or its key is another one now. `over`: its incident is not open any more. `became-page`: it was sent while
 * its incident was a ticket.
 */
export interface DeadLink {
  readonly state: 'forged' | 'expired' | 'over' | 'became-page';
}

/** What somebody did with a link. */
export interface LinkUse {
  readonly view: UsedLink;
  /** The name that was given, as the audit log has it. */
  readonly who: string;
  /** What was done, as the audit log has it, and the ids of what it was done to; none when others were first. */
  readonly done: readonly { readonly what: string; readonly about: string }[];
}

/** Looks at links of messages, and does what they are for. The link is all that says what may be done. */
export interface FollowLinks {
  /** Changes nothing: programs that look at mails open links before people do. */
  lookAtLink(text: string): Promise<LinkView>;
  /** `request` is as parsed from a form: `by`, and what goes with the action. Gives the link as it is found where it is of no use. */
  followLink(text: string, request: LinkRequest, address: string): Promise<LinkUse | LinkView | Refused>;
}

export interface LinkRequest {
  readonly by: string;
  /** Why, of a silence; '' stands for that it was made by a link. */
  readonly reason: string;
  /** Until when, as a request for a silence says it. */
  readonly span: object;
}
