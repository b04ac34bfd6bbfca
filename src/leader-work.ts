import type { Clock } from './core/ports/clock.ts';
import type { Log } from './core/ports/log.ts';
import type { PeriodReports } from './core/ports/period-report.ts';
import type { Store } from './core/ports/store/store.ts';
import type { Definitions } from './core/slo/slo.ts';
import { createOverrideNotices } from './engine/gate/override-notices.ts';
import { createScheduledReports } from './engine/reports/scheduled-reports.ts';
import { createDefinitionHistories } from './engine/runtime/definition-histories.ts';
import type { ServiceLoopsOptions } from './engine/runtime/service-loops.ts';

export interface LeaderWorkOptions {
  readonly store: Store;
  readonly definitions: () => Definitions | null;
  readonly reports: PeriodReports;
  readonly clock: Clock;
  /** Milliseconds that pass whatever the clock is set to. */
  readonly elapsed: () => number;
  readonly log: Log;
}

/** Puts together what the leader does beside evaluating and delivering. */
export function createLeaderWork(
  options: LeaderWorkOptions,
): Pick<ServiceLoopsOptions, 'reports' | 'overrideNotices' | 'definitionHistories'> {
  return {
    reports: createScheduledReports(options),
    overrideNotices: createOverrideNotices(options),
    definitionHistories: createDefinitionHistories(options),
  };
}
