import type { Counts } from '../core/cells.ts';
import type { Evidence } from '../core/evidence.ts';
import type { TierReading } from '../core/condition.ts';
import { reachOf } from '../core/condition.ts';
import type { AlertState, Transition } from '../core/incident.ts';
import type { FailedExecution, FailureCount, MemberFacts, NotificationFacts } from '../core/notification.ts';
import { reasonOf } from '../core/reason.ts';
import type { CountedSli } from '../core/sli.ts';
import { countedSlis, fingerprint } from '../core/sli.ts';
import type { Slo } from '../core/slo.ts';
import type { CountStore, SliId } from '../core/store.ts';
import { MAX_FAILURE_KEYS, MAX_LAST_FAILED } from '../core/store.ts';
import { exhaustionAt, readBudget } from './judgement.ts';
import type { Reader } from './reader.ts';
import type { Route } from './routing.ts';

/** Failing step-dependency-error combinations (all, since shares are of their sum) and executions told in one notification. */
const FAILURES_TOLD = MAX_FAILURE_KEYS;
const EXECUTIONS_TOLD = 5;

export interface FactSources {
  readonly store: Pick<CountStore, 'readFailures' | 'readLastFailed'>;
  readonly reader: Reader;
}

/** Gathers what people are told of a transition: the figures of its tiers, the budget, and what failed. */
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
    acknowledged: incident.acknowledged,
    waited: step?.after ?? null,
    members: membersOf(reader, slo, now),
    postmortem:
      over && policy && above !== null && spent > above ? { policy: policy.name, above, spent } : null,
    failures,
    lastFailed,
    told: route.tell,
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

/** The failures of all that an SLO counts, added up, and the last executions that failed, each once. */
async function readFailed(
  store: FactSources['store'],
  slo: Slo,
  from: number,
  now: number,
): Promise<{ readonly failures: readonly FailureCount[]; readonly lastFailed: readonly FailedExecution[] }> {
  const sources = failureSources(slo);
  const [failures, executions] = await Promise.all([
    Promise.all(sources.map((source) => store.readFailures(source, from, now))),
    Promise.all(sources.map((source) => store.readLastFailed(source, MAX_LAST_FAILED))),
  ]);
  const added = new Map<string, FailureCount>();
  for (const failure of failures.flat()) {
    const key = JSON.stringify([failure.step, failure.dependency, failure.error]);
    added.set(key, { ...failure, count: failure.count + (added.get(key)?.count ?? 0) });
  }
  const latest = new Map<string, FailedExecution>();
  for (const failed of executions.flat().toSorted((a, b) => b.at - a.at)) {
    if (!latest.has(failed.execution)) latest.set(failed.execution, failed);
  }
  return {
    failures: [...added.values()].toSorted((a, b) => b.count - a.count).slice(0, FAILURES_TOLD),
    lastFailed: [...latest.values()].slice(0, EXECUTIONS_TOLD),
  };
}

/** The counted series whose bad outcomes an SLO's failures are filed under. */
function failureSources({ workflow, sli }: Slo): SliId[] {
  const parts = sli.kind === 'composite' ? sli.members : [{ workflow, sli }];
  const sources = parts.flatMap((part) =>
    countedSlis(part.sli)
      .filter(filesFailures)
      .map((counted) => ({ workflow: part.workflow, fingerprint: fingerprint(counted) })),
  );
  return [...new Map(sources.map((source) => [`${source.workflow} ${source.fingerprint}`, source])).values()];
}

/** Of starts and of successes in time there are no bad ones. */
function filesFailures({ kind }: CountedSli): boolean {
  return kind === 'outcomes' || kind === 'measurement';
}

function membersOf(reader: Reader, slo: Slo, now: number): MemberFacts[] {
  const members = reader.members(slo, now).map((member) => ({ name: member.slo, share: member.share }));
  return members.toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0));
}
