import type { Severity } from '../slo/alert-policy.ts';
import { EVERY_EXECUTION } from '../sli/sli.ts';
import type { Counts } from '../counters/cells.ts';
import type { ErrorBudget } from '../budget/error-budget.ts';
import type { ConversationFacts } from './conversation.ts';
import type { Acknowledgement, EndCause, Muted, TransitionKind } from './incident.ts';
import type { FlappingNote } from './flapping-note.ts';
import type { LikelyCause } from './likely-cause.ts';
import type { Mute } from './mute.ts';
import type { StandingValue } from './value-breakdown.ts';
import type { Reason } from './reason.ts';
import type { LostData } from './data-loss.ts';
import type { OverriddenGate } from './overridden-gate.ts';
import type { ReportFacts } from './report-facts.ts';
import type { Sli } from '../sli/sli.ts';

/** How many bad outcomes a combination of step, dependency and error class stands for. */
export interface FailureCount {
  readonly step: string | null;
  readonly dependency: string | null;
  readonly error: string | null;
  readonly count: number;
}

/** One execution that failed or is overdue, for people who go and look. */
export interface FailedExecution {
  readonly execution: string;
  readonly at: number;
  readonly step: string | null;
  readonly dependency: string | null;
  readonly error: string | null;
  readonly traceId: string | null;
}

/** One of the SLOs a composite is made of, with what it has spent. */
export interface MemberFacts {
  readonly name: string;
  /** Of what all members have spent, 0 to 1; null while nothing is spent. */
  readonly share: number | null;
}

/** Outcomes from the moment on at which they began to fail. */
export interface FailingSince extends Counts {
  readonly since: number;
}

/** The values of an attribute that burn, each by an SLO of its own, and of how many with outcomes they are. */
export interface BurningValues {
  readonly attribute: string;
  readonly values: readonly string[];
  readonly of: number;
}

/** A deploy, or another event. */
export interface PrecedingEvent {
  readonly at: number;
  /** Such as `deploy 7f3c`. */
  readonly text: string;
  readonly link: string | null;
}

/** An incident that ends by itself unless outcomes fail again. */
export interface Recovering {
  /** When the last outcome failed, to the minute. */
  readonly lastFailedAt: number;
  readonly resolvesAt: number;
}

/** A run that a schedule asked for and that did not come, or came too late. */
export interface MissedRun {
  readonly tick: number;
  /** What did not come in time: its start, by `startBy`, or its success, by `finishBy`. */
  readonly missed: 'start' | 'finish';
  /** Whether anything started for it; null where starts are not reported. */
  readonly started: boolean | null;
  /** Null when only its end matters. */
  readonly startBy: number | null;
  readonly finishBy: number;
}

/**
 * What a notification is about if not an incident of an SLO. `test`: it was sent to try a target. `data-loss`: counters are gone.
 * `delivery-failing`: a target takes no notifications. `delivery-restored`: it takes them again, or is not used any more.
 * `report`: what became of a week or month. `gate-overridden`: deploys pass whatever the budget says.
 */
export type ServiceKind =
  | 'test'
  | 'data-loss'
  | 'delivery-failing'
  | 'delivery-restored'
  | 'report'
  | 'gate-overridden';

const SERVICE_KINDS: ReadonlySet<string> = new Set<ServiceKind>([
  'test',
  'data-loss',
  'delivery-failing',
  'delivery-restored',
  'report',
  'gate-overridden',
]);

/** Whether a kind of notification, or of message, is about the service itself. */
export function isOfService<Kind extends string>(kind: Kind): kind is Kind & ServiceKind {
  return SERVICE_KINDS.has(kind);
}

