import type { Conversations } from '../../core/alerting/conversations.ts';
import { conversationOf } from '../../core/alerting/conversations.ts';
import type { DependencyIncident } from '../../core/alerting/fold.ts';
import {
  bears,
  dependencyOf,
  foldMute,
  foldOf,
  foldedOn,
  isExplainedBy,
  mayBeFolded,
  onlyWaits,
  readersOf,
  takesIn,
  wasLookedAt,
} from '../../core/alerting/fold.ts';
import { step } from '../../core/alerting/incident-step.ts';
import type { LikelyCause } from '../../core/alerting/likely-cause.ts';
import type { Mute } from '../../core/alerting/mute.ts';
import type { FailureCount } from '../../core/alerting/notification.ts';
import type { Log } from '../../core/ports/log.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import type { StoredState } from '../../core/ports/store/states.ts';
import { PartUnavailable, isStoreAway } from '../../core/ports/store/store.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { readFailed } from '../counters/failure-breakdown.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import type { FoundTransition } from './found-changes.ts';
import type { LikelyCauses } from './likely-causes.ts';
import type { EvaluatedSlo } from './value-groups.ts';

/** Follows the incidents that are folded into those of dependencies, in one tick. */
export interface Folding {
  /** Notes what was judged; whether what becomes of it is said by `settle`, because it is folded into another incident. */
  defers(judged: EvaluatedSlo): boolean;
  /**
   * What was put off at this tick, as it is: still folded while the other incident is open and its latest failures are explained by
   * it, else told on its own. While nothing may be concluded, nothing changes. Rejects with `StoreUnavailable`.
   */
  settle(
    current: Definitions,
    states: ReadonlyMap<string, StoredState>,
    now: number,
    inconclusive: boolean,
  ): Promise<readonly EvaluatedSlo[]>;
}

export interface FoldingOptions {
  readonly store: Pick<CountStore, 'readFailures' | 'readLastFailed'>;
  readonly likelyCauses: LikelyCauses;
  readonly log: Log;
}

/** Incidents looked at side by side. */
const LOOKS_AT_ONCE = 32;

export function createFolding({ store, likelyCauses, log }: FoldingOptions): Folding {
  const limited = concurrencyLimit(LOOKS_AT_ONCE);
  const deferred: EvaluatedSlo[] = [];
  /** The states that SLOs of dependencies have by this tick. */
  const judgedNow = new Map<string, EvaluatedSlo['state']>();

  /** The dependency that the latest failures of an incident call; undefined when a part of the store is away. */
  async function latestCause(
    { slo, evidence, state }: EvaluatedSlo,
    { teams }: Definitions,
    now: number,
  ): Promise<LikelyCause | null | undefined> {
    if (evidence.partial) return undefined;
    try {
      const { lastFailed } = await limited(() => readFailed(store, slo, state.incident!.began, now));
      const timeZone = teams.get(slo.owner)?.timeZone ?? null;
      const failures = lastFailed.map((one): FailureCount => ({ ...one, count: 1 }));
      return await likelyCauses.find(slo, failures, timeZone, now);
    } catch (error) {
      if (error instanceof PartUnavailable) return undefined;
      if (isStoreAway(error)) throw error;
      log.error(
        { slo: slo.id, error: String(error) },
        'what failed last could not be read; it is told on its own',
      );
      return null;
    }
  }

  async function settled(
    judged: EvaluatedSlo,
    open: ReadonlyMap<string, DependencyIncident>,
    current: Definitions,
    now: number,
  ): Promise<EvaluatedSlo> {
    const mute = foldOf(judged.state)!;
    const into = open.get(mute.silence);
    if (into && bears(into.incident, judged.state.incident!.severity)) {
      if (wasLookedAt(mute, now)) return judged;
      const cause = await latestCause(judged, current, now);
      if (cause === undefined) return judgedAgain(judged, foldedOn(mute, now), now);
      if (cause && isExplainedBy(cause, into)) return judgedAgain(judged, foldMute(into, cause, now), now);
    }
    return onlyWaits(judged.state) ? judged : judgedAgain(judged, null, now);
  }

  return {
    defers(judged) {
      if (dependencyOf(judged.slo) !== null) judgedNow.set(judged.slo.id, judged.state);
      const isFolded = foldOf(judged.state) !== null;
      if (isFolded) deferred.push(judged);
      return isFolded;
    },
    async settle(current, states, now, inconclusive) {
      if (deferred.length === 0 || inconclusive) return deferred;
      likelyCauses.begin();
      const stateOf = ({ id }: Slo) => judgedNow.get(id) ?? states.get(id)?.state ?? null;
      const open = new Map(
        dependencyIncidents(current, stateOf).map((one): [string, DependencyIncident] => [
          one.incident.id,
          one,
        ]),
      );
      return Promise.all(deferred.map((one) => settled(one, open, current, now)));
    },
  };
}

/**
 * A transition as one that is folded into the open incident of its likely cause, where there is one that is told, and someone to
 * read that; else null.
 */
export function foldedTransition(
  found: FoundTransition,
  cause: LikelyCause | null,
  current: Definitions,
  {
    conversations,
    known,
    now,
  }: {
    readonly conversations: Conversations;
    readonly known: ReadonlyMap<string, StoredState>;
    readonly now: number;
  },
): FoundTransition | null {
  const { slo, transition, judged, route } = found;
  if (cause === null || !mayBeFolded(slo, transition)) return null;
  const { severity } = transition.incident;
  const into = dependencyIncidents(current, ({ id }) => known.get(id)?.state ?? null)
    .filter((one) => isExplainedBy(cause, one) && takesIn(one.incident, severity))
    .filter((one) => conversations.hasRoom(conversationOf(one.slo, one.incident).id))
    .toSorted(
      (one, other) => one.incident.openedAt - other.incident.openedAt || (one.slo < other.slo ? -1 : 1),
    )
    .at(0);
  if (!into) return null;
  const readers = readersOf(current, into.incident, transition.incident);
  if (readers.length === 0) return null;
  const mute = foldMute(into, cause, now);
  const { state, transition: folded } = judgedAgain(judged, mute, now);
  if (!folded || !state.incident) return null;
  // What was told before goes on where that was.
  const { id, openedAt, slo: began } = conversationOf(into.slo, into.incident);
  const conversation = transition.incident.conversation ?? { id, openedAt, slo: began, signs: [] };
  const notified = [...new Set([...transition.incident.notified, ...readers])];
  return {
    ...found,
    state: { ...state, incident: { ...state.incident, conversation } },
    transition: { ...folded, incident: { ...folded.incident, conversation } },
    route: { notify: readers, notified },
    suppressed: route.notify.length,
    folded: { incident: into.incident.id, slo: into.slo, because: mute.because },
  };
}

/** The open incidents of SLOs of declared dependencies. */
function dependencyIncidents(
  current: Definitions,
  stateOf: (slo: Slo) => EvaluatedSlo['state'] | null,
): readonly DependencyIncident[] {
  if (current.dependencies.size === 0) return [];
  return allSlos(current).flatMap((slo): DependencyIncident[] => {
    const dependency = dependencyOf(slo);
    if (dependency === null || !current.dependencies.has(dependency)) return [];
    const incident = stateOf(slo)?.incident;
    return incident ? [{ slo: slo.id, dependency, incident }] : [];
  });
}

/** What becomes of an SLO with another mute than the one it was judged with. */
function judgedAgain(judged: EvaluatedSlo, mute: Mute | null, now: number): EvaluatedSlo {
  const { slo, readings, previous } = judged;
  return { ...judged, ...step(slo, readings, previous, now, () => mute) };
}
