import type { AlertState } from '../../core/alerting/incident.ts';
import { QUIET, isQuiet } from '../../core/alerting/incident.ts';
import { conversationFacts, conversationOf, rowsFor } from '../../core/alerting/conversations.ts';
import { changedEvent, entriesOf } from '../../core/alerting/incident-event.ts';
import { renamedSlos } from '../../core/alerting/renamed-slos.ts';
import type { Log } from '../../core/ports/log.ts';
import type { StateChange, StoredState } from '../../core/ports/store/states.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { MINUTE } from '../../core/time/duration.ts';
import { bareFacts } from './bare-facts.ts';

type States = ReadonlyMap<string, StoredState>;

/** Follows what becomes of incidents when SLOs are renamed or taken out of the files. */
export interface Redefinitions {
  /** The changes that give incidents of renamed SLOs to their new names; to be committed before SLOs are judged. */
  renames(slos: readonly Slo[], states: States): StateChange[];
  /** The changes that close the incidents of SLOs which are gone from the files, with their last notifications. */
  removals(current: Definitions, slos: readonly Slo[], states: States, now: number): StateChange[];
}

export interface RedefinitionsOptions {
  /** The term in which this replica leads, see `Leadership`. */
  readonly term: () => number;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/**
 * An SLO is gone for good when it has been missing this long: replicas read changed files at different times, and a
 * renaming may be saved in two steps.
 */
const GONE_AFTER = 2 * MINUTE;

export function createRedefinitions({ term, elapsed, log }: RedefinitionsOptions): Redefinitions {
  /** SLOs as they were at the last tick of this term. Null at the first one: what another replica knew is not known. */
  let definedBefore: ReadonlySet<string> | null = null;
  let missingSince = new Map<string, number>();
  let termOfThose = 0;

  return {
    renames(slos, states) {
      if (termOfThose !== term()) {
        definedBefore = null;
        missingSince = new Map();
      }
      termOfThose = term();
      const before = definedBefore;
      definedBefore = new Set(slos.map(nameAndSli));
      const known = new Map([...states].map(([id, { state }]) => [id, state]));
      const renamed = renamedSlos(slos, known, (slo) => !before?.has(nameAndSli(slo)));
      const formers = new Set(renamed.values());
      const changes = [...renamed].map(([id, former]): StateChange => {
        const { state } = states.get(former)!;
        log.info({ slo: id, former, incident: state!.incident!.id }, 'the incident of a renamed SLO goes on');
        return { slo: id, revision: states.get(id)?.revision ?? 0, state: state!, rows: [] };
      });
      for (const former of formers) {
        const { revision } = states.get(former)!;
        if (!renamed.has(former)) changes.push({ slo: former, revision, state: QUIET, rows: [] });
      }
      return changes;
    },
    removals(current, slos, states, now) {
      const defined = new Set(slos.map(({ id }) => id));
      const missing = [...states].flatMap(([id, { revision, state }]) =>
        defined.has(id) || !state || isQuiet(state) ? [] : [[id, { revision, state }] as const],
      );
      missingSince = new Map(missing.map(([id]) => [id, missingSince.get(id) ?? elapsed()]));
      return missing.flatMap(([slo, { revision, state }]): StateChange[] => {
        if (elapsed() - missingSince.get(slo)! < GONE_AFTER) return [];
        // Of a value that burned while the incident of the whole was open, no one was notified.
        if (!state.incident) return [{ slo, revision, state: QUIET, rows: [], history: null }];
        const { rows, history } = endOf(current, slo, state, now);
        const targets = rows.map(({ target }) => target);
        log.warn(
          { slo, incident: state.incident.id, targets },
          'the incident of an SLO that no file defines any more is closed',
        );
        return [{ slo, revision, state: QUIET, rows, history }];
      });
    },
  };
}

function nameAndSli({ id, fingerprint }: Slo): string {
  return `${id} ${fingerprint}`;
}

/** The last notifications of an incident, for those who were notified of it and are still there, and the last of its history. */
function endOf(
  { targets, teams }: Definitions,
  slo: string,
  { incident, definition }: AlertState,
  now: number,
): Required<Pick<StateChange, 'rows' | 'history'>> {
  // Before there were definitions in states, no more was known than that it is over.
  if (!incident || !definition) return { rows: [], history: null };
  const notified = incident.notified.filter((target) => targets.has(target));
  const timeZone = teams.get(definition.owner)?.timeZone ?? null;
  const said = conversationFacts(incident.id, conversationOf(slo, incident), 0);
  const facts = {
    ...bareFacts(slo, incident, definition, now),
    kind: 'resolved',
    cause: 'removed',
    ...said,
    timeZone,
    notified,
  } as const;
  const rows = rowsFor({ targets }, notified, incident.sequence + 1, facts);
  return { rows, history: entriesOf(incident, [changedEvent(facts, 'resolved', incident.tier)]) };
}