/** Everything a notification says, as facts; words are made of them when it is sent. */
export interface NotificationFacts {
  /** `acknowledged`: somebody looks after it; for those who were told of it before. */
  readonly kind: TransitionKind | ServiceKind | 'acknowledged';
  /** Of `data-loss` only. */
  readonly loss?: LostData & {
    /** Whether it is said in the conversation of an incident that was open then. */
    readonly ofIncident: boolean;
  };
  /** Of `delivery-failing` and `delivery-restored` only: which target, what it said, and how that ended. */
  readonly delivery?: {
    readonly target: string;
    readonly reason: string;
    readonly since: number;
    readonly end: 'works' | 'removed' | null;
  };
  /** Of `report` only. */
  readonly report?: ReportFacts;
  /** Of `gate-overridden` only. */
  readonly gate?: OverriddenGate;
  /** Why an incident ended or came down, if not because it is over. */
  readonly cause: EndCause | null;
  readonly slo: string;
  readonly workflow: string;
  readonly owner: string;
  readonly description: string | null;
  readonly runbook: string | null;
  /** The promised ratio, the share that may fail, and the window they hold over as written (`28d`). */
  readonly objective: number;
  readonly errorBudget: number;
  readonly window: string;
  /** What was judged, so that the text can name it. */
  readonly sli: Sli;
  readonly incident: string;
  readonly severity: Severity;
  readonly openedAt: number;
  readonly at: number;
  /** The time zone of the owner, in which times are written; null: UTC. */
  readonly timeZone: string | null;
  /**
   * The tiers that fire, worst first, but those that only wait to resolve after the others; of an incident that resolved,
   * that of its latest notification.
   */
  readonly reasons: readonly Reason[];
  readonly budget: ErrorBudget;
  /** How many outcomes the window holds so far; what may fail may be a share of more than those. */
  readonly counted: number;
  /** The share of its executions whose counters could be read, while a part of the store was away; absent: all. */
  readonly readShare?: number;
  /** When the budget runs out at the pace of the last `pace` milliseconds; null when it does not. */
  readonly exhaustsAt: number | null;
  readonly pace: number | null;
  /** 0 when no tier that fired has a burn rate. */
  readonly peakBurnRate: number;
  /** The outcomes since they began to fail as they do now; null when that is not known, or no more fails than may. */
  readonly failing: FailingSince | null;
  /** When the outcomes of an incident that resolved stopped failing; null when it is not known. */
  readonly failedUntil: number | null;
  /** Set while every tier that fires only waits to resolve. */
  readonly recovering: Recovering | null;
  /** The outcomes from `began` until they stopped failing, or until now. */
  readonly during: Counts;
  /** When what led to the incident began; null when it is not known. */
  readonly began: number | null;
  /** Ends of its workflow that wait for their start, and count for no SLI with a deadline before it comes. */
  readonly waiting: number;
  /** Where what is past a deadline hangs, most first; empty for an SLI without a deadline, and when the incident is over. */
  readonly stuck: readonly Stuck[];
  /** The last run of a schedule that was missed; null for other SLIs, and while there is none. */
  readonly missedRun: MissedRun | null;
  readonly acknowledged: Acknowledgement | null;
  /** How long a page waited in vain to be acknowledged; of `unacknowledged` only. */
  readonly waited: number | null;
  /** Of a composite: its parts, the one that spends most first. */
  readonly members: readonly MemberFacts[];
  /** Set when the error budget policy asks for a postmortem of the incident that resolved. Shares of the budget. */
  readonly postmortem: { readonly policy: string; readonly above: number; readonly spent: number } | null;
  /** Worst first. */
  readonly failures: readonly FailureCount[];
  /** Latest first, each execution once. */
  readonly lastFailed: readonly FailedExecution[];
  /** The dependency that most likely makes it fail; null when none stands out. */
  readonly likelyCause: LikelyCause | null;
  /** The value of an attribute that far more of the failures have than of all outcomes; null when none stands out. */
  readonly standsOut: StandingValue | null;
  /** What was noted last of it before it began, and may be why; absent: nothing. */
  readonly after?: PrecedingEvent;
  /** Of an SLO of which each value of an attribute has one, while some burn; absent: of any other. */
  readonly burning?: BurningValues;
  /** Set on the first notification after a silence: since when, until when and by whom nothing was sent. Absent on all others. */
  readonly silenced?: SilencedUntilNow;
  /** Set where it comes and goes so often that pages are held back, see `FlappingNote`; absent: it does not. */
  readonly flapping?: FlappingNote;
  /** Set where it is told with the incident of a dependency, which explains it, and on its own to no one. Absent on all others. */
  readonly folded?: FoldedInto;
  /** What its incident is told with; absent: it is alone. */
  readonly conversation?: ConversationFacts;
  /** The targets this was for, so that a fallback is not notified twice. */
  readonly notified: readonly string[];
  /** Set on a copy that went to a fallback: the target that refused, and why. */
  readonly insteadOf: { readonly target: string; readonly reason: string } | null;
}

/** The incident that another one is folded into, its SLO, and why. */
export interface FoldedInto {
  readonly incident: string;
  readonly slo: string;
  readonly because: string;
}

/** What kept an incident from being notified, and does no longer. `reason` is that of the mute; absent: a silence. */
export interface SilencedUntilNow {
  readonly reason?: Exclude<Mute['reason'], 'silence'>;
  readonly since: number;
  readonly until: number;
  readonly by: string;
  readonly because: string;
}

export function silencedUntilNow({ since, mute }: Muted): SilencedUntilNow {
  const { reason, until, by, because } = mute;
  return { ...(reason !== 'silence' && { reason }), since, until, by, because };
}

/** Executions, or steps of them, that have not ended and are past a deadline. */
export interface Stuck {
  readonly of: 'execution' | 'step';
  /** The step begun last, or the step itself; null: none was begun. */
  readonly step: string | null;
  readonly count: number;
  /** When the first of them began; null when that is not known. */
  readonly oldest: number | null;
}

