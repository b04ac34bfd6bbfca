import type { Definitions } from '../../core/slo/slo.ts';
import { SECOND } from '../../core/time/duration.ts';

export interface SharedReportsOptions<Report> {
  readonly definitions: () => Definitions;
  readonly elapsed: () => number;
  /** How many things the report of definitions goes through. */
  readonly size: (definitions: Definitions) => number;
  readonly report: (definitions: Definitions) => Promise<Report>;
}

/** Of fewer things than this a report is made anew for each reader, who then sees what was acknowledged just before. */
const SHARED_FROM = 500;
/** Readers of more share a report for so long after it was made, at least and at most: one to three evaluations. */
const SHARED_FOR = { least: 5 * SECOND, most: 15 * SECOND };
/** In between, so many times as long as it took: making reports then takes a twentieth of the time, and those who report come first. */
const REST = 20;

interface Shared<Report> {
  readonly of: Definitions;
  readonly report: Promise<Report>;
  /** Infinite while it is being made. */
  until: number;
}

/** Makes a function that gives a report. However many readers ask, one of thousands of things is made once in five to 15 seconds. */
export function sharedReports<Report>(options: SharedReportsOptions<Report>): () => Promise<Report> {
  const { definitions, elapsed, size } = options;
  let shared: Shared<Report> | null = null;

  return () => {
    const of = definitions();
    if (shared && shared.of === of && elapsed() < shared.until) return shared.report;
    const begun = elapsed();
    const report = options.report(of);
    if (size(of) < SHARED_FROM) return report;
    const made: Shared<Report> = { of, report, until: Infinity };
    shared = made;
    report.then(
      () => {
        const wanted = (elapsed() - begun) * REST;
        made.until = elapsed() + Math.min(Math.max(wanted, SHARED_FOR.least), SHARED_FOR.most);
      },
      () => (made.until = -Infinity),
    );
    return report;
  };
}
