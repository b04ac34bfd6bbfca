import { setImmediate as turn } from 'node:timers/promises';
import type { AlertState, TierReading, Transition } from '../core/incident.ts';
import { QUIET, readTiers, step } from '../core/incident.ts';
import type { Log } from '../core/log.ts';
import type { NotificationFacts, OutboxRow, WindowFacts } from '../core/notification.ts';
import { outboxRowId } from '../core/notification.ts';
import type { Definitions, Slo } from '../core/slo.ts';
import { allSlos } from '../core/slo.ts';
import { MAX_FAILURE_KEYS } from '../core/store.ts';
import type { StateChange, Store, StoredState } from '../core/store.ts';
import { historyRequests } from './history-requests.ts';
import type { History } from './history.ts';
import { readBudget, windowsOf } from './judgement.ts';
import { routeOf } from './routing.ts';
import { sweep } from './sweep.ts';

export interface TickResult {
  readonly evaluated: number;
  /** SLOs whose evaluation threw; the others went on (J4). */
  readonly failed: number;
  /** Incidents that opened, escalated or resolved, as far as that could be committed. */
  readonly transitions: number;
  /** Notifications that were put into the outbox. */
  readonly notifications: number;
  readonly overdue: number;
  readonly unjudged: number;
}

export interface Evaluator {
  /**
   * Judges every SLO at `now` and commits what changed together with its notifications (D1).
   * Rejects with `NotLeader` or `StoreUnavailable`; the next tick starts from what is stored.
   */
  tick(now: number): Promise<TickResult>;
}

export interface EvaluatorOptions {
  readonly store: Store;
  readonly history: History;
  readonly definitions: () => Definitions;
  /** The lease holder's name, see `StateStore.lead`, and its term, see `Leadership`. */
  readonly owner: string;
  readonly term: () => number;
  readonly log: Log;
}

/** Failing step-dependency-error combinations (all, since shares are of their sum) and executions told in one notification. */
const FAILURES_TOLD = MAX_FAILURE_KEYS;
const EXECUTIONS_TOLD = 5;
/** SLOs judged before others get a turn of the event loop. */
const SLICE = 500;

