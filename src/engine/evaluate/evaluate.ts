import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { heldBack } from '../../core/alerting/tier-kinds.ts';
import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import { entriesOf, muteEvents, transitionEvents } from '../../core/alerting/incident-event.ts';
import type { MuteOf } from '../../core/alerting/mute.ts';
import { QUIET, afterClockMoved, isSame } from '../../core/alerting/incident.ts';
import { readTiers, step } from '../../core/alerting/incident-step.ts';
import type { OpenAtLoss } from '../../core/alerting/loss-notifications.ts';
import type { Conversations } from '../../core/alerting/conversations.ts';
import { createConversations, rowsFor } from '../../core/alerting/conversations.ts';
import type { Log } from '../../core/ports/log.ts';
import type { TierReading } from '../../core/alerting/tier-kind.ts';
import type { BurningValues } from '../../core/alerting/notification.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { silenceAllowed } from '../../core/sli/sli-kinds.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { TimeSpan } from '../../core/time/breaks.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { MAX_INCIDENTS } from '../../core/ports/store/incidents.ts';
import type { StateChange, StoredState } from '../../core/ports/store/states.ts';
import { NotLeader } from '../../core/ports/store/states.ts';
import { PartUnavailable, isStoreAway } from '../../core/ports/store/store.ts';
import type { Deriver } from '../counters/derive.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import type { Acknowledgements } from './acknowledged.ts';
import { acknowledged, forgetAcknowledgements, readAcknowledgements } from './acknowledged.ts';
import { heldRoute, routeOf } from '../../core/alerting/routing.ts';
import type { EvaluatedSlo } from './value-groups.ts';
import { byWhole, evaluateTogether } from './value-groups.ts';
import { createRedefinitions } from './redefinitions.ts';
import type { SweeperOptions } from './sweep.ts';
import { createSweeper, longestDeadlines } from './sweep.ts';
import { createEvidenceNotes } from './evidence-notes.ts';
import { rememberIncidents } from './remembered-incidents.ts';
import type { IncidentChange } from './transition-facts.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { createTransitionFacts } from './transition-facts.ts';
import { mostUrgentFirst } from './transition-order.ts';
import type { EvaluationGapsOptions, TickContext } from './evaluation-gaps.ts';
import { createEvaluationGaps } from './evaluation-gaps.ts';

export interface TickResult {
  readonly evaluated: number;
  /** SLOs whose evaluation threw; the others went on (J4). */
  readonly failed: number;
  /** Changes of incidents that are notified, as far as they could be committed. */
  readonly transitions: number;
  /** Notifications that were put into the outbox. */
  readonly notifications: number;
  /** Notifications that silences kept out of it. */
  readonly suppressed: number;
  readonly overdue: number;
  readonly unjudged: number;
}

export interface Evaluator {
  /**
   * Judges every SLO at `now` and commits what changed together with its notifications (D1): slice by slice, the most
   * urgent first, and after each one calls `onCommitted` when there is something to deliver, which need not wait for
   * the rest. Rejects with `NotLeader` or `StoreUnavailable`, or with why a slice could not be committed once the
   * others are; the next tick starts from what is stored.
   */
  tick(now: number, onCommitted?: () => void): Promise<TickResult>;
  /** Ends what goes on between ticks; none may begin after this. */
  stop(): Promise<void>;
  /**
   * The incidents that were open at the last tick of this replica, and those that a tick of the last two minutes did not
   * find again although they did not end: the store has forgotten them.
   */
  readonly openIncidents: () => readonly OpenAtLoss[];
}

export interface EvaluatorOptions
  extends Pick<SweeperOptions, 'patience'>, Pick<EvaluationGapsOptions, 'sourceSpans' | 'sourcesOf'> {
  readonly store: Store;
  readonly reader: Reader;
  readonly deriver: Pick<Deriver, 'derive'>;
  readonly definitions: () => Definitions;
  /** Brings the definitions up to date with what other replicas met, before each tick. */
  readonly refresh?: () => Promise<void>;
  /** The lease holder's name, see `StateStore.lead`, and its term, see `Leadership`. */
  readonly owner: string;
  readonly term: () => number;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  /** When this replica could take outcomes and how long deadlines wait after a break, see `EvaluationGapsOptions`. */
  readonly intake?: () => readonly TimeSpan[];
  readonly breakGrace?: number;
  /** The silences that hold now; none if absent. */
  readonly silences?: { read(now: number): Promise<MuteOf> };
  readonly annotations?: Pick<Annotations, 'within'>;
  readonly log: Log;
}

