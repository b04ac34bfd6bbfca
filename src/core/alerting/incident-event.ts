import type { Acknowledgement, EndCause, Incident, Muted, Transition, TransitionKind } from './incident.ts';
import type { FlappingNote } from './flapping-note.ts';
import type { Mute } from './mute.ts';
import type { FailedExecution, FailureCount, NotificationFacts } from './notification.ts';

/** Something that happened to an incident, as its history keeps it. */
export type IncidentEvent =
  | IncidentChanged
  | IncidentAcknowledged
  | NotificationSettled
  | IncidentSilenced
  | IncidentUnsilenced
  | IncidentNote;

/** What a change of an incident says of it in its history: the figures of that moment. */
type KeptFacts = Pick<
  NotificationFacts,
  | 'slo'
  | 'workflow'
  | 'owner'
  | 'runbook'
  | 'severity'
  | 'objective'
  | 'window'
  | 'openedAt'
  | 'began'
  | 'failedUntil'
  | 'during'
  | 'peakBurnRate'
  | 'stuck'
  | 'likelyCause'
  | 'standsOut'
  | 'notified'
  | 'postmortem'
>;

/** A transition that was committed. */
export interface IncidentChanged extends KeptFacts {
  readonly kind: TransitionKind;
  readonly at: number;
  readonly tier: string;
  readonly cause: EndCause | null;
  /** What is said of it as one that comes and goes; absent: nothing. */
  readonly flapping?: FlappingNote;
  /** The share of the budget that is left, see `ErrorBudget`, and the share that failed since it began; null: there is no budget. */
  readonly budgetRemaining: number | null;
  readonly budgetSpent: number | null;
  /** The worst and the latest ones only. */
  readonly failures: readonly FailureCount[];
  readonly lastFailed: readonly FailedExecution[];
}

export interface IncidentAcknowledged extends Acknowledgement {
  readonly kind: 'acknowledged';
  readonly note: string | null;
  /** The name of the token; null without one. */
  readonly actor: string | null;
}

/** What became of notifications that were sent as one. */
export interface NotificationSettled {
  readonly kind: 'delivered' | 'undeliverable';
  readonly at: number;
  readonly target: string;
  /** The changes that they were of. */
  readonly of: readonly NotificationFacts['kind'][];
  /** How often it was tried. */
  readonly tries: number;
  /** Why it cannot be delivered; null when it was. */
  readonly reason: string | null;
  /** The message that said it, where that was of several incidents, and of how many; absent: of this one. */
  readonly message?: { readonly id: string; readonly incidents: number };
}

/** A silence, or what else mutes, began to mute it, or kept a change from being notified. */
export interface IncidentSilenced {
  readonly kind: 'silenced';
  readonly at: number;
  /** What mutes it, as in `Mute`; absent: a silence. */
  readonly reason?: Exclude<Mute['reason'], 'silence'>;
  /** The id of the silence, who made it and why; of other mutes what `Mute` says. */
  readonly silence: string;
  readonly by: string;
  readonly because: string;
  readonly until: number;
  readonly untilResolved: boolean;
  /** The change that is not notified; null when nothing changed but that the silence began. */
  readonly of: TransitionKind | null;
}

/** Nothing mutes it any more. */
export interface IncidentUnsilenced {
  readonly kind: 'unsilenced';
  readonly at: number;
  /** What muted it last; absent: a silence. */
  readonly reason?: Exclude<Mute['reason'], 'silence'>;
  readonly since: number;
  /** Who is notified now, and as what; none and null where nothing that was not notified is left. */
  readonly of: TransitionKind | null;
  readonly notified: readonly string[];
}

/** What a person wrote down. */
export interface IncidentNote {
  readonly kind: 'note';
  readonly at: number;
  readonly by: string;
  readonly text: string;
  readonly actor: string | null;
}

/** Combinations and executions that one event keeps. */
const KEPT = 5;

/** The event of a transition with these facts, by the tier that its incident is of now. */
export function changedEvent(facts: NotificationFacts, kind: TransitionKind, tier: string): IncidentChanged {
  const { budget, during } = facts;
  return {
    kind,
    at: facts.at,
    tier,
    cause: facts.cause,
    ...(facts.flapping && { flapping: facts.flapping }),
    slo: facts.slo,
    workflow: facts.workflow,
    owner: facts.owner,
    runbook: facts.runbook,
    severity: facts.severity,
    objective: facts.objective,
    window: facts.window,
    openedAt: facts.openedAt,
    began: facts.began,
    failedUntil: facts.failedUntil,
    during,
    peakBurnRate: facts.peakBurnRate,
    stuck: facts.stuck,
    likelyCause: facts.likelyCause,
    standsOut: facts.standsOut,
    notified: facts.notified,
    postmortem: facts.postmortem,
    budgetRemaining: budget.remainingRatio,
    budgetSpent: budget.allowed > 0 ? during.bad / budget.allowed : null,
    failures: facts.failures.slice(0, KEPT),
    lastFailed: facts.lastFailed.slice(0, KEPT),
  };
}

/** What a transition with these facts adds to the history of its incident. */
export function transitionEvents(
  { change, kind, mute, unmuted, incident }: Transition,
  facts: NotificationFacts,
): readonly IncidentEvent[] {
  return [
    ...(change === null ? [] : [changedEvent(facts, change, incident.tier)]),
    ...(mute ? [silencedEvent(mute, change, facts.at)] : []),
    ...(unmuted ? [unsilencedEvent(unmuted, kind, facts.notified, facts.at)] : []),
  ];
}

/** What is added where a silence of an open incident began or ended, and nothing else changed. */
export function muteEvents(
  before: Incident | null,
  after: Incident | null,
  now: number,
): readonly IncidentEvent[] {
  const [was, is] = [before?.muted, after?.muted];
  if (is && is.mute.silence !== was?.mute.silence) return [silencedEvent(is.mute, null, now)];
  return was && after && !is ? [unsilencedEvent(was, null, [], now)] : [];
}

/** The event of what mutes an incident. */
function silencedEvent(mute: Mute, of: TransitionKind | null, at: number): IncidentSilenced {
  const { silence, by, because, until, untilResolved } = mute;
  return { kind: 'silenced', at, ...reasonOf(mute), silence, by, because, until, untilResolved, of };
}

function reasonOf({ reason }: Mute): Pick<IncidentSilenced, 'reason'> {
  return reason === 'silence' ? {} : { reason };
}

/** The event of what mutes it no longer. */
function unsilencedEvent(
  { since, mute }: Muted,
  of: TransitionKind | null,
  notified: readonly string[],
  at: number,
): IncidentUnsilenced {
  return { kind: 'unsilenced', at, ...reasonOf(mute), since, of, notified };
}

/** Events to be added to the history of an incident. */
export interface IncidentEntries {
  readonly incident: string;
  readonly openedAt: number;
  readonly events: readonly IncidentEvent[];
}

export function entriesOf(
  { id, openedAt }: Pick<Incident, 'id' | 'openedAt'>,
  events: readonly IncidentEvent[],
): IncidentEntries {
  return { incident: id, openedAt, events };
}

/** Whether an event changed what its incident is, and so is kept however many there are. */
export function isDecisive({ kind }: IncidentEvent): boolean {
  return DECISIVE.has(kind);
}

const DECISIVE: ReadonlySet<IncidentEvent['kind']> = new Set([
  'opened',
  'escalated',
  'deescalated',
  'resolved',
  'acknowledged',
]);