/** One notification for one target: a row of the outbox. */
export interface OutboxRow {
  /** `incident/sequence/target`: the same transition always makes the same row. */
  readonly id: string;
  readonly incident: string;
  /** What it is sent with, see `Conversation`; absent: nothing but what else is of its incident. */
  readonly conversation?: string;
  readonly target: string;
  readonly facts: NotificationFacts;
  /** When it was made, or where it waits for the end of quiet hours, when they end: it is not due before. */
  readonly createdAt: number;
  /** Failed tries so far, and what the last one said. */
  readonly attempts: number;
  readonly lastError: string | null;
  /** Of a target with several recipients, those that have not got it yet; null: all of them. */
  readonly recipients: readonly string[] | null;
  /** Whether a try ended before its answer came, so that the target may have it already. */
  readonly mayRepeat: boolean;
  /**
   * Set once it was delivered to a target that is to get it again and again while the incident is open: it stays with its
   * conversation and is not pending any more. Absent until then, and for all other targets.
   */
  readonly deliveredAt?: number;
  /** Set once the fallback got a copy of it while it is still tried. */
  readonly fellBack?: true;
}

/** What of the facts about an incident is told: that it was acknowledged is told along, and by itself only where nothing else is. */
export function toldFacts(facts: readonly NotificationFacts[]): readonly NotificationFacts[] {
  const told = facts.filter(({ kind }) => kind !== 'acknowledged');
  return told.length > 0 ? told : facts;
}

/** The last of what is told, with who acknowledged it since; of the kind `acknowledged` where nothing else is. */
export function latestFacts(facts: readonly NotificationFacts[]): NotificationFacts {
  const [last, told] = [facts.at(-1)!, toldFacts(facts).at(-1)!];
  return last.kind === 'acknowledged' ? { ...told, acknowledged: last.acknowledged } : told;
}

/** Whether a notification wakes someone: it overtakes tickets, reminders and what is over. */
export function isUrgent(facts: Pick<NotificationFacts, 'severity' | 'kind' | 'folded'>): boolean {
  const { kind } = facts;
  return wakes(facts) && (kind === 'opened' || kind === 'escalated' || kind === 'unacknowledged');
}

/** Whether a notification is of a page, and not of one that is told with another. */
export function wakes({ severity, folded }: Pick<NotificationFacts, 'severity' | 'folded'>): boolean {
  return severity === 'page' && folded === undefined;
}

/** The conversation of a row at its target: rows of one are sent in their order, and together where several are pending. */
export function conversationOfRow({
  conversation,
  incident,
}: Pick<OutboxRow, 'conversation' | 'incident'>): string {
  return conversation ?? incident;
}

/** So fast a burn counts as half as bad as can be. */
const MEDIAN_BURN_RATE = 50;

/**
 * When a row is due at first: as it is made, and of those that are made in one millisecond the fastest burn first. In 1/1024 of a
 * millisecond, which numbers hold exactly.
 */
export function firstDue({
  createdAt,
  facts: { peakBurnRate },
}: Pick<OutboxRow, 'createdAt' | 'facts'>): number {
  const burn = Number.isFinite(peakBurnRate) ? Math.max(0, peakBurnRate) : 0;
  return createdAt - Math.floor((1023 * burn) / (burn + MEDIAN_BURN_RATE)) / 1024;
}

export function outboxRowId(
  facts: Pick<NotificationFacts, 'incident'>,
  sequence: number,
  target: string,
): string {
  return `${facts.incident}/${sequence}/${target}`;
}

/** A row that was never tried. */
export function newRow(id: string, target: string, facts: NotificationFacts): OutboxRow {
  const untried = { attempts: 0, lastError: null, recipients: null, mayRepeat: false };
  return { id, incident: facts.incident, target, facts, createdAt: facts.at, ...untried };
}

/** What facts hold of counters where nothing is known of them, or they are not what it is about. */
export const NO_FIGURES = {
  reasons: [],
  budget: { allowed: 0, spent: 0, remaining: 0, remainingRatio: null },
  counted: 0,
  exhaustsAt: null,
  pace: null,
  failing: null,
  failedUntil: null,
  recovering: null,
  during: { good: 0, bad: 0 },
  missedRun: null,
  waiting: 0,
  stuck: [],
  waited: null,
  members: [],
  postmortem: null,
  failures: [],
  lastFailed: [],
  likelyCause: null,
  standsOut: null,
  insteadOf: null,
} satisfies Partial<NotificationFacts>;

/** What facts about the service itself hold, which has no objective. */
export const ABOUT_SERVICE = {
  ...NO_FIGURES,
  cause: null,
  workflow: 'burnwatch',
  description: null,
  runbook: null,
  objective: 1,
  errorBudget: 0,
  window: '',
  sli: EVERY_EXECUTION,
  timeZone: null,
  peakBurnRate: 0,
  began: null,
  acknowledged: null,
} satisfies Partial<NotificationFacts>;
