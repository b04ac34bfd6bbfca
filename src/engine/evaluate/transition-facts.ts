import type { Counts } from '../../core/counters/cells.ts';
import type { Evidence } from '../../core/counters/evidence.ts';
import type { TierReading } from '../../core/alerting/tier-reading.ts';
import { reachOf } from '../../core/alerting/tier-reading.ts';
import type { AlertState, Transition } from '../../core/alerting/incident.ts';
import type { MemberFacts, NotificationFacts } from '../../core/alerting/notification.ts';
import { reasonOf } from '../../core/alerting/reason.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { MAX_FAILURE_KEYS } from '../../core/ports/store/counting.ts';
import { readFailed } from '../counters/failure-breakdown.ts';
import { exhaustionAt, readBudget } from '../../core/alerting/budget-reading.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import type { Route } from '../../core/alerting/routing.ts';

/** Failing step-dependency-error combinations (all, since shares are of their sum) and executions listed in one notification. */
const FAILURES_LISTED = MAX_FAILURE_KEYS;
const EXECUTIONS_LISTED = 5;

export interface FactSources {
  readonly store: Pick<CountStore, 'readFailures' | 'readLastFailed'>;
  readonly reader: Reader;
}

/** Gathers what a notification says of a transition: the figures of its tiers, the budget, and what failed. */
export async function gatherFacts(
  { store, reader }: FactSources,
  slo: Slo,
  state: AlertState,
  { kind, incident, readings, step }: Transition,
  evidence: Evidence,
  route: Route,
  now: number,
): Promise<NotificationFacts> {
  const over = kind === 'resolved';
  const [reason] = readings;
  const from = over || !reason ? incident.began : now - reachOf(reason, now);
  const { failures, lastFailed } = await readFailed(store, slo, from, now);
  const { counts, budget, exhaustsAt } = readBudget(slo, state, readings, evidence.sum, now);
  const forecast = over
    ? { exhaustsAt, pace: null }
    : soonest(slo, counts, readings, evidence, exhaustsAt, now);
  const during = await sumSince(reader, slo, incident.began, now);
  const spent = budget.allowed > 0 ? during.bad / budget.allowed : 0;
  const policy = slo.budgetPolicy;
  const above = policy?.postmortemAbove ?? null;
  return {
    kind,
    slo: slo.id,
    workflow: slo.workflow,
    owner: slo.owner,
    description: slo.description,
    runbook: slo.runbook,
    objective: slo.objective.ratio,
    errorBudget: slo.objective.errorBudget,
    window: slo.window.text,
    sli: slo.sli,
    incident: incident.id,
    severity: incident.severity,
    openedAt: incident.openedAt,
    at: now,
    reasons: readings.map((reading) => reasonOf(slo.objective, reading)),
    budget,
    ...forecast,
    peakBurnRate: incident.peakBurnRate,
    during,
    began: incident.began,
    acknowledged: incident.acknowledged,
    waited: step?.after ?? null,
    members: membersOf(reader, slo, now),
    postmortem:
      over && policy && above !== null && spent > above ? { policy: policy.name, above, spent } : null,
    failures: failures.slice(0, FAILURES_LISTED),
    lastFailed: lastFailed.slice(0, EXECUTIONS_LISTED),
    notified: route.notify,
    insteadOf: null,
  };
}

/**
 * When the budget is gone at the faster of two paces: that of the longest window that fires, and that of the
 * shortest. Of an outage that has just begun the long one knows little yet, and would reassure.
 */
function soonest(
  slo: Slo,
  counts: Counts,
  readings: readonly TierReading[],
  { sum }: Evidence,
  exhaustsAt: number | null,
  now: number,
): { readonly exhaustsAt: number | null; readonly pace: number | null } {
  const shorts = readings.flatMap(({ tier }) => {
    if (tier.kind === 'burnRate') return [tier.short];
    if (tier.kind === 'successRate') return [tier.over];
    // An outage has no window of its own; the shortest of the policy tells how many outcomes come.
    return tier.kind === 'outage'
      ? slo.alerts.tiers.flatMap((other) => (other.kind === 'burnRate' ? [other.short] : []))
      : [];
  });
  const pace = Math.min(...shorts);
  const sooner = Number.isFinite(pace) ? exhaustionAt(slo, counts, sum, pace, now) : null;
  return sooner !== null && (exhaustsAt === null || sooner < exhaustsAt)
    ? { exhaustsAt: sooner, pace }
    : { exhaustsAt, pace: null };
}

/** The outcomes from a moment until now, at most those of the time window. */
async function sumSince(reader: Reader, slo: Slo, from: number, now: number): Promise<Counts> {
  const duration = Math.max(1, Math.min(now - from, slo.window.duration));
  const wider: Slo = {
    ...slo,
    otherWindows: [...slo.otherWindows, { kind: 'rolling', duration, text: 'since it began' }],
  };
  await reader.prepare([wider], now);
  return reader.evidence(wider, now).sum(duration);
}

function membersOf(reader: Reader, slo: Slo, now: number): MemberFacts[] {
  const members = reader.members(slo, now).map((member) => ({ name: member.slo, share: member.share }));
  return members.toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0));
}
