import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { heldBack } from '../../core/alerting/tier-kinds.ts';
import { foldOf } from '../../core/alerting/fold.ts';
import type { MuteOf } from '../../core/alerting/mute.ts';
import { QUIET, afterClockMoved, isSame } from '../../core/alerting/incident.ts';
import { readTiers, step } from '../../core/alerting/incident-step.ts';
import type { OpenAtLoss } from '../../core/alerting/loss-notifications.ts';
import type { Log } from '../../core/ports/log.ts';
import type { TierReading } from '../../core/alerting/tier-kind.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { silenceAllowed } from '../../core/sli/sli-kinds.ts';
import { HOUR } from '../../core/time/duration.ts';
import type { TimeSpan } from '../../core/time/breaks.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { MAX_INCIDENTS } from '../../core/ports/store/incidents.ts';
import type { StoredState } from '../../core/ports/store/states.ts';
import { PartUnavailable, isStoreAway } from '../../core/ports/store/store.ts';
import type { Deriver } from '../counters/derive.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import type { Acknowledgements } from './acknowledged.ts';
import { acknowledged, forgetAcknowledgements, readAcknowledgements } from './acknowledged.ts';
import type { EvaluatedSlo } from './value-groups.ts';
import { byWhole, evaluateTogether } from './value-groups.ts';
import { createRedefinitions } from './redefinitions.ts';
import type { SweeperOptions } from './sweep.ts';
import { createSweeper, longestDeadlines } from './sweep.ts';
import { createEvidenceNotes } from './evidence-notes.ts';
import { rememberIncidents } from './remembered-incidents.ts';
import type { Annotations } from '../annotations/annotations.ts';
import { createCommitter } from './commit-found.ts';
import type { Found } from './found-changes.ts';
import { foundTransition } from './found-changes.ts';
import { createFolding } from './folding.ts';
import { createLikelyCauses } from './likely-causes.ts';
import { createTransitionFacts } from './transition-facts.ts';
import { untoldChange } from './untold-changes.ts';
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
  /** Notifications that silences and what else mutes kept out of it. */
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
/** What a tick judges by beside the readings. */
interface Circumstances {
  readonly acknowledgements: Acknowledgements;
  readonly muteOf: MuteOf;
  readonly context: TickContext;
}

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { store, reader, deriver, definitions, term, elapsed, log } = options;
  const evaluationGaps = createEvaluationGaps(options);
  const redefinitions = createRedefinitions(options);
  const likelyCauses = createLikelyCauses({ ...options, sums: reader.seriesSums });
  const committer = createCommitter({
    ...options,
    transitionFacts: createTransitionFacts({ ...options, likelyCauses }),
    onOvertaken: () => (states = null),
    onEnded: (slo) => remembered.ended(slo),
    notEvaluated,
  });
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
    await committer.commit(redefinitions.renames(slos, states), states);
    states ??= new Map(await store.loadStates());
    await derive(slos, now, context);
    await reader.prepare(slos, now);
    const acknowledgements = await readAcknowledgements(store, states, log);
    const muteOf = (await options.silences?.read(now)) ?? NEVER_MUTED;
    const folding = createFolding({ store, likelyCauses, log });
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
        if (!folding.defers(one)) note(one, current, now, found);
    }
    for (const one of await folding.settle(current, known, now, context.inconclusive))
      note(one, current, now, found);
    evidenceNotes.end();
    const removals = redefinitions.removals(current, slos, states, now);
    const committed = await committer.commitFound(found, removals, states, now, onCommitted);
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
        (severity, incident) => muteOf({ slo, severity, incident }) ?? stillMuted ?? foldOf(previous),
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
    if (judged.transition) found.transitions.push(foundTransition(judged, current, now));
    else if (!isSame(judged.stored, judged.state)) found.silent.push(untoldChange(judged, current, now));
  }

  function notEvaluated(slo: Slo, error: unknown, found: Found): void {
    found.failed++;
    // Of a shard that went away just now, or the facts of a reminder: the next tick knows of it.
    if (error instanceof PartUnavailable) return;
    log.error({ slo: slo.id, error: String(error) }, 'an SLO could not be evaluated; the others go on');
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
