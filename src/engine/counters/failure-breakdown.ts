import type { FailedExecution, FailureCount } from '../../core/alerting/notification.ts';
import { countedSeries, seriesKey, componentsOf } from '../../core/slo/series.ts';
import { countsBad } from '../../core/sli/counted-kinds.ts';
import type { Slo } from '../../core/slo/slo.ts';
import type { SliId } from '../../core/sli/sli-id.ts';
import type { CountStore } from '../../core/ports/store/counting.ts';
import { MAX_LAST_FAILED } from '../../core/ports/store/counting.ts';

/** What was bad for an SLO. */
export interface Failed {
  /** Of all that it counts, added up; the most frequent first. */
  readonly failures: readonly FailureCount[];
  /** The latest first, each execution once. */
  readonly lastFailed: readonly FailedExecution[];
}

/** Reads the bad outcomes of an SLO from one to another moment, and which executions failed last. */
export async function readFailed(
  store: Pick<CountStore, 'readFailures' | 'readLastFailed'>,
  slo: Slo,
  from: number,
  to: number,
): Promise<Failed> {
  const [failures, executions] = await Promise.all([
    failuresOf(store, slo, from, to),
    Promise.all(sourcesOf(slo).map((source) => store.readLastFailed(source, MAX_LAST_FAILED))),
  ]);
  const latest = new Map<string, FailedExecution>();
  for (const failed of executions.flat().toSorted((a, b) => b.at - a.at)) {
    if (!latest.has(failed.execution)) latest.set(failed.execution, failed);
  }
  return {
    failures,
    lastFailed: [...latest.values()],
  };
}

/** The bad outcomes of an SLO in the hours from one moment to another, by cause; the most frequent first. */
export async function failuresOf(
  store: Pick<CountStore, 'readFailures'>,
  slo: Slo,
  from: number,
  to: number,
): Promise<readonly FailureCount[]> {
  const found = await Promise.all(sourcesOf(slo).map((source) => store.readFailures(source, from, to)));
  const added = new Map<string, FailureCount>();
  for (const failure of found.flat()) {
    const key = JSON.stringify([failure.step, failure.dependency, failure.error]);
    added.set(key, { ...failure, count: failure.count + (added.get(key)?.count ?? 0) });
  }
  return [...added.values()].toSorted((a, b) => b.count - a.count);
}

/** How much more failures than those since the onset the files of its hours may hold before they are not believed. */
const FOREIGN_FAILURES = 1.2;
/** So few executions say little of what the others failed of. */
const LEAST_SAMPLES = 3;

/**
 * What failed since a moment. Failures are filed by the hour, so another fault of the same hour may be among them; where
 * that shows, the last failed executions say better what it is now.
 */
export function onlySince(
  { failures, lastFailed }: Failed,
  from: number,
  failed: number,
): readonly FailureCount[] {
  const filed = failures.reduce((sum, { count }) => sum + count, 0);
  if (filed <= failed * FOREIGN_FAILURES) return failures;
  const samples = lastFailed.filter(({ at }) => at >= from);
  if (samples.length < Math.min(LEAST_SAMPLES, failed)) return failures;
  const counts = new Map<string, FailureCount>();
  for (const { step, dependency, error } of samples) {
    const key = JSON.stringify([step, dependency, error]);
    const count = (counts.get(key)?.count ?? 0) + failed / samples.length;
    counts.set(key, { step, dependency, error, count });
  }
  return [...counts.values()].toSorted((a, b) => b.count - a.count);
}

/** The counted series whose bad outcomes an SLO's failures are filed under, each once. */
function sourcesOf(slo: Slo): SliId[] {
  const series = componentsOf(slo)
    .flatMap(countedSeries)
    .filter(({ sli }) => countsBad(sli));
  return [...new Map(series.map((source) => [seriesKey(source), source])).values()];
}
