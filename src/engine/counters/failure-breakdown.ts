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
  const sources = sourcesOf(slo);
  const [failures, executions] = await Promise.all([
    Promise.all(sources.map((source) => store.readFailures(source, from, to))),
    Promise.all(sources.map((source) => store.readLastFailed(source, MAX_LAST_FAILED))),
  ]);
  const added = new Map<string, FailureCount>();
  for (const failure of failures.flat()) {
    const key = JSON.stringify([failure.step, failure.dependency, failure.error]);
    added.set(key, { ...failure, count: failure.count + (added.get(key)?.count ?? 0) });
  }
  const latest = new Map<string, FailedExecution>();
  for (const failed of executions.flat().toSorted((a, b) => b.at - a.at)) {
    if (!latest.has(failed.execution)) latest.set(failed.execution, failed);
  }
  return {
    failures: [...added.values()].toSorted((a, b) => b.count - a.count),
    lastFailed: [...latest.values()],
  };
}

/** The counted series whose bad outcomes an SLO's failures are filed under, each once. */
function sourcesOf(slo: Slo): SliId[] {
  const series = componentsOf(slo)
    .flatMap(countedSeries)
    .filter(({ sli }) => countsBad(sli));
  return [...new Map(series.map((source) => [seriesKey(source), source])).values()];
}