interface Change extends StateChange {
  readonly transition: Transition | null;
}

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { store, history, definitions, owner, term, log } = options;
  const requestsOf = historyRequests();
  let states: Map<string, StoredState> | null = null;
  let statesOfTerm = 0;

  async function tick(now: number): Promise<TickResult> {
    const current = definitions();
    const slos = allSlos(current);
    const swept = await sweep(store, current, now, log);
    // While another replica led, it moved the states on.
    if (statesOfTerm !== term()) states = null;
    statesOfTerm = term();
    states ??= new Map(await store.loadStates());
    await history.refresh(requestsOf(slos), now);
    const changes: Change[] = [];
    let failed = 0;
    for (const [index, slo] of slos.entries()) {
      // Thousands of SLOs must not keep producers waiting (G2).
      if (index > 0 && index % SLICE === 0) await turn();
      try {
        const change = await evaluate(slo, current, states.get(slo.id), now);
        if (change) changes.push(change);
      } catch (error) {
        failed++;
        log.error({ slo: slo.id, error: String(error) }, 'an SLO could not be evaluated; the others go on');
      }
    }
    changes.push(...closeRemoved(slos, states));
    const committed = await commit(changes, states);
    return {
      evaluated: slos.length - failed,
      failed,
      transitions: committed.filter(({ transition }) => transition !== null).length,
      notifications: committed.reduce((sum, { rows }) => sum + rows.length, 0),
      ...swept,
    };
  }

  /** An SLO that is gone from the files cannot burn any more; nobody is told, since it was taken out on purpose. */
  function closeRemoved(slos: readonly Slo[], known: ReadonlyMap<string, StoredState>): Change[] {
    const defined = new Set(slos.map(({ id }) => id));
    return [...known].flatMap(([slo, { revision, state }]): Change[] => {
      if (defined.has(slo) || isQuiet(state)) return [];
      log.warn(
        { slo, incident: state.incident?.id },
        'the incident of an SLO that no file defines any more is closed',
      );
      return [{ slo, revision, state: QUIET, rows: [], transition: null }];
    });
  }

  /** What changes for one SLO, or null when nothing does. */
  async function evaluate(
    slo: Slo,
    current: Definitions,
    stored: StoredState | undefined,
    now: number,
  ): Promise<Change | null> {
    const sum = history.sums(slo, now);
    const readings = readTiers(slo, sum);
    const before = stored?.state ?? QUIET;
    const { state, transition } = step(slo, readings, before, now);
    const revision = stored?.revision ?? 0;
    if (!transition)
      return same(before, state) ? null : { slo: slo.id, revision, state, rows: [], transition };
    const facts = await gatherFacts(slo, state, readings, transition, sum, now);
    const route = routeOf(current, slo.owner, transition);
    log.info(
      {
        slo: slo.id,
        incident: transition.incident.id,
        transition: transition.kind,
        tier: transition.incident.tier,
        targets: route,
      },
      'an incident changed',
    );
    const rows = route.map((target): OutboxRow => ({
      id: outboxRowId(facts, transition.incident.sequence, target),
      incident: transition.incident.id,
      target,
      facts,
      createdAt: now,
      attempts: 0,
      lastError: null,
    }));
    const incident = state.incident && { ...state.incident, notified: route };
    return { slo: slo.id, revision, state: { ...state, incident }, rows, transition };
  }

  async function gatherFacts(
    slo: Slo,
    state: AlertState,
    readings: readonly TierReading[],
    { kind, incident, reading }: Transition,
    sum: (duration: number) => { good: number; bad: number },
    now: number,
  ): Promise<NotificationFacts> {
    // What led to the incident happened in the long window before it opened.
    const since = incident.openedAt - reading.tier.long;
    const [failures, lastFailed] = await Promise.all([
      store.readFailures(slo, kind === 'resolved' ? since : now - reading.tier.long, now),
      store.readLastFailed(slo, EXECUTIONS_TOLD),
    ]);
    const { budget, exhaustsAt } = readBudget(slo, state, readings, sum, now);
    const during = kind === 'resolved' ? await sumBetween(slo, since, now) : reading.long;
    return {
      kind,
      slo: slo.id,
      workflow: slo.workflow,
      owner: slo.owner,
      description: slo.description,
      runbook: slo.runbook,
      objective: slo.objective.ratio,
      window: slo.window.text,
      sli: slo.sli,
      incident: incident.id,
      severity: incident.severity,
      openedAt: incident.openedAt,
      at: now,
      tier: reading.tier.name,
      factor: reading.tier.factor,
      long: windowFacts(reading.tier.long, reading.long, reading.longBurnRate),
      short: windowFacts(reading.tier.short, reading.short, reading.shortBurnRate),
      budget,
      exhaustsAt,
      peakBurnRate: incident.peakBurnRate,
      during,
      failures: failures.slice(0, FAILURES_TOLD),
      lastFailed,
      insteadOf: null,
    };
  }

  async function sumBetween(slo: Slo, from: number, now: number) {
    const window = Math.min(now - from, slo.window.duration);
    await history.refresh([{ ...slo, windows: [...windowsOf(slo), window] }], now);
    return history.sums(slo, now)(window);
  }

  /** Commits, and gives the changes that were written. */
  async function commit(changes: readonly Change[], known: Map<string, StoredState>): Promise<Change[]> {
    if (changes.length === 0) return [];
    const written = await store.commit(
      owner,
      changes.map(({ slo, revision, state, rows }) => ({ slo, revision, state, rows })),
    );
    // Where somebody else moved a state on, start from theirs at the next tick.
    if (written.includes(false)) states = null;
    const committed = changes.filter((_, index) => written[index]);
    for (const { slo, revision, state } of committed) known.set(slo, { revision: revision + 1, state });
    return committed;
  }

  return {
    async tick(now) {
      try {
        return await tick(now);
      } catch (error) {
        // After a failure it is not known what was written, so the next tick asks the store.
        states = null;
        throw error;
      }
    },
  };
}

function same(before: AlertState, after: AlertState): boolean {
  if (isQuiet(before) && isQuiet(after)) return true;
  return before === after || JSON.stringify(before) === JSON.stringify(after);
}

function windowFacts(
  duration: number,
  { good, bad }: { good: number; bad: number },
  burnRate: number | null,
): WindowFacts {
  return { duration, good, bad, burnRate };
}

function isQuiet({ firing, incident }: AlertState): boolean {
  return incident === null && Object.keys(firing).length === 0;
}
