import type { ErrorBudget } from '../../core/budget/error-budget.ts';
import type { Counts } from '../../core/counters/cells.ts';
import type { Evidence } from '../../core/counters/evidence.ts';
import { latelyOf, reachOf, reasonOf } from '../../core/alerting/tier-kinds.ts';
import type { TierReading } from '../../core/alerting/tier-kind.ts';
import type { AlertState, Transition } from '../../core/alerting/incident.ts';
import type {
  FailingSince,
  MemberFacts,
  NotificationFacts,
  Recovering,
  Stuck,
} from '../../core/alerting/notification.ts';
import { silencedUntilNow } from '../../core/alerting/notification.ts';
import { resolveAfterOf } from '../../core/slo/alert-policy.ts';
import { handOverName } from '../../core/sli/hand-over.ts';
import { componentsOf, countedSeries } from '../../core/slo/series.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { MAX_FAILURE_KEYS } from '../../core/ports/store/counting.ts';
import { PartUnavailable, isStoreAway } from '../../core/ports/store/store.ts';
import type { Failed } from '../counters/failure-breakdown.ts';
import { onlySince, readFailed } from '../counters/failure-breakdown.ts';
import { readBudget } from '../../core/alerting/budget-reading.ts';
import type { Reader, SinceRequest } from '../counters/evidence-reader.ts';
import type { FailingRequest } from '../counters/failing-stretches.ts';
import type { Route } from '../../core/alerting/routing.ts';
import type { Log } from '../../core/ports/log.ts';
import { standingValue } from '../../core/alerting/value-breakdown.ts';
import type { AttributeCounts } from '../counters/breakdowns.ts';
import { breakdownSince } from '../counters/breakdowns.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import type { Annotation } from '../../core/ports/store/annotations.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { precedingEvent, readNoted } from './preceding-events.ts';
import { stuckIn } from './stuck-places.ts';
import type { LikelyCauses } from './likely-causes.ts';

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
  /** That of the owner; null: none is set. */
  readonly timeZone: string | null;
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
  readonly store: Pick<CountStore, 'readFailures' | 'readLastFailed' | 'inFlight' | 'places' | 'slowest'>;
  readonly reader: Reader;
  readonly definitions: () => Definitions;
  readonly likelyCauses: LikelyCauses;
  /** Absent: nothing is noted. */
  readonly annotations?: Pick<Annotations, 'within'>;
  readonly log: Log;
}

/** When outcomes failed, and how many did, of one incident. */
interface Failing extends Pick<
  NotificationFacts,
  'failing' | 'failedUntil' | 'recovering' | 'during' | 'missedRun'
> {
  readonly began: number;
}

