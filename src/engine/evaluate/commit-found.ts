import type { IncidentEvent } from '../../core/alerting/incident-event.ts';
import { entriesOf, transitionEvents } from '../../core/alerting/incident-event.ts';
import type { Conversations } from '../../core/alerting/conversations.ts';
import { createConversations, rowsFor } from '../../core/alerting/conversations.ts';
import { dependencyOf } from '../../core/alerting/fold.ts';
import type { Log } from '../../core/ports/log.ts';
import type { StateChange, StoredState } from '../../core/ports/store/states.ts';
import { NotLeader } from '../../core/ports/store/states.ts';
import type { Store } from '../../core/ports/store/store.ts';
import { isStoreAway } from '../../core/ports/store/store.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { foldedTransition } from './folding.ts';
import { acknowledgementRows } from './acknowledgement-rows.ts';
import type { Found, FoundTransition } from './found-changes.ts';
import type { TransitionFacts } from './transition-facts.ts';
import { mostUrgentFirst } from './transition-order.ts';

/** Transitions whose facts are read together and that are committed together. */
const TRANSITIONS_AT_ONCE = 32;

/** What was committed of a tick. */
export interface Committed {
  readonly transitions: number;
  readonly notifications: number;
  readonly suppressed: number;
  /** Why the first slice that could not be committed could not. */
  readonly error: Error | null;
}

export interface Committer {
  /** Commits, and gives the changes that were written. */
  commit(changes: readonly StateChange[], known: Map<string, StoredState>): Promise<readonly StateChange[]>;
  /**
   * Commits what was found, and says how much of it was written. A slice that cannot be committed, though the store
   * answers and this replica leads, holds up none of the others.
   */
  commitFound(
    found: Found,
    removals: readonly StateChange[],
    known: Map<string, StoredState>,
    now: number,
    onCommitted: () => void,
  ): Promise<Committed>;
}

export interface CommitterOptions {
  readonly store: Pick<Store, 'commit'>;
  readonly owner: string;
  readonly definitions: () => Definitions;
  readonly transitionFacts: TransitionFacts;
  readonly log: Log;
  /** Another evaluator moved a state on. */
  readonly onOvertaken: () => void;
  /** The incident of an SLO ended. */
  readonly onEnded: (slo: string) => void;
  readonly notEvaluated: (slo: Slo, error: unknown, found: Found) => void;
}

export function createCommitter(options: CommitterOptions): Committer {
  const { store, owner, definitions, transitionFacts, log, onOvertaken, onEnded, notEvaluated } = options;

  async function commit(
    changes: readonly StateChange[],
    known: Map<string, StoredState>,
  ): Promise<readonly StateChange[]> {
    if (changes.length === 0) return [];
    const written = await store.commit(owner, changes);
    // Where another evaluator moved a state on, start from theirs at the next tick.
    if (written.includes(false)) onOvertaken();
    const committed = changes.filter((_, index) => written[index]);
    for (const { slo, revision, state } of committed) {
      known.set(slo, { revision: revision + 1, state });
      if (!state.incident) onEnded(slo);
    }
    return committed;
  }

  /** What is to be written of a transition, or null when its facts could not be gathered. */
  async function changeOf(
    found: FoundTransition,
    conversations: Conversations,
    known: ReadonlyMap<string, StoredState>,
    now: number,
    all: Found,
  ): Promise<{ readonly change: StateChange; readonly suppressed: number } | null> {
    const { slo } = found;
    try {
      const gathered = await transitionFacts.gather(found, now);
      const one =
        foldedTransition(found, gathered.likelyCause, definitions(), { conversations, known, now }) ?? found;
      const { state, transition, route, judged, suppressed, folded } = one;
      const { id, tier, sequence } = transition.incident;
      const { conversation, said } = conversations.follow(transition, gathered, slo.alerts.groupWithin);
      const { notify, notified } = route;
      const facts = {
        ...gathered,
        ...(judged.burning && { burning: judged.burning }),
        ...(folded && { folded }),
        ...said,
        notified: notify,
      };
      log.info(
        { slo: slo.id, incident: id, transition: transition.kind, tier, targets: notify },
        'an incident changed',
      );
      // The far edge of a window was all that was known before the counters were looked at.
      const began = facts.began ?? transition.incident.began;
      const incident = state.incident && { ...state.incident, began, notified, conversation };
      const { earlier, previous } = judged;
      const before = previous.incident?.notified ?? [];
      const rows = [
        ...rowsFor(definitions(), notify, sequence, facts),
        ...acknowledgementRows({ slo, incident, before, notify, earlier, sequence }, definitions(), now),
      ];
      const events: readonly IncidentEvent[] = [...earlier, ...transitionEvents(transition, facts)];
      const history = entriesOf(transition.incident, events);
      const { revision } = judged;
      return { change: { slo: slo.id, revision, state: { ...state, incident }, rows, history }, suppressed };
    } catch (error) {
      if (isStoreAway(error)) throw error;
      notEvaluated(slo, error, all);
      return null;
    }
  }

  async function commitFound(
    found: Found,
    removals: readonly StateChange[],
    known: Map<string, StoredState>,
    now: number,
    onCommitted: () => void,
  ): Promise<Committed> {
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
    const count = (
      committed: readonly StateChange[],
      kept: ReadonlyMap<string, number> = new Map(),
    ): void => {
      const rows = committed.reduce((sum, change) => sum + change.rows.length, 0);
      written += committed.length;
      notifications += rows;
      for (const { slo } of committed) suppressed += kept.get(slo) ?? 0;
      if (rows > 0) onCommitted();
    };
    if (transitions.length > 0) await transitionFacts.prepare(transitions, now);
    const conversations = createConversations(known);
    for (const slice of slicesOf(transitions)) {
      const changes = await Promise.all(slice.map((one) => changeOf(one, conversations, known, now, found)));
      const gathered = changes.filter((one) => one !== null);
      const kept = new Map(gathered.map((one) => [one.change.slo, one.suppressed]));
      count(await commitSlice(gathered.map(({ change }) => change)), kept);
    }
    count(await commitSlice(removals));
    // No transitions, though it may have to be sent that one was acknowledged.
    const untold = await commitSlice(silent);
    count(untold);
    return { transitions: written - untold.length, notifications, suppressed, error };
  }

  return { commit, commitFound };
}

/** What others can be folded into is committed before them; of the rest the most urgent first. */
function slicesOf(transitions: readonly FoundTransition[]): readonly (readonly FoundTransition[])[] {
  const opens = ({ slo, transition: { kind } }: FoundTransition) =>
    (kind === 'opened' || kind === 'escalated') && dependencyOf(slo) !== null;
  const [first, others] = [transitions.filter(opens), transitions.filter((one) => !opens(one))];
  return [first, others].flatMap((some) => {
    const urgent = mostUrgentFirst(some);
    return Array.from({ length: Math.ceil(urgent.length / TRANSITIONS_AT_ONCE) }, (_, index) =>
      urgent.slice(index * TRANSITIONS_AT_ONCE, (index + 1) * TRANSITIONS_AT_ONCE),
    );
  });
}
