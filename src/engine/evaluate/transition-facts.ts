import type { Counts } from '../../core/counters/cells.ts';
import type { Evidence } from '../../core/counters/evidence.ts';
import { reachOf, reasonOf } from '../../core/alerting/tier-kinds.ts';
import type { AlertState, Transition } from '../../core/alerting/incident.ts';
import type { MemberFacts, NotificationFacts } from '../../core/alerting/notification.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { MAX_FAILURE_KEYS } from '../../core/ports/store/counting.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { Failed } from '../counters/failure-breakdown.ts';
import { readFailed } from '../counters/failure-breakdown.ts';
import { readBudget, soonestExhaustion } from '../../core/alerting/budget-reading.ts';
import type { Reader, SinceRequest } from '../counters/evidence-reader.ts';
import type { Route } from '../../core/alerting/routing.ts';
import type { Log } from '../../core/ports/log.ts';
import { concurrencyLimit } from './concurrency-limit.ts';

/** Failing step-dependency-error combinations (all, since shares are of their sum) and executions listed in one notification. */
const FAILURES_LISTED = MAX_FAILURE_KEYS;
const EXECUTIONS_LISTED = 5;

/** Store calls under way at once: an outage of everything must not keep others waiting for the store. */
const READS_AT_ONCE = 32;

/** An incident that changed, and what was known when that was found. */
export interface IncidentChange {
  readonly slo: Slo;
  /** After the change. */
  readonly state: AlertState;
  readonly transition: Transition;
  readonly evidence: Evidence;
  readonly route: Route;
}

/** Gathers what notifications of transitions say: the figures of its tiers, the budget, and what failed. */
export interface TransitionFacts {
  /** Reads the counters that `gather` needs of all of them, in a few store calls. */
  prepare(changes: readonly IncidentChange[], now: number): Promise<void>;
  /**
   * The facts of one that was prepared for the same `now`. What failed is left empty when it cannot be read: the page
   * is worth more than its details. Rejects with `StoreUnavailable`, and when its counters could not be read.
   */
  gather(change: IncidentChange, now: number): Promise<NotificationFacts>;
}

export interface TransitionFactsOptions {
  readonly store: Pick<CountStore, 'readFailures' | 'readLastFailed'>;
  readonly reader: Reader;
  readonly log: Log;
}

export function createTransitionFacts({ store, reader, log }: TransitionFactsOptions): TransitionFacts {
  const limited = concurrencyLimit(READS_AT_ONCE);
  const failureStore: typeof store = {
    readFailures: (sli, from, to) => limited(() => store.readFailures(sli, from, to)),
    readLastFailed: (sli, limit) => limited(() => store.readLastFailed(sli, limit)),
  };

  async function readFailures({ slo, transition }: IncidentChange, now: number): Promise<Failed> {
    const { kind, incident, readings } = transition;
    const [reason] = readings;
    const from = kind === 'resolved' || !reason ? incident.began : now - reachOf(reason, now);
    try {
      return await readFailed(failureStore, slo, from, now);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      log.error(
        { slo: slo.id, incident: incident.id, error: String(error) },
        'what failed could not be read; the notification goes out without it',
      );
      return { failures: [], lastFailed: [] };
    }
  }

  return {
    prepare: (changes, now) => reader.prepareSince(changes.map(sinceItBegan), now),
    async gather(change, now) {
      const failed = await readFailures(change, now);
      return factsOf(
        change,
        failed,
        reader.sumSince(sinceItBegan(change), now),
        membersOf(reader, change.slo, now),
        now,
      );
    },
  };
}

function sinceItBegan({ slo, transition }: IncidentChange): SinceRequest {
  return { slo, from: transition.incident.began };
}

function factsOf(
  { slo, state, transition, evidence, route }: IncidentChange,
  { failures, lastFailed }: Failed,
  during: Counts,
  members: readonly MemberFacts[],
  now: number,
): NotificationFacts {
  const { kind, incident, readings, step } = transition;
  const over = kind === 'resolved';
  const reading = readBudget(slo, state, readings, evidence.sum, now);
  const { budget } = reading;
  const forecast = over
    ? { exhaustsAt: reading.exhaustsAt, pace: null }
    : soonestExhaustion(slo, reading, readings, evidence.sum, now);
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
    members,
    postmortem:
      over && policy && above !== null && spent > above ? { policy: policy.name, above, spent } : null,
    failures: failures.slice(0, FAILURES_LISTED),
    lastFailed: lastFailed.slice(0, EXECUTIONS_LISTED),
    notified: route.notify,
    insteadOf: null,
  };
}

function membersOf(reader: Reader, slo: Slo, now: number): MemberFacts[] {
  const members = reader.members(slo, now).map((member) => ({ name: member.slo, share: member.share }));
  return members.toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0));
}