export function createTransitionFacts(options: TransitionFactsOptions): TransitionFacts {
  const { store, reader, likelyCauses, log } = options;
  const limited = concurrencyLimit(READS_AT_ONCE);
  const failureStore: typeof store = {
    readFailures: (sli, from, to) => limited(() => store.readFailures(sli, from, to)),
    readLastFailed: (sli, limit) => limited(() => store.readLastFailed(sli, limit)),
    inFlight: (workflow) => limited(() => store.inFlight(workflow)),
    places: (workflow) => limited(() => store.places(workflow)),
    slowest: (workflow, now, limit) => limited(() => store.slowest(workflow, now, limit)),
  };

  /** By workflow, as it was prepared. */
  let waiting: ReadonlyMap<string, number> = new Map();
  let stuck: ReadonlyMap<string, readonly Stuck[]> = new Map();
  let noted: readonly Annotation[] = [];
  let brokenDown: ReadonlyMap<Slo, readonly AttributeCounts[]> = new Map();

  async function readFailures(
    { slo, transition }: IncidentChange,
    failing: Failing,
    now: number,
  ): Promise<Failed> {
    const { kind, incident, readings } = transition;
    const [reason] = readings;
    const over = kind === 'resolved' || !reason;
    const from = failing.failing?.since ?? (over ? failing.began : now - reachOf(reason, now));
    const known = failing.failing ?? (over ? failing.during : null);
    try {
      const failed = await readFailed(failureStore, slo, from, now);
      return { ...failed, failures: known ? onlySince(failed, from, known.bad) : failed.failures };
    } catch (error) {
      if (isStoreAway(error)) throw error;
      log.error(
        { slo: slo.id, incident: incident.id, error: String(error) },
        'what failed could not be read; the notification goes out without it',
      );
      return { failures: [], lastFailed: [] };
    }
  }

  /** Reads how many ends wait for their start, of every workflow whose deadlines these are judged by. */
  async function readWaiting(changes: readonly IncidentChange[]): Promise<void> {
    const workflows = [...new Set(changes.flatMap(({ slo }) => timedWorkflows(slo)))];
    const flights = await Promise.all(workflows.map(waitingIn));
    waiting = new Map(workflows.map((workflow, index) => [workflow, flights[index]!]));
  }

  /** A shard that went away just now must not keep pages from going out. */
  async function unlessAway<Answer>(instead: Answer, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof PartUnavailable) return instead;
      throw error;
    }
  }

  async function waitingIn(workflow: string): Promise<number> {
    return unlessAway(0, async () => (await failureStore.inFlight(workflow)).waiting);
  }

  /** Reads where executions hang, of the same workflows. */
  async function readStuck(changes: readonly IncidentChange[], now: number): Promise<void> {
    const open = changes.filter(({ transition }) => transition.kind !== 'resolved');
    const workflows = [...new Set(open.flatMap(({ slo }) => timedWorkflows(slo)))];
    const found = await Promise.all(
      workflows.map((workflow) => unlessAway([], () => stuckIn(failureStore, workflow, now))),
    );
    stuck = new Map(workflows.map((workflow, index) => [workflow, found[index]!]));
  }

  function stuckOf({ slo, transition }: IncidentChange): readonly Stuck[] {
    if (transition.kind === 'resolved') return [];
    const timed = timedSeries(slo);
    const found = timed.flatMap(({ workflow, step }) =>
      (stuck.get(workflow) ?? []).filter((one) =>
        step === null ? one.of === 'execution' : one.of === 'step' && one.step === step,
      ),
    );
    return [...new Set(found)].toSorted((one, other) => other.count - one.count);
  }

  function waitingOf(slo: Slo): number {
    return timedWorkflows(slo).reduce((sum, workflow) => sum + (waiting.get(workflow) ?? 0), 0);
  }

  function failingSince(change: IncidentChange, now: number): FailingSince | null {
    const request = onsetRequest(change, now);
    const stretch = request && reader.failing.read(request, now);
    return stretch && { since: stretch.from, good: stretch.good, bad: stretch.bad };
  }

  function failingOf(change: IncidentChange, now: number): Failing {
    const { slo, state, transition } = change;
    const over = transition.kind === 'resolved';
    const failing = failingSince(change, now);
    const began = beganOf(change, failing);
    const all = reader.sumSince({ slo, from: began }, now);
    const ended = over ? reader.failing.read(endRequest(change, all), now) : null;
    return {
      began,
      failing,
      failedUntil: ended?.to ?? null,
      during: ended ? { good: ended.good, bad: ended.bad } : all,
      recovering: over
        ? null
        : recoveringOf(slo, state, () => reader.failing.read(lastRequest(slo, now), now)?.to),
      missedRun: reader.missedRuns.read(slo, now),
    };
  }

  return {
    async prepare(changes, now) {
      likelyCauses.begin();
      noted = [];
      await Promise.all([readWaiting(changes), readStuck(changes, now)]);
      const onsets = changes.flatMap((change) => onsetRequest(change, now) ?? []);
      await reader.failing.prepare([...onsets, ...changes.map(({ slo }) => lastRequest(slo, now))], now);
      await reader.prepareSince(
        changes.map((change): SinceRequest => ({
          slo: change.slo,
          from: beganOf(change, failingSince(change, now)),
        })),
        now,
      );
      const resolved = changes.filter(({ transition }) => transition.kind === 'resolved');
      await reader.failing.prepare(
        resolved.map((change) =>
          endRequest(
            change,
            reader.sumSince({ slo: change.slo, from: change.transition.incident.began }, now),
          ),
        ),
        now,
      );
      noted = await readNoted(options, changes, (change) => beganOf(change, failingSince(change, now)));
      brokenDown = await unlessAway(new Map(), () =>
        reader.breakdowns(
          changes.map((change) =>
            breakdownSince(change.slo, beganOf(change, failingSince(change, now)), now),
          ),
          now,
        ),
      );
      await reader.missedRuns.prepare(
        changes.map(({ slo }) => slo),
        now,
      );
    },
    async gather(change, now) {
      const failing = failingOf(change, now);
      const failed = await readFailures(change, failing, now);
      return factsOf(
        change,
        failed,
        {
          likelyCause: await likelyCauses.find(change.slo, failed.failures, change.timeZone, now),
          standsOut: standingValue(brokenDown.get(change.slo) ?? []),
          ...precedingEvent(noted, change.slo, failing.began),
        },
        failing,
        membersOf(reader, change.slo, now),
        waitingOf(change.slo),
        stuckOf(change),
        now,
      );
    },
  };
}

/** Where an SLO waits for ends by a deadline: a workflow, and the name of a step or hand-over (null: whole executions). */
function timedSeries(slo: Slo): { readonly workflow: string; readonly step: string | null }[] {
  return componentsOf(slo)
    .flatMap(countedSeries)
    .flatMap(({ workflow, sli }) => {
      if (sli.kind === 'transition') return [{ workflow, step: handOverName(sli) }];
      return sli.kind === 'outcomes' && sli.withinMs !== null ? [{ workflow, step: sli.step }] : [];
    });
}

function timedWorkflows(slo: Slo): string[] {
  return [...new Set(timedSeries(slo).map(({ workflow }) => workflow))];
}

