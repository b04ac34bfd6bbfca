import { EVALUATION_RECORD, upgradeEvaluation } from '../../core/alerting/stored-evaluation.ts';
import type { RecordStore } from '../../core/ports/store/records.ts';

/**
 * Knows when SLOs were evaluated last, by this replica or, as the store says, by the one that leads. How long ago that
 * was goes by the time that passed since this replica saw it: no clock, its own or another's, makes it younger.
 */
export interface EvaluationWatch {
  /** Asks the store; never rejects. To be called about once a second. */
  check(): Promise<void>;
  /** This replica has evaluated at a moment. */
  evaluated(at: number): void;
  /** The moment of the last evaluation, in milliseconds since the epoch; null before any. */
  readonly lastAt: () => number | null;
  /** Milliseconds since an evaluation was seen to end; since this was made, before any. */
  age(): number;
}

/** Makes the watch; `elapsed` gives the milliseconds that pass whatever the clock is set to. */
export function createEvaluationWatch(store: RecordStore, elapsed: () => number): EvaluationWatch {
  let seen = elapsed();
  let lastAt: number | null = null;
  let revision: number | null = null;
  /** When the store was asked last of those times that it answered. */
  let askedAt = elapsed();

  return {
    async check() {
      const asked = elapsed();
      const records = await store.records('evaluation').catch(() => null);
      if (!records) return;
      const record = records.find(({ id }) => id === EVALUATION_RECORD);
      const found = record?.revision ?? 0;
      // It ended at some time since: while the store was away, that may be long ago.
      if (revision !== null && found !== revision) seen = Math.max(seen, askedAt);
      askedAt = asked;
      if (record && found !== revision) lastAt = upgradeEvaluation(record.value)?.lastAt ?? lastAt;
      revision = found;
    },
    evaluated(at) {
      seen = elapsed();
      lastAt = at;
    },
    lastAt: () => lastAt,
    age: () => elapsed() - seen,
  };
}
