import type { Acknowledgement, EndCause, Incident, TransitionKind } from './incident.ts';
import type { FailedExecution, FailureCount, NotificationFacts } from './notification.ts';

/** Something that happened to an incident, as its history keeps it. */
export type IncidentEvent = IncidentChanged | IncidentAcknowledged | NotificationSettled | IncidentNote;

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