/** When an incident began: as it opens, with the failures that go on. */
function beganOf({ transition: { kind, incident } }: IncidentChange, failing: FailingSince | null): number {
  return (kind === 'opened' ? failing?.since : null) ?? incident.began;
}

/** Asks since when outcomes fail as they do now; null where nothing does. */
function onsetRequest({ slo, transition, state }: IncidentChange, now: number): FailingRequest | null {
  if (transition.kind === 'resolved') return null;
  const [worst] = burningFirst(transition.readings, state);
  const lately = worst ? latelyOf(worst) : null;
  if (!lately || lately.bad === 0) return null;
  return { slo, ask: 'began', from: now - slo.window.duration, shares: sharesOf(slo, lately) };
}

/** Asks when the outcomes of an incident that is over stopped failing; `all` are those since it began. */
function endRequest({ slo, transition }: IncidentChange, all: Counts): FailingRequest {
  return { slo, ask: 'stopped', from: transition.incident.began, shares: sharesOf(slo, all) };
}

function lastRequest(slo: Slo, now: number): FailingRequest {
  return { slo, ask: 'last', from: now - slo.window.duration };
}

function sharesOf({ objective }: Slo, { good, bad }: Counts): { allowed: number; failing: number } {
  return { allowed: objective.errorBudget, failing: bad / Math.max(1, good + bad) };
}

/** Tiers that only wait to resolve say least of what is wrong. */
function burningFirst(readings: readonly TierReading[], { firing }: AlertState): TierReading[] {
  const waits = ({ tier }: TierReading) => (firing[tier.name]?.belowSince == null ? 0 : 1);
  return readings.toSorted((one, other) => waits(one) - waits(other));
}

/** Set when every tier that fires waits to resolve. */
function recoveringOf(
  { alerts }: Slo,
  { firing, incident }: AlertState,
  lastFailed: () => number | undefined,
): Recovering | null {
  if (!incident) return null;
  const resolves = alerts.tiers.flatMap(({ name, severity }) => {
    const tier = firing[name];
    return tier ? [tier.belowSince === null ? null : tier.belowSince + resolveAfterOf(alerts, severity)] : [];
  });
  const ends = resolves.filter((at) => at !== null);
  if (ends.length === 0 || ends.length < resolves.length) return null;
  const lastFailedAt = lastFailed();
  return lastFailedAt === undefined ? null : { lastFailedAt, resolvesAt: Math.max(...ends) };
}

function factsOf(
  { slo, state, transition, evidence, route, timeZone }: IncidentChange,
  { failures, lastFailed }: Failed,
  causes: Pick<NotificationFacts, 'likelyCause' | 'standsOut' | 'after'>,
  failing: Failing,
  members: readonly MemberFacts[],
  waiting: number,
  stuck: readonly Stuck[],
  now: number,
): NotificationFacts {
  const { kind, incident, step } = transition;
  const readings = burningFirst(transition.readings, state);
  const over = kind === 'resolved';
  const { during } = failing;
  const { budget, exhaustsAt, pace } = readBudget(slo, state, readings, evidence, now);
  const spent = budget.allowed > 0 ? during.bad / budget.allowed : 0;
  const policy = slo.budgetPolicy;
  const above = policy?.postmortemAbove ?? null;
  return {
    kind,
    cause: transition.cause,
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
    budget: errorBudgetOf(budget),
    counted: budget.counts.good + budget.counts.bad,
    ...(evidence.partial && { readShare: evidence.partial.share }),
    exhaustsAt,
    pace: over || exhaustsAt === null ? null : pace,
    peakBurnRate: incident.peakBurnRate,
    ...failing,
    waiting,
    stuck,
    timeZone,
    acknowledged: incident.acknowledged,
    waited: step?.after ?? null,
    members,
    postmortem:
      over && policy && above !== null && spent > above ? { policy: policy.name, above, spent } : null,
    failures: failures.slice(0, FAILURES_LISTED),
    lastFailed: lastFailed.slice(0, EXECUTIONS_LISTED),
    likelyCause: over ? null : causes.likelyCause,
    standsOut: over ? null : causes.standsOut,
    ...(causes.after && { after: causes.after }),
    notified: route.notify,
    insteadOf: null,
    ...(transition.flapping && { flapping: transition.flapping }),
    ...(transition.unmuted && { silenced: silencedUntilNow(transition.unmuted) }),
  };
}

/** As much of a budget as notifications say. */
function errorBudgetOf({ allowed, spent, remaining, remainingRatio }: ErrorBudget): ErrorBudget {
  return { allowed, spent, remaining, remainingRatio };
}

function membersOf(reader: Reader, slo: Slo, now: number): MemberFacts[] {
  const members = reader.members(slo, now).map((member) => ({ name: member.slo, share: member.share }));
  return members.toSorted((a, b) => (b.share ?? 0) - (a.share ?? 0));
}
