import type { EndSli, FlightReport, KnownSubject } from '../core/ports/store/counting.ts';
import type { SubjectRecord } from './subject-record.ts';
import { baseOf, firstStart, isOverdue, landingsOf, placeOf, stateOf } from './subject-record.ts';

/** Something in flight, as it is shown. */
export function flightOf(record: SubjectRecord): FlightReport {
  const deadlines = deadlinesOf(record, record.watches).map(({ at }) => at);
  return {
    ...placeOf(record),
    execution: record.execution,
    stepSince: record.lastStepAt,
    startedAt: firstStart(record),
    queuedAt: record.queuedAt,
    attempt: Math.floor(record.attempt) + 1,
    deadline: deadlines.length === 0 ? null : Math.min(...deadlines),
    overdue: isOverdue(record),
    traceId: record.traceId,
  };
}

/** What is known of a subject, as it is shown. */
export function knownOf(record: SubjectRecord): KnownSubject {
  const state = stateOf(record);
  return {
    state: state === 'settled' ? 'ended' : state,
    queuedAt: record.queuedAt,
    startedAt: firstStart(record),
    attempt: Math.floor(record.attempt),
    willRetry: record.willRetry,
    ends: record.ends.map(({ status, at, count, failure }) => ({ status, at, count, failure })),
    deadlines: deadlinesOf(record, [...record.watches, ...record.ends.flatMap(({ slis }) => slis)]),
    counts: landingsOf(record).map(({ fingerprint, minute, good, count, failure }) => ({
      fingerprint,
      minute,
      good,
      count,
      failure,
    })),
  };
}

function deadlinesOf(
  record: SubjectRecord,
  judging: readonly Pick<EndSli, 'fingerprint' | 'withinMs' | 'from'>[],
): KnownSubject['deadlines'] {
  const found = new Map<string, number>();
  for (const sli of judging) {
    const base = baseOf(record, sli);
    if (sli.withinMs !== null && base !== null) found.set(sli.fingerprint, base + sli.withinMs);
  }
  return [...found].map(([fingerprint, at]) => ({ fingerprint, at }));
}
