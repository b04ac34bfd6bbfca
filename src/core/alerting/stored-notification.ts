import type { AttributeTest, OutcomeSli, Sli } from '../sli/sli.ts';
import { EVERY_EXECUTION } from '../sli/sli.ts';
import { upgradeSli } from '../sli/stored-sli.ts';
import { versionOf } from '../stored-version.ts';
import type { NotificationFacts, OutboxRow } from './notification.ts';
import { conversationOfRow } from './notification.ts';
import type { OutageReason, Reason, ReasonOf, WindowFacts } from './reason.ts';

/**
 * Rows of the outbox, and the facts in them, as they are stored. To change a field of `OutboxRow`, `NotificationFacts`
 * or `Reason`: raise `VERSION`, describe the former shape in a type of its own with a function that brings it one
 * version further, and add fixtures (see CONTRIBUTING.md).
 *
 * - 9: facts of the kind `acknowledged`, which earlier versions cannot put into words for people.
 * - 8: facts of the kind `gate-overridden`, which earlier versions cannot put into words.
 * - 7: facts of the kind `report`, which earlier versions cannot put into words.
 * - 6: facts of the kinds `delivery-failing` and `delivery-restored`, which earlier versions cannot put into words, and rows
 *   of a conversation of several incidents, of which they would say the last one only.
 * - 5: rows that were delivered and are kept to be sent again, which earlier versions would take for pending ones.
 * - 4: facts of the kind `data-loss`, which earlier versions cannot put into words. All others are stored as 3.
 * - 3: the fields of `OutboxRow`.
 * - 2: rows had neither `recipients` nor `mayRepeat`, facts nothing of `AddedToFacts2`.
 * - 1: `notified` was `told`; of an outage, `consecutiveBad` was `badRun` and `streakSince` was `since`; `sli` and
 *   `began` might be missing; an execution could be among `lastFailed` twice. The oldest facts are `BurnRateFacts`.
 */
const VERSION = 9;
const BEFORE_ACKNOWLEDGED = 8;
const BEFORE_GATE = 7;
const BEFORE_REPORTS = 6;
const BEFORE_FAILING = 5;
const BEFORE_KEPT = 4;
const BEFORE_LOSSES = 3;

interface FormerNames {
  readonly told: readonly string[];
}

type OutageReason1 = Omit<OutageReason, 'consecutiveBad' | 'streakSince'> & {
  readonly badRun: number;
  readonly since: number | null;
};

/** Of the kinds there were. */
type Reason1 =
  | ReasonOf<'burnRate' | 'successRate' | 'budgetRemaining' | 'forecast' | 'noData'>
  | OutageReason1;

type AddedToRow2 = 'recipients' | 'mayRepeat';

type AddedToFacts2 =
  | 'timeZone'
  | 'failing'
  | 'failedUntil'
  | 'recovering'
  | 'missedRun'
  | 'counted'
  | 'cause'
  | 'waiting'
  | 'stuck'
  | 'likelyCause'
  | 'standsOut';

type Row2 = Omit<OutboxRow, AddedToRow2 | 'facts'> & { readonly facts: Facts2 };

type Facts2 = Omit<NotificationFacts, AddedToFacts2>;

type Facts1 = Omit<Facts2, 'notified' | 'reasons' | 'sli' | 'began'> &
  FormerNames & {
    readonly reasons: readonly Reason1[];
    readonly sli?: Sli;
    readonly began?: number;
  };

type AddedToBurnRate =
  | 'errorBudget'
  | 'sli'
  | 'reasons'
  | 'pace'
  | 'began'
  | 'acknowledged'
  | 'waited'
  | 'members'
  | 'postmortem'
  | 'told';

/** What was stored when a burn rate was the one kind of tier there was. */
type BurnRateFacts = Pick<Facts1, Exclude<keyof Facts1, AddedToBurnRate>> & {
  readonly tier: string;
  readonly factor: number;
  readonly long: WindowFacts;
  readonly short: WindowFacts;
  readonly sli?: {
    readonly step: string | null;
    readonly dependency: string | null;
    readonly where: Readonly<Record<string, readonly string[]>>;
    readonly withinMs: number | null;
  };
};

/** A row as it is stored from now on. */
export function storedRow({ facts, ...row }: OutboxRow): object {
  // Under the former names as well: a replica of version 0.1 may deliver for a while during an upgrade, and reads those.
  const reasons = facts.reasons.map((reason) =>
    isOutage(reason) ? { ...reason, badRun: reason.consecutiveBad, since: reason.streakSince } : reason,
  );
  return {
    v: versionFor(row, facts.kind),
    ...row,
    facts: { ...facts, reasons, told: facts.notified },
  };
}

