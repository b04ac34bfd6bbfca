import type { OutcomeStatistics } from '../statistics/outcome-counts.ts';

/** What became of the executions and steps of a workflow, whatever SLIs select them. */
export interface WorkflowStatistics {
  /** The share of executions that could be read: below 1 while a shard of the store is away. */
  readonly readShare: number;
  readonly windows: readonly WindowStatistics[];
}

export interface WindowStatistics {
  /** As it was asked for, in milliseconds. */
  readonly window: number;
  /** Where it begins: rounded out to the minute up to 1h, to the hour up to 7d, and to the day (UTC) above. */
  readonly from: number;
  /** Executions as a whole. */
  readonly endToEnd: OutcomeStatistics;
  /** The steps of the map in its order, then others that were reported, those with most attempts first. */
  readonly steps: readonly StepStatistics[];
  /** Steps past the bound, together; null when there are none. */
  readonly others: OutcomeStatistics | null;
}

export interface StepStatistics extends OutcomeStatistics {
  readonly step: string;
}
