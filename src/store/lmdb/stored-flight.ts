import type { FailureKey } from '../../core/ports/store/counting.ts';
import type { SubjectRecord } from '../subject-record.ts';
import { NOTHING_KNOWN } from '../subject-record.ts';

/** What a table of subjects holds, of whatever version. */
export type StoredFlight = SubjectRecord | FirstRunning | FirstEarlyEnd;

interface FirstWatch {
  readonly fingerprint: string;
  readonly withinMs: number;
}

/** Something that has started and not ended, as version 0.1 stored it. */
interface FirstRunning {
  readonly kind: 'running';
  readonly startedAt: number;
  readonly count: number;
  readonly execution: string;
  readonly traceId: string | null;
  readonly lastStep: string | null;
  readonly lastStepAt: number | null;
  readonly watches: readonly (FirstWatch & { readonly counted: { readonly step: string | null } | null })[];
}

/** A success that has a deadline to judge and waits for its start, as version 0.1 stored it. */
interface FirstEarlyEnd {
  readonly kind: 'early-end';
  readonly endedAt: number;
  readonly count: number;
  readonly execution: string;
  readonly traceId: string | null;
  readonly failure: FailureKey;
  readonly slis: readonly FirstWatch[];
}

/** Brings a record up to date. */
export function readFlight(stored: StoredFlight): SubjectRecord {
  if (!('kind' in stored)) return stored;
  const { execution, traceId, count } = stored;
  if (stored.kind === 'running') {
    const { startedAt, lastStep, lastStepAt, watches } = stored;
    return {
      ...NOTHING_KNOWN,
      execution,
      traceId,
      count,
      recordedStart: startedAt,
      lastStep,
      lastStepAt,
      watches: watches.map((watch) => ({ ...watch, from: 'started' })),
    };
  }
  // What else it counted for was counted when it came.
  const slis = stored.slis.map((sli) => ({ ...sli, from: 'started' as const, startIn: null }));
  const { endedAt, failure } = stored;
  return {
    ...NOTHING_KNOWN,
    execution,
    traceId,
    attempt: 1,
    ends: [{ status: 'succeeded', at: endedAt, count, traceId, failure, slis }],
    endedAt,
  };
}