const NEVER_MUTED: MuteOf = () => null;

/** SLOs judged before others get a turn of the event loop. */
const SLICE = 200;
/** Transitions whose facts are read together and that are committed together. */
const TRANSITIONS_AT_ONCE = 32;

/** A transition that was found, and the revision of the state that it started from. */
interface FoundTransition extends IncidentChange {
  readonly revision: number;
  /** What happened to its incident since the last tick, beside the transition. */
  readonly earlier: readonly IncidentEvent[];
  readonly burning?: BurningValues;
  /** How many targets a silence keeps it from. */
  readonly suppressed: number;
}

/** What a tick judges by beside the readings. */
interface Circumstances {
  readonly acknowledgements: Acknowledgements;
  readonly muteOf: MuteOf;
  readonly context: TickContext;
}

/** What a tick found, before any of it is committed. */
interface Found {
  readonly transitions: FoundTransition[];
  /** What evaluation has to remember, but people need not hear of. */
  readonly silent: StateChange[];
  /** SLOs whose evaluation threw. */
  failed: number;
}

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { store, reader, deriver, definitions, owner, term, elapsed, log } = options;
  const evaluationGaps = createEvaluationGaps(options);
  const redefinitions = createRedefinitions(options);
  const transitionFacts = createTransitionFacts(options);
  const longestDeadline = longestDeadlines();
  const sweeper = createSweeper(options);
  const remembered = rememberIncidents(elapsed);
  const evidenceNotes = createEvidenceNotes(log);
  let states: Map<string, StoredState> | null = null;
  let statesOfTerm = 0;
  let incidentsForgottenAt: number | null = null;

  async function tick(now: number, onCommitted: () => void): Promise<TickResult> {
    await options.refresh?.();
    const current = definitions();
    const slos = allSlos(current);
    const context = await evaluationGaps.begin(now);
    const deadlinesUntil = (workflow: string) =>
      context.settledUntil(workflow, () => longestDeadline(current, workflow));
    const swept = await sweeper.sweep(current, now, deadlinesUntil);
    // While another replica led, it moved the states on.
    if (statesOfTerm !== term()) states = null;
    statesOfTerm = term();
    states ??= new Map(await store.loadStates());
    await commit(redefinitions.renames(slos, states), states);
    states ??= new Map(await store.loadStates());
    await derive(slos, now, context);
    await reader.prepare(slos, now);
    const acknowledgements = await readAcknowledgements(store, states, log);
    const muteOf = (await options.silences?.read(now)) ?? NEVER_MUTED;
    const found: Found = { transitions: [], silent: [], failed: 0 };
    const known = states;
    const judge = (slo: Slo, read: (own: readonly TierReading[]) => readonly TierReading[] = itself) =>
      judged(slo, known.get(slo.id), read, { acknowledgements, muteOf, context }, now, found);
    let untilYield = SLICE;
    for (const { slo, values } of byWhole(slos)) {
      // Thousands of SLOs must not keep producers waiting (G2).
      if (untilYield <= 0) {
        await yieldToEventLoop();
        untilYield = SLICE;
      }
      untilYield -= 1 + values.length;
      for (const one of evaluateTogether(slo, values, context.inconclusive, judge))
        note(one, current, now, found);
    }
    evidenceNotes.end();
    const removals = redefinitions.removals(current, slos, states, now);
    const committed = await commitFound(found, removals, states, now, onCommitted);
    await forgetAcknowledgements(store, acknowledgements, states);
    await forgetIncidents();
    remembered.found(slos, states);
    await evaluationGaps.end(now);
    if (committed.error !== null) throw committed.error;
    const { transitions, notifications, suppressed } = committed;
    return {
      evaluated: slos.length - found.failed,
      failed: found.failed,
      transitions,
      notifications,
      suppressed,
      ...swept,
    };
  }

  /** Judges one SLO by its readings, or what is made of them; one that throws stops no other (J4), and is null. */
  function judged(
    slo: Slo,
    known: StoredState | undefined,
    readingsOf: (own: readonly TierReading[]) => readonly TierReading[],
    { acknowledgements, muteOf, context }: Circumstances,
    now: number,
    found: Found,
  ): EvaluatedSlo | null {
    try {
      if (known?.state === null)
        throw new Error('a newer version of Burnwatch stored its alert state, which is left alone');
      const evidence = reader.evidence(slo, now);
      evidenceNotes.note(slo, evidence);
      const read = readTiers(slo, evidence, now, context.watched(workflowsOf(slo)));
      const readings = readingsOf(context.inconclusive ? read.map(heldBack) : read);
      const stored = known?.state ?? QUIET;
      const shifted = context.clockMoved === 0 ? stored : afterClockMoved(stored, context.clockMoved);
      const { state: previous, events: earlier } = acknowledged(shifted, acknowledgements);
      // While the clock is not believed, no silence is over by it.
      const stillMuted = context.inconclusive ? (previous.incident?.muted?.mute ?? null) : null;
      const { state, transition } = step(
        slo,
        readings,
        previous,
        now,
        (severity, incident) => muteOf({ slo, severity, incident }) ?? stillMuted,
      );
      const revision = known?.revision ?? 0;
      return { slo, revision, stored, previous, earlier, evidence, readings, state, transition };
    } catch (error) {
      notEvaluated(slo, error, found);
      return null;
    }
  }

  /** Adds what changes for one SLO to what was found. */
  function note(judged: EvaluatedSlo, current: Definitions, now: number, found: Found): void {
    const { slo, revision, stored, earlier, evidence, state, transition, burning } = judged;
    if (transition) {
      const unmuted = routeOf(current, slo, transition, now);
      const route = transition.mute ? heldRoute(transition) : unmuted;
      const timeZone = current.teams.get(slo.owner)?.timeZone ?? null;
      const suppressed = transition.mute ? unmuted.notify.length : 0;
      const change = { slo, revision, state, transition, evidence, route, timeZone, earlier, suppressed };
      found.transitions.push({ ...change, ...(burning && { burning }) });
    } else if (!isSame(stored, state)) {
      const events = [...earlier, ...muteEvents(stored.incident, state.incident, now)];
      const history = stored.incident && events.length > 0 ? entriesOf(stored.incident, events) : null;
      found.silent.push({ slo: slo.id, revision, state, rows: [], history });
    }
  }

  function notEvaluated(slo: Slo, error: unknown, found: Found): void {
    found.failed++;
    // Of a shard that went away just now, or the facts of a reminder: the next tick knows of it.
    if (error instanceof PartUnavailable) return;
    log.error({ slo: slo.id, error: String(error) }, 'an SLO could not be evaluated; the others go on');
  }

  /**
   * Commits what was found, and says how much of it was written. A slice that cannot be committed, though the store
   * answers and this replica leads, holds up none of the others; `error` is why the first such slice could not.
   */
  async function commitFound(
    found: Found,
    removals: readonly StateChange[],
    known: Map<string, StoredState>,
    now: number,
    onCommitted: () => void,
  ): Promise<
    Pick<TickResult, 'transitions' | 'notifications' | 'suppressed'> & { readonly error: Error | null }
  > {
    const { transitions, silent } = found;
    let error: Error | null = null;
    async function commitSlice(changes: readonly StateChange[]): Promise<readonly StateChange[]> {
      try {
        return await commit(changes, known);
      } catch (reason) {
        if (isStoreAway(reason) || reason instanceof NotLeader) throw reason;
        log.error(
          { slos: changes.map(({ slo }) => slo), error: String(reason) },
          'changes could not be committed',
        );
        error ??= reason instanceof Error ? reason : new Error(String(reason));
        return [];
      }
    }
    let written = 0;
    let notifications = 0;
    let suppressed = 0;
    const kept = new Map(transitions.map((transition) => [transition.slo.id, transition.suppressed]));
    const count = (committed: readonly StateChange[]): void => {
      const rows = committed.reduce((sum, change) => sum + change.rows.length, 0);
      written += committed.length;
      notifications += rows;
      for (const { slo } of committed) suppressed += kept.get(slo) ?? 0;
      if (rows > 0) onCommitted();
    };
    if (transitions.length > 0) await transitionFacts.prepare(transitions, now);
    const conversations = createConversations(known);
    const urgent = mostUrgentFirst(transitions);
    for (let from = 0; from < urgent.length; from += TRANSITIONS_AT_ONCE) {
      const slice = urgent.slice(from, from + TRANSITIONS_AT_ONCE);
      const changes = await Promise.all(slice.map((one) => changeOf(one, conversations, now, found)));
      count(await commitSlice(changes.filter((change) => change !== null)));
    }
    count(await commitSlice(removals));
    await commitSlice(silent);
    return { transitions: written, notifications, suppressed, error };
  }

  /** What is to be written of a transition, or null when its facts could not be gathered. */
  async function changeOf(
    changed: FoundTransition,
    conversations: Conversations,
    now: number,
    found: Found,
  ): Promise<StateChange | null> {
    const { slo, revision, state, transition, route, earlier } = changed;
    const { id, tier, sequence } = transition.incident;
    try {
      const gathered = await transitionFacts.gather(changed, now);
      const { conversation, said } = conversations.follow(transition, gathered, slo.alerts.groupWithin);
      const facts = { ...gathered, ...(changed.burning && { burning: changed.burning }), ...said };
      log.info(
        { slo: slo.id, incident: id, transition: transition.kind, tier, targets: route.notify },
        'an incident changed',
      );
      const rows = rowsFor(definitions(), route.notify, sequence, facts);
      // The far edge of a window was all that was known before the counters were looked at.
      const began = facts.began ?? transition.incident.began;
      const { notified } = route;
      const incident = state.incident && { ...state.incident, began, notified, conversation };
      const events = [...earlier, ...transitionEvents(transition, facts)];
      const history = entriesOf(transition.incident, events);
      return { slo: slo.id, revision, state: { ...state, incident }, rows, history };
    } catch (error) {
      if (isStoreAway(error)) throw error;
      notEvaluated(slo, error, found);
      return null;
    }
  }

  /** What cannot be derived is judged by what was derived before. */
  async function derive(
    slos: readonly Slo[],
    now: number,
    { settledUntil, jumps }: TickContext,
  ): Promise<void> {
    try {
      await deriver.derive(slos, now, {
        until: (workflow, sli) => settledUntil(workflow, () => silenceAllowed(sli)),
        jumps,
      });
    } catch (error) {
      if (isStoreAway(error)) throw error;
      // Of a shard that went away just now; the next tick does without it.
      if (error instanceof PartUnavailable) return;
      log.error({ error: String(error) }, 'not all counters could be derived; judging goes on without');
    }
  }

  /** After many have ended, a few at each tick. */
  async function forgetIncidents(): Promise<void> {
    if (incidentsForgottenAt !== null && elapsed() - incidentsForgottenAt < HOUR) return;
    if ((await store.forgetIncidents(MAX_INCIDENTS)) === 0) incidentsForgottenAt = elapsed();
  }

  /** Commits, and gives the changes that were written. */
  async function commit(
    changes: readonly StateChange[],
    known: Map<string, StoredState>,
  ): Promise<readonly StateChange[]> {
    if (changes.length === 0) return [];
    const written = await store.commit(owner, changes);
    // Where another evaluator moved a state on, start from theirs at the next tick.
    if (written.includes(false)) states = null;
    const committed = changes.filter((_, index) => written[index]);
    for (const { slo, revision, state } of committed) {
      known.set(slo, { revision: revision + 1, state });
      if (!state.incident) remembered.ended(slo);
    }
    return committed;
  }

  return {
    async tick(now, onCommitted = () => {}) {
      try {
        return await tick(now, onCommitted);
      } catch (error) {
        // After a failure it is not known what was written, so the next tick asks the store.
        states = null;
        throw error;
      }
    },
    stop: () => sweeper.stop(),
    openIncidents: remembered.open,
  };
}

/** The workflows whose outcomes an SLO is about. */
function workflowsOf({ workflow, sli }: Slo): readonly string[] {
  return sli.kind === 'composite' ? sli.members.map((member) => member.workflow) : [workflow];
}

const itself = (readings: readonly TierReading[]): readonly TierReading[] => readings;
