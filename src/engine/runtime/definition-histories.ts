import { DEFINITION_WORDS, definitionFields } from '../../core/alerting/definition-fields.ts';
import type { DefinitionHistory } from '../../core/alerting/definition-history.ts';
import { beginHistory, changedFields, isFormer, withChange } from '../../core/alerting/definition-history.ts';
import {
  definitionRecord,
  storedDefinition,
  upgradeDefinition,
} from '../../core/alerting/stored-definition.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Log } from '../../core/ports/log.ts';
import type { RecordStore, StoredRecord } from '../../core/ports/store/records.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { MINUTE, SECOND } from '../../core/time/duration.ts';

/** Follows what SLOs are defined as, one record each. */
export interface DefinitionHistories {
  /** Notes what changed. To be called once a second on the leader. Rejects with `StoreUnavailable`. */
  run(): Promise<void>;
}

export interface DefinitionHistoriesOptions {
  readonly store: RecordStore;
  /** Those of the files; null until any have loaded. */
  readonly definitions: () => Definitions | null;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/**
 * What an SLO was before becomes a change only when it stays for so long: while replicas of two files take turns to lead, as in a rolling
 * deploy, it would change at each turn.
 */
const RETURNS_AFTER = 10 * MINUTE;
/** While something is awaited, all are looked at this often. */
const LOOK_AGAIN = 30 * SECOND;
/** SLOs that are looked at in one call: thousands at once would hold up what is called beside (G2). */
const AT_ONCE = 100;
/** One that was not called for so long did not lead; others may have written. */
const NOT_LEADING = 30 * SECOND;
/** Of SLOs that no file defines any more, as many histories are kept as there are SLOs, and so many more. */
const GONE_KEPT = 1000;

interface Round {
  readonly of: Definitions;
  readonly slos: readonly Slo[];
  readonly records: readonly StoredRecord[];
  readonly byId: ReadonlyMap<string, StoredRecord>;
  next: number;
  isDone: boolean;
}

interface Awaited {
  readonly fields: string;
  readonly since: number;
  readonly at: number;
}

export function createDefinitionHistories(options: DefinitionHistoriesOptions): DefinitionHistories {
  const { store, definitions, clock, elapsed, log } = options;
  const awaited = new Map<string, Awaited>();
  let calledAt = -Infinity;
  let lookedAt: Definitions | null = null;
  let lookAgainAt = Infinity;
  /** A look at all that goes on from call to call; null: none does. */
  let round: Round | null = null;

  /** Since when an SLO has been what it was before; notes that it is. */
  function awaitedSince(slo: Slo, now: number): Awaited {
    const fields = JSON.stringify(definitionFields(slo));
    const known = awaited.get(slo.id);
    if (known?.fields === fields) return known;
    const since = { fields, since: elapsed(), at: now };
    awaited.set(slo.id, since);
    return since;
  }

  /** What is to be stored of an SLO now; null: nothing, `later`: perhaps later. */
  function nextOf(slo: Slo, known: DefinitionHistory, now: number): DefinitionHistory | 'later' | null {
    // A newer version has other words for the same, which are not ours to judge.
    if (known.words > DEFINITION_WORDS || known.slo !== slo.id) return null;
    const fields = definitionFields(slo);
    if (known.words < DEFINITION_WORDS)
      return { ...known, words: DEFINITION_WORDS, fields, fingerprint: slo.fingerprint };
    if (changedFields(known.fields, fields).length === 0) {
      awaited.delete(slo.id);
      return null;
    }
    if (!isFormer(known, fields)) return withChange(known, slo, now);
    const { since, at } = awaitedSince(slo, now);
    return elapsed() - since < RETURNS_AFTER ? 'later' : withChange(known, slo, at);
  }

  /** Whether there is nothing more to do about an SLO. */
  async function look(slo: Slo, record: StoredRecord | undefined, now: number): Promise<boolean> {
    const id = definitionRecord(slo.id);
    if (!record) return store.putRecord('definitions', id, 0, storedDefinition(beginHistory(slo, now)));
    const known = upgradeDefinition(record.value);
    const next = known && nextOf(slo, known, now);
    if (next === null) return true;
    if (next === 'later') return false;
    const written = await store.putRecord('definitions', id, record.revision, storedDefinition(next));
    if (written && next.sequence > known!.sequence) {
      awaited.delete(slo.id);
      log.info({ slo: slo.id, changed: next.changes[0] }, 'the definition of an SLO changed');
    }
    return written;
  }

  async function begin(current: Definitions): Promise<Round> {
    const records = await store.records('definitions');
    const byId = new Map(records.map((record) => [record.id, record]));
    return { of: current, slos: allSlos(current), records, byId, next: 0, isDone: true };
  }

  async function forgetGone(slos: readonly Slo[], records: readonly StoredRecord[]): Promise<void> {
    const defined = new Set(slos.map(({ id }) => definitionRecord(id)));
    const gone = records.filter(({ id }) => !defined.has(id));
    for (const { id, revision } of gone.slice(slos.length + GONE_KEPT))
      await store.putRecord('definitions', id, revision, null);
  }

  return {
    async run() {
      const current = definitions();
      if (!current) return;
      if (elapsed() - calledAt > NOT_LEADING) {
        lookedAt = null;
        round = null;
        awaited.clear();
      }
      calledAt = elapsed();
      if (current === lookedAt && elapsed() < lookAgainAt) return;
      const now = clock.now();
      if (round?.of !== current) round = await begin(current);
      const { slos, records, byId } = round;
      for (const slo of slos.slice(round.next, round.next + AT_ONCE)) {
        const isDone = await look(slo, byId.get(definitionRecord(slo.id)), now);
        round.isDone &&= isDone;
        round.next += 1;
      }
      if (round.next < slos.length) return;
      await forgetGone(slos, records);
      lookedAt = current;
      lookAgainAt = round.isDone ? Infinity : elapsed() + LOOK_AGAIN;
      round = null;
    },
  };
}