/** The oldest version that can read it. */
function versionFor(row: Omit<OutboxRow, 'facts'>, kind: NotificationFacts['kind']): number {
  if (kind === 'acknowledged') return VERSION;
  if (kind === 'gate-overridden') return BEFORE_ACKNOWLEDGED;
  if (kind === 'report') return BEFORE_GATE;
  if (kind === 'delivery-failing' || kind === 'delivery-restored') return BEFORE_REPORTS;
  if (conversationOfRow(row) !== row.incident) return BEFORE_REPORTS;
  if (row.deliveredAt !== undefined) return BEFORE_FAILING;
  return kind === 'data-loss' ? BEFORE_KEPT : BEFORE_LOSSES;
}

/** Rows of stored values, and the ids of those that a newer version of Burnwatch wrote. */
export function upgradeRows(stored: readonly unknown[]): {
  readonly rows: readonly OutboxRow[];
  readonly newerRows: readonly string[];
} {
  const rows: OutboxRow[] = [];
  const newerRows: string[] = [];
  for (const value of stored) {
    const row = upgradeRow(value);
    if (row) rows.push(row);
    else newerRows.push(String((value as { readonly id?: unknown }).id));
  }
  return { rows, newerRows };
}

function upgradeRow(stored: unknown): OutboxRow | null {
  const version = versionOf(stored);
  if (version > VERSION) return null;
  if (version === 1) {
    const { facts, ...row } = stored as Omit<Row2, 'facts'> & { facts: Facts1 | BurnRateFacts };
    return rowOf2({ ...row, facts: factsOf1(facts) });
  }
  const { v: _, facts, ...row } = stored as OutboxRow & { readonly v: number };
  const current = { ...row, facts: withLater(withoutFormerNames(facts as NotificationFacts & FormerNames)) };
  return version === 2 ? rowOf2(current) : current;
}

function rowOf2({ facts, ...row }: Row2): OutboxRow {
  const added = {
    timeZone: null,
    failing: null,
    failedUntil: null,
    recovering: null,
    missedRun: null,
    waiting: 0,
    stuck: [],
    likelyCause: null,
    standsOut: null,
    cause: null,
  };
  // What might fail was a share of what was counted.
  const { budget, errorBudget } = facts;
  const counted = errorBudget > 0 ? Math.round((budget.allowed / errorBudget) * 1e6) / 1e6 : 0;
  return { ...row, facts: { ...facts, ...added, counted }, recipients: null, mayRepeat: false };
}

/** What rows of these versions say only since it was added to them. */
type Later = 'stuck' | 'likelyCause' | 'standsOut';

function withLater(
  facts: Omit<NotificationFacts, Later> & Partial<Pick<NotificationFacts, Later>>,
): NotificationFacts {
  const { stuck = [], likelyCause = null, standsOut = null } = facts;
  return { ...facts, stuck, likelyCause, standsOut };
}

function withoutFormerNames<Facts extends Facts2>(stored: Facts & FormerNames): Facts {
  const { told: _, ...facts } = stored;
  const reasons = facts.reasons.map((reason): Reason => {
    if (!isOutage(reason)) return reason;
    const { badRun: _bad, since: _since, ...current } = reason as OutageReason & OutageReason1;
    return current;
  });
  return { ...facts, sli: upgradeSli(facts.sli), reasons } as unknown as Facts;
}

/** Asked of what may be of any kind, so that a new one need not be known here. */
function isOutage(reason: unknown): reason is OutageReason {
  return (reason as { readonly kind: string }).kind === 'outage';
}

function factsOf1(stored: Facts1 | BurnRateFacts): Facts2 {
  const { told, sli, began, lastFailed, ...facts } = 'reasons' in stored ? stored : factsOfBurnRate(stored);
  const first = (execution: string) => lastFailed.findIndex((other) => other.execution === execution);
  return {
    ...facts,
    sli: sli ? upgradeSli(sli) : EVERY_EXECUTION,
    reasons: facts.reasons.map(reasonOf1),
    began: began ?? null,
    lastFailed: lastFailed.filter(({ execution }, index) => first(execution) === index),
    notified: told,
  };
}

function reasonOf1(reason: Reason1): Reason {
  if (reason.kind !== 'outage') return reason;
  const { badRun, since, ...rest } = reason;
  return { ...rest, consecutiveBad: badRun, streakSince: since };
}

function factsOfBurnRate({ tier, factor, long, short, sli, ...facts }: BurnRateFacts): Facts1 {
  return {
    ...facts,
    errorBudget: Math.round((1 - facts.objective) * 1e11) / 1e11,
    ...(sli && { sli: sliOfBurnRate(sli) }),
    reasons: [{ kind: 'burnRate', tier, severity: facts.severity, factor, long, short }],
    pace: null,
    acknowledged: null,
    waited: null,
    members: [],
    postmortem: null,
    told: [],
  };
}

function sliOfBurnRate({ step, dependency, where, withinMs }: NonNullable<BurnRateFacts['sli']>): Sli {
  const tests = Object.entries(where).map(([name, values]): [string, AttributeTest] => [
    name,
    { op: 'in', values },
  ]);
  const { kind, good } = EVERY_EXECUTION;
  const sli = { kind, good, step, dependency, where: Object.fromEntries(tests), withinMs };
  return upgradeSli(sli as OutcomeSli);
}
