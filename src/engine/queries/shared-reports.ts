import type { SloReport } from '../../core/ports/queries.ts';
import type { Definitions, Slo } from '../../core/slo/slo.ts';
import { allSlos } from '../../core/slo/slo.ts';
import { SECOND } from '../../core/time/duration.ts';

export interface SharedReportsOptions {
  readonly definitions: () => Definitions;
  readonly elapsed: () => number;
  readonly report: (slos: readonly Slo[]) => Promise<readonly SloReport[]>;
}

/** Fewer SLOs than this are reported anew for each reader, who then sees what was acknowledged just before. */
const SHARED_FROM = 500;
/** Readers of more share a report for so long after it was made. */
const SHARED_FOR = 5 * SECOND;

interface Shared {
  readonly of: Definitions;
  readonly reports: Promise<readonly SloReport[]>;
  /** Infinite while it is being made. */
  until: number;
}

/** Makes a function that reports all SLOs. However many readers ask, thousands of SLOs are reported once in five seconds, as they are evaluated. */
export function sharedReports(options: SharedReportsOptions): () => Promise<readonly SloReport[]> {
  const { definitions, elapsed, report } = options;
  let shared: Shared | null = null;

  return () => {
    const of = definitions();
    if (shared && shared.of === of && elapsed() < shared.until) return shared.reports;
    const slos = allSlos(of);
    const reports = report(slos);
    if (slos.length < SHARED_FROM) return reports;
    const made: Shared = { of, reports, until: Infinity };
    shared = made;
    reports.then(
      () => (made.until = elapsed() + SHARED_FOR),
      () => (made.until = -Infinity),
    );
    return reports;
  };
}
