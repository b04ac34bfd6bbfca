import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { TierReading } from '../../core/alerting/tier-reading.ts';
import type { Acknowledgement, AlertState, Transition } from '../../core/alerting/incident.ts';
import { upgradeAcknowledgement } from '../../core/alerting/stored-acknowledgement.ts';
import { QUIET, acknowledge, afterClockMoved, readTiers, step } from '../../core/alerting/incident.ts';
import type { Log } from '../../core/ports/log.ts';
import type { OutboxRow } from '../../core/alerting/notification.ts';
import { outboxRowId } from '../../core/alerting/notification.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import type { Store } from '../../core/ports/store/store.ts';
import type { StoredRecord } from '../../core/ports/store/records.ts';
import type { StateChange, StoredState } from '../../core/ports/store/states.ts';
import { StoreUnavailable } from '../../core/ports/store/store.ts';
import type { Deriver } from '../counters/derive.ts';
import type { Reader } from '../counters/evidence-reader.ts';
import { routeOf } from '../../core/alerting/routing.ts';
import { sweep } from './sweep.ts';
import { gatherFacts } from './transition-facts.ts';
import type { TickContext } from './evaluation-gaps.ts';
import { createEvaluationGaps } from './evaluation-gaps.ts';

export interface TickResult {
  readonly evaluated: number;
  /** SLOs whose evaluation threw; the others went on (J4). */
  readonly failed: number;
  /** Changes of incidents that people hear of, as far as they could be committed. */
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
  readonly reader: Reader;
  readonly deriver: Pick<Deriver, 'derive'>;
  readonly definitions: () => Definitions;
  /** The lease holder's name, see `StateStore.lead`, and its term, see `Leadership`. */
  readonly owner: string;
  readonly term: () => number;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** SLOs judged before others get a turn of the event loop. */
const SLICE = 500;

interface Change extends StateChange {
  readonly transition: Transition | null;
}

/** By the id of the incident. */
type Acknowledgements = ReadonlyMap<string, StoredRecord<Acknowledgement>>;

export function createEvaluator(options: EvaluatorOptions): Evaluator {
  const { store, reader, deriver, definitions, owner, term, log } = options;
  const evaluationGaps = createEvaluationGaps(options);
  let states: Map<string, StoredState> | null = null;
  let statesOfTerm = 0;

  async function tick(now: number): Promise<TickResult> {
    const current = definitions();
    const slos = allSlos(current);
    const context = await evaluationGaps.begin(now);
    const swept = await sweep(store, current, now, log);
    // While another replica led, it moved the states on.
    if (statesOfTerm !== term()) states = null;
    statesOfTerm = term();
    states ??= new Map(await store.loadStates());
    await derive(slos, now);
    await reader.prepare(slos, now);
    const acknowledgements = await readAcknowledgements(states);
    const changes: Change[] = [];
    let failed = 0;
    for (const [index, slo] of slos.entries()) {
      // Thousands of SLOs must not keep producers waiting (G2).
      if (index > 0 && index % SLICE === 0) await yieldToEventLoop();
      try {
        const change = await evaluate(slo, current, states.get(slo.id), acknowledgements, context, now);
        if (change) changes.push(change);
      } catch (error) {
        failed++;
        log.error({ slo: slo.id, error: String(error) }, 'an SLO could not be evaluated; the others go on');
      }
    }
    changes.push(...closeRemoved(slos, states));
    const committed = await commit(changes, states);
    await forgetAcknowledgements(acknowledgements);
    await evaluationGaps.end(now);
    return {
      evaluated: slos.length - failed,
      failed,
      transitions: committed.filter(({ transition }) => transition !== null).length,
      notifications: committed.reduce((sum, { rows }) => sum + rows.length, 0),
      ...swept,
    };
  }

  /** An SLO that is gone from the files cannot burn any more; that notifies no target, since it was taken out on purpose. */
  function closeRemoved(slos: readonly Slo[], known: ReadonlyMap<string, StoredState>): Change[] {
    const defined = new Set(slos.map(({ id }) => id));
    return [...known].flatMap(([slo, { revision, state }]): Change[] => {
      if (defined.has(slo) || state === null || isQuiet(state)) return [];
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
    known: StoredState | undefined,
    acknowledgements: Acknowledgements,
    context: TickContext,
    now: number,
  ): Promise<Change | null> {
    if (known?.state === null)
      throw new Error('a newer version of Burnwatch stored its alert state, which is left alone');
    const evidence = reader.evidence(slo, now);
    const read = readTiers(slo, evidence, now, context.watched);
    const inconclusive = context.clockMoved !== 0 || context.inconclusive(slo.sli);
    const readings = inconclusive ? read.map(heldBack) : read;
    const stored = known?.state ?? QUIET;
    const shifted = context.clockMoved === 0 ? stored : afterClockMoved(stored, context.clockMoved);
    const previous = acknowledged(shifted, acknowledgements);
    const { state, transition } = step(slo, readings, previous, now);
    const revision = known?.revision ?? 0;
    if (!transition)
      return same(stored, state) ? null : { slo: slo.id, revision, state, rows: [], transition };
    const route = routeOf(current, slo, transition);
    const facts = await gatherFacts({ store, reader }, slo, state, transition, evidence, route, now);
    log.info(
      {
        slo: slo.id,
        incident: transition.incident.id,
        transition: transition.kind,
        tier: transition.incident.tier,
        targets: route.notify,
      },
      'an incident changed',
    );
    const rows = route.notify.map((target): OutboxRow => ({
      id: outboxRowId(facts, transition.incident.sequence, target),
      incident: transition.incident.id,
      target,
      facts,
      createdAt: now,
      attempts: 0,
      lastError: null,
    }));
    const incident = state.incident && { ...state.incident, notified: route.notified };
    return { slo: slo.id, revision, state: { ...state, incident }, rows, transition };
  }

  /** What cannot be derived is judged by what was derived before. */
  async function derive(slos: readonly Slo[], now: number): Promise<void> {
    try {
      await deriver.derive(slos, now);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw error;
      log.error({ error: String(error) }, 'not all counters could be derived; judging goes on without');
    }
  }

  /** Nobody can have acknowledged anything while nothing burns. */
  async function readAcknowledgements(known: ReadonlyMap<string, StoredState>): Promise<Acknowledgements> {
    for (const { state } of known.values()) {
      if (!state?.incident) continue;
      const records = await store.records('acknowledgements');
      return new Map(
        records.flatMap(({ id, revision, value }): [string, StoredRecord<Acknowledgement>][] => {
          const acknowledgement = upgradeAcknowledgement(value);
          if (acknowledgement) return [[id, { id, revision, value: acknowledgement }]];
          log.error(
            { incident: id },
            'a newer version of Burnwatch stored an acknowledgement; here it does not hold',
          );
          return [];
        }),
      );
    }
    return new Map();
  }

  /** An acknowledgement lasts as long as its incident. */
  async function forgetAcknowledgements(read: Acknowledgements): Promise<void> {
    if (read.size === 0 || !states) return;
    const current = [...states.values()].map(({ state }) => state);
    // Nor is it known which incident a state of a newer version has.
    if (current.includes(null)) return;
    const burning = new Set(current.map((state) => state?.incident?.id));
    for (const { id, revision } of read.values()) {
      if (!burning.has(id)) await store.putRecord('acknowledgements', id, revision, null);
    }
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

/** A reading of a time that cannot be believed: it lets nothing fire and nothing resolve. */
function heldBack(reading: TierReading): TierReading {
  return { ...reading, met: null, cleared: false };
}

function acknowledged(state: AlertState, acknowledgements: Acknowledgements): AlertState {
  const record = state.incident && acknowledgements.get(state.incident.id);
  return record ? acknowledge(state, { at: record.value.at, by: record.value.by }) : state;
}

function isQuiet({ firing, incident }: AlertState): boolean {
  return incident === null && Object.keys(firing).length === 0;
}
